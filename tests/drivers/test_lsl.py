"""The LSL driver on pylsl's own outlets."""

from __future__ import annotations

import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from drivers.base import Block, DeviceError, DeviceLost, DeviceNotFound, DeviceRefused, OptionRefused

pytest.importorskip("pylsl", reason="pylsl is not installed; it is in the extra lsl")

from drivers.lsl import LslStream
from tests.drivers.lsl_outlets import Markers, Outlet, ramp
from tests.drivers.reading import read_for, read_until


def started(outlet: Outlet, query: str = "") -> LslStream:
    amplifier = LslStream(outlet.name + query).connect()
    amplifier.start()
    outlet.wait()
    return amplifier


def read_to(amplifier: LslStream, end_sample: int) -> list[Block]:
    return read_until(amplifier, lambda blocks: blocks and blocks[-1].end_sample >= end_sample)


def test_every_sample_comes_as_it_was_sent_in_microvolts() -> None:
    outlet = Outlet()
    amplifier = started(outlet)
    for _ in range(20):
        outlet.push(10)
    blocks = read_to(amplifier, 200)
    assert np.array_equal(np.concatenate([block.samples for block in blocks]), ramp(0, 200))
    assert blocks[0].samples.dtype == np.float32
    assert [channel.name for channel in amplifier.info.channels] == ["EMG 0", "EMG 1"]
    assert amplifier.info.scale_known
    amplifier.close()


@pytest.mark.parametrize(("unit", "factor"), [("uV", 1), ("µV", 1), ("mV", 1e3), ("millivolts", 1e3), ("Volt", 1e6)])
def test_units_are_read_and_channels_of_no_voltage_left_out(unit: str, factor: float) -> None:
    outlet = Outlet(units=("degrees", unit))
    amplifier = started(outlet)
    outlet.push(10)
    (block,) = read_to(amplifier, 10)
    assert [channel.name for channel in amplifier.info.channels] == ["EMG 1"]
    assert block.samples[:, 0] == pytest.approx(ramp(0, 10)[:, 1] * factor)
    amplifier.close()


def test_units_that_are_not_stated_are_not_guessed() -> None:
    outlet = Outlet(units=("", ""))
    amplifier = LslStream(outlet.name).connect()
    assert not amplifier.info.scale_known
    assert amplifier.rescaled(2.0) == f"lsl:{outlet.name}?scale_uv=2"
    amplifier.close()
    scaled = started(outlet, "?scale_uv=0.5")
    outlet.push(10)
    assert scaled.info.scale_known
    assert read_to(scaled, 10)[0].samples == pytest.approx(ramp(0, 10) * 0.5)
    scaled.close()


def test_samples_that_were_never_sent_are_a_gap() -> None:
    outlet = Outlet()
    amplifier = started(outlet)
    for _ in range(60):
        outlet.push(20)
    read_to(amplifier, 1200)
    outlet.skip(37)
    outlet.push(20)
    blocks = read_to(amplifier, 1257)
    assert [(b.first_sample, b.lost_before) for b in blocks if b.lost_before] == [(1237, 37)]
    assert np.array_equal(blocks[-1].samples, ramp(1237, 20))
    amplifier.close()


def test_markers_beside_are_stimuli_at_their_sample() -> None:
    outlet, markers = Outlet(), Markers()
    amplifier = started(outlet, f"?markers={markers.name}&marker=stim")
    assert amplifier.info.marks_pulses
    markers.wait()
    outlet.push(200)
    blocks = read_to(amplifier, 200)
    markers.push("stim current_ma=0.5 width_ms=0.1", outlet, 150.5)
    markers.push("rest", outlet, 160)
    markers.push("stim", outlet, 180.5)
    time.sleep(0.2)
    outlet.push(20)
    blocks += read_to(amplifier, 220)
    blocks += amplifier.read(0.1)
    first, second = [pulse for block in blocks for pulse in block.pulses]
    assert (first.sample, first.current_ma, first.width_ms) == (150, 0.5, 0.1)
    assert first.offset_ns == pytest.approx(250_000, abs=80_000)
    assert (second.sample, second.current_ma) == (180, None)
    amplifier.close()


def test_a_stream_that_ends_is_lost_and_found_again() -> None:
    outlet = Outlet()
    amplifier = started(outlet)
    outlet.push(10)
    read_to(amplifier, 10)
    outlet.end()
    with pytest.raises(DeviceLost, match="has ended"):
        read_for(amplifier, 2.0)
    with pytest.raises(DeviceError):
        amplifier.reopen()
    again = Outlet(name=outlet.name)
    amplifier.reopen()
    again.wait()
    again.push(10)
    (block,) = amplifier.read(1.0)
    assert block.first_sample == 10 + block.lost_before
    assert block.lost_before > 0
    amplifier.close()


def test_a_stream_that_falls_silent_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LslStream, "silence_s", 0.1)
    outlet = Outlet()
    amplifier = started(outlet)
    with pytest.raises(DeviceLost, match=r"has sent nothing for 0\.1 s"):
        read_for(amplifier, 1.0)
    amplifier.close()


def test_two_of_a_name_are_distinguished_by_their_source() -> None:
    one = Outlet()
    two = Outlet(name=one.name)
    with pytest.raises(DeviceRefused, match=r"Several LSL streams .* Add \?source_id=ID"):
        LslStream(one.name).connect()
    two.end()


@pytest.mark.parametrize("ids", [("", ""), ("same", "same"), ("one", "")])
def test_an_advice_that_cannot_help_is_not_given(ids: tuple[str, str]) -> None:
    streams = [
        SimpleNamespace(uid=lambda i=i: i, source_id=lambda i=i: ids[i], hostname=lambda: "here") for i in (0, 1)
    ]
    amplifier = LslStream("x")
    amplifier._lsl = SimpleNamespace(resolve_bypred=lambda *_: streams)
    with pytest.raises(DeviceRefused, match="Their source_id does not differ: stop one, or rename it"):
        amplifier._resolve({"name": "x"})


def test_channels_of_one_label_have_distinct_names() -> None:
    outlet = Outlet(labels=("EMG", "EMG"))
    amplifier = started(outlet)
    assert [channel.name for channel in amplifier.info.channels] == ["EMG", "EMG #2"]
    amplifier.close()


def test_what_is_not_there_or_is_no_signal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.lsl.RESOLVE_S", 0.3)
    with pytest.raises(DeviceNotFound, match="No LSL stream has name='nobody'"):
        LslStream("nobody").connect()
    with pytest.raises(DeviceRefused, match="names no stream"):
        LslStream("").connect()
    markers = Markers()
    with pytest.raises(DeviceRefused, match="name it as markers="):
        LslStream(markers.name).connect()
    with pytest.raises(OptionRefused):
        LslStream("x?scale_uv=0").connect()


def test_without_pylsl_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pylsl", None)
    with pytest.raises(DeviceRefused, match=r"needle-guidance\[lsl\]"):
        LslStream("x").connect()
