"""The keys of secrets, as the installation has them now (a rotation is seen by the next request), and for which address
security keys are made.
"""

from flask import current_app

from services.keys.pin_keys import PinKeys, load_pin_keys
from services.store.site import Site


def pin_keys() -> PinKeys:
    keys: PinKeys = load_pin_keys(current_app.config["SETTINGS"].keys_file)
    return keys


def console_site() -> Site:
    site: Site = current_app.config["SETTINGS"].console_site
    return site
