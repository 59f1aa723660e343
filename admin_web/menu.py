"""The sidebar: Flask-Admin's menu by its categories, without the pages that the operator has no right to."""

from typing import Any

from flask_admin import Admin
from flask_admin.menu import MenuCategory

from admin_web.access import signed
from billing.rights import Right
from services.operators.scope import sees_all_cards
from services.reports.today import count_calls_up
from web_base.database import read_session

GROUPS = ("Operate", "Cards", "Rates & routes", "IVR", "Accounts", "Money", "System")  # console.md 11.1


def calls_up() -> int | None:
    """How many calls are up, for whoever may see all of them."""
    known = signed()
    if known is None or Right.SEE_CALLS not in known.operator.rights or not sees_all_cards(known.operator):
        return None
    return count_calls_up(read_session())


def menu_groups(admin: Admin) -> list[tuple[str, list[Any]]]:
    """Names and their entries, in the order of console.md."""
    groups = {item.name: item for item in admin.menu() if isinstance(item, MenuCategory)}
    shown = ((name, groups[name].get_children()) for name in GROUPS if name in groups)
    return [(name, seen) for name, children in shown if (seen := [one for one in children if _is_shown(one)])]


def _is_shown(entry: Any) -> bool:  # noqa: ANN401 (a MenuView)
    return bool(entry.is_visible() and entry.is_accessible())
