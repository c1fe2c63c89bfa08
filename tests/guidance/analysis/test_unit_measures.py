"""Means of made motor units: what is superposed is left out, satellites are counted, jiggle is that which was made."""

from __future__ import annotations

import numpy as np
import pytest

from guidance.analysis.findings import MeasureRow
from guidance.analysis.interference import Interference, interference_rows
from guidance.analysis.motor_units import LEAST_UNITS, WHOLE_SAMPLE, MeasuredUnit, MeasuredUnits, measure_units
from guidance.analysis.recruitment import first_recruited_hz, recruitment_ratio
from guidance.analysis.unit_average import UnitAverage, average
from guidance.analysis.unit_firings import RecordedFirings, UnitFirings
from guidance.analysis.unit_parts import joined
from guidance.analysis.unit_patterns import MYOPATHIC, NEUROGENIC, pattern_findings
from guidance.analysis.unit_rows import unit_rows
from guidance.analysis.unit_stability import jiggle, satellites
from guidance.signal.sweep.basis import Array
from tests.support.synthetic_emg import RATE_HZ, laid, times, unit_wave

SECONDS = 8.0
WAVE = unit_wave(300.0, 500.0)
FIRINGS = times(9.0, SECONDS)
NOBODY = np.zeros(0, np.int64)


def samples(times_s: list[float]) -> np.ndarray:
    return np.round(np.array(times_s) * RATE_HZ).astype(np.int64)


def averaged(uv: Array, others: list[float] | None = None) -> UnitAverage:
    mean = average(uv, RATE_HZ, samples(FIRINGS), samples(others) if others else NOBODY)
    assert mean is not None
    return mean


def test_the_mean_has_the_measures_of_the_made_potential() -> None:
    mean = averaged(laid(SECONDS, [(at, WAVE) for at in FIRINGS]))
    measures = mean.measures()
    assert measures.amplitude_uv == pytest.approx(500.0, rel=0.03)
    assert measures.rise_us == pytest.approx(300.0, rel=0.1)
    assert (measures.phases, satellites(mean, measures)) == (3, 0)


def test_firings_with_another_potential_upon_them_are_left_out() -> None:
    upon = [at + 0.001 for at in FIRINGS[::3]]
    uv = laid(SECONDS, [*((at, WAVE) for at in FIRINGS), *((at, 2 * WAVE) for at in upon)])
    mean = averaged(uv, upon)
    assert mean.count == len(FIRINGS) - len(upon)
    assert mean.measures().amplitude_uv == pytest.approx(500.0, rel=0.03)
    assert average(uv, RATE_HZ, samples(upon), samples(upon)) is None


def test_a_potential_locked_in_time_is_a_satellite_and_a_chance_overlap_is_none() -> None:
    events = [(at, WAVE) for at in FIRINGS]
    locked = averaged(laid(SECONDS, [*events, *((at + 0.014, 0.3 * WAVE) for at in FIRINGS)]))
    assert satellites(locked, locked.measures()) == 1
    assert locked.measures().duration_ms < 10.0
    chance = averaged(laid(SECONDS, [*events, *((at + 0.014, 0.6 * WAVE) for at in FIRINGS[::2])]))
    assert satellites(chance, chance.measures()) == 0


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_jiggle_grows_with_the_change_from_firing_to_firing(share: float) -> None:
    late = unit_wave(300.0, 500.0)
    events = [(at, WAVE) for at in FIRINGS]
    events += [(at + 0.001, share * (1 - 2 * (number % 2)) * late) for number, at in enumerate(FIRINGS)]
    mean = averaged(laid(SECONDS, events))
    found = jiggle(mean, mean.measures())
    assert found is not None
    assert found.percent == pytest.approx(200 * share, abs=8.0 + 60 * share)
    assert found.correlation > 0.8 - share


def test_too_few_firings_have_no_jiggle() -> None:
    uv = laid(SECONDS, [(at, WAVE) for at in FIRINGS])
    mean = average(uv, RATE_HZ, samples(FIRINGS)[:6], NOBODY)
    assert mean is not None
    assert jiggle(mean, mean.measures()) is None


def test_labels_at_a_constant_lag_are_one_unit_and_independent_ones_stay_two() -> None:
    own, other = samples(FIRINGS), samples(times(11.0, SECONDS, seed=9))
    late, stray = own[::2] + 60, np.array([777], np.int64)
    firings = RecordedFirings(
        (UnitFirings(1, own, 100.0), UnitFirings(2, late, 60.0), UnitFirings(3, other, 100.0)),
        np.sort(np.concatenate([own + 90, stray])), np.full(len(own) + 1, 50.0),
    )  # fmt: skip
    found = joined(firings, RATE_HZ)
    assert [unit.number for unit in found.units] == [1, 3]
    assert len(found.units[0].samples) == len(own)
    assert found.none.tolist() == stray.tolist()


