//! JWK, JWKS, JWS and JWT with pre-parsed keys over aws-lc-rs.
