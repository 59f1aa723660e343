"""The headers of every page: which scripts and frames a browser may run in it (console.md 3)."""

import secrets

from flask import Flask, Response, g, request

NONCE_BYTES = 16
HTTPS_SECONDS = 31_536_000  # a year: browsers ask by https from then on
KEPT_SECONDS = 86_400  # files of our own carry their version in the address


def set_up_headers(app: Flask) -> None:
    app.before_request(_draw_nonce)
    app.after_request(_add_headers)


def nonce() -> str:
    """The word of this response that marks our own scripts as allowed."""
    word: str = g.nonce
    return word


def allow_websocket(origin: str) -> None:
    """On this page only: default-src keeps every other one to the door itself."""
    g.websocket = origin


def _draw_nonce() -> None:
    g.nonce = secrets.token_urlsafe(NONCE_BYTES)


def _add_headers(response: Response) -> Response:
    policy = (
        "default-src 'self'",
        f"script-src 'nonce-{g.nonce}'",
        f"style-src 'self' 'nonce-{g.nonce}'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        *((f"connect-src 'self' {g.websocket}",) if "websocket" in g else ()),
    )
    response.headers["Content-Security-Policy"] = "; ".join(policy)
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={HTTPS_SECONDS}"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), payment=()"
    if request.endpoint == "static":
        response.headers["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    else:
        # What was on the screen must not come back by the Back key after signing out.
        response.headers["Cache-Control"] = "no-store"
    return response
