"""What is printed on cards, in each language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True)
class CardWords:
    """The sentences of one language; `{}` stands where something is filled in."""

    card_number: str
    pin: str
    call: str
    choose_language: str
    key_number_and_pin: str
    key_pin: str
    key_destination: str
    valid_through: str
    valid_days: str
    valid_days_at_most: str
    scan: str
    sheet: str
    months: tuple[str, ...]
    date_form: str

    def day(self, day: date) -> str:
        return self.date_form.format(day=day.day, month=self.months[day.month - 1], year=day.year)


CARD_WORDS: Final[Mapping[str, CardWords]] = {
    "en": CardWords(
        card_number="CARD NUMBER",
        pin="PIN",
        call="CALL",
        choose_language="Choose your language. ",
        key_number_and_pin="Key the card number without the dash, then the PIN.",
        key_pin="Key the PIN.",
        key_destination="Then key the number you call, with country code, and #.",
        valid_through="Valid through {}",
        valid_days="Valid for {} days from the first call",
        valid_days_at_most="Valid for {} days from the first call, until {} at most",
        scan="Scan to dial",
        sheet="Series {series}, sheet {page} of {pages}",
        months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        date_form="{day} {month} {year}",
    ),
    "es": CardWords(
        card_number="NÚMERO DE TARJETA",
        pin="PIN",
        call="LLAME AL",
        choose_language="Elija su idioma. ",
        key_number_and_pin="Marque el número de tarjeta sin el guion y luego el PIN.",
        key_pin="Marque el PIN.",
        key_destination="Después marque el número de destino con código de país y #.",
        valid_through="Válida hasta el {}",
        valid_days="Válida {} días desde la primera llamada",
        valid_days_at_most="Válida {} días desde la primera llamada, como máximo hasta el {}",
        scan="Escanee para llamar",
        sheet="Serie {series}, hoja {page} de {pages}",
        months=("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
        date_form="{day} {month} {year}",
    ),
}
