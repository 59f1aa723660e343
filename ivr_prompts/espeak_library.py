"""The espeak-ng library of the wheel espeakng-loader, through ctypes: text in, samples out."""

import ctypes
from enum import IntEnum
from functools import cache
from typing import Final

import espeakng_loader

_OUTPUT_SYNCHRONOUS: Final = 2  # samples go to our callback before the call returns; nothing is played
_DO_NOT_EXIT: Final = 0x8000  # answer an error, where espeak would end the process
_POSITION_OF_CHARACTERS: Final = 1
_TEXT_IS_UTF8: Final = 1
_DONE: Final = 0

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class EspeakRefused(RuntimeError):
    """The library answered an error; the sentence says to what."""


class Parameter(IntEnum):
    """As in speak_lib.h."""

    WORDS_A_MINUTE = 1
    PITCH = 3
    PITCH_RANGE = 4


class EspeakLibrary:
    """It keeps one global state: one text at a time, one process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._chunks: list[bytes] = []
        self._callback = _Callback(self._collect)  # kept: the library holds only a pointer to it
        data_path = espeakng_loader.get_data_path().encode()
        self.samples_a_second = self._library.espeak_Initialize(_OUTPUT_SYNCHRONOUS, 0, data_path, _DO_NOT_EXIT)
        if self.samples_a_second <= 0:
            raise EspeakRefused("The espeak-ng library does not start: install the wheel espeakng-loader again.")
        self._library.espeak_SetSynthCallback(self._callback)

    def version(self) -> str:
        self._library.espeak_Info.restype = ctypes.c_char_p
        info: bytes = self._library.espeak_Info(None)
        return info.decode()

    def set_voice(self, name: str, parameters: dict[Parameter, int]) -> None:
        """A voice brings its own parameters, so they are set after it."""
        if self._library.espeak_SetVoiceByName(name.encode()) != _DONE:
            raise EspeakRefused(f"espeak-ng has no voice {name!r}: see its folder espeak-ng-data/lang.")
        for parameter, value in parameters.items():
            self._library.espeak_SetParameter(int(parameter), value, 0)

    def samples(self, text: str) -> bytes:
        """16 bit, mono, at `samples_a_second`."""
        self._chunks.clear()
        utf8 = text.encode()
        outcome = self._library.espeak_Synth(
            utf8, len(utf8) + 1, 0, _POSITION_OF_CHARACTERS, 0, _TEXT_IS_UTF8, None, None
        )
        if outcome != _DONE:
            raise EspeakRefused(f"espeak-ng cannot speak {text!r}.")
        return b"".join(self._chunks)

    def _collect(self, samples: object, count: int, _events: object) -> int:
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, count * ctypes.sizeof(ctypes.c_short)))  # type: ignore[arg-type]  # a pointer
        return _DONE


@cache
def espeak_library() -> EspeakLibrary:
    return EspeakLibrary()
