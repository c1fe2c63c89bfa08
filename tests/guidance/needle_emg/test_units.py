"""Units are distinguished by shape; closeness follows from the rise time of their mean."""

from __future__ import annotations

from collections import Counter

import pytest

from guidance.needle_emg.closeness import Closeness, Criterion, nearest
from guidance.needle_emg.potential_detector import PotentialDetector
from guidance.needle_emg.units import MotorUnitSorter
from guidance.signal.sweep.basis import Array
from tests.support.synthetic_emg import RATE_HZ, laid, times, unit_wave


def sorted_units(uv: Array) -> MotorUnitSorter:
    sorter = MotorUnitSorter(RATE_HZ)
    for potential in PotentialDetector(RATE_HZ).feed(uv):
        sorter.sort(potential)
    return sorter


def closeness_of(wave: Array, seconds: float = 3.0, noise_uv: float = 3.0) -> Closeness | None:
    units = sorted_units(laid(seconds, [(at, wave) for at in times(9.0, seconds)], noise_uv)).units
    candidates = [near for unit in units if (near := Criterion().of(unit, RATE_HZ, 0))]
    return nearest(candidates)


def test_two_units_are_distinguished_and_their_rates_known() -> None:
    one = [(at, unit_wave(300.0, 500.0)) for at in times(7.0, 6.0, seed=3)]
    other = [(at, unit_wave(900.0, 300.0, negative_first=True)) for at in times(11.0, 6.0, seed=4, start_s=0.35)]
    sorter = sorted_units(laid(6.0, [*one, *other]))
    discharges = Counter({unit.number: unit.discharges for unit in sorter.units}).most_common(2)
    assert sum(count for _, count in discharges) >= 0.75 * (len(one) + len(other))
    rates = sorted(unit.firing_hz(RATE_HZ) or 0.0 for unit in sorter.units if unit.number in dict(discharges))
    assert rates == pytest.approx([7.0, 11.0], rel=0.25)


def test_superimposed_potentials_start_no_new_unit() -> None:
    crowd = [(at, unit_wave(300.0 + 40 * k, 400.0)) for k in range(6) for at in times(25.0, 1.5, seed=k)]
    sorter, detector = MotorUnitSorter(RATE_HZ), PotentialDetector(RATE_HZ)
    potentials = detector.feed(laid(1.5, crowd))
    before = [sorter.sort(p) for p in potentials if p.is_mixed]
    assert before
    assert all(unit is None for unit in before)


@pytest.mark.parametrize(
    ("rise_us", "size_uv", "negative_first", "zone"),
    [(250.0, 400.0, False, "target"), (750.0, 400.0, False, "approach"), (800.0, 45.0, False, "far"),
     (1600.0, 400.0, False, "far"), (250.0, 60.0, False, "target")],
)  # fmt: skip
def test_the_zone_follows_rise_and_amplitude(rise_us: float, size_uv: float, negative_first: bool, zone: str) -> None:
    near = closeness_of(unit_wave(rise_us, size_uv, negative_first=negative_first), noise_uv=1.0)
    assert near is not None
    assert near.zone == zone
    assert sum(near.zone_probability.values()) == pytest.approx(1.0)


def test_the_interval_holds_the_true_rise_and_closeness_is_the_limit_over_it() -> None:
    near = closeness_of(unit_wave(400.0, 300.0))
    assert near is not None
    low, middle, high = near.rise_us
    assert low < 400.0 < high
    assert near.closeness == pytest.approx((500 / high, 500 / middle, 500 / low))
    assert near.amplitude_uv == pytest.approx(300.0, rel=0.1)


def test_a_potential_too_small_for_its_noise_gives_no_closeness() -> None:
    assert closeness_of(unit_wave(300.0, 50.0), noise_uv=8.0) is None


def test_a_single_discharge_gives_no_closeness() -> None:
    units = sorted_units(laid(1.0, [(0.5, unit_wave(300.0, 500.0))])).units
    assert [Criterion().of(unit, RATE_HZ, 0) for unit in units] == [None]


def test_a_far_small_unit_does_not_outvote_a_near_large_one() -> None:
    large, small = closeness_of(unit_wave(900.0, 900.0)), closeness_of(unit_wave(250.0, 100.0))
    assert large is not None
    assert small is not None
    assert nearest([large, small]) is large
