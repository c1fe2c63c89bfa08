"""Needle EMG is decomposed into the firings of its units, superpositions included, and nothing else is a unit."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from guidance.needle_emg.decomposition import PIECES_A_HOP, Decomposer, Firing
from guidance.needle_emg.matching import Matcher
from guidance.needle_emg.potential_detector import HOP_MS
from guidance.signal.sweep.basis import Array
from tests.support.some import some
from tests.support.synthetic_emg import RATE_HZ, laid, times, unit_wave

SHARP, BLUNT = unit_wave(300.0, 500.0), unit_wave(600.0, 350.0, negative_first=True)
SHARP_AT = times(9.0, 5.0, seed=3)
BLUNT_AT = sorted([*times(7.0, 5.0, seed=4, start_s=0.35)[:-6], *(at + 0.0012 for at in SHARP_AT[12:36:4])])
BOTH = laid(5.0, [*((at, SHARP) for at in SHARP_AT), *((at, BLUNT) for at in BLUNT_AT)])


def firings(uv: Array, cuts: tuple[int, ...] = (), rate_hz: float = RATE_HZ) -> list[Firing]:
    decomposer = Decomposer(rate_hz)
    edges = sorted({0, len(uv), *cuts})
    turns = [turn for low, high in pairwise(edges) for turn in decomposer.feed(uv[low:high])]
    return [firing for turn in [*turns, *decomposer.finish()] for firing in turn.firings]


def plain(found: list[Firing]) -> list[tuple[int, int | None]]:
    return [(one.sample, one.unit.number if one.unit else None) for one in found]


def labels_of(found: list[Firing]) -> set[int]:
    return {one.unit.number for one in found if one.unit}


def labelled_share(found: list[Firing], at_s: list[float]) -> tuple[int, float]:
    """The label that has most of the firings ``at_s``, and the share of them that it has."""
    best: tuple[int, float] = (0, 0.0)
    for label in labels_of(found):
        own = np.array([one.sample for one in found if one.unit and one.unit.number == label]) / RATE_HZ
        share = float(np.mean([np.abs(own - at).min() < 2e-3 for at in at_s]))
        best = max(best, (label, share), key=lambda one: one[1])
    return best


def test_two_units_have_a_label_each_and_most_of_their_firings() -> None:
    found = firings(BOTH)
    sharp, sharp_share = labelled_share(found, SHARP_AT)
    blunt, blunt_share = labelled_share(found, BLUNT_AT)
    assert sharp != blunt
    assert min(sharp_share, blunt_share) >= 0.8
    assert labels_of(found) == {sharp, blunt}


def test_both_units_of_a_superposition_are_found() -> None:
    found = firings(BOTH)
    at_s = [at for at in BLUNT_AT if min(abs(at - other) for other in SHARP_AT) < 1.5e-3]
    assert len(at_s) == 6
    near = [{one.unit.number for one in found if one.unit and abs(one.sample / RATE_HZ - at) < 3e-3} for at in at_s]
    assert sum(len(units) == 2 for units in near) >= 5


def test_the_settled_firings_do_not_depend_on_the_block_size() -> None:
    once = plain(firings(BOTH[:20_000]))
    assert once
    assert plain(firings(BOTH[:20_000], (1, 777, 5003, 5004, 12_345, 17_999))) == once


@pytest.mark.parametrize("rate_hz", [2000.0, 5500.0, 19_999.0, 25_000.0, 30_000.0])
def test_the_block_size_changes_nothing_at_any_sample_rate(rate_hz: float) -> None:
    at = np.arange(0.0, 4.0, 1 / rate_hz)
    uv = np.interp(at, np.arange(len(BOTH)) / RATE_HZ, BOTH)
    uv[round(1.7 * rate_hz) : round(1.72 * rate_hz)] = np.nan
    cuts = tuple(np.random.default_rng(8).integers(1, len(uv), 60).tolist())
    once = plain(firings(uv, rate_hz=rate_hz))
    assert len(once) >= 20
    assert plain(firings(uv, cuts, rate_hz)) == once


def test_every_firing_is_settled_within_a_second_of_its_peak() -> None:
    decomposer = Decomposer(RATE_HZ)
    turns = decomposer.feed(BOTH)
    assert all(turn.known_at - one.sample <= 1.01 * RATE_HZ for turn in turns for one in turn.firings)
    assert [turn.settled_to for turn in turns] == sorted({turn.settled_to for turn in turns})


def test_a_unit_that_lapses_returns_under_its_label() -> None:
    at_s = [at for at in times(9.0, 9.0, seed=5) if not 3.0 < at < 6.5]
    found = firings(laid(9.0, [(at, SHARP) for at in at_s]))
    label, share = labelled_share(found, [at for at in at_s if at > 6.5])
    assert share >= 0.9
    assert labelled_share(found, [at for at in at_s if 1.0 < at < 3.0])[0] == label


def test_a_template_follows_a_potential_that_shrinks_slowly() -> None:
    at_s = times(9.0, 8.0, seed=6)
    found = firings(laid(8.0, [(at, SHARP * (1 - 0.06 * at)) for at in at_s]))
    label, share = labelled_share(found, at_s[8:])
    assert share >= 0.9
    assert labels_of(found) == {label}


def test_lost_samples_hold_no_firing_and_a_long_hole_is_skipped_with_its_labels_kept() -> None:
    decomposer = Decomposer(RATE_HZ)
    holed = BOTH.copy()
    holed[20_000:22_000] = np.nan
    before = [one for turn in decomposer.feed(holed) for one in turn.firings]
    assert not [one for one in before if 20_000 <= one.sample < 22_000]
    gone = round(3600 * RATE_HZ)
    turns = [*decomposer.lose(len(holed) + gone), *decomposer.feed(BOTH), *decomposer.finish()]
    after = [one for turn in turns for one in turn.firings if one.sample > gone]
    assert labels_of(some(after)) <= labels_of(before)


def crowd() -> Array:
    rng = np.random.default_rng(3)
    waves = [unit_wave(rng.uniform(150, 900), rng.uniform(100, 900), negative_first=bool(k % 2)) for k in range(300)]
    return laid(6.0, [(0.3 + 0.019 * k, wave) for k, wave in enumerate(waves)])


def dense() -> Array:
    shapes = [unit_wave(200.0 + 60 * k, 250.0 + 90 * (k % 7), negative_first=bool(k % 2)) for k in range(12)]
    return laid(6.0, [(at, wave) for k, wave in enumerate(shapes) for at in times(12.0 + k, 6.0, seed=20 + k)])


def test_memory_is_bounded_however_many_different_potentials_come() -> None:
    decomposer = Decomposer(RATE_HZ)
    decomposer.feed(crowd())
    assert len(decomposer.units) <= 24


@pytest.mark.parametrize("uv", [pytest.param(crowd(), id="crowd"), pytest.param(dense(), id="200 potentials a second")])
def test_the_work_of_a_turn_is_done_before_the_next_and_never_much_at_once(
    uv: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[int] = []
    gain = Matcher._gain

    def counted(matcher: Matcher, windows: Array, part: slice, gains: Array) -> None:
        compared.append(len(windows[part]))
        gain(matcher, windows, part, gains)

    monkeypatch.setattr(Matcher, "_gain", counted)
    decomposer, most, hop = Decomposer(RATE_HZ), 0, round(HOP_MS * RATE_HZ / 1e3)
    for first in range(0, len(uv), hop):
        compared.clear()
        decomposer.feed(uv[first : first + hop])
        most = max(most, sum(compared))
    assert 0 < most <= PIECES_A_HOP * 450
    assert decomposer.overdue == 0


T = np.arange(60_000) / RATE_HZ
NOISE = 4.0 * np.random.default_rng(1).standard_normal(60_000)
BEAT = np.exp(-0.5 * (np.arange(-600, 600) / 120.0) ** 2) * 400.0
ECG = np.sum([np.roll(np.pad(BEAT, (0, 58_800)), round((0.4 + 0.81 * k) * RATE_HZ)) for k in range(6)], axis=0)
STEPS = np.cumsum(np.where(np.random.default_rng(4).random(60_000) < 2e-4, 300.0, 0.0))
MOVING = np.convolve(STEPS - STEPS.mean(), np.hanning(300) / np.hanning(300).sum(), "same") + 500 * np.sin(1.7 * T)
CLIPPED = (200.0 * np.random.default_rng(2).standard_normal(60_000)).clip(-150.0, 150.0)


@pytest.mark.parametrize(
    "uv",
    [
        pytest.param(np.full(60_000, 7.0), id="flat"),
        pytest.param(np.full(60_000, np.nan), id="lost"),
        pytest.param(CLIPPED, id="clipped noise"),
        pytest.param(NOISE, id="noise"),
        pytest.param(NOISE + 200 * np.sin(2 * np.pi * 50 * T), id="mains"),
        pytest.param(NOISE + 80 * np.sin(2 * np.pi * 50 * T) + 30 * np.sin(2 * np.pi * 150 * T), id="mains, harmonic"),
        pytest.param(NOISE + 200 * np.sin(2 * np.pi * 200 * T), id="200 Hz"),
        pytest.param(NOISE + ECG, id="ECG"),
        pytest.param(NOISE + MOVING, id="moving electrode"),
    ],
)
def test_what_is_no_muscle_has_no_unit(uv: Array) -> None:
    assert labels_of(firings(uv)) == set()


def test_a_signal_of_1000_hz_has_no_unit() -> None:
    assert labels_of(firings(BOTH[::10], rate_hz=1000.0)) == set()
