//! What a provider can get wrong (FED-02).

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// One thing that the provider gets wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fault { $($(#[$doc])* $name,)+ }

        /// Every fault.
        pub const FAULTS: &[Fault] = &[$(Fault::$name),+];
    };
}

faults! {
    /// `error=access_denied` instead of a code.
    ErrorAnswer,
    /// `error=server_error` instead of a code.
    ServerErrorAnswer,
    /// Neither code nor error.
    NoCode,
    /// `iss` of another provider: a mix-up.
    ForeignIss,
    /// No `iss`, although the metadata promises it.
    NoIss,
    /// The metadata name another issuer.
    DiscoveryOfAnother,
    /// The metadata have no `jwks_uri`.
    DiscoveryWithoutKeys,
    /// The authorization endpoint is a script.
    DiscoveryWithScript,
    /// The metadata are a page.
    DiscoveryIsHtml,
    /// The metadata redirect to themselves.
    DiscoveryMoved,
    /// The metadata do not end.
    DiscoveryOversized,
    /// Nobody listens at the token endpoint.
    TokenEndpointUnreachable,
    /// The token endpoint is in a private network.
    TokenEndpointPrivate,
    /// The code is refused.
    TokenRefused,
    /// The token answer is a page.
    TokenIsHtml,
    /// The token answer does not end.
    TokenOversized,
    /// The token endpoint redirects to itself.
    TokenMoved,
    /// Another type of access token.
    TokenOfAnotherType,
    /// No access token.
    NoAccessToken,
    /// No ID token.
    NoIdToken,
    /// The ID token is no JWT.
    GarbageIdToken,
    /// The ID token is longer than any may be.
    HugeIdToken,
    /// The key set is a page.
    KeysAreHtml,
    /// There are no keys.
    KeysEmpty,
    /// The key set does not end.
    KeysOversized,
    /// `alg: none`, no signature.
    AlgNone,
    /// HS256 with the public key as the secret.
    Hs256WithPublicKey,
    /// HS256 with the client secret, which the provider's neighbours may know.
    Hs256WithClientSecret,
    /// The header names a key that is not published.
    UnknownKid,
    /// The signature is of another key.
    ForeignSignature,
    /// A claim was changed after signing.
    ChangedPayload,
    /// Another kind of token: `typ: at+jwt`.
    AccessTokenAsIdToken,
    /// Another issuer.
    WrongIss,
    /// No issuer.
    WithoutIss,
    /// Another audience.
    WrongAud,
    /// No audience.
    WithoutAud,
    /// Several audiences and nobody named.
    ManyAudiences,
    /// Made for another party.
    WrongAzp,
    /// Of another login.
    WrongNonce,
    /// Of no login.
    WithoutNonce,
    /// Of no login, and it says that this is fine.
    NonceUnsupported,
    /// It expired.
    Expired,
    /// It never expires.
    WithoutExp,
    /// Its expiry is a text.
    ExpAsText,
    /// It was made in the future.
    FutureIat,
    /// It was made long before the login.
    OldIat,
    /// It does not say when it was made.
    WithoutIat,
    /// It is not valid yet.
    FutureNbf,
    /// It is about nobody.
    WithoutSub,
    /// It is about an empty name.
    EmptySub,
    /// It belongs to another access token.
    WrongAtHash,
    /// It belongs to another code.
    WrongCHash,
    /// It has a claim twice.
    DoubleSub,
    /// The profile is about somebody else.
    UserinfoOfAnother,
    /// The profile is about nobody.
    UserinfoWithoutSub,
    /// The profile is a page.
    UserinfoIsHtml,
    /// The profile is refused.
    UserinfoRefused,
    /// The profile does not end.
    UserinfoOversized,
}
