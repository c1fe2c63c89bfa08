"""Simulated spontaneous activity: what two-second pieces are called, class by class and noise by noise.

uv run python -m tests.benchmarks.bench_spontaneous [PIECES]
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np

from guidance.analysis.spontaneous import LABELS, classify
from tests.worlds.spontaneous import CLASSES, NOISES_UV, RATE_HZ, piece


def confusion(pieces: int, noise_uv: float, seed: int = 1) -> dict[str, Counter[str]]:
    """For each class, how many of ``pieces`` were called what."""
    return {
        label: Counter(
            classify(piece(label, noise_uv, np.random.default_rng([seed, index, at])), RATE_HZ).label
            for at in range(pieces)
        )
        for index, label in enumerate(CLASSES)
    }


def main() -> None:
    """Print a table for each noise level."""
    pieces = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print(f"SIMULATED activity, {pieces} two-second pieces a class; rows: what it is, columns: what it is called, in %")
    for noise_uv in NOISES_UV:
        print(f"\nnoise {noise_uv:g} uV RMS\n{'':20}" + "".join(f"{label[:10]:>11}" for label in LABELS))
        for label, called in confusion(pieces, noise_uv).items():
            print(f"{label:20}" + "".join(f"{100 * called[name] / pieces:11.1f}" for name in LABELS))


if __name__ == "__main__":
    main()
