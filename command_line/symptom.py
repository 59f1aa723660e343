"""What callingcard doctor finds when it looks at one part."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that was looked at; `cure` is empty where all is well."""

    what: str
    state: str
    cure: str = ""

    @property
    def is_well(self) -> bool:
        return not self.cure
