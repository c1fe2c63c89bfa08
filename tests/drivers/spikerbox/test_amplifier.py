"""The Backyard Brains driver on a simulated SpikerShield."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.base import DeviceLost, DeviceRefused, OptionRefused
from drivers.spikerbox.amplifier import SHIELD_HZ, SpikerBox
from tests.drivers.reading import read_for
from tests.drivers.spikerbox.fake_spikerbox import FakeSpikerShield, message


@pytest.fixture
def shield(tmp_path: Path) -> Iterator[FakeSpikerShield]:
    shield = FakeSpikerShield(tmp_path)
    yield shield
    shield.close()


def test_a_shield_is_known_by_its_name_and_has_its_timers_rate(
    shield: FakeSpikerShield, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.spikerbox.amplifier.FIT_S", 0.6)
    amplifier = SpikerBox(shield.path).connect()
    assert amplifier.info.model == "Muscle SpikerShield"
    assert amplifier.info.sample_rate_hz == SHIELD_HZ == pytest.approx(10_050.25, abs=0.01)
    assert not amplifier.info.scale_known
    amplifier.close()


def test_old_firmware_that_does_not_reply_has_the_rate_at_which_its_samples_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.spikerbox.amplifier.FIT_S", 0.8)
    monkeypatch.setattr("drivers.spikerbox.amplifier.REPLY_S", 0.1)
    shield = FakeSpikerShield(tmp_path, replies=False, sample_rate_hz=8000.0)
    amplifier = SpikerBox(shield.path).connect()
    assert amplifier.info.model == "Backyard Brains device"
    assert amplifier.info.sample_rate_hz == pytest.approx(8000.0, rel=0.02)
    amplifier.close()
    shield.close()


def test_channels_are_requested_and_scaled_about_the_middle(shield: FakeSpikerShield) -> None:
    amplifier = SpikerBox(f"{shield.path}?channels=2&uv_per_lsb=2.5&rate_hz=5025.1").connect()
    amplifier.start()
    samples = np.concatenate([block.samples for block in read_for(amplifier, 0.2)])
    assert b"conf s:10000;c:2;" in shield.received
    assert samples.dtype == np.float32
    assert samples.shape[1] == 2
    steps = samples / 2.5 + 512
    assert set(np.unique((steps[:, 1] - steps[:, 0]) % 1000)) == {100.0}
    assert amplifier.info.scale_known
    assert amplifier.info.channels[0].range_uv == pytest.approx(0.99 * 512 * 2.5)
    amplifier.close()


def test_a_message_in_the_stream_is_a_gap_and_an_event_belongs_to_the_sample_after_it(shield: FakeSpikerShield) -> None:
    amplifier = SpikerBox(f"{shield.path}?rate_hz=10050&pulse_event=2").connect()
    assert amplifier.info.marks_pulses
    amplifier.start()
    read_for(amplifier, 0.1)
    shield.send(b"\x83" + message("EVNT:2;"))
    shield.send(message("EVNT:1;"))
    blocks = read_for(amplifier, 0.2)
    (pulse,) = [p for block in blocks for p in block.pulses]
    (button,) = [b for block in blocks for b in block.buttons]
    assert (pulse.source, pulse.current_ma) == ("device", None)
    assert (button.button, button.pressed) == (1, True)
    gaps = {block.first_sample - block.lost_before: block.lost_before for block in blocks if block.lost_before}
    assert gaps[pulse.sample] >= 10
    assert sum(block.bad_frames for block in blocks) == 1
    amplifier.close()


def test_a_scale_from_a_known_amplitude_is_an_address_to_type(shield: FakeSpikerShield) -> None:
    amplifier = SpikerBox(f"{shield.path}?rate_hz=10050&uv_per_lsb=2").connect()
    assert amplifier.rescaled(1.5) == f"spikerbox:{shield.path}?rate_hz=10050&uv_per_lsb=3"
    amplifier.close()


def test_plugged_in_again_it_goes_on_after_the_gap(shield: FakeSpikerShield) -> None:
    amplifier = SpikerBox(f"{shield.path}?rate_hz=10050.25").connect()
    amplifier.start()
    before = read_for(amplifier, 0.1)[-1].end_sample
    gone_s = time.monotonic()
    shield.unplug()
    with pytest.raises(DeviceLost, match="unplugged"):
        read_for(amplifier, 1.0)
    time.sleep(0.1)
    shield.plug()
    amplifier.reopen()
    block = next(block for block in read_for(amplifier, 0.2) if len(block.samples))
    away = (time.monotonic() - gone_s) * 10_050.25
    assert block.lost_before == block.first_sample - before
    assert 0.1 * 10_050 <= block.lost_before <= away
    amplifier.close()


def test_a_silent_port_is_refused_and_never_sent_the_firmware_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.spikerbox.amplifier.BOOT_S", 0.3)
    monkeypatch.setattr("drivers.spikerbox.amplifier.REPLY_S", 0.1)
    shield = FakeSpikerShield(tmp_path)
    shield.streaming = False
    with pytest.raises(DeviceRefused, match=r"No Backyard Brains device replies at"):
        SpikerBox(shield.path).connect()
    assert b"start:;" in shield.received
    assert b">BL<" not in shield.received
    shield.close()


def test_a_device_of_another_number_of_channels_is_refused(
    shield: FakeSpikerShield, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.spikerbox.amplifier.FIT_S", 0.3)
    monkeypatch.setattr("drivers.spikerbox.amplifier.BOOT_S", 1.0)
    monkeypatch.setattr("drivers.spikerbox.amplifier.REPLY_S", 0.1)
    monkeypatch.setattr(shield, "reply_to", lambda _: b"")
    shield.channels = 3
    with pytest.raises(DeviceRefused, match=r"is not 1 channel\(s\) of"):
        SpikerBox(shield.path).connect()


@pytest.mark.parametrize("query", ["?channels=0", "?channels=x", "?uv_per_lsb=-1", "?gain=3", "?channels", "?bits="])
def test_a_wrong_option_is_refused_before_the_port_is_touched(query: str) -> None:
    with pytest.raises(OptionRefused):
        SpikerBox(f"/dev/none{query}").connect()
