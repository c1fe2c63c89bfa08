"""Pulses found by their artefact: a clock's all, within a millisecond; what muscles do on their own, never."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from guidance.contracts.events import Response, Stimulus
from guidance.engine.settings import Mode
from tests.support.streams import Stream, of_kind, records_of, settings
from tests.support.waves import Wave, add, artefact, m_wave, mains, motor_unit, nerve_cells, noise, voluntary

LISTEN = settings(Mode.LISTEN, window_ms=(2.0, 4.0))


def beats(sample_rate_hz: float, count: int, per_s: float, first_s: float = 0.25) -> NDArray[np.int64]:
    """Sample indices of ``count`` pulses of a clock that knows nothing of the amplifier's."""
    return np.round((first_s + np.arange(count) / per_s) * sample_rate_hz).astype(np.int64)


def train(
    sample_rate_hz: float,
    at: NDArray[np.int64],
    *,
    heights_uv: NDArray[np.float64] | None = None,
    response_uv: float = 400.0,
    background: Wave | None = None,
    polarity: int = 1,
) -> Stream:
    """Artefacts at ``at``, each followed by an M-wave 6 ms later, on noise and 20 uV of mains."""
    count = int(at[-1] + 0.4 * sample_rate_hz)
    signal = noise(np.random.default_rng(6), count) + mains(count, sample_rate_hz, 20.0)
    if background is not None:
        add(signal, 0, background)
    heights = heights_uv if heights_uv is not None else np.full(len(at), 2500.0)
    for pulse, height in zip(at, heights, strict=True):
        add(signal, int(pulse), artefact(sample_rate_hz, polarity * height, 0.1 * polarity * height))
        add(signal, int(pulse + 0.006 * sample_rate_hz), m_wave(sample_rate_hz, response_uv))
    return Stream(sample_rate_hz, (signal,))


def found(stream: Stream) -> NDArray[np.int64]:
    """Samples of the pulses that listening finds."""
    stimuli = of_kind(records_of(stream, LISTEN), Stimulus)
    assert all(stimulus.source == "artefact" for stimulus in stimuli)
    return np.array([stimulus.sample for stimulus in stimuli], np.int64)


def matched(stream: Stream, at: NDArray[np.int64]) -> tuple[int, int]:
    """How many of the pulses at ``at`` are found within 1 ms, and how many finds are none of them."""
    finds = found(stream)
    if not len(finds):
        return 0, 0
    apart = np.abs(finds[:, None] - at[None, :])
    within = 1e-3 * stream.sample_rate_hz
    return int((apart.min(axis=0) <= within).sum()), int((apart.min(axis=1) > within).sum())


@pytest.mark.parametrize("sample_rate_hz", [4000.0, 10_000.0, 30_000.0])
@pytest.mark.parametrize(("per_s", "count"), [(1.0, 6), (2.0, 10), (5.0, 20), (30.0, 60)])
def test_every_pulse_of_a_clock_is_found(sample_rate_hz: float, per_s: float, count: int) -> None:
    at = beats(sample_rate_hz, count, per_s)
    assert matched(train(sample_rate_hz, at), at) == (count, 0)


@pytest.mark.parametrize("polarity", [1, -1])
@pytest.mark.parametrize("height_uv", [500.0, 5000.0, 100_000.0])
def test_artefacts_of_any_size_and_sign_are_found(height_uv: float, polarity: int) -> None:
    at = beats(4000.0, 10, 2.0)
    assert matched(train(4000.0, at, heights_uv=np.full(10, height_uv), polarity=polarity), at) == (10, 0)


@pytest.mark.parametrize("response_uv", [300.0, 3000.0, 8000.0])
def test_a_large_m_wave_is_not_taken_for_the_pulse(response_uv: float) -> None:
    at = beats(10_000.0, 20, 2.0)
    assert matched(train(10_000.0, at, response_uv=response_uv, heights_uv=np.full(20, 1500.0)), at) == (20, 0)


def test_pulses_are_still_found_when_the_current_changes() -> None:
    at = beats(4000.0, 30, 2.0)
    heights = np.concatenate([np.full(10, 2000.0), np.full(10, 6000.0), np.full(10, 1000.0)])
    assert matched(train(4000.0, at, heights_uv=heights), at) == (30, 0)


def test_pulses_are_still_found_when_the_rate_changes() -> None:
    slow = beats(4000.0, 10, 1.0)
    fast = slow[-1] + beats(4000.0, 20, 2.0, first_s=0.5)
    at = np.concatenate([slow, fast])
    hits, false = matched(train(4000.0, at), at)
    assert hits >= 28
    assert false == 0


