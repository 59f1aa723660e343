"""The conversation with one caller: what waits to be said, and in which language."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from billing.refusals import Refusal
from fastagi.call import Call, Keyed, KeyEnd
from fastagi.flow.desk import CardDesk
from fastagi.logs import bind_call_id
from ivr_prompts.compose import spoken_date, spoken_sentence
from ivr_prompts.language import Language, load_language
from services.calls.access import Access
from services.cards.card_facts import CardFacts

FINAL_REFUSALS = frozenset({Refusal.CARD_IN_USE, Refusal.TRY_AGAIN_LATER, Refusal.SERVICE_UNAVAILABLE})


@dataclass(slots=True)
class Conversation:
    """`say` keeps sentences until the next question, which speaks them all: a key pressed in any of them is its
    first digit.
    """

    call: Call
    desk: CardDesk
    access: Access
    language: Language
    caller_id: str | None  # in international form; None: not valid, so nothing is looked up by it and nothing bound
    has_chosen_language: bool = False
    is_pinless: bool = False  # known by the phone alone: no PIN was keyed in this call
    is_turned_away: bool = False  # the guard let nothing be asked
    is_refused: bool = False  # a refusal was told after which nothing more is asked
    call_id: str = ""  # of the number that is asked for
    _waiting: list[str] = field(default_factory=list)
    _ended_by_length: bool = False

    def say(self, *prompts: str) -> None:
        self._waiting += prompts

    async def ask(
        self,
        prompts: Iterable[str],
        digits_max: int,
        *,
        secret: bool = False,
        is_secret: Callable[[str], bool] | None = None,
    ) -> Keyed:
        """Speak what waits and the question, and take the keys.

        Many callers press '#' also after an entry that ended by its length; that '#' is the first key of the next
        question, and means nothing there.
        """
        question = [*self._taken(), *prompts]
        keyed = await self.call.ask(question, digits_max, secret=secret, is_secret=is_secret)
        if self._ended_by_length and not keyed.digits and keyed.end is KeyEnd.HASH:
            keyed = await self.call.ask(question, digits_max, secret=secret, is_secret=is_secret)
        self._ended_by_length = keyed.end is KeyEnd.FULL
        return keyed

    async def speak(self) -> None:
        """Speak what waits; a key ends it."""
        waiting = self._taken()
        if waiting:
            await self.call.play(waiting)

    def say_refusal(self, refusal: Refusal, card: CardFacts | None) -> None:
        """Say why. Some refusals end the conversation: another try would get the same answer."""
        if refusal is Refusal.CARD_EXPIRED_GRACE and card is not None and card.grace_ends_at is not None:
            last_day = (card.grace_ends_at - timedelta(seconds=1)).astimezone(self.desk.zone).date()
            self.say(*spoken_sentence(self.language, refusal.value, spoken_date(self.language, last_day)))
        else:
            self.say(refusal.value)
        self.is_refused = self.is_refused or refusal in FINAL_REFUSALS

    def choose(self, code: str) -> None:
        """The caller chose a language; the channel speaks it already or is told next."""
        self.language = load_language(code)
        self.has_chosen_language = True

    async def speak_in(self, code: str) -> None:
        """Go on in another language; what waits was composed in the old one, so it is spoken first."""
        if code != self.language.code:
            await self.speak()
            await self.call.speak_in(code)
            self.language = load_language(code)

    def resume_in(self, card_language: str | None) -> None:
        """In a later round the channel still speaks the language of the first one: the card's, else the number's."""
        if card_language in self.access.languages:
            self.language = load_language(card_language)

    def name_call(self) -> None:
        """A new id for the next number; all that is logged from now on carries it."""
        self.call_id = str(uuid4())
        bind_call_id(self.call_id)

    def _taken(self) -> list[str]:
        waiting, self._waiting = self._waiting, []
        return waiting
