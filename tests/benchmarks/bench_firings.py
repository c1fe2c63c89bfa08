"""Firings of simulated muscles with truth: detection and sorting, beside simpler methods in the same run.

uv run python -m tests.benchmarks.bench_firings [MUSCLES] [--tune]

Muscles of 10 s with 8 to 10 units and 60 to 90 potentials a second in all, so many for each electrode and noise.
Sorted: TP/(TP+FP+FN) of each unit, over all units of the row. ``--tune`` takes the seeds on which constants are tuned.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np

from guidance.analysis.shape_groups import ShapeGroup, ShapeGroups
from guidance.needle_emg.decomposed_unit import DecomposedUnit
from guidance.needle_emg.decomposition import Decomposer
from guidance.needle_emg.potential_detector import HOP_MS, PotentialDetector
from tests.benchmarks.scorers import firing_peers
from tests.benchmarks.scorers.firings import Array, Firings, FiringScore, score
from tests.worlds.muscles import ELECTRODES, NOISES_UV, REPORT, SECONDS, TUNE, Muscle, muscle


def settled(uv: Array, sample_rate_hz: float, units: int) -> Firings:
    """What the program has settled a second later; it does not know the number of units."""
    decomposer = Decomposer(sample_rate_hz)
    turns = [*decomposer.feed(uv), *decomposer.finish()]
    return _labelled([(one.sample, one.unit) for turn in turns for one in turn.firings], sample_rate_hz)


def first_answers(uv: Array, sample_rate_hz: float, units: int) -> Firings:
    """What the program reports within 30 ms, by what the decomposition had learned by then."""
    detector, decomposer = PotentialDetector(sample_rate_hz), Decomposer(sample_rate_hz)
    hop = round(HOP_MS * sample_rate_hz / 1e3)
    found: list[tuple[int, DecomposedUnit | None]] = []
    for first in range(0, len(uv), hop):
        potentials = detector.feed(uv[first : first + hop])
        decomposer.feed(uv[first : first + hop])
        fits = [decomposer.guess(each.sample, each.known_at) for each in potentials]
        found += [(each.sample, fit.unit if fit else None) for each, fit in zip(potentials, fits, strict=True)]
    return _labelled(found, sample_rate_hz)


def by_shape(uv: Array, sample_rate_hz: float, units: int) -> Firings:
    """The program's detector of first answers, grouped by shape alone."""
    detector, groups = PotentialDetector(sample_rate_hz), ShapeGroups(sample_rate_hz)
    return _labelled([(each.sample, groups.sort(each)) for each in detector.feed(uv)], sample_rate_hz)


def _labelled(found: Sequence[tuple[int, DecomposedUnit | ShapeGroup | None]], sample_rate_hz: float) -> Firings:
    labels = [unit.number if unit else -1 for _, unit in found]
    return Firings(np.array([sample for sample, _ in found]) / sample_rate_hz, np.array(labels, np.int64))


METHODS: dict[str, Callable[[Array, float, int], Firings]] = {
    "this program, settled": settled,
    "this program, first answers": first_answers,
    "first answers by shape alone": by_shape,
    "threshold on 500-4000 Hz": firing_peers.threshold,
    "PCA + k-means (units known)": firing_peers.pca_kmeans,
    "template matcher": firing_peers.template_matcher,
    "random times": firing_peers.random_times,
}


def main() -> None:
    """Print a row for each electrode, noise and method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("muscles", nargs="?", type=int, default=5)
    parser.add_argument("--tune", action="store_true")
    options = parser.parse_args()
    family = TUNE if options.tune else REPORT
    print(f"SIMULATED muscles, {options.muscles} for each electrode and noise, {SECONDS:g} s each")
    for electrode in ELECTRODES:
        for noise_uv in NOISES_UV:
            muscles = [muscle(electrode, noise_uv, family, number) for number in range(options.muscles)]
            rate = np.mean([sum(map(len, each.peaks_s)) / SECONDS for each in muscles])
            print(f"\n{electrode}, noise {noise_uv:g} uV RMS, {rate:.0f} potentials a second")
            print(
                f"{'':30}{'found':>6}{'true':>6}{'sorted: median':>16}{'10 %':>6}{'90 %':>6}{'labels':>8}{'CPU s':>7}"
            )
            for name, method in METHODS.items():
                print(_row(name, method, muscles), flush=True)


def _row(name: str, method: Callable[[Array, float, int], Firings], muscles: list[Muscle]) -> str:
    """Return a row: means of detection over the muscles, sorting over all their units, CPU a second of signal."""
    scores: list[FiringScore] = []
    began_s = time.process_time()
    found = [method(each.uv, each.sample_rate_hz, len(each.peaks_s)) for each in muscles]
    cpu = (time.process_time() - began_s) / (SECONDS * len(muscles))
    scores = [score(one, each.peaks_s) for one, each in zip(found, muscles, strict=True)]
    shares = np.array([share for each in scores for share in each.sorted_share])
    detection = f"{np.mean([s.sensitivity for s in scores]):6.2f}{np.mean([s.precision for s in scores]):6.2f}"
    labels = float(np.mean([s.labels_per_unit for s in scores]))
    low, middle, high = np.percentile(shares, (10, 50, 90))
    is_sorted = any((one.labels >= 0).any() for one in found)
    text = f"{middle:16.2f}{low:6.2f}{high:6.2f}{labels:8.2f}" if is_sorted else f"{'-':>16}{'-':>6}{'-':>6}{'-':>8}"
    return f"{name:30}{detection}{text}{cpu:7.3f}"


if __name__ == "__main__":
    main()
