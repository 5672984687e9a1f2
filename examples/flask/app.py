"""A protected API: the audience is its own identifier, not the client id of an application."""

import os

import jwt
from flask import Flask, jsonify, request

ISSUER = os.environ.get("ISSUER", "http://localhost:4455/")
AUDIENCE = os.environ.get("AUDIENCE", "https://my-api")
KEYS = jwt.PyJWKClient(ISSUER.rstrip("/") + "/.well-known/jwks.json", lifespan=600)

app = Flask(__name__)


@app.get("/orders")
def orders():
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return refuse(None)
    try:
        key = KEYS.get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key,
            algorithms=["RS256", "ES256", "PS256"],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=5,
            options={"require": ["exp", "iss", "aud"]},
        )
    except jwt.PyJWTError as error:
        return refuse(str(error))
    return jsonify(
        user=claims.get("sub"),
        application=claims.get("azp"),
        orders=["a lamp", "a book"],
    )


def refuse(reason):
    """RFC 6750: no error code when there was no token."""
    challenge = "Bearer"
    if reason is not None:
        text = reason.replace("\n", " ").replace('"', "'")
        challenge += f' error="invalid_token", error_description="{text}"'
    return jsonify(error=reason or "unauthorized"), 401, {"WWW-Authenticate": challenge}


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "8080")))
