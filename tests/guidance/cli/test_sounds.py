from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from guidance.common.config import config_path
from guidance.cue import MAPPINGS
from tests.support.command_line import command
from tests.support.sound_recognition import RATE_HZ, recognised


def test_the_list_has_every_mapping_and_every_alarm() -> None:
    done = command("sounds", "list")
    assert done.status == 0
    assert all(f"{name}: {mapping.description}" in done.out for name, mapping in MAPPINGS.items())
    assert all(priority in done.out for priority in ("high", "medium", "low"))
    assert str(config_path()) in done.out


def test_a_program_gets_the_list_as_json() -> None:
    known = json.loads(command("sounds", "list", "--json").out)
    assert set(known) == {*MAPPINGS, "alarms"}
    assert known["tempo"]["far"] == "1 to 2.5 a second, 330 Hz"


def test_sounds_are_written_where_there_is_no_loudspeaker(tmp_path: Path) -> None:
    done = command("sounds", "play", "tempo", "--wav", tmp_path / "new")
    assert done.status == 0
    for zone in MAPPINGS["tempo"].tones:
        samples, rate_hz = soundfile.read(tmp_path / "new" / f"tempo-{zone}.wav")
        assert rate_hz == RATE_HZ
        assert recognised(np.asarray(samples[:RATE_HZ])) == zone


def test_one_sound_can_be_chosen(tmp_path: Path) -> None:
    command("sounds", "play", "alarms", "--only", "high", "--wav", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["alarms-high.wav"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sounds", "play", "loud"), "'loud' is not one of"),
        (
            ("sounds", "play", "tempo", "--only", "nearer"),
            "its sounds are: unknown, none, far, approach, target, close",
        ),
        (("demo", "--headless", "--sounds", "loud"), "There is no mapping 'loud'"),
    ],
)
def test_an_unknown_sound_is_refused_in_one_sentence(arguments: tuple[str, ...], words: str) -> None:
    done = command(*arguments)
    assert done.status == 2
    assert done.is_one_sentence
    assert words in done.err


def test_a_wrong_key_of_the_users_file_ends_a_procedure_before_it_begins(tmp_path: Path) -> None:
    config_path().write_text("[sounds]\nvolum = 1.0", encoding="utf-8")
    done = command("demo", "--headless", "--store", tmp_path / "store")
    assert done.status == 2
    assert done.is_one_sentence
    assert "did you mean volume?" in done.err
    assert not (tmp_path / "store").exists()


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = command("sounds", "play", "tempo", "--only", "far", "--wav", tmp_path / "file" / "in")
    assert done.status == 1
    assert "cannot be written" in done.err
