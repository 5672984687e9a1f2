"""What both APIs share: one verification with PyJWT, as its documentation shows it."""

import os

import jwt

ISSUER = os.environ["ISSUER"]
AUDIENCE = os.environ["AUDIENCE"]
PORT = int(os.environ["PORT"])

keys = jwt.PyJWKClient(f"{ISSUER}.well-known/jwks.json", cache_keys=True)


def verify(authorization):
    """Returns the claims of a bearer token; raises jwt.PyJWTError if it is not for this API."""
    kind, _, token = (authorization or "").partition(" ")
    if kind.lower() != "bearer":
        raise jwt.InvalidTokenError("no bearer token")
    key = keys.get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=["RS256"], issuer=ISSUER, audience=AUDIENCE)