@pytest.fixture(scope="module")
def measured() -> MeasuredUnits:
    one = [(at, WAVE) for at in FIRINGS]
    other = [(at, unit_wave(700.0, 900.0, negative_first=True)) for at in times(11.0, SECONDS, seed=4, start_s=0.35)]
    return measure_units(laid(SECONDS, [*one, *other]), RATE_HZ)


def test_two_made_units_are_measured_with_errors_that_hold_the_truth(measured: MeasuredUnits) -> None:
    by_size = sorted((*measured.units, *measured.far), key=lambda unit: unit.measures.amplitude_uv)
    assert [unit.measures.amplitude_uv for unit in by_size] == pytest.approx([500.0, 900.0], rel=0.05)
    assert [unit.firing_hz for unit in by_size] == pytest.approx([9.0, 11.0], rel=0.15)
    for unit, true_uv in zip(by_size, (500.0, 900.0), strict=True):
        assert abs(unit.measures.amplitude_uv - true_uv) < 5 * unit.errors["amplitude_uv"] + 10.0
        assert 0.0 < unit.errors["amplitude_uv"] < 50.0
        assert unit.averaged <= unit.discharges


def some(unit: MeasuredUnit, count: int) -> MeasuredUnits:
    return MeasuredUnits((unit,) * count, (), RecordedFirings((), NOBODY, np.zeros(0)), RATE_HZ)


AGAINST = [
    MeasureRow("duration", "9 ms", "7 to 11 ms", "within", ""),
    MeasureRow("amplitude", "6", "4 to 8", "within", ""),
]
FOR = [MeasureRow(name, "1", "4 to 8", "below", "") for name in ("duration", "amplitude")]


def test_no_pattern_is_ruled_out_by_fewer_than_twenty_units(measured: MeasuredUnits) -> None:
    unit = measured.units[0]
    for count in (0, LEAST_UNITS - 1, LEAST_UNITS, WHOLE_SAMPLE - 1):
        for finding in pattern_findings(AGAINST, some(unit, count)):
            assert finding.word == "not assessable"
            assert finding.why.startswith(f"{count} ")
    assert {finding.word for finding in pattern_findings(AGAINST, some(unit, WHOLE_SAMPLE))} == {"not suggested"}


def test_five_units_may_suggest_a_pattern(measured: MeasuredUnits) -> None:
    words = {f.name: f.word for f in pattern_findings(FOR, some(measured.units[0], LEAST_UNITS))}
    assert words == {MYOPATHIC: "suggested", NEUROGENIC: "not assessable"}


def test_each_measure_stands_beside_its_range_or_no_reference(measured: MeasuredUnits) -> None:
    rows = list(unit_rows(some(measured.units[0], LEAST_UNITS), None))
    assert "5 of them near the needle" in rows[0].value
    assert all(row.reference or row.value.startswith("not assessable") for row in rows[1:])
    assert {"units with satellites", "jiggle", "outliers, duration below"} <= {row.measure for row in rows}


def test_the_rate_of_the_unit_that_fires_alone_when_another_begins_is_the_recruitment_frequency() -> None:
    first, second = np.arange(0.0, 6.0, 1 / 8), np.arange(3.03, 6.0, 1 / 7)
    assert first_recruited_hz([first, second]) == pytest.approx(8.0, rel=0.01)
    assert first_recruited_hz([first, np.arange(0.05, 6.0, 1 / 7)]) is None
    assert first_recruited_hz([]) is None
    assert recruitment_ratio([np.arange(0.0, 6.0, 1 / 12), np.arange(0.0, 6.0, 1 / 8)]) == pytest.approx(6.0, rel=0.02)
    assert recruitment_ratio([first]) is None


def test_epochs_outside_the_cloud_are_counted_from_twenty_epochs_on() -> None:
    large = Interference((200.0,) * 20, (300.0,) * 15 + (900.0,) * 5)
    assert (large.above_percent, large.below_percent) == (25.0, 0.0)
    rows = {row.measure: row for row in interference_rows(large)}
    assert rows["epochs above the turns/amplitude cloud"].holds == "above"
    few = {row.measure: row for row in interference_rows(Interference((200.0,) * 3, (900.0,) * 3))}
    assert few["epochs above the turns/amplitude cloud"].value.startswith("not assessable: 3 epochs")
