"""The keys of secrets, as the installation has them now: a rotation is seen by the next request."""

from flask import current_app

from services.keys.pin_keys import PinKeys, load_pin_keys


def pin_keys() -> PinKeys:
    keys: PinKeys = load_pin_keys(current_app.config["SETTINGS"].keys_file)
    return keys
