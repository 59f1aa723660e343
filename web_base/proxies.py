"""The proxies before a door: of so many the X-Forwarded headers are believed, of all others none."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix


def believe_proxies(app: Flask, hops: int) -> None:
    """Address, scheme, host and path of the visitor as the nearest `hops` proxies tell them."""
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_prefix=hops)  # type: ignore[method-assign]
