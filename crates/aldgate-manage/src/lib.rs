//! The admin side: Management API and dashboard.
