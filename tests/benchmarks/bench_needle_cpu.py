"""Processor time of the whole needle-EMG guide at 25 kHz, as a share of one core, and where it goes.

``uv run python -m tests.benchmarks.bench_needle_cpu [MUSCLES]`` (2 for each noise). Simulated muscles of 8 to 10 units,
recorded by a concentric needle, are fed to the guide in blocks of 2 ms: detection, sorting, decomposition and records.
The amplifier's driver, sound, screen and journal are not in it. The profile is of a second run, whose times are longer.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from drivers.base import Block
from guidance.needle_emg.guide import NeedleGuide
from guidance.protocol.library import load
from tests.worlds.muscles import NOISES_UV, REPORT, SECONDS, Muscle, muscle

PROTOCOL, ELECTRODE, BLOCK_S = "botulinum-fcr", "concentric", 0.002
SHOWN = 8


def follow(muscles: Sequence[Muscle]) -> None:
    """Feed each of ``muscles`` to a guide of its own."""
    plan = load(PROTOCOL).needle_emg
    assert plan is not None
    for each in muscles:
        guide = NeedleGuide(plan, "needle", each.sample_rate_hz)
        size = round(BLOCK_S * each.sample_rate_hz)
        samples = each.uv[:, None].astype(np.float32)
        for first in range(0, len(samples), size):
            for part in guide.cut(Block(first, samples[first : first + size])):
                deque(guide.follow(part), maxlen=0)


def share(muscles: Sequence[Muscle]) -> float:
    """Return the CPU seconds that the guide takes for a second of signal."""
    began_s = time.process_time()
    follow(muscles)
    return (time.process_time() - began_s) / (SECONDS * len(muscles))


def profile(muscles: Sequence[Muscle]) -> list[tuple[str, float]]:
    """Return the functions with the most time of their own, and each one's share of all."""
    profiler = cProfile.Profile()
    profiler.runcall(follow, muscles)
    own: Counter[str] = Counter()
    for (file, _, name), row in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        own[f"{Path(file).stem} {name}"] += row[2]
    total = sum(own.values())
    return [(name, spent / total) for name, spent in own.most_common(SHOWN)]


def main() -> None:
    """Print a row for each noise, then the profile."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    rows = {noise: [muscle(ELECTRODE, noise, REPORT, number) for number in range(count)] for noise in NOISES_UV}
    follow(rows[NOISES_UV[0]][:1])
    print(f"SIMULATED muscles, {count} for each noise, {SECONDS:g} s each\n")
    for noise, muscles in rows.items():
        print(f"{ELECTRODE}, noise {noise:4g} uV RMS: {share(muscles):6.1%} of a core")
    print("\nlargest shares of the guide's time, under a profiler")
    for name, part in profile(rows[NOISES_UV[0]]):
        print(f"{part:6.1%}  {name}")


if __name__ == "__main__":
    main()
