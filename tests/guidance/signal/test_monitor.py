"""The running signal for the eye and its quality, second by second: artefacts leave no trace in either."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drivers.base import Pulse
from guidance.contracts.events import Signal, TimedRecord
from guidance.contracts.origin import RECORDED
from guidance.contracts.snapshot import Snapshot
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode
from guidance.engine.snapshot_builder import SessionState
from tests.support.some import some
from tests.support.streams import Stream, evoked, settings
from tests.support.waves import mains, noise, voluntary

RATE_HZ = 4000.0
COLUMNS_A_SECOND = 100


def followed(stream: Stream, mode: Mode = Mode.MANUAL) -> tuple[list[TimedRecord], Snapshot]:
    """The signal records of ``stream``, and what a screen shows at its end."""
    engine = Engine(settings(mode), stream.info, "")
    made = [one for one in engine.step(list(stream.blocks())) if isinstance(one.record, Signal)]
    return made, engine.snapshot(SessionState("made", RECORDED))


def channel(made: TimedRecord, index: int = 0) -> dict[str, float | None]:
    assert isinstance(made.record, Signal)
    quality: dict[str, float | None] = made.record.channels[index]
    return quality


def quiet(seconds: float, sample_rate_hz: float = RATE_HZ, sd_uv: float = 8.0) -> Stream:
    return Stream(sample_rate_hz, (noise(np.random.default_rng(2), int(seconds * sample_rate_hz), sd_uv),))


@pytest.mark.parametrize("sample_rate_hz", [2000.0, 4000.0, 30_000.0, 2441.40625, 8138.02, 4000.4, 3999.6])
def test_there_is_one_record_a_second_soon_after_its_end(sample_rate_hz: float) -> None:
    made, _ = followed(quiet(4.2, sample_rate_hz))
    assert [one.t for one in made] == pytest.approx([1.0, 2.0, 3.0, 4.0], abs=0.05)


@pytest.mark.parametrize("sd_uv", [2.0, 8.0, 300.0])
def test_rms_is_that_of_the_signal(sd_uv: float) -> None:
    made, _ = followed(quiet(3.2, sd_uv=sd_uv))
    for one in some(made):
        assert channel(one)["rms_uv"] == pytest.approx(sd_uv, rel=0.08)


@pytest.mark.parametrize("offset_uv", [-3000.0, 50_000.0])
@pytest.mark.parametrize("stream", [quiet(2.2), replace(quiet(2.2), holes=((0, 1500),))], ids=["whole", "late"])
def test_a_constant_offset_is_no_signal(stream: Stream, offset_uv: float) -> None:
    made, _ = followed(replace(stream, channels=(stream.channels[0] + offset_uv,)))
    for one in some(made):
        assert channel(one)["rms_uv"] == pytest.approx(8.0, rel=0.15)


@pytest.mark.parametrize("hz", [50.0, 60.0])
@pytest.mark.parametrize("sample_rate_hz", [2000.0, 4000.0, 10_000.0])
def test_mains_amplitude_is_that_of_the_interference(sample_rate_hz: float, hz: float) -> None:
    stream = quiet(2.2, sample_rate_hz)
    interference = mains(len(stream.channels[0]), sample_rate_hz, 30.0, hz)
    for one in some(followed(replace(stream, channels=(stream.channels[0] + interference,)))[0]):
        assert channel(one)["mains_uv"] == pytest.approx(30.0, rel=0.08)


def test_where_there_is_no_mains_none_is_reported() -> None:
    for one in some(followed(quiet(4.2))[0]):
        mains_uv = channel(one)["mains_uv"]
        assert mains_uv is not None
        assert mains_uv < 1.0


@pytest.mark.parametrize("mode", [Mode.MANUAL, Mode.LISTEN])
@pytest.mark.parametrize("height_uv", [5000.0, -5000.0])
def test_nothing_rings_after_an_artefact(height_uv: float, mode: Mode) -> None:
    made, screen = followed(evoked(0.0, 20, artefact_uv=height_uv, tail_uv=0.0), mode)
    for one in some(made):
        assert channel(one)["rms_uv"] == pytest.approx(8.0, rel=0.1)
    assert np.abs(screen.emg).max() < 6 * 8.0


def test_the_response_is_still_seen_behind_the_artefact() -> None:
    stream = evoked(600.0, 5, interval_s=0.5, latency_ms=8.0, tail_uv=0.0)
    _, screen = followed(stream)
    shown = screen.emg[:, 1] - screen.emg[:, 0]
    assert int((shown > 300.0).sum()) >= 5
    assert float(np.median(shown)) < 60.0


def test_a_tail_longer_than_what_is_held_out_stays_small() -> None:
    made, _ = followed(evoked(0.0, 10, tail_uv=500.0))
    for one in some(made):
        rms_uv = channel(one)["rms_uv"]
        assert rms_uv is not None
        assert rms_uv < 20.0


def test_the_share_of_clipped_samples_is_reported() -> None:
    stream = replace(quiet(2.2, sd_uv=20.0), range_uv=1000.0)
    signal = stream.channels[0].copy()
    signal[4000:4800] = 1000.0
    first, second = followed(replace(stream, channels=(signal,)))[0]
    assert channel(first)["clipped_fraction"] == 0.0
    assert channel(second)["clipped_fraction"] == pytest.approx(0.2, abs=0.01)


def test_clipping_that_cannot_be_known_is_reported_as_unknown() -> None:
    for one in some(followed(quiet(1.2))[0]):
        assert channel(one)["clipped_fraction"] is None


def test_each_channel_has_its_own_quality() -> None:
    stream = quiet(1.2)
    interference = mains(len(stream.channels[0]), RATE_HZ, 40.0)
    (one,), _ = followed(replace(stream, channels=(stream.channels[0], 5 * stream.channels[0] + interference)))
    assert channel(one, 0)["rms_uv"] == pytest.approx(8.0, rel=0.1)
    assert channel(one, 1)["mains_uv"] == pytest.approx(40.0, rel=0.1)


def test_a_second_without_samples_has_no_quality() -> None:
    made, _ = followed(replace(quiet(4.2), holes=((3000, 9000),)))
    reported = [channel(one) for one in made]
    assert reported[1] == {"rms_uv": None, "mains_uv": None, "clipped_fraction": None, "lead_off": None}
    for quality in (reported[0], reported[2], reported[3]):
        assert quality["rms_uv"] == pytest.approx(8.0, rel=0.1)
    assert [one.record.lost_samples for one in made if isinstance(one.record, Signal)] == [6000] * 4


def test_gaps_are_marked_in_the_strip_where_they_are() -> None:
    _, screen = followed(replace(quiet(3.0), holes=((4000, 6000),)))
    gone = np.flatnonzero(screen.emg_gaps)
    from_the_end_s = (len(screen.emg_gaps) - gone) / COLUMNS_A_SECOND
    assert len(gone) == pytest.approx(50, abs=2)
    assert from_the_end_s.max() == pytest.approx(2.0, abs=0.03)
    assert from_the_end_s.min() == pytest.approx(1.5, abs=0.03)
    assert np.isfinite(screen.emg).all()


def test_the_strip_shows_the_last_seconds_newest_last() -> None:
    stream = quiet(7.0)
    signal = stream.channels[0].copy()
    signal[-2000:-1000] += voluntary(np.random.default_rng(3), 1000, RATE_HZ, 300.0)
    _, screen = followed(replace(stream, channels=(signal,)))
    loud = np.flatnonzero(screen.emg[:, 1] - screen.emg[:, 0] > 300.0)
    assert screen.emg.shape == (500, 2)
    assert screen.emg_span_s == pytest.approx(5.0)
    assert (screen.emg[:, 0] <= screen.emg[:, 1]).all()
    assert len(screen.emg) - loud.min() == pytest.approx(50, abs=4)
    assert len(screen.emg) - loud.max() == pytest.approx(26, abs=4)


def test_before_anything_has_arrived_nothing_is_shown_as_if_it_had() -> None:
    engine = Engine(settings(), quiet(1.0).info, "")
    screen = engine.snapshot(SessionState("made", RECORDED))
    assert screen.emg.shape == (0, 2)
    assert (screen.rms_uv, screen.mains_uv, screen.stimuli) == (None, None, 0)


def test_a_pulse_at_the_very_beginning_does_not_spoil_the_first_second() -> None:
    stream = replace(evoked(0.0, 3, tail_uv=0.0), pulses=(Pulse(0),))
    signal = noise(np.random.default_rng(4), 5000) + 2000.0
    (one,), _ = followed(replace(stream, channels=(signal,)))
    assert channel(one)["rms_uv"] == pytest.approx(8.0, rel=0.1)
