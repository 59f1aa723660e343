"""The espeak-ng library of the wheel espeakng-loader, through ctypes: text in, samples out."""

import ctypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from threading import Lock
from typing import Any, Final

import espeakng_loader

_OUTPUT_SYNCHRONOUS: Final = 2  # samples go to our callback before the call returns; nothing is played
_DO_NOT_EXIT: Final = 0x8000  # answer an error, where espeak would end the process
_POSITION_OF_CHARACTERS: Final = 1
_TEXT_IS_UTF8: Final = 1
_DONE: Final = 0

_ONE_AT_A_TIME: Final = Lock()  # the library's state is global
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


class EspeakRefused(RuntimeError):
    """The library answered an error; the sentence says to what."""


class Parameter(IntEnum):
    """As in speak_lib.h."""

    WORDS_A_MINUTE = 1
    PITCH = 3
    PITCH_RANGE = 4


@dataclass(frozen=True, slots=True)
class Speech:
    samples: bytes  # 16 bit, mono
    samples_a_second: int


def synthesise(text: str, voice_name: str, parameters: Mapping[Parameter, int]) -> Speech:
    """The same text gives the same samples, whatever was spoken before."""
    chunks: list[bytes] = []

    def collect(samples: int | None, count: int, _events: int | None) -> int:
        if samples and count > 0:
            chunks.append(ctypes.string_at(samples, count * ctypes.sizeof(ctypes.c_short)))
        return _DONE

    callback = _Callback(collect)  # kept in a variable: the library holds only a pointer to it
    with _fresh_library() as library:
        samples_a_second = _start(library)
        library.espeak_SetSynthCallback(callback)
        _set_voice(library, voice_name, parameters)
        utf8 = text.encode()
        position = (0, _POSITION_OF_CHARACTERS, 0)
        if library.espeak_Synth(utf8, len(utf8) + 1, *position, _TEXT_IS_UTF8, None, None) != _DONE:
            raise EspeakRefused(f"espeak-ng cannot speak {text!r}.")
    return Speech(b"".join(chunks), samples_a_second)


@cache
def version() -> str:
    with _fresh_library() as library:
        library.espeak_Info.restype = ctypes.c_char_p
        info: bytes = library.espeak_Info(None)
        return info.decode()


@contextmanager
def _fresh_library() -> Iterator[Any]:
    """Loaded anew: espeak keeps the phase of its voice's flutter in a global that no call sets back (3 ms)."""
    with _ONE_AT_A_TIME:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        try:
            yield library
        finally:
            library.espeak_Terminate()
            unload = ctypes.CDLL(None).dlclose
            unload.argtypes = [ctypes.c_void_p]
            unload(library._handle)  # noqa: SLF001  # ctypes has no public way to unload


def _start(library: Any) -> int:  # noqa: ANN401  # functions of a ctypes library have no types
    data_path = espeakng_loader.get_data_path().encode()
    samples_a_second: int = library.espeak_Initialize(_OUTPUT_SYNCHRONOUS, 0, data_path, _DO_NOT_EXIT)
    if samples_a_second <= 0:
        raise EspeakRefused("The espeak-ng library does not start: install the wheel espeakng-loader again.")
    return samples_a_second


def _set_voice(library: Any, name: str, parameters: Mapping[Parameter, int]) -> None:  # noqa: ANN401  # as above
    """A voice brings its own parameters, so they are set after it."""
    if library.espeak_SetVoiceByName(name.encode()) != _DONE:
        raise EspeakRefused(f"espeak-ng has no voice {name!r}: see its folder espeak-ng-data/lang.")
    for parameter, value in parameters.items():
        library.espeak_SetParameter(int(parameter), value, 0)
