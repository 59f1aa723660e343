"""A call's price as JSON and back: the snapshot that is frozen on the hold and on the call record."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TypeVar

from billing.tariff import AccessSurcharge, CallPrice, Step, Tariff, TariffRefused, Tax

JsonObject = dict[str, object]
Made = TypeVar("Made", Step, Tariff, AccessSurcharge, Tax, CallPrice)


def call_price_as_json(price: CallPrice) -> JsonObject:
    """Every term by its name, so that a later release with other defaults reads the same price. Terms of this release
    stand there only where they are used: the release before, which may run beside it, refuses what it does not know.
    """
    return {
        "tariff": tariff_as_json(price.tariff),
        "access_surcharge": _terms(price.access_surcharge),
        "taxes": [_tax_terms(tax) for tax in price.taxes],
        "activation_fee_micros": price.activation_fee_micros,
        **({"taxes_included": True} if price.taxes_included else {}),
    }


def call_price_from_json(data: Mapping[str, object]) -> CallPrice:
    """The price again; a term that an older snapshot lacks has its default, an unknown or broken one is refused."""
    terms = dict(data)
    terms["tariff"] = tariff_from_json(_terms_of("tariff", terms.get("tariff")))
    terms["access_surcharge"] = _made(AccessSurcharge, _terms_of("access_surcharge", terms.get("access_surcharge", {})))
    terms["taxes"] = _each("taxes", terms.get("taxes", []), _tax)
    return _made(CallPrice, terms)


def tariff_as_json(tariff: Tariff) -> JsonObject:
    return {**_terms(tariff), "steps": [_terms(step) for step in tariff.steps]}


def tariff_from_json(data: Mapping[str, object]) -> Tariff:
    """The terms again, refused like those of a whole price."""
    return _made(Tariff, {**data, "steps": _each("steps", data.get("steps", []), _step)})


def _step(terms: JsonObject) -> Step:
    return _made(Step, terms)


def _tax(terms: JsonObject) -> Tax:
    return _made(Tax, terms)


def _tax_terms(tax: Tax) -> JsonObject:
    terms = _terms(tax)
    return terms if tax.is_compound else {name: value for name, value in terms.items() if name != "is_compound"}


def _terms(value: Step | Tariff | AccessSurcharge | Tax) -> JsonObject:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _terms_of(name: str, data: object) -> JsonObject:
    if not isinstance(data, Mapping):
        raise TariffRefused(f"{name} is {data!r}: give an object of terms.")
    return {str(term): value for term, value in data.items()}


def _each(name: str, data: object, make: Callable[[JsonObject], Made]) -> tuple[Made, ...]:
    if not isinstance(data, list):
        raise TariffRefused(f"{name} is {data!r}: give a list.")
    return tuple(make(_terms_of(name, terms)) for terms in data)


def _made(kind: Callable[..., Made], terms: JsonObject) -> Made:
    try:
        return kind(**terms)
    except TypeError as error:  # a name that the value does not know, or one that it needs
        raise TariffRefused(f"The price cannot be read: {error}.") from error
