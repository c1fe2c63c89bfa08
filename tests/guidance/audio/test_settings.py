from __future__ import annotations

from pathlib import Path

import pytest

from guidance.audio.settings import SoundSettings, sound_settings
from guidance.common.config import config_path
from guidance.common.errors import UsageError
from guidance.cue import MAPPINGS


def write_config(text: str) -> Path:
    path = config_path()
    path.write_text(f"[sounds]\n{text}", encoding="utf-8")
    return path


def test_without_a_file_the_sound_is_as_usual() -> None:
    assert sound_settings() == SoundSettings()


def test_the_file_sets_the_sound_and_the_option_overrides_it() -> None:
    write_config('mapping = "classic"\nvolume = 0.5\nmonitor = 0.0\nfull_scale_uv = 500.0\ndevice = "USB Audio"\n')
    assert sound_settings() == SoundSettings("classic", 0.5, 0.0, 500.0, "USB Audio")
    assert sound_settings("pitch").mapping == "pitch"


@pytest.mark.parametrize("name", MAPPINGS)
def test_every_mapping_can_be_chosen_in_the_file(name: str) -> None:
    write_config(f'mapping = "{name}"')
    assert sound_settings().mapping == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("volum = 0.5", "volum is not a key of this file; did you mean volume?"),
        ("volume = 0.0", "volume = 0.0: allowed is 0.1 to 1"),
        ("volume = 2", "volume = 2: allowed is"),
        ('mapping = "loud"', "mapping = 'loud'"),
        ("volume = true", "volume"),
        ("monitor = nan", "monitor"),
        ("= 3", "not TOML"),
    ],
)
def test_a_wrong_file_is_named_with_its_key_in_one_sentence(text: str, words: str) -> None:
    path = write_config(text)
    with pytest.raises(UsageError) as fault:
        sound_settings()
    assert words in str(fault.value)
    assert str(path) in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_binary_file_is_refused_as_not_toml() -> None:
    config_path().write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not TOML"):
        sound_settings()


def test_an_unknown_mapping_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="tempo, pitch, classic"):
        sound_settings("loud")
