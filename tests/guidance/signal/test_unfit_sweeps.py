"""A sweep that cannot show a response is contaminated, with a reason; it never counts as "no response"."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from guidance.contracts.events import Response
from tests.support.streams import Stream, evoked, responses
from tests.support.waves import add, voluntary

THIRD = 2


def samples(stream: Stream, ms: float) -> int:
    return round(ms * stream.sample_rate_hz / 1e3)


def with_hole(stream: Stream, first_ms: float, stop_ms: float) -> Stream:
    """``stream`` without the samples from ``first_ms`` to ``stop_ms`` after its third pulse."""
    pulse = stream.pulses[THIRD].sample
    return replace(stream, holes=((pulse + samples(stream, first_ms), pulse + samples(stream, stop_ms)),))


def is_unknown(response: Response) -> bool:
    values = (response.p_value, response.amplitude_uv, response.latency_ms)
    return response.contaminated and not response.detected and bool(response.why) and values == (None, None, None)


@pytest.mark.parametrize(("first_ms", "stop_ms"), [(1.0, 1.25), (5.0, 30.0), (24.0, 24.25), (-2.0, 40.0)])
def test_a_hole_in_the_window_leaves_the_response_unknown(first_ms: float, stop_ms: float) -> None:
    records = responses(with_hole(evoked(300.0, 6), first_ms, stop_ms))
    assert [is_unknown(response) for response in records] == [i == THIRD for i in range(6)]
    assert all(response.detected for i, response in enumerate(records) if i != THIRD)


@pytest.mark.parametrize(("first_ms", "stop_ms"), [(-90.0, -70.0), (-20.0, -19.0), (30.0, 60.0)])
def test_a_hole_beside_the_window_does_no_harm(first_ms: float, stop_ms: float) -> None:
    records = responses(with_hole(evoked(300.0, 6), first_ms, stop_ms))
    assert [response.detected and not response.contaminated for response in records] == 6 * [True]


def test_nothing_is_reported_of_a_pulse_right_after_a_hole() -> None:
    records = responses(with_hole(evoked(300.0, 6), -30.0, -0.5))
    assert is_unknown(records[THIRD])


def test_another_pulse_in_the_window_leaves_the_response_unknown() -> None:
    stream = evoked(300.0, 6)
    third = stream.pulses[THIRD]
    second = replace(third, sample=third.sample + samples(stream, 12.0))
    pulses = (*stream.pulses[: THIRD + 1], second, *stream.pulses[THIRD + 1 :])
    records = {response.sample: response for response in responses(replace(stream, pulses=pulses))}
    assert is_unknown(records[third.sample])
    assert not records[second.sample].detected
    assert all(records[pulse.sample].detected for pulse in stream.pulses if pulse != third)


@pytest.mark.parametrize("background_uv", [200.0, 400.0, 800.0])
def test_strong_background_activity_is_reported_as_the_reason(background_uv: float) -> None:
    stream = evoked(0.0, 60)
    emg = voluntary(np.random.default_rng(2), len(stream.channels[0]), stream.sample_rate_hz, background_uv)
    records = responses(replace(stream, channels=(stream.channels[0] + emg,)))
    assert sum(response.detected for response in records) <= 3
    assert all(response.contaminated and response.why for response in records if not response.detected)


def test_a_burst_spoils_only_the_sweeps_that_it_covers() -> None:
    stream = evoked(0.0, 24)
    signal = stream.channels[0].copy()
    first, stop = (stream.pulses[i].sample - samples(stream, 150.0) for i in (8, 16))
    add(signal, first, voluntary(np.random.default_rng(2), stop - first, stream.sample_rate_hz, 300.0))
    records = responses(replace(stream, channels=(signal,)))
    assert sum(response.detected for response in records) <= 1
    assert not any(response.contaminated for response in (*records[:8], *records[17:]))
    assert sum(response.contaminated for response in records[8:16]) >= 7


def test_an_unfit_sweep_does_not_spoil_the_ones_after_it() -> None:
    stream = evoked(300.0, 12)
    signal = stream.channels[0].copy()
    at = stream.pulses[5].sample
    signal[at - 40 : at + 100] += 20_000.0
    records = responses(replace(stream, channels=(signal,)))
    assert all(response.detected for response in (*records[:5], *records[6:]))
    for response in records[6:]:
        assert response.amplitude_uv == pytest.approx(300.0, rel=0.15)


@pytest.mark.parametrize("hz", [3.0, 8.0])
def test_a_slow_sway_of_the_signal_between_fast_pulses_is_borne(hz: float) -> None:
    stream = evoked(300.0, 30, interval_s=0.2)
    (signal,) = stream.channels
    sway = 300.0 * np.sin(2 * np.pi * hz * np.arange(len(signal)) / stream.sample_rate_hz)
    sway[: len(signal) // 2] = 0.0
    assert len(responses(replace(stream, channels=(signal + sway,)))) == 30
