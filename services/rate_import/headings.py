"""The columns that a list of rates may have, and the headings under which carriers send them."""

import re
import unicodedata
from enum import StrEnum
from functools import cache
from typing import Final


class Column(StrEnum):
    """What a column holds. The words are those of our own exports and of --map."""

    CODE = "code"
    COUNTRY_CODE = "country_code"
    AREA_CODE = "area_code"
    DESTINATION = "destination"
    COUNTRY = "country"
    PRICE = "price_per_minute"
    CURRENCY = "currency"
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"
    INCREMENTS = "increments"  # "60/6" in one cell
    FIRST_BLOCK = "first_block_seconds"
    INCREMENT = "increment_seconds"
    CONNECT_FEE = "connect_fee"
    COST_MIN = "cost_min"
    FREE_SECONDS = "free_seconds"
    SURCHARGE_SECONDS = "surcharge_seconds"
    DISCONNECT_FEE = "disconnect_fee"
    DISCONNECT_FEE_AFTER = "disconnect_fee_after_seconds"
    BLOCK_FEE = "block_fee"
    BLOCK_FEE_SECONDS = "block_fee_seconds"
    ROUND_UP_ABOVE = "round_up_above_seconds"
    ROUND_UP_TO = "round_up_to_seconds"
    STEPS = "steps"
    DAYS = "days"
    HOURS = "hours"  # "08:00-18:00" in one cell
    FROM_TIME = "from_time"
    UNTIL_TIME = "until_time"
    GHOST = "ghost_minutes_percent"
    BLOCKED = "blocked"
    CHANGE = "change"
    IGNORED = "ignore"


# In capitals stand spellings whose words must only be among those of the heading; of two headings for one column the
# spelling that stands further left wins. `-` before a spelling: such a heading is not this column.
SPELLINGS: Final[dict[Column, str]] = {
    Column.CODE: "code, prefix, dial code, dialcode, dialing code, dialling code, dial codes, codes, prefixes, "
    "breakout code, destination code, dest code, dial prefix, number prefix, e164, e 164, dnis, "
    "full code, digits, codigo, prefijo, codigo de marcacion, codigos, prefijos, codigo destino, marcacion, "
    "indicativo, PREFIX, PREFIJO, DIAL CODE, CODE, CODIGO, -iso, -id, -currency, -change",
    Column.COUNTRY_CODE: "country code, countrycode, cc, intl code, country dial code, country prefix, "
    "codigo de pais, codigo pais, prefijo pais, cod pais, COUNTRY CODE, CODIGO PAIS, -iso, -currency",
    Column.AREA_CODE: "area code, areacode, city code, area, ndc, area codes, areacodes, areas, city codes, "
    "national code, national codes, network code, codigo de area, codigo area, codigos de area, codigos area, "
    "codigo ciudad, codigo de ciudad, codigos de ciudad, cod area, prefijo local, AREA CODE, CITY CODE, "
    "AREA CODES, CODIGO AREA, CODIGO CIUDAD",
    Column.DESTINATION: "destination, destination name, breakout, route, dest, description, zone, name, code name, "
    "location, terminating zone, destination description, destino, nombre destino, descripcion, nombre, zona, ruta, "
    "DESTINATION NAME, BREAKOUT, DESTINATION, DESTINO, DESCRIPTION, -code, -codigo, -id, -type",
    Column.COUNTRY: "country, country name, pais, nombre pais, COUNTRY, PAIS, -code, -codigo, -prefijo, -prefix, -iso",
    Column.PRICE: "price per minute, new rate, new price, nueva tarifa, nuevo precio, rate, price, rate per minute, "
    "price min, rate min, per minute, cost per minute, cost, tariff, sell rate, buy rate, ppm, charge, unit price, "
    "rate usd, rate eur, price usd, price eur, usd min, usd, eur, "
    "tarifa, precio, precio por minuto, tarifa por minuto, precio minuto, tarifa minuto, coste, costo, importe, "
    "NEW RATE, NEW PRICE, NUEVA TARIFA, NUEVO PRECIO, RATE, PRICE, TARIFF, TARIFA, PRECIO, COST, COSTO, "
    "-old, -previous, -anterior, -antigua, -antiguo, -peak, -off, -offpeak, -weekend, -night, -fee, -change, -type, "
    "-date, -fecha, -effective, -second, -segundo, -sec, -id, -name, -plan, -setup, -connection, -status, -minimum",
    Column.CURRENCY: "currency, cur, ccy, currency code, moneda, divisa, CURRENCY, MONEDA, DIVISA",
    Column.VALID_FROM: "valid from, effective date, effective, effective from, start date, date effective, "
    "effdate, eff date, activation date, applies from, from date, begin date, date, since, from, "
    "fecha efectiva, fecha de vigencia, vigencia, fecha vigencia, fecha inicio, fecha de inicio, vigente desde, "
    "desde, fecha, efectivo, EFFECTIVE, VIGENCIA, VALID FROM, START DATE, EFECTIVA, -end, -until, -to, -hasta, -fin",
    Column.VALID_UNTIL: "valid until, valid to, end date, expiry date, effective to, until, expires, to date, "
    "fecha fin, fecha de fin, fecha final, vigente hasta, hasta, VALID UNTIL, VALID TO, END DATE, HASTA, EXPIRY",
    Column.INCREMENTS: "increments, billing increment, billing increments, increment, interval, billing interval, "
    "rounding, billing terms, billing, pulse, charging interval, min inc, rounding rules, "
    "incremento, incrementos, facturacion, redondeo, incremento de facturacion, unidad de facturacion, "
    "BILLING INCREMENT, BILLING INTERVAL, INCREMENT, INCREMENTO, FACTURACION, -first, -next, -second, -initial",
    Column.FIRST_BLOCK: "first block seconds, first block, initial increment, first interval, initial block, "
    "first increment, minimum, min duration, minimum duration, minimum time, min time, minimal time, min volume, "
    "interval 1, init inc, initial period, initial pulse, minimum seconds, primer bloque, minimo, duracion minima, "
    "incremento inicial, intervalo inicial, tiempo minimo, INITIAL INTERVAL, FIRST INTERVAL, -charge, -cost, -fee",
    Column.INCREMENT: "increment seconds, next interval, next increment, subsequent increment, additional increment, "
    "interval n, sub inc, additional, recurring increment, subsequent interval, next block, additional pulse, "
    "subsequent, intervalo siguiente, incremento siguiente, incremento adicional, siguiente, intervalo, "
    "SUBSEQUENT INCREMENT, NEXT INTERVAL, ADDITIONAL INCREMENT",
    Column.CONNECT_FEE: "connect fee, connection fee, setup fee, connection charge, call setup fee, connect charge, "
    "setup, conn fee, flag fall, flagfall, surcharge, setup charge, cargo por conexion, cuota de conexion, "
    "establecimiento, establecimiento de llamada, CONNECTION FEE, SETUP FEE, CONEXION, ESTABLECIMIENTO, "
    "-disconnect, -interval, -seconds",
    Column.COST_MIN: "cost min, minimum cost, minimum charge, min charge, minimal cost, cargo minimo, costo minimo",
    Column.FREE_SECONDS: "free seconds, grace time, grace period, grace volume, segundos gratis",
    Column.SURCHARGE_SECONDS: "surcharge seconds",
    Column.DISCONNECT_FEE: "disconnect fee, disconnection fee, disconnect charge",
    Column.DISCONNECT_FEE_AFTER: "disconnect fee after seconds",
    Column.BLOCK_FEE: "block fee",
    Column.BLOCK_FEE_SECONDS: "block fee seconds",
    Column.ROUND_UP_ABOVE: "round up above seconds",
    Column.ROUND_UP_TO: "round up to seconds",
    Column.STEPS: "steps",
    Column.DAYS: "days, weekdays, days of week, dias, dias de la semana",
    Column.HOURS: "hours, horas, horario",
    Column.FROM_TIME: "from time, start time, time from, hora inicio, hora desde",
    Column.UNTIL_TIME: "until time, end time, time to, time until, stop time, hora fin, hora hasta",
    Column.GHOST: "ghost minutes percent, ghost percent, ghost minute percent",
    Column.BLOCKED: "blocked, is blocked, barred, forbidden, bloqueado, bloqueada, prohibido",
    Column.CHANGE: "change, status, rate change, change type, comment, comments, remarks, notes, action, code status, "
    "price change, change status, rate status, code change, note, notice, cambio, estado, tipo de cambio, comentario, "
    "observaciones, comentarios, accion, variacion, RATE CHANGE, STATUS, CAMBIO, -date, -%, -percent, -amount",
}
UNITS: Final = re.compile(r"[(\[][^)\]]*[)\]]")
PER_SECOND: Final = re.compile(r"(?:/|\bper|\bpor)\s*(?:s|secs?|seconds?|segundos?)\b", re.IGNORECASE)


