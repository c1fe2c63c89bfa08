"""The keys of the settings: read strictly, and never so that a procedure cannot be stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guidance.common.config import Config, load_config
from guidance.common.errors import UsageError
from guidance.ui.appearance import appearance_of
from guidance.ui.keymap import PEDALS, bindings, keymap_of


def keymap(**table: Any) -> dict[str, tuple[str, ...]]:
    return dict(keymap_of(Config(Path("config.toml"), keys=table)))


def action_of(key: str, **table: Any) -> list[str]:
    return [binding.action for binding in bindings(keymap(**table)) if key in binding.key.split(",")]


def test_without_settings_every_key_action_has_its_own_keys() -> None:
    assert bindings(keymap()) == bindings(None)


@pytest.mark.parametrize("pedal", PEDALS)
def test_a_pedal_comes_beside_the_keyboard(pedal: str) -> None:
    for key, name in PEDALS[pedal].items():
        assert key in keymap(pedal=pedal)[name]
    assert keymap(pedal=pedal)["stop"][0] == "space"


def test_a_key_of_ones_own_takes_the_place_of_the_usual_ones() -> None:
    assert action_of("pageup", stop="pageup") == ["stop", "pause"]
    assert action_of("space", stop="pageup") == []
    assert action_of("minus", smaller=["z"], hold="-") == ["hold", "release_control('held')"]
    assert keymap(stop=["PageDown", "F13", "/"])["stop"] == ("pagedown", "f13", "slash")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"fly": "x"}, "there is no action 'fly'"),
        ({"stop": "no-such"}, "stop = 'no-such' is no key"),
        ({"stop": 7}, "stop = 7 is no key"),
        ({"stop": []}, "stop needs a key"),
        ({"arm": "enter"}, "'enter' is the key of arm and go"),
        ({"pedal": "seven"}, "there is no pedal 'seven'"),
        ({"pedal": ["abc"]}, "there is no pedal"),
        ({"quit": "ctrl+c"}, "is no key"),
        ({"hold": "h\x1b[2J"}, "is no key"),
    ],
)
def test_what_is_wrong_is_reported_in_one_sentence(table: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as fault:
        keymap(**table)
    sentence = str(fault.value)
    assert words in sentence
    assert sentence.startswith("config.toml, [keys]: ")
    assert "\x1b" not in sentence


def test_the_theme_of_the_settings_gives_way_to_the_option() -> None:
    config = Config(Path("config.toml"), screen={"theme": "light"})
    assert appearance_of(config, None).theme == "light"
    assert appearance_of(config, "contrast").theme == "contrast"
    assert appearance_of(Config(Path("x")), None).theme == "dark"


@pytest.mark.parametrize("screen", [{"theme": "pink"}, {"theme": ["dark"]}, {"size": 3}])
def test_an_unknown_theme_is_refused(screen: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="there is no"):
        appearance_of(Config(Path("config.toml"), screen=screen), None)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_settings_are_read_table_by_table(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, '[keys]\nstop = "x"\n[sounds]\nvolume = 1\n[screen]\ntheme = "light"\n'))
    assert (config.keys, config.sounds, config.screen) == ({"stop": "x"}, {"volume": 1}, {"theme": "light"})


def test_no_file_is_no_settings(tmp_path: Path) -> None:
    assert not load_config(tmp_path / "config.toml").keys


@pytest.mark.parametrize(
    ("text", "words"),
    [("[key]\n", "there is no table"), ("keys = 3\n", "is a table"), ("[keys\n", "not TOML"), ("\x00", "not TOML")],
)
def test_settings_that_do_not_hold_are_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        load_config(written(tmp_path, text))


def test_settings_that_are_not_text_or_not_to_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not TOML"):
        load_config(tmp_path / "config.toml")
    with pytest.raises(UsageError, match="cannot be read"):
        load_config(tmp_path)
