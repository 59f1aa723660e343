"""Which browser a session is from, in a word or two: enough to tell one's own from a stranger's."""

import re

# The first that fits: browsers name those that they want to be taken for as well.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone|iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(told: str | None) -> str:
    """What is not known is shown as it came."""
    if not told:
        return "—"
    browser, system = _first(BROWSERS, told), _first(SYSTEMS, told)
    return ", ".join(word for word in (browser, system) if word) or told[:40]


def _first(known: tuple[tuple[str, str], ...], told: str) -> str:
    return next((name for pattern, name in known if re.search(pattern, told)), "")
