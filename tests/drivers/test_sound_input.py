"""A sound input as an amplifier: on a fake sound system, and on PulseAudio's null sink."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from drivers.base import Block, DeviceLost, DeviceNotFound, DeviceRefused, OptionRefused
from drivers.sound_input import SoundInput, choose_input
from tests.drivers.fake_sound import FakeSound, FakeStream
from tests.drivers.reading import read_for, read_until
from tests.support import pulse_audio as pulse

KNOWN = {1: "Line In", 2: "USB Audio CODEC", 3: "USB Microphone"}


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> FakeSound:
    fake = FakeSound()
    monkeypatch.setattr("drivers.sound_input.library", lambda: fake)
    return fake


def started(sound: FakeSound, rest: str) -> tuple[SoundInput, FakeStream]:
    amplifier = SoundInput(rest).connect()
    amplifier.start()
    assert sound.stream is not None
    return amplifier, sound.stream


def level(count: int, value: float, channels: int = 1) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.full((count, channels), value, np.float32)


@pytest.mark.parametrize(("wanted", "number"), [("", 1), ("2", 2), ("codec", 2), ("USB Microphone", 3), ("line", 1)])
def test_an_input_is_meant_by_number_name_or_part_of_it(wanted: str, number: int) -> None:
    assert choose_input(KNOWN, wanted)[0] == number


def test_an_input_that_is_not_there_or_not_one_is_refused_with_those_there_are() -> None:
    with pytest.raises(DeviceNotFound, match=r"no sound input '7'; there are: 1 Line In"):
        choose_input(KNOWN, "7")
    with pytest.raises(DeviceRefused, match="several sound inputs"):
        choose_input(KNOWN, "usb")
    with pytest.raises(DeviceNotFound, match="there are: none"):
        choose_input({}, "")


def test_full_scale_is_taken_from_the_address(sound: FakeSound) -> None:
    amplifier, card = started(sound, "codec?full_scale_uv=5000&channels=2")
    card.record(level(48, 0.5, 2))
    (block,) = amplifier.read(0.1)
    assert block.samples.shape == (48, 2)
    assert block.samples.dtype == np.float32
    assert set(np.unique(block.samples)) == {2500.0}
    assert amplifier.info.scale_known
    amplifier.close()


def test_without_a_scale_it_reports_that_and_gives_the_address_that_has_one(sound: FakeSound) -> None:
    amplifier, card = started(sound, "USB Audio CODEC")
    card.record(level(10, 0.5))
    assert amplifier.read(0.1)[0].samples[0, 0] == 0.5
    assert not amplifier.info.scale_known
    assert amplifier.rescaled(4000.0) == "sound:USB Audio CODEC?full_scale_uv=4000"
    amplifier.close()


def test_full_scale_is_clipping(sound: FakeSound) -> None:
    amplifier, card = started(sound, "line?full_scale_uv=5000")
    card.record(level(10, 0.99))
    card.record(level(10, -1.0))
    (block,) = amplifier.read(0.1)
    assert block.clipped == (True,)
    amplifier.close()


def test_samples_that_the_card_dropped_are_counted_by_its_clock(sound: FakeSound) -> None:
    amplifier, card = started(sound, "line?full_scale_uv=1")
    card.record(level(480, 0.1))
    card.record(level(480, 0.2), overflow=True, lost=96)
    first, second = amplifier.read(0.1)
    assert (first.first_sample, second.first_sample, second.lost_before) == (0, 576, 96)
    amplifier.close()


def test_a_card_without_a_clock_loses_by_this_computers(sound: FakeSound) -> None:
    amplifier, card = started(sound, "line?full_scale_uv=1")
    card.counted = -(10**9)  # a clock time before its start is no time
    card.record(level(480, 0.1))
    time.sleep(0.05)
    card.record(level(480, 0.2), overflow=True)
    second = amplifier.read(0.1)[1]
    assert 0.04 * 48_000 - 480 <= second.lost_before < 0.5 * 48_000
    amplifier.close()


def test_a_card_that_takes_another_rate_is_used_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.sound_input.library", lambda: FakeSound(refuses=(48_000.0,)))
    amplifier = SoundInput("line").connect()
    assert amplifier.info.sample_rate_hz == 44_100
    amplifier.close()
    with pytest.raises(DeviceRefused, match=r"does not open with 1 channel\(s\) at 48000 Hz"):
        SoundInput("line?rate_hz=48000").connect()


def test_an_unplugged_card_is_lost_after_its_last_samples(sound: FakeSound) -> None:
    amplifier, card = started(sound, "codec?full_scale_uv=1")
    card.record(level(48, 0.1))
    sound.unplug()
    assert len(amplifier.read(0.1)[0].samples) == 48
    with pytest.raises(DeviceLost, match="was unplugged"):
        amplifier.read(0.1)
    with pytest.raises(DeviceNotFound, match="no sound input 'codec'"):
        amplifier.reopen()
    sound.plug()
    amplifier.reopen()
    assert sound.stream is not None
    sound.stream.record(level(48, 0.1))
    (block,) = amplifier.read(0.1)
    assert block.first_sample == 48 + block.lost_before
    amplifier.close()


def test_a_card_that_stalls_is_lost(sound: FakeSound, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.sound_input.STALLED_S", 0.05)
    amplifier, card = started(sound, "codec?full_scale_uv=1")
    card.record(level(48, 0.1))
    amplifier.read(0.1)
    with pytest.raises(DeviceLost, match=r"has sent nothing for 0\.05 s"):
        read_for(amplifier, 1.0)
    amplifier.close()


@pytest.mark.parametrize("rest", ["line?channels=0", "line?full_scale_uv=none", "line?scale=1"])
def test_a_wrong_option_is_refused(sound: FakeSound, rest: str) -> None:
    with pytest.raises(OptionRefused):
        SoundInput(rest).connect()
    assert sound.stream is None


def test_without_portaudio_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(DeviceRefused, match="libportaudio2"):
        SoundInput("line").connect()


def _begin_anew() -> None:
    """Restart PortAudio, which searches for a sound system only once, when it starts."""
    import sounddevice

    sounddevice._terminate()
    sounddevice._initialize()


@pytest.fixture
def server() -> Iterator[pulse.PulseServer]:
    with pulse.own_sound(pytest.skip) as server:
        _begin_anew()
        yield server
    _begin_anew()


def test_what_is_played_into_a_sound_system_comes_out_of_its_monitor(server: pulse.PulseServer) -> None:
    amplifier = SoundInput("pulse?full_scale_uv=1000").connect()
    amplifier.start()
    tone = 0.5 * np.sin(2 * np.pi * 100 * np.arange(pulse.RATE_HZ) / pulse.RATE_HZ)
    words = ["pacat", "--device=out", "--raw", f"--rate={pulse.RATE_HZ}", "--format=float32le", "--channels=1"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, env=os.environ) as player:
        assert player.stdin is not None
        player.stdin.write(tone.astype(np.float32).tobytes())
        player.stdin.close()
        blocks = read_until(amplifier, _holds_tone)
    signal = np.concatenate([block.samples[:, 0] for block in blocks])
    assert np.abs(signal).max() == pytest.approx(500.0, rel=0.01)
    assert all(b.first_sample == a.end_sample + b.lost_before for a, b in pairwise(blocks))
    server.kill()
    with pytest.raises(DeviceLost):
        read_for(amplifier, 5.0)
    amplifier.close()


def _holds_tone(blocks: list[Block]) -> bool:
    """Return whether half a second of the tone has arrived."""
    return sum(int((np.abs(block.samples) > 100).sum()) for block in blocks) > pulse.RATE_HZ // 3
