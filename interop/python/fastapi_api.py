"""An API on FastAPI."""

import jwt
import uvicorn
from fastapi import FastAPI, Header, HTTPException

from notes import PORT, verify

app = FastAPI()


@app.get("/notes")
def notes(authorization: str | None = Header(default=None)):
    """Answers with the caller's subject."""
    try:
        claims = verify(authorization)
    except jwt.PyJWTError as error:
        raise HTTPException(401, str(error)) from error
    return {"sub": claims["sub"]}


uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