def test_pulses_left_out_are_not_made_up_and_do_not_lose_the_others() -> None:
    every = beats(4000.0, 40, 2.0)
    missed = np.isin(np.arange(40), [6, 7, 13, 20, 21, 22, 31])
    assert matched(train(4000.0, every[~missed]), every[~missed]) == (33, 0)


def test_pulses_are_found_under_voluntary_activity() -> None:
    at = beats(4000.0, 40, 5.0)
    emg = voluntary(np.random.default_rng(9), int(at[-1]), 4000.0, 150.0)
    hits, false = matched(train(4000.0, at, background=emg, heights_uv=np.full(40, 6000.0)), at)
    assert hits >= 38
    assert false == 0


def test_a_pulse_lost_in_a_hole_does_not_lose_the_others() -> None:
    at = beats(4000.0, 12, 2.0)
    stream = replace(train(4000.0, at), holes=((int(at[6]) - 200, int(at[6]) + 200),))
    assert matched(stream, np.delete(at, 6)) == (11, 0)


def test_each_pulse_found_has_a_response() -> None:
    at = beats(4000.0, 12, 2.0)
    responses = of_kind(records_of(train(4000.0, at), settings(Mode.LISTEN)), Response)
    assert len(responses) == 12
    assert all(response.detected for response in responses)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("spread", [0.1, 0.2])
def test_a_motor_unit_near_the_needle_is_no_stimulator(seed: int, spread: float) -> None:
    rng, sample_rate_hz = np.random.default_rng(seed), 10_000.0
    at = np.cumsum(rng.normal(0.1, 0.1 * spread, 150).clip(0.03))
    signal = noise(rng, int((at[-1] + 0.5) * sample_rate_hz))
    for second in at:
        add(signal, int(second * sample_rate_hz), rng.normal(1.0, 0.05) * motor_unit(sample_rate_hz, 1500.0))
    assert not len(found(Stream(sample_rate_hz, (signal,))))


def test_several_motor_units_at_once_are_no_stimulator() -> None:
    rng, sample_rate_hz = np.random.default_rng(3), 10_000.0
    signal = noise(rng, int(20 * sample_rate_hz))
    for peak_uv, per_s in ((2000.0, 8.0), (900.0, 11.0), (500.0, 13.0), (400.0, 15.0)):
        for second in np.cumsum(rng.normal(1 / per_s, 0.15 / per_s, int(19 * per_s)).clip(0.03)):
            add(signal, int(second * sample_rate_hz), motor_unit(sample_rate_hz, peak_uv))
    assert not len(found(Stream(sample_rate_hz, (signal,))))


@pytest.mark.parametrize("sd_uv", [30.0, 300.0])
def test_bursts_of_voluntary_activity_are_no_stimulator(sd_uv: float) -> None:
    rng, sample_rate_hz = np.random.default_rng(5), 4000.0
    signal = noise(rng, int(20 * sample_rate_hz))
    for second in range(1, 19, 2):
        add(signal, int(second * sample_rate_hz), voluntary(rng, int(sample_rate_hz), sample_rate_hz, sd_uv))
    assert not len(found(Stream(sample_rate_hz, (signal,))))


@pytest.mark.parametrize("hz", [50.0, 60.0])
def test_mains_is_no_stimulator(hz: float) -> None:
    count = 40_000
    signal = noise(np.random.default_rng(5), count) + mains(count, 4000.0, 800.0, hz)
    assert not len(found(Stream(4000.0, (signal,))))


def test_noise_around_holes_is_no_stimulator() -> None:
    rng = np.random.default_rng(5)
    holes = tuple((first, first + 700) for first in range(2000, 40_000, 4000))
    stream = Stream(4000.0, (noise(rng, 44_000, 40.0),), holes=holes)
    assert not len(found(stream))


def test_a_flat_line_is_no_stimulator() -> None:
    assert not len(found(Stream(4000.0, (np.zeros(20_000),))))


def by_hand(count: int, sample_rate_hz: float, seed: int = 2) -> NDArray[np.int64]:
    """Pulses as a hand triggers them: from half a second to three apart."""
    return np.round((0.5 + np.cumsum(np.random.default_rng(seed).uniform(0.5, 3.0, count))) * sample_rate_hz).astype(
        np.int64
    )


