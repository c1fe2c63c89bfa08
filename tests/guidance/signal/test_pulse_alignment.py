"""Pulses of a stimulator on another clock: where the recording shows them, whatever time the host's clock gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.base import Outcome, Pulse
from guidance.contracts.commands import TurnDial
from guidance.contracts.events import Response, Stimulus
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode
from tests.support.streams import Stream, of_kind, records_of, settings
from tests.support.waves import add, artefact, m_wave, mains, motor_unit, noise

RATE_HZ = 4000.0
FIRST_S, EVERY_S = 1.0, 0.53


def given(count: int) -> NDArray[np.int64]:
    """Where ``count`` pulses truly begin."""
    return np.round((FIRST_S + EVERY_S * np.arange(count)) * RATE_HZ).astype(np.int64)


def requested_pulses(
    at: NDArray[np.int64], late_ms: NDArray[np.float64] | float, **changes: object
) -> tuple[Pulse, ...]:
    """The pulses as the host knows them, each delivered ``late_ms`` after the request."""
    samples = np.round(at - np.broadcast_to(np.asarray(late_ms), at.shape) * RATE_HZ / 1e3).astype(int)
    made = (
        Pulse(int(s), current_ma=0.5, requested_ma=0.5, width_ms=0.1, requested_ns=int(s / RATE_HZ * 1e9))
        for s in samples
    )
    return tuple(replace(pulse, outcome=Outcome.UNCONFIRMED, **changes) for pulse in made)  # type: ignore[arg-type]


def recorded(at: NDArray[np.int64], *, artefact_uv: float = 2500.0, response_uv: float = 300.0) -> NDArray[np.float64]:
    signal = noise(np.random.default_rng(4), int(at[-1] + RATE_HZ)) + mains(int(at[-1] + RATE_HZ), RATE_HZ, 20.0)
    for pulse in at:
        if artefact_uv:
            add(signal, int(pulse), artefact(RATE_HZ, artefact_uv, 0.1 * artefact_uv))
            add(signal, int(pulse + 0.006 * RATE_HZ), m_wave(RATE_HZ, response_uv))
    return signal


def stimuli(stream: Stream, marker: str | None = None, size: int = 20) -> list[Stimulus]:
    chosen = replace(settings(), marker=marker)
    return of_kind(records_of(stream, chosen, stream.every(size)), Stimulus)


@pytest.mark.parametrize("late_ms", [0.0, 1.0, 12.0, 80.0, 140.0])
def test_a_constant_delay_of_any_length_is_learned(late_ms: float) -> None:
    at = given(12)
    reported = stimuli(Stream(RATE_HZ, (recorded(at),), requested_pulses(at, late_ms)))
    assert [stimulus.outcome for stimulus in reported] == ["delivered"] * 12
    assert np.abs([stimulus.sample for stimulus in reported] - at).max() <= 2
    assert all(stimulus.source == "artefact" and stimulus.current_ma == 0.5 for stimulus in reported)
    assert [stimulus.offset_ms for stimulus in reported] == pytest.approx([late_ms] * 12, abs=0.6)


def test_a_delay_that_varies_by_ten_milliseconds_is_followed() -> None:
    at = given(30)
    late_ms = 20.0 + np.random.default_rng(2).uniform(-5, 5, 30)
    reported = stimuli(Stream(RATE_HZ, (recorded(at),), requested_pulses(at, late_ms)))
    assert np.abs([stimulus.sample for stimulus in reported] - at).max() <= 2
    assert sum(stimulus.outcome == "delivered" for stimulus in reported) == 30


def test_each_pulse_found_has_a_response_and_one_not_found_has_none() -> None:
    at = given(12)
    signal = recorded(at)
    gone = slice(int(at[7]) - 20, int(at[7]) + 200)
    signal[gone] = noise(np.random.default_rng(5), 220)
    made = records_of(Stream(RATE_HZ, (signal,), requested_pulses(at, 10.0)), settings())
    reported, responses = of_kind(made, Stimulus), of_kind(made, Response)
    assert [stimulus.outcome for stimulus in reported].count("unconfirmed") == 1
    assert reported[7].outcome == "unconfirmed"
    assert len(responses) == 11
    assert not any(abs(response.sample - at[7]) < 100 for response in responses)


def test_a_pulse_that_the_device_reports_as_not_delivered_is_not_searched_for() -> None:
    at = given(4)
    pulses = tuple(replace(pulse, outcome=Outcome.NOT_DELIVERED) for pulse in requested_pulses(at, 10.0))
    reported = stimuli(Stream(RATE_HZ, (recorded(at),), pulses))
    assert [stimulus.outcome for stimulus in reported] == ["not-delivered"] * 4


def test_a_motor_unit_is_never_taken_for_the_pulses_of_a_cable_that_is_off() -> None:
    at, rng = given(40), np.random.default_rng(8)
    signal = recorded(at, artefact_uv=0.0)
    for second in np.cumsum(rng.normal(0.1, 0.012, 210).clip(0.03)):
        if second * RATE_HZ < len(signal) - 200:
            add(signal, int(second * RATE_HZ), rng.normal(1.0, 0.05) * motor_unit(RATE_HZ, 1500.0))
    reported = stimuli(Stream(RATE_HZ, (signal,), requested_pulses(at, 10.0)))
    assert {stimulus.outcome for stimulus in reported} == {"unconfirmed"}


def test_found_are_the_same_however_the_signal_is_cut() -> None:
    at = given(10)
    stream = Stream(RATE_HZ, (recorded(at),), requested_pulses(at, 10.0))
    whole, chopped = stimuli(stream, size=1000), stimuli(stream, size=7)
    assert [(one.sample, one.outcome) for one in whole] == [(one.sample, one.outcome) for one in chopped]


@pytest.mark.parametrize("high_ms", [0.5, 2.0, 30.0])
def test_on_a_marker_channel_the_first_edge_is_the_pulse_even_without_an_artefact(high_ms: float) -> None:
    at = given(8)
    marker = noise(np.random.default_rng(6), int(at[-1] + RATE_HZ))
    for pulse in at:
        marker[int(pulse) : int(pulse + high_ms * RATE_HZ / 1e3)] += 5e5
    stream = Stream(RATE_HZ, (recorded(at, artefact_uv=0.0), marker), requested_pulses(at, 25.0))
    reported = stimuli(stream, marker="EMG 1")
    assert [stimulus.outcome for stimulus in reported] == ["delivered"] * 8
    assert np.abs([stimulus.sample for stimulus in reported] - at).max() <= 1
    assert {stimulus.source for stimulus in reported} == {"device"}


def test_a_marker_channel_has_no_response() -> None:
    at = given(4)
    marker = np.zeros(int(at[-1] + RATE_HZ))
    for pulse in at:
        marker[int(pulse) : int(pulse) + 4] = 5e5
    stream = Stream(RATE_HZ, (recorded(at), marker), requested_pulses(at, 5.0))
    responses = of_kind(records_of(stream, replace(settings(), marker="EMG 1")), Response)
    assert {response.channel for response in responses} == {"EMG 0"}


@pytest.mark.hazard("wrong-dial")
def test_the_dial_gives_its_current_to_the_pulses_after_it_was_turned() -> None:
    at = np.round((0.25 + np.arange(20) / 2) * RATE_HZ).astype(np.int64)
    stream = Stream(RATE_HZ, (recorded(at),))
    engine = Engine(replace(settings(Mode.LISTEN), current_ma=0.5), stream.info, "2026-01-01T00:00:00+00:00")
    records = []
    for index, block in enumerate(stream.blocks(stream.every(int(RATE_HZ)))):
        messages = [TurnDial(2)] if index == 5 else []
        records += [made.record for made in engine.step([block], None, messages)]
    reported = [record for record in records if isinstance(record, Stimulus)]
    (command,) = [record for record in records if record.kind == "command"]
    assert (command.current_ma, command.by) == (0.6, "operator")  # type: ignore[attr-defined]
    currents = {stimulus.sample: stimulus.current_ma for stimulus in reported}
    assert {current for sample, current in currents.items() if sample < 5 * RATE_HZ} == {0.5}
    assert {current for sample, current in currents.items() if sample > 5 * RATE_HZ} == {0.6}
