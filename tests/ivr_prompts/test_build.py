"""The build of prompt files with the real voice: what it writes, keeps, replaces and never touches (console.md 6.6)."""

import wave
from dataclasses import replace
from pathlib import Path

import pytest

from ivr_prompts.build import Outcome, build
from ivr_prompts.catalogue import Fault, check
from ivr_prompts.espeak_library import EspeakRefused
from ivr_prompts.espeak_voice import EspeakVoice
from ivr_prompts.language import Language, VoiceSettings, load_language
from ivr_prompts.voice import Manner, manner_of
from ivr_prompts.wav import wav_bytes

VOICE = EspeakVoice()
FEW = ("enter-pin", "your-balance-is", "number-7", "unit-usd-major-many")


def few_prompts(code: str = "en", **changed: str) -> Language:
    language = load_language(code)
    texts = {prompt_id: language.texts[prompt_id] for prompt_id in FEW}
    return replace(language, texts=texts | {name.replace("_", "-"): text for name, text in changed.items()})


def sound_of(path: Path) -> tuple[tuple[int, int, int], int]:
    with wave.open(str(path), "rb") as file:
        return (file.getframerate(), file.getsampwidth() * 8, file.getnchannels()), file.getnframes()


@pytest.mark.parametrize("code", ["en", "es"])
def test_prompts_are_made_as_asterisk_plays_them(tmp_path: Path, code: str) -> None:
    assert build(few_prompts(code), tmp_path, VOICE) == dict.fromkeys(FEW, Outcome.MADE)
    for prompt_id in FEW:
        wav_format, frames = sound_of(tmp_path / code / f"{prompt_id}.wav")
        assert wav_format == (8_000, 16, 1)
        assert 0.2 < frames / 8_000 < 3


def test_a_whole_language_is_built_without_a_problem(tmp_path: Path) -> None:
    english = load_language("en")
    build(english, tmp_path, VOICE)
    assert check(english, tmp_path) == []


def test_nothing_is_made_twice(tmp_path: Path) -> None:
    build(few_prompts(), tmp_path, VOICE)
    assert set(build(few_prompts(), tmp_path, VOICE).values()) == {Outcome.KEPT}


def test_only_a_changed_text_is_made_again(tmp_path: Path) -> None:
    build(few_prompts(), tmp_path, VOICE)
    again = build(few_prompts(enter_pin="Your PIN, please."), tmp_path, VOICE)
    assert [prompt_id for prompt_id, outcome in again.items() if outcome is Outcome.MADE] == ["enter-pin"]


def test_a_recording_is_kept_whatever_changes(tmp_path: Path) -> None:
    recording = wav_bytes(b"\x00\x10" * 4_000)
    build(few_prompts(), tmp_path, VOICE)
    path = tmp_path / "en" / "enter-pin.wav"
    path.write_bytes(recording)
    assert build(few_prompts(), tmp_path, VOICE)["enter-pin"] is Outcome.RECORDED
    assert build(few_prompts(enter_pin="Your PIN, please."), tmp_path, VOICE)["enter-pin"] is Outcome.RECORDED
    assert path.read_bytes() == recording


def test_a_deleted_recording_is_replaced_by_the_voice(tmp_path: Path) -> None:
    path = tmp_path / "en" / "enter-pin.wav"
    path.parent.mkdir()
    path.write_bytes(wav_bytes(b"\x00\x10" * 4_000))
    assert build(few_prompts(), tmp_path, VOICE)["enter-pin"] is Outcome.RECORDED
    path.unlink()
    assert build(few_prompts(), tmp_path, VOICE)["enter-pin"] is Outcome.MADE


def test_a_build_that_was_killed_leaves_no_false_recordings(tmp_path: Path) -> None:
    build(few_prompts(), tmp_path, VOICE)
    (tmp_path / "en" / "built.json").unlink()
    assert set(build(few_prompts(), tmp_path, VOICE).values()) == {Outcome.KEPT}
    assert build(few_prompts(enter_pin="Your PIN, please."), tmp_path, VOICE)["enter-pin"] is Outcome.MADE


