"""No or a wrong range, a rail that moves, a dead input, one current: nothing is claimed, and a reason stands."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.base import Pulse
from guidance.contracts.events import Alarm, Response
from tests.support.some import some
from tests.support.streams import Stream, evoked, of_kind, records_of, responses, settings
from tests.support.waves import Wave, add, artefact, noise

RATE_HZ = 10_000.0
CURRENTS_MA = (1.0, 1.3, 1.69, 2.2, 2.86, 3.72, 4.84, 5.0, 5.0, 1.0, 1.3, 1.69, 2.2, 2.86)
RAIL_UV = 4000.0


def recovery(rail_uv: float) -> Wave:
    t_ms = np.arange(300) / RATE_HZ * 1e3
    return np.asarray(0.2 * rail_uv * np.exp(-t_ms / 0.8))


def overloaded(
    rails_uv: tuple[float, ...] = (RAIL_UV,),
    range_uv: float | None = None,
    currents_ma: tuple[float, ...] = CURRENTS_MA,
) -> Stream:
    """A procedure without a response: an artefact of 3 mV/mA that clips, in turn at each of ``rails_uv``, and the
    amplifier's recovery from that; the device declares ``range_uv``.
    """
    at = [4000 + 4000 * i for i in range(len(currents_ma))]
    signal = noise(np.random.default_rng(3), at[-1] + 4000, 5.0)
    for i, (sample, ma) in enumerate(zip(at, currents_ma, strict=True)):
        rail_uv = rails_uv[i * len(rails_uv) // len(at)]
        wave = ma * artefact(RATE_HZ, 3000.0, 300.0)
        over = np.flatnonzero(wave >= rail_uv)
        add(signal, sample, np.clip(wave, -rail_uv, rail_uv))
        if len(over):
            add(signal, sample + int(over[-1]) + 1, recovery(rail_uv))
    pulses = tuple(Pulse(sample, current_ma=ma, width_ms=0.1) for sample, ma in zip(at, currents_ma, strict=True))
    return Stream(RATE_HZ, (signal,), pulses, range_uv=range_uv)


def judged(stream: Stream) -> list[Response]:
    return list(some(responses(stream, settings(window_ms=(2.0, 25.0)))))


@pytest.mark.parametrize("range_uv", [None, 2000.0, RAIL_UV, 25_000.0])
def test_whatever_range_is_declared_the_recovery_from_overload_is_no_response(range_uv: float | None) -> None:
    assert not any(response.detected for response in judged(overloaded(range_uv=range_uv)))


@pytest.mark.parametrize("rails_uv", [(4000.0, 8000.0), (8000.0, 4000.0), (4000.0, 1500.0, 8000.0)])
def test_a_rail_that_moves_makes_no_response(rails_uv: tuple[float, ...]) -> None:
    assert not any(response.detected for response in judged(overloaded(rails_uv, range_uv=25_000.0)))


def range_alarms(stream: Stream) -> list[Alarm]:
    alarms = of_kind(records_of(stream, settings(window_ms=(2.0, 25.0))), Alarm)
    return [alarm for alarm in alarms if alarm.code == "range-wrong"]


@pytest.mark.parametrize(
    ("range_uv", "priority", "text"),
    [(25_000.0, "low", "its limit is 4 mV, not the 25 mV"), (2000.0, "medium", "the signal exceeds the 2 mV")],
)
def test_a_range_declared_wrong_either_way_is_an_alarm_of_the_session(
    range_uv: float, priority: str, text: str
) -> None:
    (alarm,) = range_alarms(overloaded(range_uv=range_uv))
    assert (alarm.priority, alarm.active) == (priority, True)
    assert text in alarm.text


@pytest.mark.parametrize(
    ("rails_uv", "text"),
    [((4000.0, 8000.0), "its limit moved from 4 to 8 mV"), ((8000.0, 4000.0), "its limit moved from 8 to 4 mV")],
)
def test_a_range_switched_during_the_procedure_is_an_alarm_of_the_session(
    rails_uv: tuple[float, float], text: str
) -> None:
    alarm = range_alarms(overloaded(rails_uv, currents_ma=2 * CURRENTS_MA))[-1]
    assert (alarm.priority, alarm.active) == ("medium", True)
    assert text in alarm.text


@pytest.mark.parametrize("range_uv", [None, RAIL_UV])
def test_a_range_that_holds_or_is_not_declared_is_no_alarm(range_uv: float | None) -> None:
    assert not range_alarms(overloaded(range_uv=range_uv))


@pytest.mark.parametrize("value_uv", [0.0, 170.0])
def test_of_a_flat_line_nothing_is_detected_and_each_reason_is_the_dead_input(value_uv: float) -> None:
    stream = overloaded()
    stream.channels[0][:] = value_uv
    found = judged(stream)
    assert all(response.contaminated and not response.detected for response in found)
    assert all(
        "no stimulus-free signal" in (response.why or "") or "dead" in (response.why or "") for response in found
    )


def test_an_input_that_sticks_halfway_is_reported_from_there_on_and_not_before() -> None:
    stream = overloaded()
    third = stream.pulses[2].sample
    stream.channels[0][third + 1000 :] = 0.0
    found = judged(stream)
    assert not any(response.detected for response in found)
    assert all("dead" in (response.why or "") for response in found[3:])
    assert not any("dead" in (response.why or "") for response in found[:3])


def test_at_one_current_from_the_first_pulse_a_swing_of_the_artefact_is_no_response_and_the_reason_is_to_vary_it() -> (
    None
):
    stream = overloaded()
    signal = noise(np.random.default_rng(4), len(stream.channels[0]), 5.0)
    t_ms = np.arange(250) / RATE_HZ * 1e3
    swing = 200.0 * np.sin(2 * np.pi * t_ms / 8.0) * np.exp(-(((t_ms - 8.0) / 4.0) ** 2))
    for pulse in stream.pulses:
        add(signal, pulse.sample, artefact(RATE_HZ, 4000.0, 300.0))
        add(signal, pulse.sample, swing)
    pulses = tuple(Pulse(pulse.sample, current_ma=1.0, width_ms=0.1) for pulse in stream.pulses)
    found = judged(Stream(RATE_HZ, (signal,), pulses))
    assert not any(response.detected for response in found)
    assert found[0].contaminated
    assert "vary the current" in (found[0].why or "")


@pytest.mark.parametrize("latency_ms", [2.5, 2.8, 3.3, 4.0])
def test_a_large_wave_from_the_first_pulse_on_at_one_current_is_never_called_no_response(latency_ms: float) -> None:
    found = judged(evoked(8000.0, 6, sample_rate_hz=RATE_HZ, latency_ms=latency_ms))
    assert all(response.detected or response.contaminated for response in found)
