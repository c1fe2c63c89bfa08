"""Closeness follows from the rise time of the mean of a unit's first answers, which settled labels move."""

from __future__ import annotations

import numpy as np
import pytest

from guidance.contracts.events import MotorUnit
from guidance.needle_emg.closeness import Closeness, Criterion, nearest
from guidance.needle_emg.decomposed_unit import DecomposedUnit
from guidance.needle_emg.decomposition import Decomposer
from guidance.needle_emg.first_answers import FirstAnswers
from guidance.needle_emg.potential_detector import HOP_MS, PotentialDetector
from guidance.signal.sweep.basis import Array
from tests.support.synthetic_emg import RATE_HZ, laid, times, unit_wave

SECONDS = 4.0


def answered(uv: Array) -> FirstAnswers:
    """The first answers to the potentials of ``uv``, each by what was decomposed until then."""
    detector, decomposer = PotentialDetector(RATE_HZ), Decomposer(RATE_HZ)
    answers = FirstAnswers(RATE_HZ, SECONDS)
    hop = round(HOP_MS * RATE_HZ / 1e3)
    for first in range(0, len(uv), hop):
        potentials = detector.feed(uv[first : first + hop])
        decomposer.feed(uv[first : first + hop])
        for each in potentials:
            fit = decomposer.guess(each.sample, each.known_at)
            answers.add(each, fit.unit if fit else None, decomposer.peak_of(fit) if fit else each.sample)
    return answers


def closeness_of(wave: Array, seconds: float = SECONDS, noise_uv: float = 3.0) -> Closeness | None:
    answers = answered(laid(seconds, [(at, wave) for at in times(9.0, seconds)], noise_uv))
    found = [Criterion().of(unit, answers.of(unit), RATE_HZ, RATE_HZ) for unit in answers.units()]
    return nearest(near for near in found if near)


def test_a_settled_label_moves_a_first_answer_to_the_settled_unit() -> None:
    answers = FirstAnswers(RATE_HZ, SECONDS)
    potentials = PotentialDetector(RATE_HZ).feed(laid(2.0, [(at, unit_wave(300.0, 500.0)) for at in times(9.0, 2.0)]))
    one, other = (DecomposedUnit(number, np.zeros(70), 0, 35) for number in (1, 2))
    for potential in potentials:
        answers.add(potential, one, potential.sample)
    assert len(answers.of(one)) == len([each for each in potentials if not each.is_mixed])
    first, last = potentials[0].sample, potentials[-1].sample
    settled = {first: 2, last: None}
    answers.settle([record(sample, number) for sample, number in settled.items()], [one, other])
    assert [answer.potential.sample for answer in answers.of(other)] == [first]
    assert {first, last}.isdisjoint(answer.potential.sample for answer in answers.of(one))
    assert answers.units() == [other, one]


def record(settles: int, number: int | None) -> MotorUnit:
    return MotorUnit(settles + 1, "needle", number, None, None, None, None, None, None, None, None, True, settles)


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


def test_less_than_three_potentials_give_no_closeness() -> None:
    answers = answered(laid(SECONDS, [(at, unit_wave(300.0, 500.0)) for at in times(9.0, SECONDS)]))
    (unit,) = answers.units()
    found = answers.of(unit)
    assert Criterion().of(unit, found[:3], RATE_HZ, RATE_HZ)
    assert Criterion().of(unit, found[:2], RATE_HZ, RATE_HZ) is None


def test_a_far_small_unit_does_not_outvote_a_near_large_one() -> None:
    large, small = closeness_of(unit_wave(900.0, 900.0)), closeness_of(unit_wave(250.0, 100.0))
    assert large is not None
    assert small is not None
    assert nearest([large, small]) is large
