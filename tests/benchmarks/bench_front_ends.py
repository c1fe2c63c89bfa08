"""Responses behind amplifiers of twelve kinds: ``python -m tests.benchmarks.bench_front_ends [--quick] [--tuning]``.

Simulated procedures (``tests/worlds/front_ends``), half of them with measured artefacts: a controller's searches, jumps
and tracking, artefacts that drift, overload, blanking, filters, contractions, jolts, ECG. Held-out seeds and patients,
which no constant was tuned on, unless ``--tuning``. Sensitivity counts responses of 100 uV and more whose onset the
amplifier does not hide; "cannot tell" is a miss. False: detected where nothing was evoked. ``late``: judged only after
the longer sweep, and how much later (median). ``check``: the shared streams with truth, where present.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterable, Iterator

import numpy as np

from drivers.base import Block
from drivers.recording import Recording
from guidance.signal.response.sweep_result import Doubt
from tests.support.shared import present
from tests.worlds.front_ends import FrontEndStream, Truth, stream
from tests.worlds.front_ends.amplifiers import KINDS
from tests.worlds.front_ends.results import PulseResult, results_of
from tests.worlds.front_ends.split import Part
from tests.worlds.front_ends.streams import RATE_HZ, WINDOW_MS

EMPTY, QUICK_EMPTY = 2000, 150
LARGE_UV, EARLY_MS = 100.0, 1.0
_AT_ONCE_MS = 1.0
_FRONTS = "data/fronts"


def worlds(kind: str, part: Part, empty: int) -> Iterator[FrontEndStream]:
    """Draw worlds of ``kind`` until at least ``empty`` sweeps of them are empty."""
    number = 0
    while empty > 0:
        world = stream(kind, part, number)
        empty -= sum(truth.true_uv == 0 for truth in world.truths)
        number += 1
        yield world


def checks() -> Iterator[tuple[str, FrontEndStream]]:
    """The shared streams, each with the name of its front end; none where they are not on this machine."""
    folder = present(_FRONTS)
    for path in sorted(folder.glob("*.bdf")) if folder else ():
        kind = path.stem.split("_", 2)[2].replace("_", " ") if path.stem.startswith("measured") else "exponential"
        recording = Recording(path)
        signal = np.concatenate([block.samples[:, 0] for block in _blocks(recording)])
        with path.with_suffix(".labels.csv").open(encoding="utf-8") as file:
            truths = tuple(_truth(row) for row in csv.DictReader(file))
        info = recording.info
        world = FrontEndStream(kind, info.sample_rate_hz, info.channels[0].range_uv, signal, recording.pulses, truths)
        yield f"check: {kind}", world


def _blocks(recording: Recording) -> Iterator[Block]:
    while block := recording.take(100_000):
        yield block


def _truth(row: dict[str, str]) -> Truth:
    onset_ms = float(row["onset_ms"]) if row["onset_ms"] else None
    return Truth(int(row["sample"]), float(row["current_ma"]), float(row["true_uv"]), onset_ms, is_hidden=False)


HEADER = (
    f"{'front end':24}{'empty':>6}{'resp.':>6}{'sens.':>7}{'false':>13}{'cannot tell':>14}{'ampl.':>7}"
    f"{'early':>7}{'onset':>8}{'no onset':>9}{'late':>6}{'by':>7}  why not"
)


def row(name: str, pulses: list[PulseResult]) -> str:
    """One line of the table."""
    empty = [one for one in pulses if one.truth.true_uv == 0]
    large = [one for one in pulses if one.truth.true_uv >= LARGE_UV and not one.truth.is_hidden]
    hits = [one for one in large if one.result.detected]
    false = sum(one.result.detected for one in empty)
    late = [one.later_ms for one in pulses if one.later_ms > _AT_ONCE_MS]
    off = np.array(list(_onset_errors_ms(hits)))
    errors = [abs((one.result.amplitude_uv or 0.0) / one.truth.true_uv - 1) for one in hits]
    cells = (
        f"{name:24}{len(empty):>6}{len(large):>6}{_share(len(hits), len(large), 1):>7}",
        f"{false:>5} {_share(false, len(empty), 2):>7}",
        f"{_share(_unknown(empty), len(empty), 1):>7}{_share(_unknown(large), len(large), 1):>7}",
        f"{_median(errors, 100, 1):>6}%{_share(int((off < -EARLY_MS).sum()), len(off), 1):>7}",
        f"{_median(np.abs(off), 1, 2):>6}ms{_share(len(hits) - len(off), len(hits), 1):>9}",
        f"{_share(len(late), len(pulses), 0):>6}{_median(late, 1, 1):>5}ms",
        f"  {_doubts(pulses)}",
    )
    return "".join(cells)


def _onset_errors_ms(hits: Iterable[PulseResult]) -> Iterator[float]:
    for one in hits:
        if one.result.latency_ms is not None and one.truth.onset_ms is not None:
            yield one.result.latency_ms - one.truth.onset_ms


def _unknown(pulses: list[PulseResult]) -> int:
    return sum(one.result.contaminated for one in pulses)


def _doubts(pulses: list[PulseResult]) -> str:
    """How often each reason was given, per hundred pulses."""
    counts = {doubt: sum(one.result.doubt is doubt for one in pulses) for doubt in Doubt}
    return ", ".join(f"{doubt} {100 * count / len(pulses):.1f}" for doubt, count in counts.items() if count)


def _share(part: int, of: int, digits: int) -> str:
    return f"{100 * part / of:.{digits}f}%" if of else "-"


def _median(values: object, times: float, digits: int) -> str:
    array = np.asarray(values, float)
    return f"{times * float(np.median(array)):.{digits}f}" if len(array) else "-"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_EMPTY} empty sweeps a kind, not {EMPTY}")
    parser.add_argument("--empty", type=int, help="so many empty sweeps a kind")
    parser.add_argument("--tuning", action="store_true", help="the worlds that constants may be tuned on")
    parser.add_argument("--only", default="", help="kinds whose name holds this")
    options = parser.parse_args()
    part = Part.TUNING if options.tuning else Part.HELD_OUT
    wanted = options.empty or (QUICK_EMPTY if options.quick else EMPTY)
    print(f"{part} seeds, {RATE_HZ / 1e3:g} kHz, window {WINDOW_MS[0]:g}-{WINDOW_MS[1]:g} ms")
    print(HEADER, flush=True)
    began, every = time.process_time(), []
    for kind in (kind for kind in KINDS if options.only in kind):
        pulses = [one for world in worlds(kind, part, wanted) for one in results_of(world)]
        print(row(kind, pulses), flush=True)
        every += pulses
    print(row("all", every))
    print(f"CPU a pulse, the worlds' making included: {1e3 * (time.process_time() - began) / len(every):.1f} ms")
    _print_checks(options.only)


def _print_checks(only: str) -> None:
    groups: dict[str, list[PulseResult]] = {}
    for name, world in checks():
        if only in name:
            groups.setdefault(name, []).extend(results_of(world))
    for name, pulses in groups.items():
        print(row(name, pulses), flush=True)
    if len(groups) > 1:
        print(row("check: all", [one for pulses in groups.values() for one in pulses]))


if __name__ == "__main__":
    main()
