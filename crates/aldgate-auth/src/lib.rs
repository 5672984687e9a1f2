//! The public side: authentication API, login pages.
