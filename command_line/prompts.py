"""callingcard prompts: the files of what callers hear."""

from collections import Counter
from pathlib import Path

import click
from rich.progress import Progress
from rich.table import Table

from command_line.errors import Failure
from command_line.installation import settings
from command_line.prompt_files import generate_command, replace_command, undo_command
from command_line.show import console, emit_json, json_option
from ivr_prompts.build import Outcome, build
from ivr_prompts.catalogue import check as check_prompts
from ivr_prompts.catalogue import language_entries
from ivr_prompts.espeak_voice import EspeakVoice
from ivr_prompts.language import languages, load_language
from ivr_prompts.shelf import prompt_shelf

language_option = click.option("--language", "codes", multiple=True, type=click.Choice(languages()), help="Only these.")


@click.group()
def prompts() -> None:
    """The files of what callers hear."""


prompts.add_command(replace_command)
prompts.add_command(undo_command)
prompts.add_command(generate_command)


@prompts.command("build")
@language_option
def build_command(codes: tuple[str, ...]) -> None:
    """Make what is missing or outdated. A recording of your own replaces a file by its name and is never touched."""
    for code, outcomes in build_prompts(settings().prompts_dir, codes or languages()).items():
        console.print(f"{code}: " + ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())))


def build_prompts(folder: Path, codes: tuple[str, ...]) -> dict[str, Counter[str]]:
    """How many files of each language were made, kept, left as recordings, or removed."""
    made: dict[str, Counter[str]] = {}
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        for code in codes:
            language = load_language(code)
            task = progress.add_task(f"prompts ({language.name})", total=len(language_entries(language)))

            def advance(_prompt_id: str, _outcome: Outcome, task: object = task) -> None:
                progress.advance(task)  # type: ignore[arg-type]  # the id that add_task gave

            made[code] = Counter(build(language, folder, EspeakVoice(), progress=advance).values())
    return made


@prompts.command("check")
@language_option
@json_option
def check_command(codes: tuple[str, ...], *, as_json: bool) -> None:
    """Tell which files are missing, unknown or not telephone sound; exit status 1 if any."""
    problems = [
        problem
        for code in codes or languages()
        for problem in check_prompts(load_language(code), settings().prompts_dir)
    ]
    if as_json:
        emit_json(
            [{"language": p.language, "prompt": p.prompt_id, "fault": p.fault, "detail": p.detail} for p in problems]
        )
    elif problems:
        raise Failure("\n".join(str(problem) for problem in problems), "callingcard prompts build")
    else:
        console.print("Every prompt has its file.")
    if problems:
        raise SystemExit(1)


@prompts.command("list")
@click.option("--language", "code", type=click.Choice(languages()), default="en", show_default=True)
@json_option
def list_command(code: str, *, as_json: bool) -> None:
    """List every prompt: id, text, where it is used, whose file it has, and how long that speaks."""
    shelf = prompt_shelf(load_language(code), settings().prompts_dir)
    if as_json:
        emit_json(
            [
                {"id": one.prompt_id, "text": one.text, "used": one.used}
                | {"file": one.origin.value, "milliseconds": one.milliseconds}
                for one in shelf
            ]
        )
        return
    table = Table("id", "text", "where used", "file", "ms", box=None)
    for one in shelf:
        table.add_row(one.prompt_id, one.text, one.used, one.origin.value, str(one.milliseconds or ""))
    console.print(table)
