//! What every endpoint of Aldgate shares: state, extractors, pages, mail.
