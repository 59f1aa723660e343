"""Prompt ids as file paths that Asterisk plays."""

import re
from functools import lru_cache
from typing import Final

PROMPTS_CACHED: Final = 4_096  # a catalogue has some 600 ids; sentences with amounts vary more
_PROMPT_ID: Final = re.compile(r"[a-z0-9-]{1,80}")
_FOLDER: Final = re.compile(r"/[^\x00-\x1f\x7f,&\"\\|$(){}\[\];]{1,200}")


@lru_cache(maxsize=8)
def checked_folder(folder: str) -> str:
    """The prompts folder: absolute, and free of what Read's argument list or AGI would take for its own."""
    if not _FOLDER.fullmatch(folder) or not folder.isascii():
        raise ValueError(f"the prompts folder cannot be given to Asterisk: {folder!r}")
    return folder.rstrip("/")


@lru_cache(maxsize=PROMPTS_CACHED)
def prompt_path(folder: str, prompt_id: str) -> str:
    """FOLDER/id: Asterisk itself looks in the folder of the channel's language, FOLDER/<language>/id.wav."""
    if not _PROMPT_ID.fullmatch(prompt_id):
        raise ValueError(f"not a prompt id: {prompt_id!r}")
    return f"{folder}/{prompt_id}"


@lru_cache(maxsize=PROMPTS_CACHED)
def prompt_paths(folder: str, prompts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(prompt_path(folder, prompt_id) for prompt_id in prompts)