def test_a_file_whose_id_is_gone_is_removed_unless_it_is_a_recording(tmp_path: Path) -> None:
    build(few_prompts(busy="Busy.", saved="Saved."), tmp_path, VOICE)
    (tmp_path / "en" / "saved.wav").write_bytes(wav_bytes(b"\x00\x10" * 4_000))
    outcomes = build(few_prompts(), tmp_path, VOICE)
    assert outcomes["busy"] is Outcome.REMOVED
    assert not (tmp_path / "en" / "busy.wav").exists()
    assert (tmp_path / "en" / "saved.wav").exists()


def test_progress_is_told_of_each_file(tmp_path: Path) -> None:
    told: list[tuple[str, Outcome]] = []
    outcomes = build(few_prompts(), tmp_path, VOICE, progress=lambda *step: told.append(step))
    assert dict(told) == outcomes


def test_the_voice_says_the_same_whatever_it_said_before() -> None:
    settings = load_language("en").voice
    first = VOICE.speak("Please enter your PIN.", Manner.SENTENCE, settings)
    VOICE.speak("cien", Manner.WORD, load_language("es").voice)
    assert VOICE.speak("Please enter your PIN.", Manner.SENTENCE, settings) == first


def test_a_pin_is_a_word_and_not_three_letters() -> None:
    english = load_language("en").voice
    spelt = VOICE.speak("Enter your PIN.", Manner.SENTENCE, replace(english, pronounce={}))
    assert len(VOICE.speak("Enter your PIN.", Manner.SENTENCE, english)) < len(spelt)


def test_a_voice_that_espeak_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(EspeakRefused, match="klingonese"):
        VOICE.speak("Goodbye.", Manner.SENTENCE, VoiceSettings("klingonese", 150, 50))


@pytest.mark.parametrize(
    ("group", "text", "manner"),
    [
        ("end", "Goodbye.", Manner.SENTENCE),
        ("balance", "Your balance is", Manner.PHRASE),
        ("balance", "and", Manner.WORD),
        ("dates", "May", Manner.WORD),
    ],
)
def test_the_manner_follows_from_the_text(group: str, text: str, manner: Manner) -> None:
    assert manner_of(group, text) is manner


def test_the_check_finds_what_a_call_would_miss(tmp_path: Path) -> None:
    language = load_language("en")
    folder = tmp_path / "en"
    folder.mkdir()
    speech = wav_bytes(b"\x00\x10" * 800)
    for prompt_id in language.texts:
        (folder / f"{prompt_id}.wav").write_bytes(speech)
    (folder / "goodbye.wav").unlink()
    (folder / "bussy.wav").write_bytes(speech)
    (folder / "busy.wav").write_bytes(wav_bytes(b"\x00\x00" * 800))
    (folder / "saved.wav").write_bytes(b"ID3 no wav")
    (folder / "and.wav").write_bytes(speech.replace((8_000).to_bytes(4, "little"), (44_100).to_bytes(4, "little")))
    found = {problem.prompt_id: problem for problem in check(language, tmp_path)}
    assert {prompt_id: problem.fault for prompt_id, problem in found.items()} == {
        "goodbye": Fault.FILE_MISSING,
        "bussy": Fault.FILE_UNKNOWN,
        "busy": Fault.SILENT,
        "saved": Fault.FORMAT_WRONG,
        "and": Fault.FORMAT_WRONG,
    }
    assert "44100 Hz" in str(found["and"])
    assert str(found["goodbye"]) == "en/goodbye: no file"


def test_a_folder_that_was_never_built_misses_every_file(tmp_path: Path) -> None:
    language = load_language("es")
    assert {problem.fault for problem in check(language, tmp_path)} == {Fault.FILE_MISSING}