def plain(heading: str) -> str:
    """Small letters without accents, what stands in brackets, and signs: `Código (País)` -> `codigo`."""
    bare = unicodedata.normalize("NFKD", UNITS.sub(" ", heading).casefold())
    letters = "".join(character for character in bare if not unicodedata.combining(character))
    return " ".join(re.sub(r"[^a-z0-9%]+", " ", letters).split())


def fits(heading: str) -> dict[Column, int]:
    """How well a heading fits each column that it may be; a lower figure is better."""
    words = plain(heading)
    if not words:
        return {}
    found: dict[Column, int] = {}
    for column, (exact, loose, never) in _spellings().items():
        if words in exact:
            found[column] = exact[words]
        elif never.isdisjoint(split := set(words.split())):
            ranks = [rank for spelling, rank in loose if spelling <= split]
            if ranks:
                found[column] = min(ranks)
    if PER_SECOND.search(heading):
        found.pop(Column.PRICE, None)  # sixty times too cheap otherwise
    return found


@cache
def _spellings() -> dict[Column, tuple[dict[str, int], list[tuple[frozenset[str], int]], frozenset[str]]]:
    return {column: _sorted(text) for column, text in SPELLINGS.items()}


def _sorted(text: str) -> tuple[dict[str, int], list[tuple[frozenset[str], int]], frozenset[str]]:
    spellings = [spelling.strip() for spelling in text.split(",")]
    never = frozenset(spelling[1:] for spelling in spellings if spelling.startswith("-"))
    exact = {s: rank for rank, s in enumerate(spellings) if s.islower() or not s.isupper()}
    loose = [(frozenset(s.lower().split()), 1_000 + rank) for rank, s in enumerate(spellings) if s.isupper()]
    return {s: rank for s, rank in exact.items() if not s.startswith("-")}, loose, never
