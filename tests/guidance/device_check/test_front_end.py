"""The check names the front end behind which the signal was measured, and what it hides."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from drivers.base import Pulse
from drivers.simulated.front_ends import KINDS
from drivers.simulated.patient import Patient
from guidance.device_check.front_end import FrontEndFinding, find_front_end
from guidance.device_check.front_end_advice import NOT_SHOWN, front_end_faults, front_end_lines

RATE_HZ, EVERY, AT = 10_000, 5000, 4000
CURRENTS_MA = (0.5, 0.8, 1.2, 2.0, 3.0, 4.0, 5.0, 6.0)


@cache
def finding(kind: str, seed: int = 11, pulses: int = 16, *, knows_currents: bool = True) -> FrontEndFinding | None:
    """Return what pulses far from the nerve show of a front end of ``kind``."""
    patient = Patient(seed, sample_rate_hz=RATE_HZ, start_mm=40.0, front=kind, scenario="hold", still=True)
    parts, given = [], []
    for number in range(pulses):
        current_ma = CURRENTS_MA[number % len(CURRENTS_MA)]
        parts.append(patient.advance(EVERY, [(AT + 0.3, current_ma, 0.1)]))
        given.append(Pulse(EVERY * number + AT, current_ma=current_ma if knows_currents else None, width_ms=0.1))
    signal = np.concatenate([*parts, patient.advance(EVERY)])[:, 0].astype(float)
    return find_front_end(signal, given, RATE_HZ, patient.front_end.range_uv)


def shown(kind: str, seed: int = 11) -> FrontEndFinding:
    found = finding(kind, seed)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_report_states_from_when_on_a_response_can_be_seen(kind: str) -> None:
    *_, cost = front_end_lines(shown(kind))
    assert cost.startswith("what it costs: ")
    assert "cannot be seen here" in cost or "hides every response" in cost


@pytest.mark.parametrize(("kind", "seed"), [("open", 1), ("open", 2), ("open", 11), ("rail", 1), ("rail", 2)])
def test_an_input_that_no_pulse_overloads_has_no_rail_and_no_blanking(kind: str, seed: int) -> None:
    found = shown(kind, seed)
    assert (found.rail_uv, found.blanked_ms, found.high_hz, found.notch_hz) == (None, None, None, None)


@pytest.mark.parametrize(("seed", "rail_uv"), [(1, 2000.0), (2, 9586.0), (11, 2000.0)])
def test_a_rail_below_the_declared_range_is_named_with_its_place(seed: int, rail_uv: float) -> None:
    found = shown("rail-below", seed)
    assert found.is_hard
    assert found.rail_uv == pytest.approx(rail_uv, rel=0.01)
    line, _ = front_end_lines(found)
    assert f"rail at {rail_uv / 1e3:.1f} mV (below the declared range of 25 mV)" in line


@pytest.mark.parametrize("kind", ["soft", "slow-recovery", "moving-rail", "high-pass", "notch", "automatic-gain"])
def test_every_input_that_saturates_has_a_rail(kind: str) -> None:
    for seed in (1, 2, 11):
        assert shown(kind, seed).rail_uv is not None


def test_an_input_that_stays_at_its_rail_is_overloaded_for_longer() -> None:
    assert (shown("slow-recovery").overload_ms or 0.0) > 1.5 > (shown("high-pass").overload_ms or 0.0)


@pytest.mark.parametrize("kind", ["blank-zero", "blank-hold", "suppressor"])
@pytest.mark.parametrize(("seed", "until_ms"), [(2, 3.5), (11, 1.2)])
def test_blanking_is_named_with_its_length_and_hides_what_begins_before(kind: str, seed: int, until_ms: float) -> None:
    found = shown(kind, seed)
    assert found.blanked_ms == pytest.approx(until_ms, abs=0.15)
    assert (found.visible_from_ms or 0.0) >= until_ms - 0.15
    assert any("Blanking hides" in fault for fault in front_end_faults(found)) == (until_ms > 2.5)


@pytest.mark.parametrize(
    ("kind", "least_hz", "most_hz"), [("band-limited", 400.0, 1600.0), ("sound-card", 2000.0, 4000.0)]
)
def test_the_upper_corner_of_a_band_is_named(kind: str, least_hz: float, most_hz: float) -> None:
    assert least_hz < (shown(kind).high_hz or 0.0) < most_hz


def test_what_hides_early_responses_is_to_be_mended() -> None:
    faults = list(front_end_faults(shown("rail-below", 2)))
    assert any("overloads the input: choose a larger range, put the ground between" in fault for fault in faults)
    assert not list(front_end_faults(shown("open")))


def test_a_signal_beyond_the_declared_range_is_a_wrong_range() -> None:
    signal = np.zeros(200_000)
    pulses = [Pulse(10_000 * number, current_ma=1.0 + number, width_ms=0.1) for number in range(1, 12)]
    signal += np.random.default_rng(1).standard_normal(len(signal))
    for pulse in pulses:
        signal[pulse.sample : pulse.sample + 5] = 9000.0
    found = find_front_end(signal, pulses, RATE_HZ, 5000.0)
    assert any("exceeds the range that the device declares" in fault for fault in front_end_faults(found))


def test_without_currents_a_hard_rail_and_blanking_are_still_named() -> None:
    rail, blanked = (finding(kind, 11, knows_currents=False) for kind in ("rail-below", "blank-zero"))
    assert rail is not None
    assert blanked is not None
    assert rail.rail_uv == pytest.approx(2000.0)
    assert blanked.blanked_ms == pytest.approx(1.2, abs=0.15)


def test_too_few_pulses_show_nothing() -> None:
    assert finding("rail", pulses=5) is None
    assert list(front_end_lines(None)) == [NOT_SHOWN]
    assert not list(front_end_faults(None))
