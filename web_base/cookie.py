"""The cookie of a sign-in stays below the path under which a proxy shows the door."""

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface


class PathSessions(SecureCookieSessionInterface):
    def get_cookie_path(self, app: Flask) -> str:
        """Other programs of the same host never see it."""
        return request.script_root or super().get_cookie_path(app)
