"""Measures of the motor units of simulated muscles beside the truth: bias, spread, and what the standard errors hold.

uv run python -m tests.benchmarks.bench_unit_measures [MUSCLES] [--tune]

Truth: the potential of the unit without noise, jitter and other units, measured by the same definitions in code of
this benchmark's own. *held*: true values within 1.64 standard errors of the measured one, 90 % for normal errors.
``--tune`` takes the seeds on which constants are tuned.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from guidance.analysis.motor_units import MeasuredUnit, measure_units
from guidance.signal.sweep.basis import Array
from tests.worlds.muscles import ELECTRODES, FINE_HZ, NOISES_UV, REPORT, SECONDS, TUNE, Muscle, muscle

MEASURES = ("duration_ms", "amplitude_uv", "area_uvms", "phases")
WITHIN_S, LEAST_SHARE = 0.0025, 0.5
"""A firing is true within this time of a true one; a label is of the unit whose firings make this share of both."""


def true_measures(wave: Array) -> dict[str, float]:
    """Measure ``wave`` (n,) in uV at FINE_HZ: its edge is 10 uV or 5 % of the peak, its baseline 1.5 ms below it."""
    peak = int(np.abs(wave).argmax() if -wave.min() < 0.25 * wave.max() else wave.argmin())
    edge_uv = min(max(10.0, 0.05 * abs(float(wave[peak]))), 0.3 * abs(float(wave[peak])))
    over = np.abs(wave) >= edge_uv
    gap = round(1.5 * FINE_HZ / 1e3)
    first = last = peak
    while over[max(first - gap - 1, 0) : first].any():
        first = max(first - gap - 1, 0) + int(np.flatnonzero(over[max(first - gap - 1, 0) : first])[0])
    while over[last + 1 : last + gap + 2].any():
        last = last + 1 + int(np.flatnonzero(over[last + 1 : last + gap + 2])[-1])
    body = wave[first : last + 1]
    side = np.sign(body[np.abs(body) >= 20.0])
    return {
        "duration_ms": (last - first) / FINE_HZ * 1e3,
        "amplitude_uv": float(body.max() - body.min()),
        "area_uvms": float(np.abs(body).sum() / FINE_HZ * 1e3),
        "phases": float(len(side) > 0) + float(np.count_nonzero(np.diff(side))),
    }


def pairs(made: Muscle) -> Iterator[tuple[MeasuredUnit | None, dict[str, float]]]:
    """Emit each true unit with the measured one of its firings; None where there is none."""
    found = measure_units(made.uv, made.sample_rate_hz)
    units = (*found.units, *found.far)
    for peaks_s, wave in zip(made.peaks_s, made.waves, strict=True):
        shares = [_share(unit.firings.samples / made.sample_rate_hz, peaks_s) for unit in units]
        best = int(np.argmax(shares)) if shares else 0
        yield units[best] if shares and shares[best] >= LEAST_SHARE else None, true_measures(wave)


def _share(found_s: Array, true_s: Array) -> float:
    both = int((np.abs(found_s[:, None] - true_s).min(axis=1) <= WITHIN_S).sum())
    return both / max(len(found_s) + len(true_s) - both, 1)


def main() -> None:
    """Print a block for each electrode and noise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("muscles", nargs="?", type=int, default=5)
    parser.add_argument("--tune", action="store_true")
    options = parser.parse_args()
    family = TUNE if options.tune else REPORT
    print(f"SIMULATED muscles, {options.muscles} for each electrode and noise, {SECONDS:g} s each")
    for electrode in ELECTRODES:
        for noise_uv in NOISES_UV:
            made = [muscle(electrode, noise_uv, family, number) for number in range(options.muscles)]
            found = [pair for each in made for pair in pairs(each)]
            measured = [(unit, true) for unit, true in found if unit]
            print(
                f"\n{electrode}, noise {noise_uv:g} uV RMS: {len(measured)} of {len(found)} units measured", flush=True
            )
            if measured:
                _print(measured)


def _print(measured: list[tuple[MeasuredUnit, dict[str, float]]]) -> None:
    print(f"{'':14}{'true mean':>10}{'bias':>8}{'median':>8}{'spread':>8}{'held':>7}")
    for name in MEASURES:
        true = np.array([each[name] for _, each in measured])
        error = np.array([float(getattr(unit.measures, name)) for unit, _ in measured]) - true
        held = np.abs(error) <= 1.64 * np.array([unit.errors[name] for unit, _ in measured]) + 1e-9
        figures = f"{true.mean():10.1f}{error.mean():8.2f}{np.median(error):8.2f}{error.std():8.2f}"
        print(f"{name:14}{figures}{held.mean():6.0%}", flush=True)


if __name__ == "__main__":
    main()
