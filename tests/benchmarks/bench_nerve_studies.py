"""Sensory conduction, F waves and H reflex against simulated studies with truth: errors and wrong claims.

``uv run python -m tests.benchmarks.bench_nerve_studies [STUDIES] [FIRST]``: STUDIES of each kind, seeds from FIRST on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import numpy as np

from guidance.analysis.late_waves import measure_f_waves, measure_h_reflex
from guidance.analysis.sensory import measure_sensory
from guidance.analysis.sites import StimulationSite
from tests.worlds.nerve_studies import f_waves, h_reflex, sensory

FIRST = 1000
"""Reported seeds begin here; the constants of the measures were chosen on seeds below."""


def errors(name: str, unit: str, found: Sequence[float], true: Sequence[float]) -> str:
    """Return a line: bias, and the 50th and 95th percentile of the absolute error."""
    if not found:
        return f"  {name:34} none"
    error = np.array(found) - np.array(true)
    half, most = np.percentile(np.abs(error), [50, 95])
    spread = f"|error| 50 % {half:6.2f}   95 % {most:6.2f} {unit}"
    return f"  {name:34} bias {error.mean():+7.2f}   {spread}   n {len(error)}"


def _sensory(seeds: range, distance_known: bool) -> list[str]:
    onset: tuple[list[float], list[float]] = ([], [])
    peak: tuple[list[float], list[float]] = ([], [])
    height: tuple[list[float], list[float]] = ([], [])
    speed: tuple[list[float], list[float]] = ([], [])
    reasons, absent = 0, 0
    for seed in seeds:
        signal, truth = sensory(seed)
        site = StimulationSite("median", "wrist", truth.distance_mm if distance_known else None, "sensory", "index")
        result = measure_sensory(signal, site)
        if result.onset_ms is None or result.peak_ms is None or result.amplitude_uv is None:
            absent += result.is_absent
            reasons += not result.is_absent
            continue
        for pair, value, true in (
            (onset, result.onset_ms, truth.onset_ms),
            (peak, result.peak_ms, truth.peak_ms),
            (height, 100 * result.amplitude_uv / truth.height_uv, 100.0),
        ):
            pair[0].append(value)
            pair[1].append(true)
        if result.velocity_m_s is not None:
            speed[0].append(result.velocity_m_s)
            speed[1].append(truth.distance_mm / truth.onset_ms)
    lines = [
        errors("onset latency", "ms", *onset), errors("peak latency", "ms", *peak), errors("amplitude", "%", *height),
    ]  # fmt: skip
    if distance_known:
        lines.append(errors("velocity", "m/s", *speed))
    return [*lines, f"  not assessable {reasons}, wrongly absent {absent} of {len(seeds)}"]


def _silent(seeds: range) -> list[str]:
    """Return what studies without any potential are called."""
    site = StimulationSite("median", "wrist", 140.0, "sensory", "index")
    results = [measure_sensory(sensory(seed, height_uv=1e-6)[0], site) for seed in seeds]
    claimed = sum(each.onset_ms is not None for each in results)
    absent = sum(each.is_absent for each in results)
    unknown = len(results) - claimed - absent
    return [f"  no potential: measured all the same {claimed}, absent {absent}, not assessable {unknown}"]


def _f(seeds: range, limb: str) -> list[str]:
    nerve = "ulnar" if limb == "arm" else "tibial"
    site = StimulationSite(nerve, "wrist" if limb == "arm" else "ankle", None, "f")
    least: tuple[list[float], list[float]] = ([], [])
    dispersion: tuple[list[float], list[float]] = ([], [])
    share: tuple[list[float], list[float]] = ([], [])
    unknown = 0
    for seed in seeds:
        signal, truth = f_waves(seed, limb)
        result = measure_f_waves(signal, site)
        if result.persistence_percent is None or result.least_ms is None or len(truth.there) < 2:
            unknown += 1
            continue
        for pair, value, true in (
            (least, result.least_ms, float(truth.there.min())),
            (dispersion, result.dispersion_ms or 0.0, float(np.ptp(truth.there))),
            (share, result.persistence_percent, 100 * len(truth.there) / len(truth.onsets_ms)),
        ):
            pair[0].append(value)
            pair[1].append(true)
    without = [measure_f_waves(f_waves(seed, limb, persistence=0.0)[0], site).count for seed in seeds]
    return [
        errors("least latency", "ms", *least), errors("chronodispersion", "ms", *dispersion),
        errors("persistence", "%", *share),
        f"  not assessable {unknown} of {len(seeds)}; F waves found in studies without any: {sum(without)}",
    ]  # fmt: skip


def _h(seeds: range) -> list[str]:
    site = StimulationSite("tibial", "knee", None, "h")
    latency: tuple[list[float], list[float]] = ([], [])
    ratio: tuple[list[float], list[float]] = ([], [])
    unknown = 0
    for seed in seeds:
        signal, truth = h_reflex(seed)
        result = measure_h_reflex(signal, site)
        if result.latency_ms is None or result.h_to_m_percent is None:
            unknown += 1
            continue
        latency[0].append(result.latency_ms)
        latency[1].append(truth.onset_ms)
        ratio[0].append(result.h_to_m_percent)
        ratio[1].append(100 * truth.h_uv / truth.m_uv)
    without = sum(not measure_h_reflex(h_reflex(seed, h_share=0.0)[0], site).is_absent for seed in seeds)
    return [
        errors("latency", "ms", *latency), errors("H to M", "%", *ratio),
        f"  not assessable {unknown} of {len(seeds)}; H found in studies without any: {without}",
    ]  # fmt: skip


def main() -> None:
    """Print the errors of each study."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    first = int(sys.argv[2]) if len(sys.argv) > 2 else FIRST
    seeds = range(first, first + count)
    print(f"SIMULATED studies, {count} of each kind, seeds from {first}")
    parts: list[tuple[str, Callable[[], list[str]]]] = [
        ("sensory, 20 stimuli, 4-60 uV in noise of 4 uV RMS, distance known", lambda: _sensory(seeds, True)),
        ("sensory, the same without the distance", lambda: _sensory(seeds, False)),
        ("sensory, nothing to find", lambda: _silent(seeds)),
        ("F waves of an arm, 20 stimuli, 60-500 uV in noise of 5 uV RMS", lambda: _f(seeds, "arm")),
        ("F waves of a leg", lambda: _f(seeds, "leg")),
        ("H reflex of the calf, 24 currents", lambda: _h(seeds)),
    ]
    for title, lines in parts:
        print(f"\n{title}")
        print("\n".join(lines()))


if __name__ == "__main__":
    main()
