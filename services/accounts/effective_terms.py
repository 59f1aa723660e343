"""Which rate table and routing plan hold for an account: its own before its client's (JA-39, JA-40, JA-44)."""

from dataclasses import dataclass
from enum import StrEnum

from models import Account, Client


class Whose(StrEnum):
    """Where a term comes from (JA-19)."""

    ACCOUNT = "account"
    CLIENT = "client"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Term:
    """The id of what holds, and whose it is."""

    id: int | None
    whose: Whose

    @property
    def note(self) -> str:
        """What a list shows behind the name."""
        return {Whose.ACCOUNT: "", Whose.CLIENT: "the client's", Whose.NOBODY: "none"}[self.whose]


@dataclass(frozen=True, slots=True)
class EffectiveTerms:
    originator_rate_table: Term
    originator_routing_plan: Term
    terminator_rate_table: Term


def effective_terms(account: Account, client: Client) -> EffectiveTerms:
    return EffectiveTerms(
        chosen_term(account.originator_rate_table_id, client.originator_rate_table_id),
        chosen_term(account.originator_routing_plan_id, client.originator_routing_plan_id),
        chosen_term(account.terminator_rate_table_id, client.terminator_rate_table_id),
    )


def chosen_term(of_account: int | None, of_client: int | None) -> Term:
    if of_account is not None:
        return Term(of_account, Whose.ACCOUNT)
    return Term(of_client, Whose.CLIENT if of_client is not None else Whose.NOBODY)