@pytest.mark.parametrize("sample_rate_hz", [10_000.0, 44_100.0])
@pytest.mark.parametrize("polarity", [1, -1])
def test_pulses_triggered_by_hand_are_found_by_their_onset(sample_rate_hz: float, polarity: int) -> None:
    at = by_hand(14, sample_rate_hz)
    assert matched(train(sample_rate_hz, at, heights_uv=np.full(14, 4000.0), polarity=polarity), at) == (14, 0)


def test_pulses_triggered_by_hand_are_found_under_a_contraction() -> None:
    at = by_hand(14, 10_000.0)
    emg = voluntary(np.random.default_rng(9), int(at[-1]), 10_000.0, 60.0)
    hits, false = matched(train(10_000.0, at, background=emg, heights_uv=np.full(14, 6000.0)), at)
    assert hits >= 12
    assert false == 0


@pytest.mark.parametrize("sample_rate_hz", [10_000.0, 30_000.0])
@pytest.mark.parametrize("peak_uv", [800.0, 4000.0])
def test_a_motor_unit_that_fires_now_and_then_is_no_stimulator(sample_rate_hz: float, peak_uv: float) -> None:
    at, rng = by_hand(30, sample_rate_hz), np.random.default_rng(7)
    signal = noise(rng, int(at[-1] + sample_rate_hz))
    for sample in at:
        add(signal, int(sample), rng.normal(1.0, 0.05) * motor_unit(sample_rate_hz, peak_uv))
    assert not len(found(Stream(sample_rate_hz, (signal,))))


@pytest.mark.parametrize("response_uv", [2000.0, 8000.0])
def test_m_waves_of_pulses_triggered_by_hand_are_not_taken_for_them(response_uv: float) -> None:
    at = by_hand(14, 10_000.0)
    assert matched(train(10_000.0, at, response_uv=response_uv, heights_uv=np.full(14, 2000.0)), at) == (14, 0)


@pytest.mark.parametrize("sample_rate_hz", [20_000.0, 30_000.0])
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))])
def test_spikes_of_nerve_cells_are_no_stimulator(sample_rate_hz: float, seed: int) -> None:
    signal = nerve_cells(np.random.default_rng(seed), round(30 * sample_rate_hz), sample_rate_hz)
    assert not len(found(Stream(sample_rate_hz, (signal,))))


@pytest.mark.parametrize("per_s", [None, 2.0], ids=["by hand", "of a clock"])
def test_pulses_are_found_among_spikes_of_nerve_cells(per_s: float | None) -> None:
    at = by_hand(14, 30_000.0) if per_s is None else beats(30_000.0, 20, per_s)
    spikes = nerve_cells(np.random.default_rng(8), int(at[-1]), 30_000.0)
    stream = train(30_000.0, at, background=spikes, heights_uv=np.full(len(at), 4000.0))
    assert matched(stream, at) == (len(at), 0)


def _blocks_of_512(kind: str, samples: int, sample_rate_hz: float) -> Wave:
    """Return noise with a step at every border of 512 samples, as recorders leave that correct block by block."""
    rng = np.random.default_rng(6)
    at = np.arange(samples)
    block, within = at // 512, (at % 512) / 512
    drift = 2000 * np.sin(2 * np.pi * 0.3 * at / sample_rate_hz)
    mean = np.array([drift[block == each].mean() for each in range(int(block.max()) + 1)])
    steps = {
        "random levels": rng.normal(0, 300, int(block.max()) + 1)[block],
        "sawtooth": 400 * (0.5 - within),
        "two levels": 200 * (-1.0) ** block,
        "means taken away": drift - mean[block],
    }
    return np.asarray(rng.normal(0, 5, samples) + steps[kind])


@pytest.mark.parametrize("sample_rate_hz", [2000.0, 4000.0, 10_000.0])
@pytest.mark.parametrize("kind", ["random levels", "sawtooth", "two levels", "means taken away"])
def test_steps_at_the_borders_of_blocks_are_no_stimuli(kind: str, sample_rate_hz: float) -> None:
    signal = _blocks_of_512(kind, round(12 * sample_rate_hz), sample_rate_hz)
    assert len(found(Stream(sample_rate_hz, (signal,)))) == 0


def test_an_overload_at_its_rail_is_a_stimulus_whatever_it_lasts() -> None:
    signal = np.random.default_rng(7).normal(0, 5, 60_000)
    for at in range(3000, 60_000, 5000):
        signal[at : at + 150] = 5000.0
    assert len({int(sample) // 5000 for sample in found(Stream(10_000.0, (signal,)))}) >= 10
