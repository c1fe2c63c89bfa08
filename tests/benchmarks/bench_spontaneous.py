"""Simulated spontaneous activity: what two-second pieces are called, and firm findings in records that have none.

uv run python -m tests.benchmarks.bench_spontaneous [PIECES [NOISE_UV ...]] [--records N]

PIECES of each class in each noise, half of each family of shapes on which nothing was tuned
(tests/worlds/potential_shapes.py); after them records of each innocent kind (tests/worlds/innocent.py, odd
seeds), marked as rest from end to end.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence

import numpy as np

from drivers.base import Channel, DeviceInfo
from guidance.analysis.findings import SEEN
from guidance.analysis.needle import pieces_of, unfit
from guidance.analysis.reading import RecordedSignal
from guidance.analysis.rest_activity import spontaneous_findings
from guidance.analysis.spontaneous import LABELS, classify
from tests.worlds.innocent import KINDS, SECONDS, innocent
from tests.worlds.spontaneous import CLASSES, NOISES_UV, RATE_HZ, REPORT, piece

SEED, INNOCENT_SEED = 5, 2001
"""Seeds of the pieces, and the first of the records, chosen afresh after the last change of the classifier."""

_UNFIT = "unfit"


def called(
    label: str, pieces: int, noise_uv: float, families: Sequence[str] = REPORT, seed: int = SEED
) -> Counter[str]:
    """How many of ``pieces`` of class ``label``, dealt out to ``families``, were called what."""
    index = CLASSES.index(label)
    made = (
        piece(label, noise_uv, np.random.default_rng([seed, index, at]), families[at % len(families)])
        for at in range(pieces)
    )
    return Counter(classify(uv, RATE_HZ).label for uv in made)


def firm(kind: str, seed: int) -> set[str]:
    """The firm findings in the record ``seed`` of ``kind``; ``unfit`` where it is not assessable."""
    uv = innocent(kind, seed)
    signal = RecordedSignal(kind, DeviceInfo(kind, "", "made:", RATE_HZ, (Channel("EMG"),)), uv, (), 0.0)
    if unfit(signal):
        return {_UNFIT}
    found = spontaneous_findings(pieces_of(signal), [(0.0, SECONDS)])
    return {finding.name.removesuffix(" activity") for finding in found if finding.word == SEEN}


def main() -> None:
    """Print a table for each noise level, and one of the innocent records."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pieces", nargs="?", type=int, default=200, help="pieces of each class (default: 200)")
    parser.add_argument("noises_uv", nargs="*", type=float, default=NOISES_UV, help="RMS of the noise in uV")
    parser.add_argument("--records", type=int, help="records of each innocent kind (default: as many as pieces)")
    chosen = parser.parse_args()
    pieces, records = chosen.pieces, chosen.records or chosen.pieces
    print(f"SIMULATED activity, {pieces} two-second pieces a class; rows: what it is, columns: what it is called, in %")
    print(f"shapes: {' and '.join(REPORT)}, on which nothing was tuned")
    for noise_uv in chosen.noises_uv:
        print(f"\nnoise {noise_uv:g} uV RMS\n{'':20}" + "".join(f"{label[:10]:>11}" for label in LABELS))
        for label in CLASSES:
            count = called(label, pieces, noise_uv)
            print(f"{label:20}" + "".join(f"{100 * count[name] / pieces:11.1f}" for name in LABELS), flush=True)
    print(f"\nrecords of {SECONDS:g} s without abnormal activity, marked as rest")
    print(f"{'':14}{'records':>8}{'unfit':>7}{'firm':>6}")
    for kind in KINDS:
        found = [firm(kind, INNOCENT_SEED + 2 * at) for at in range(records)]
        refused = sum(_UNFIT in each for each in found)
        wrong = Counter(name for each in found for name in each - {_UNFIT})
        which = ", ".join(f"{name} {count}" for name, count in wrong.items())
        firm_in = sum(bool(each - {_UNFIT}) for each in found)
        print(f"{kind:14}{records:8}{refused:7}{firm_in:6}  {which}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
