"""What the fields of forms are called where their names in the code are no words for readers, and their units."""

LABELS = {
    "balance_min_to_call_micros": "Least balance for a call",
    "call_seconds_max": "Longest call",
    "call_seconds_min": "Shortest call",
    "caller_id_mode": "Caller id that it is shown",
    "calls_max": "Calls at once",
    "calls_per_session_max": "Calls in one conversation",
    "card_entry_attempts_max": "Tries for number and PIN",
    "cost_min_micros": "Least charge",
    "cut_prefix": "Digits cut off",
    "add_prefix": "Digits put before",
    "destination_attempts_max": "Tries for the destination",
    "endpoint": "Name in Asterisk",
    "expiry_date": "Expiration date",
    "expiry_grace_days": "Grace period",
    "expiry_period_days": "Expiration period",
    "first_block_seconds": "First block",
    "ghost_balance_percent": "Ghost balance",
    "ghost_minutes_percent": "Ghost minutes",
    "ident_by": "Identified by",
    "increment_seconds": "Increment",
    "initial_card_status": "Status of new cards",
    "is_blocked": "Blocked",
    "is_enabled": "Enabled",
    "ivr_plan_id": "IVR plan",
    "maintenance_every_hours": "Maintenance fee every",
    "maintenance_starts": "First maintenance fee",
    "pinless_confirm": "A known phone presses 1",
    "pinless_deny_double_use": "Deny double PINless use",
    "pinless_spend_a_day_max_micros": "PINless spending a day at most",
    "portal_login": "Control panel",
    "price_cap_percent": "Price cap",
    "recharge_max_micros": "Largest recharge",
    "recharge_min_micros": "Smallest recharge",
    "registers": "We register there",
    "rest_after_failures": "Rests after failures",
    "rest_seconds": "Rests for",
    "ring_seconds": "May ring for",
    "routes_max": "Routes at most",
    "says_balance": "Say the balance",
    "says_balance_after_destination": "Say the balance after the destination",
    "says_closing_balance": "Say the closing balance",
    "says_cost": "Say the cost",
    "says_expiry": "Say the expiry",
    "says_price": "Say the price",
    "says_seconds": "Say the seconds",
    "says_time": "Say the time left",
    "sees_pins": "Sees PINs",
    "spend_a_day_max_micros": "Spending a day at most",
    "talk_seconds_a_day_max": "Talk a day at most",
    "terminator_tech_prefix": "Its own tech prefix",
    "warning_seconds": "Warnings before the end",
}
UNITS = {"_percent": "%", "_hours": "h", "_days": "days"}
SECONDS = "_seconds"


def unit_of(name: str) -> str:
    """What the number in a field counts, if its name tells."""
    if SECONDS in name:
        return "s"
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")
