//! Accept or refuse OAuth 2.0 access tokens in an API, and always say why.
