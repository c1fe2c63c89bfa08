"""Devices without a driver of their own: how each is connected, and their names in what the drivers report."""

from __future__ import annotations

import pytest

from drivers import AMPLIFIER, HOW_CONNECTED, STIMULATOR, find_driver
from drivers.base import OptionRefused
from drivers.sound_input import SoundInput
from drivers.stimulators.ttl import TtlTrigger
from tests.drivers.fake_sound import FakeSound
from tests.support.command_line import command


@pytest.mark.parametrize("scheme", sorted(HOW_CONNECTED))
def test_a_device_without_a_driver_is_refused_with_how_to_connect_it(scheme: str) -> None:
    for kind in (AMPLIFIER, STIMULATOR):
        with pytest.raises(OptionRefused, match="connect ") as refused:
            find_driver(kind, f"{scheme.upper()}:1")
        assert "{" not in str(refused.value)
        assert ("sound:" in str(refused.value)) != ("ttl:" in str(refused.value))


def test_the_command_line_refuses_a_ds8r_in_one_sentence() -> None:
    done = command("run", "--device", "sim:1", "--stimulator", "ds8r:usb", "--headless", "--no-audio")
    assert done.status != 0
    assert done.is_one_sentence
    assert "runs on Windows only" in done.err


def test_the_front_end_of_a_sound_input_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.sound_input.library", FakeSound)
    amplifier = SoundInput("codec?full_scale_uv=5000&front_end=Natus UltraPro").connect()
    assert amplifier.info.model.startswith("Natus UltraPro by sound input ")
    assert "front_end=Natus" in amplifier.rescaled(2.0)
    amplifier.close()


def test_a_triggered_stimulator_is_named_and_has_its_dials_limit() -> None:
    stimulator = TtlTrigger("PORT?line=rts&stimulator=Digitimer DS7A&max_ma=10")
    assert stimulator.info.model == "Digitimer DS7A by trigger"
    assert stimulator.info.limits.max_current_ma == 10
    assert not stimulator.info.sets_current
    assert TtlTrigger("PORT?line=rts&max_ma=100").info.limits.max_current_ma == 50


@pytest.mark.parametrize("name", ["a" * 41, "a\x1b[2J", " a", "\u202e"])
def test_a_name_that_would_disturb_the_screen_is_refused(name: str) -> None:
    with pytest.raises(OptionRefused, match="is not a name of at most 40"):
        TtlTrigger(f"PORT?line=rts&stimulator={name}")
