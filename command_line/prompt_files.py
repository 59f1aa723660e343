"""callingcard prompts replace, undo, generate: one prompt's file by a recording of your own, and back."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import click

from command_line.actor import cli_actor
from command_line.errors import Failure
from command_line.installation import now, settings, write_session
from command_line.show import console
from ivr_prompts.espeak_voice import EspeakVoice
from ivr_prompts.language import languages, load_language
from ivr_prompts.recording import BYTES_MAX, RecordingRefused
from ivr_prompts.replace import (
    PromptFile,
    PromptPlace,
    ReplaceRefused,
    generate_prompt,
    replace_prompt,
    undo_replacement,
)
from services.products.note_prompt import PromptChange, note_prompt, require_prompt_right

language_option = click.option("--language", "code", type=click.Choice(languages()), required=True)
Change = Callable[[PromptPlace], PromptFile]


@click.command("replace")
@click.argument("prompt_id", metavar="ID")
@click.argument("recording", type=click.File("rb"), metavar="FILE")
@language_option
def replace_command(prompt_id: str, recording: BinaryIO, code: str) -> None:
    """Callers hear the recording FILE (wav) instead of the prompt ID; it is brought to telephone sound."""
    content = recording.read(BYTES_MAX + 1)
    _change("replaced", prompt_id, code, lambda place: replace_prompt(place, content))


@click.command("undo")
@click.argument("prompt_id", metavar="ID")
@language_option
def undo_command(prompt_id: str, code: str) -> None:
    """Bring back the file that the prompt ID had before; a second undo undoes the first."""
    _change("undone", prompt_id, code, undo_replacement)


@click.command("generate")
@click.argument("prompt_id", metavar="ID")
@language_option
def generate_command(prompt_id: str, code: str) -> None:
    """Speak the prompt ID in the generated voice again; a recording is kept for an undo."""
    _change("generated", prompt_id, code, lambda place: generate_prompt(place, EspeakVoice()))


def _change(act: str, prompt_id: str, code: str, change: Change) -> None:
    actor = cli_actor()
    try:
        place = PromptPlace(load_language(code), Path(settings().prompts_dir), prompt_id)
        with write_session() as session:
            require_prompt_right(actor)
            before, after = asdict(place.now()), asdict(change(place))
            note_prompt(session, PromptChange(act, code, prompt_id, before, after), actor, now())
    except (RecordingRefused, ReplaceRefused) as refused:
        raise Failure(str(refused), "callingcard prompts list") from refused
    console.print(f"{code}/{prompt_id}: {after['origin']}.")
