//! The catalogue: every code of [`Reason`](crate::Reason), what it means and what to do.
//!
//! Codes are stable. What a caller sees of them is decided by
//! [`Verbosity`](crate::Verbosity).
//!
//! # `algorithm_not_allowed`
//!
//! The token's `alg` is not in the verifier's allow-list. The algorithm always comes from the
//! key and the list, never from the token (RFC 8725 section 3.1).
//!
//! # `application_not_allowed`
//!
//! `client_id` or `azp` is not among the applications that the verifier was told to allow.
//!
//! # `bad_signature`
//!
//! The token was cut, changed or forged, or the issuer's key changed while its `kid` stayed.
//!
//! # `certificate_mismatch`
//!
//! The token is bound to a client certificate by `cnf.x5t#S256` (RFC 8705), and another one was
//! presented.
//!
//! # `certificate_missing`
//!
//! The token is bound to a client certificate (RFC 8705), and none was presented, or the server
//! did not hand it to the verifier.
//!
//! # `claim_mismatch`
//!
//! A check on a claim that the API asked for failed.
//!
//! # `claim_missing`
//!
//! A claim that must be there is not: `exp` always, others where the API asked for them.
//!
//! # `claims_malformed`
//!
//! A registered claim has a wrong type, or the JSON names a member twice. A wrong type is never
//! read as "absent".
//!
//! # `dpop_bound`
//!
//! The token has `cnf.jkt`, so it works only with a proof: `Authorization: DPoP` and a `DPoP`
//! header (RFC 9449 section 7.2).
//!
//! # `dpop_proof`
//!
//! The proof in the `DPoP` header is missing or does not fit the request, the token or the time
//! (RFC 9449 section 4.3).
//!
//! # `expired`
//!
//! `exp` has passed. When it passed only just now, suspect the clocks.
//!
//! # `id_token`
//!
//! An ID token tells *one application* who logged in; its audience is the client id. Register
//! the API at the issuer and ask for an access token with its identifier as `audience`: then
//! the API is free of any application's data.
//!
//! # `inactive`
//!
//! The issuer was asked (RFC 7662) and says that the token is not valid.
//!
//! # `issued_in_future`
//!
//! `iat` is ahead of the API's clock by more than the leeway.
//!
//! # `key_ambiguous`
//!
//! The token names no key and the issuer has more than one that fits.
//!
//! # `key_unknown`
//!
//! The issuer has no key of that name. Either another tenant made the token, or the key was
//! rotated away. The verifier fetches again at most once per cool-down.
//!
//! # `keys_unavailable`
//!
//! The issuer's keys could not be fetched and none from before may still be used. This is the
//! API's trouble, not the caller's: status 503.
//!
//! # `malformed`
//!
//! The text is not a compact JWS: three segments of base64url. Look for quotes, line breaks and
//! cut ends.
//!
//! # `no_token`
//!
//! There is no `Authorization` header.
//!
//! # `not_dpop_bound`
//!
//! `Authorization: DPoP` with a token that has no `cnf.jkt`.
//!
//! # `not_yet_valid`
//!
//! `nbf` is ahead of the API's clock by more than the leeway.
//!
//! # `opaque`
//!
//! The token is a reference that only its issuer understands. It comes when no `audience` was
//! asked for, and is good for `/userinfo` alone. Ask with `audience`, or give the verifier an
//! introspection endpoint.
//!
//! # `permission_missing`
//!
//! `permissions` lacks what the API asked for. Roles give permissions; the API must be set to
//! add them to the token.
//!
//! # `request_header`
//!
//! The `Authorization` header is not a scheme, one space and a token.
//!
//! # `request_more_than_one`
//!
//! More than one token or header: refused rather than guessed (RFC 6750 section 2).
//!
//! # `request_scheme`
//!
//! The scheme is neither `Bearer` nor `DPoP`.
//!
//! # `scope_missing`
//!
//! `scope` lacks what the API asked for. Scopes are compared whole: `read:users` is not
//! `read:users2`.
//!
//! # `step_up`
//!
//! The login behind the token is too old or too weak for this operation (RFC 9470). The
//! challenge says what to ask for.
//!
//! # `symmetric`
//!
//! `HS256` and its sisters sign with a secret that issuer and application share. An API must
//! not have it. Set the application and the API to RS256.
//!
//! # `too_old`
//!
//! The token is within its lifetime but older than the API allows.
//!
//! # `wrong_audience`
//!
//! `aud` does not contain the API's identifier. Identifiers are compared byte by byte: case,
//! slashes and line ends count.
//!
//! # `wrong_issuer`
//!
//! `iss` is not the issuer that the verifier trusts, byte by byte. The slash at the end counts.
//!
//! # `wrong_kind`
//!
//! A logout token, client assertion, DPoP proof, request object or encrypted token came where
//! an access token belongs.
//!
//! # `wrong_typ`
//!
//! The strict policy accepts only `typ` `at+jwt` (RFC 9068 section 4).
