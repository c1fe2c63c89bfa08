"""Runs whose record meets a fault: a call of the disk that fails, a process that dies, a disk that loses its power."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from guidance.journal.event_log import EVENTS_NAME, Journal
from guidance.journal.recover import recover
from guidance.journal.verify import RecordState, verify
from tests.faults.disk import FaultyDisk
from tests.faults.rig import Outcome, Rig
from tests.support.event_rules import faults as broken_rules
from tests.support.virtual_clock import VirtualClock

DURATION_S = 4.0
ERRORS: dict[str, Callable[[], BaseException]] = {
    "no space": lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    "memory": MemoryError,
}


@dataclass(frozen=True, slots=True)
class RecordResult:
    """What became of the record after call number ``call`` failed. ``faults`` lists what went wrong."""

    call: str
    faults: tuple[str, ...]


def calls_of_a_run() -> list[str]:
    """Return the calls of the disk that a run without a fault makes, in order."""
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder))
        rig.run(DURATION_S)
        return rig.disk.calls


def failing_call(index: int, error: str, *, goes_on: bool) -> RecordResult:
    """Let call number ``index`` fail with ``error``, and the later ones too where it ``goes_on``."""
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder))
        rig.disk.fail_at, rig.disk.fails_on, rig.disk.error = index, goes_on, ERRORS[error]
        outcome = rig.run(DURATION_S)
        call = rig.disk.calls[index] if index < len(rig.disk.calls) else "none"
        rig.disk.fail_at = None
        return RecordResult(f"{index} {call}", tuple(_call_faults(rig, outcome)))


def _call_faults(rig: Rig, outcome: Outcome) -> Iterator[str]:
    if "Traceback" in outcome.err or outcome.status not in (0, 1, 2):
        yield f"status {outcome.status}: {outcome.err.strip()}"
    if outcome.status in (1, 2) and not outcome.err.startswith("needle-guidance: "):
        yield f"no sentence: {outcome.err!r}"
    if rig.device.is_on:
        yield "the output stayed on"
    last_ns = max(rig.disk.failed_ns or 0, outcome.lines[-1]["mono_ns"] if outcome.lines else 0)
    late = [pulse for pulse in outcome.pulses if last_ns and pulse.ns > last_ns + 100_000_000]
    if late:
        yield f"{len(late)} pulses after the last line of the record and the fault of the disk"
    yield from _recovered_faults(rig, outcome)


def _recovered_faults(rig: Rig, before: Outcome) -> Iterator[str]:
    """Yield what is wrong once the next start has recovered the record: each whole line must be there."""
    for journal in rig.store.glob(f"*/{EVENTS_NAME}"):
        recover(journal.parent)
        verdict = verify(journal.parent)
        if not verdict.is_intact and verdict.lines:
            yield f"the recovered record is {verdict.state}: {verdict.why}"
        after = rig.outcome(None, "").lines
        if after[: len(before.lines)] != before.lines:
            yield "lines of the record were lost by the recovery"
        if after and after[0]["kind"] == "start" and after[-1]["kind"] == "end":
            yield from broken_rules(after)


def killed(at_s: float, seed: int) -> tuple[str, ...]:
    """Kill a run at ``at_s``, recover its record, and return what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder), seed)
        rig.after(at_s, rig.kill)
        outcome = rig.run(DURATION_S + 2.0)
        rig.disk.dead = False
        rig.device.tick(rig.clock.now_ns + 1_000_000_000)
        faults = list(_recovered_faults(rig, outcome))
        if outcome.status != "killed":
            faults.append(f"status {outcome.status}")
        if rig.device.is_on:
            faults.append("a second later the output was still on")
        return tuple(faults)


class PowerCutDisk(FaultyDisk):
    """A disk that remembers what has reached it: whole up to the last sync of each file, uncertain beyond it."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.synced: dict[int, int] = {}

    def sync(self, fd: int) -> None:
        self._enter("sync")
        self.synced[fd] = os.fstat(fd).st_size


def crash_point(lines: int, seed: int) -> tuple[int, int]:
    """Write ``lines`` to a journal, cut the power, recover it.

    What was written after the last sync reaches the disk in part: a random length of it, which may end in zeros, since
    the size of a file can reach the disk before its contents. Returns the committed lines that were lost, and the torn
    lines that were accepted.
    """
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as name:
        clock, folder = VirtualClock(), Path(name)
        disk = PowerCutDisk(clock)
        journal = Journal(folder, disk)
        written, committed = [], 0
        for number in range(lines):
            clock.sleep(float(rng.exponential(0.1)))
            journal.write(b'{"kind": "entry", "seq": %d, "text": "%s"}\n' % (number, b"x" * int(rng.integers(200))))
            written.append((folder / EVENTS_NAME).stat().st_size)
            committed = sum(size <= disk.synced.get(journal._fd, 0) for size in written)
        disk.dead = True
        safe, whole = disk.synced.get(journal._fd, 0), (folder / EVENTS_NAME).read_bytes()
        journal.close()
        _cut_power(folder / EVENTS_NAME, whole, safe, rng)
        return _damage(folder, whole, committed)


def _cut_power(path: Path, whole: bytes, safe: int, rng: np.random.Generator) -> None:
    reached = int(rng.integers(safe, len(whole) + 1))
    zeros = int(rng.integers(0, len(whole) - reached + 1)) if rng.random() < 0.3 else 0
    path.write_bytes(whole[:reached] + b"\0" * zeros)


def _damage(folder: Path, whole: bytes, committed: int) -> tuple[int, int]:
    """Return the committed lines that the walk over the journal does not accept, and the torn ones that it does."""
    verdict = verify(folder)
    accepted = (folder / EVENTS_NAME).read_bytes()[: verdict.end]
    torn = 0 if whole.startswith(accepted) else 1
    lost = max(committed - verdict.lines, 0)
    return lost, torn + (verdict.state is RecordState.WHOLE)
