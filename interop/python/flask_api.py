"""An API on Flask."""

import jwt
from flask import Flask, jsonify, request

from notes import PORT, verify

app = Flask(__name__)


@app.get("/notes")
def notes():
    """Answers with the caller's subject."""
    try:
        claims = verify(request.headers.get("authorization"))
    except jwt.PyJWTError as error:
        return jsonify(error=str(error)), 401
    return jsonify(sub=claims["sub"])


app.run(host="127.0.0.1", port=PORT)
