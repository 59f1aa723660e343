"""The pages of docs/ for readers of the console: which there are, and their text as HTML with no tags of its own."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

CHECKOUT: Final = Path(__file__).parents[2] / "docs"
INSTALLED: Final = Path(sys.prefix) / "share" / "callingcard" / "docs"
# By groups of the menu; nothing else is read from the disk.
TOPICS: Final = (
    *("cards", "series", "card_files", "keys", "portal"),
    *("rates", "rate_import", "rate_deck", "routing", "trunks"),
    *("accounts", "money", "reports"),
    *("console", "operators", "guard", "production", "reliability"),
)
LINK: Final = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True, slots=True)
class HelpPage:
    title: str
    html: str


def help_page(topic: str, address: Callable[[str], str]) -> HelpPage | None:
    """None where this installation lacks the file; `address` leads to another topic."""
    file = next((folder / f"{topic}.md" for folder in (CHECKOUT, INSTALLED) if (folder / f"{topic}.md").exists()), None)
    if topic not in TOPICS or file is None:
        return None
    title, _, text = file.read_text(encoding="utf-8").partition("\n")
    return HelpPage(title.lstrip("# "), _shown(MARKDOWN.render(text), address))


def help_titles(address: Callable[[str], str]) -> list[tuple[str, str]]:
    """Topic and title of each that there is."""
    return [(topic, page.title) for topic in TOPICS if (page := help_page(topic, address)) is not None]


def _shown(html: str, address: Callable[[str], str]) -> str:
    """Wide parts scroll by themselves and by keys; links lead to other topics only."""

    def link(found: re.Match[str]) -> str:
        topic = Path(found[1].partition("#")[0]).stem
        return f'<a href="{address(topic)}">{found[2]}</a>' if topic in TOPICS else found[2]

    html = LINK.sub(link, html).replace("<pre>", '<pre tabindex="0">')
    html = html.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")
    html = re.sub(r"<th( style=[^>]*)?></th>", "<td></td>", re.sub(r"<td style=[^>]*>", "<td>", html))
    return re.sub(r"<th( style=[^>]*)?>", '<th scope="col">', html)
