"""What a record survives, and what it costs: ``python -m tests.benchmarks.bench_journal [--kills N] [--flips N]``.

Demos are killed (-9) at random moments; bits are flipped at random places; four channels at 30 kHz are recorded in real
time, with the record and without. ``--kills 0`` leaves the kills out. MNE takes part where it is installed
(``uv run --group peers``).
"""

from __future__ import annotations

import argparse
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.verify import verify
from tests.benchmarks.journal_kills import Killed, kill_once
from tests.benchmarks.journal_load import Load, load
from tests.support.recorded_procedure import record_procedure


def flips(folder: Path, times: int, seed: int = 1) -> tuple[int, int]:
    """How many of ``times`` single flipped bits of a journal ``verify`` detects, and how many were flipped."""
    path, rng = folder / EVENTS_NAME, np.random.default_rng(seed)
    whole, detected = path.read_bytes(), 0
    for at in rng.integers(len(whole), size=times):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(flipped)
        detected += not verify(folder).is_intact
    path.write_bytes(whole)
    return detected, times


def kill_report(found: list[Killed]) -> list[str]:
    """What came of all kills."""
    ages = np.array([each.unsynced_s for each in found])
    lines, cuts = (sum(counts) for counts in zip(*((each.lines, each.cuts) for each in found), strict=True))
    return [
        f"{len(found)} demos killed, {lines} lines on record",
        f"  lines in --events and not on record: {sum(each.lost for each in found)}",
        f"  age of what a power cut would have taken: median {np.median(ages):.2f} s, most {ages.max():.2f} s",
        f"  torn lines accepted, after the kills and {cuts} cuts at a random byte: {_count(found, 'torn_accepted')}",
        f"  records whole after recovery: {_count(found, 'whole')}",
        *_reader_report([each for each in found if each.has_signal]),
    ]


def _reader_report(signals: list[Killed]) -> list[str]:
    opened = {name: [each.readers[name] for each in signals] for name in (signals[0].readers if signals else ())}
    return [
        f"  signal.bdf of {len(signals)} opened by {name}: {sum(at_once for at_once, _ in found)} as left, "
        f"{sum(later for _, later in found)} after recovery"
        for name, found in opened.items()
    ]


def _count(found: list[Killed], what: str) -> int:
    return sum(getattr(each, what) for each in found)


def load_report(with_record: Load, without: Load) -> list[str]:
    """What the record costs."""
    return [
        f"4 channels at 30 kHz in real time, {with_record.seconds:g} s each, steps of 4 ms",
        f"  written: {with_record.megabytes_s:.3f} MB/s",
        f"  CPU of a core: {with_record.cpu_percent:.1f} % with the record, {without.cpu_percent:.1f} % without",
        f"  step with the record:    median {with_record.median_ms:.2f} ms, p99 {with_record.p99_ms:.2f} ms",
        f"  step without the record: median {without.median_ms:.2f} ms, p99 {without.p99_ms:.2f} ms",
    ]


def main() -> None:
    """Run all, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--flips", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--jobs", type=int, default=2, help="demos at once")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        detected, flipped = flips(record_procedure(Path(place) / "flips"), options.flips)
        print(f"bits flipped in a journal: {flipped}, detected: {detected}", flush=True)
        without, with_record = load(None, options.seconds), load(Path(place) / "load", options.seconds)
        print("\n".join(load_report(with_record, without)), flush=True)
        if options.kills:
            with ThreadPoolExecutor(options.jobs) as pool:
                places = [Path(place) / f"kill-{i}" for i in range(options.kills)]
                found = list(pool.map(kill_once, places, range(options.kills)))
            print("\n".join(kill_report(found)))


if __name__ == "__main__":
    main()
