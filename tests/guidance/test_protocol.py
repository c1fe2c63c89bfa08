"""Protocols: those that come with the program hold, and a faulty one is refused by file and key."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import pytest

from guidance.protocol import ProtocolError, check_window, load, names, parse


def good() -> str:
    return resources.files("protocols").joinpath("generic-block.toml").read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    assert old in good()
    return good().replace(old, new)


@pytest.mark.parametrize("name", names())
def test_every_protocol_that_comes_with_the_program_loads(name: str) -> None:
    protocol = load(name)
    assert protocol.id == name
    assert protocol.start_current_ma <= protocol.max_current_ma
    assert protocol.rate_hz <= protocol.max_rate_hz
    assert protocol.lower_bound_ma < protocol.target_ma


def test_the_default_is_among_them() -> None:
    assert "generic-block" in names()


def test_it_reads_what_the_file_says() -> None:
    tables: dict[str, Any] = tomllib.loads(good())
    protocol = parse(good(), "x.toml")
    assert protocol.window_ms == tuple(tables["response"]["window_ms"])
    assert protocol.criterion_uv == tables["response"].get("criterion_uv")
    assert protocol.max_current_ma == tables["stimulus"]["max_current_ma"]
    assert protocol.lower_bound_ma == tables["proximity"]["lower_bound_ma"]


def test_a_criterion_may_be_named() -> None:
    assert parse(changed("[response]", "[response]\ncriterion_uv = 50"), "x.toml").criterion_uv == 50.0


FAULTY = {
    "an unknown key": (changed("width_ms", "widht_ms"), "'widht_ms'"),
    "a missing key": (changed("\nrate_hz", "\n# rate_hz"), "'rate_hz'"),
    "a text for a number": (changed("rate_hz = 2.0", 'rate_hz = "fast"'), "rate_hz"),
    "a number for a text": (changed('id = "generic-block"', "id = 5"), "id"),
    "a truth for a number": (changed("rate_hz = 2.0", "rate_hz = true"), "rate_hz"),
    "a negative current": (changed("max_current_ma = 5.0", "max_current_ma = -5.0"), "max_current_ma"),
    "a current that is no number": (changed("max_current_ma = 5.0", "max_current_ma = nan"), "max_current_ma"),
    "an endless current": (changed("max_current_ma = 5.0", "max_current_ma = inf"), "max_current_ma"),
    "a window backwards": (changed("[2.0, 25.0]", "[25.0, 2.0]"), "window"),
    "a window outside the sweep": (changed("[2.0, 25.0]", "[2.0, 2500.0]"), "window"),
    "a window of truths": (changed("[2.0, 25.0]", "[false, true]"), "window"),
    "a window of three": (changed("[2.0, 25.0]", "[2.0, 25.0, 30.0]"), "window"),
    "a window that is no list": (changed("[2.0, 25.0]", "25.0"), "window"),
    "what is not TOML": ("id = = 5", "not TOML"),
    "an empty file": ("", "missing"),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_protocol_is_refused_by_file_and_key(fault: str) -> None:
    text, named = FAULTY[fault]
    with pytest.raises(ProtocolError) as refused:
        parse(text, "mine.toml")
    assert "mine.toml" in str(refused.value)
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_unknown_protocol_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ProtocolError, match=r"'femoral'.*generic-block"):
        load("femoral")


@pytest.mark.parametrize("name", ["../protocols/generic-block", "generic-block.toml", "", "GENERIC-BLOCK"])
def test_a_protocol_is_known_by_its_id_alone(name: str) -> None:
    with pytest.raises(ProtocolError):
        load(name)


@pytest.mark.parametrize("window", [(-1.0, 20.0), (5.0, 5.0), (5.0, 6.0), (0.0, 501.0), (float("nan"), 20.0)])
def test_a_window_outside_the_sweep_is_refused(window: tuple[float, float]) -> None:
    with pytest.raises(ProtocolError, match=r"^--window"):
        check_window(window, "--window")


@pytest.mark.parametrize("window", [(0.0, 2.0), (2.0, 25.0), (0.0, 500.0)])
def test_a_window_inside_the_sweep_is_taken(window: tuple[float, float]) -> None:
    assert check_window(window, "--window") == window
