"""A caller for tests of the flow: keys are scripted, what is heard is written down, one line a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastagi.call import CallerHungUp, Keyed, KeyEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

HANG_UP = "hang up"


class ScriptedCall:
    """Each `ask` takes the next entry of `keys`: "" presses nothing, a trailing "#" ends it, HANG_UP leaves.

    No entry left: nothing is pressed. `hangs_up_at` leaves at that step instead, counted over every verb; `when_set`
    runs something at the moment at which a channel variable is set.
    """

    def __init__(
        self,
        keys: Sequence[str] = (),
        *,
        arguments: Sequence[str] = ("1", "", "18005550100"),
        caller_id: str = "",
        hangs_up_at: int | None = None,
        when_set: Mapping[str, Callable[[], None]] | None = None,
    ) -> None:
        self.arguments = tuple(arguments)
        self.caller_id = caller_id
        self.channel = "PJSIP/caller-00000001"
        self.unique_id = "test-1.1"
        self.variables: dict[str, str] = {}
        self.set_in_order: list[tuple[str, str]] = []
        self.waits: tuple[int, int] | None = None
        self.lines: list[str] = []
        self._keys = list(keys)
        self._hangs_up_at = hangs_up_at
        self._steps = 0
        self._when_set = dict(when_set or {})

    @property
    def transcript(self) -> str:
        """What was heard, in order; "prompt ... < keys" for a question with its answer."""
        return "\n".join(self.lines)

    @property
    def was_hung_up(self) -> bool:
        return self._hangs_up_at is not None and self._steps >= self._hangs_up_at

    def heard(self) -> tuple[dict[str, Any], ...]:
        return ({"lines": list(self.lines)},)

    async def answer(self) -> None:
        self._step()
        self.lines.append("answer")

    async def speak_in(self, language: str) -> None:
        self._step()
        self.lines.append(f"in {language}")

    async def wait_for_keys(self, first_seconds: int, next_seconds: int) -> None:
        self._step()
        self.waits = (first_seconds, next_seconds)

    async def ask(
        self,
        prompts: Sequence[str],
        digits_max: int,
        *,
        secret: bool = False,
        is_secret: Callable[[str], bool] | None = None,
    ) -> Keyed:
        self._step()
        entry = self._keys.pop(0) if self._keys else ""
        if entry == HANG_UP:
            self.lines.append(f"{' '.join(prompts)} < hung up")
            raise CallerHungUp
        digits = entry.removesuffix("#")[:digits_max]
        is_masked = secret or (is_secret is not None and is_secret(digits))
        shown = "****" if is_masked and digits else digits
        self.lines.append(f"{' '.join(prompts)} < {shown}".rstrip())
        if len(digits) == digits_max:
            return Keyed(digits, KeyEnd.FULL)
        return Keyed(digits, KeyEnd.HASH if entry.endswith("#") else KeyEnd.TIMEOUT)

    async def play(self, prompts: Sequence[str]) -> None:
        self._step()
        self.lines.append(" ".join(prompts))

    async def set_variables(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            self._step()
            self._when_set.pop(name, _nothing)()
            self.variables[name] = value
            self.set_in_order.append((str(name), str(value)))

    def _step(self) -> None:
        self._steps += 1
        if self.was_hung_up:
            raise CallerHungUp


def _nothing() -> None:
    pass
