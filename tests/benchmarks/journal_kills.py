"""A demo killed at a random moment, and what of its record is left."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import edfio
import numpy as np
import pyedflib

from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.event_reader import read_events
from guidance.journal.recover import recover
from guidance.journal.signal import SIGNAL_NAME
from guidance.journal.verify import RecordState, verify
from tests.support.processes import ROOT

LONGEST_S = 3.0
CUTS = 3

_REPORTS_SYNCS = """
import os, sys
real = os.fsync
def fsync(fd):
    size = os.fstat(fd).st_size
    real(fd)
    if os.readlink(f"/proc/self/fd/{fd}").endswith("events.jsonl"):
        sys.stderr.write(f"synced {size}\\n")
        sys.stderr.flush()
os.fsync = fsync
from guidance.cli import main
main()
"""


@dataclass(frozen=True, slots=True)
class Killed:
    """``lines`` on record; ``lost`` were reported and are not; ``unsynced_s`` old was what was not on the disk yet.

    ``readers``: whether each opened the signal as it was left, and after recovery.
    """

    lines: int
    lost: int
    unsynced_s: float
    cuts: int
    torn_accepted: int
    whole: bool
    has_signal: bool
    readers: dict[str, tuple[bool, bool]]


def kill_once(store: Path, seed: int) -> Killed:
    """Start a demo, kill it within seconds of its first line, and check what it left in ``store``."""
    reported, synced, killed_ns = _killed(store, np.random.default_rng(seed).uniform(0.0, LONGEST_S), seed)
    (journal,) = store.glob(f"*/{EVENTS_NAME}")
    folder, whole = journal.parent, journal.read_bytes()
    lines = whole.count(b"\n")
    before = _opened(folder / SIGNAL_NAME)
    cuts = [_cut(folder, store / f"cut-{i}", whole, synced, seed + i) for i in range(CUTS)]
    recover(folder)
    after = _opened(folder / SIGNAL_NAME)
    return Killed(
        lines=lines,
        lost=max(0, reported - lines),
        unsynced_s=_unsynced_s(whole, synced, killed_ns),
        cuts=len(cuts),
        torn_accepted=sum(cuts) + _accepted(folder, whole),
        whole=verify(folder).state is RecordState.WHOLE,
        has_signal=(folder / SIGNAL_NAME).exists(),
        readers={name: (before[name], after[name]) for name in after},
    )


def _killed(store: Path, after_s: float, seed: int) -> tuple[int, int, int]:
    """Lines that it had reported, bytes of its journal that were on the disk, and when it was killed."""
    words = ["demo", "--headless", "--no-audio", "--seed", str(seed), "--store", str(store), "--events", "-"]
    process = subprocess.Popen(
        [sys.executable, "-c", _REPORTS_SYNCS, *words],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, process.stderr.read() if process.stderr else ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
        killed_ns = time.monotonic_ns()
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
    sizes = [int(line.split()[1]) for line in err.splitlines() if line.startswith(b"synced ") and line.split()[1:]]
    return 1 + out.count(b"\n"), max(sizes, default=0), killed_ns


def _unsynced_s(whole: bytes, synced: int, killed_ns: int) -> float:
    """How old the oldest line is that a power cut would have taken."""
    left = [line for line in whole[synced:].split(b"\n")[:-1] if line.startswith(b"{")]
    return (killed_ns - json.loads(left[0])["mono_ns"]) / 1e9 if left else 0.0


def _cut(folder: Path, copy: Path, whole: bytes, synced: int, seed: int) -> int:
    """A power cut: what was not on the disk is there up to a random byte. Torn lines that are taken for whole."""
    shutil.copytree(folder, copy)
    size = int(np.random.default_rng(seed).integers(synced, len(whole) + 1))
    (copy / EVENTS_NAME).write_bytes(whole[:size])
    recover(copy)
    return _accepted(copy, whole)


def _accepted(folder: Path, whole: bytes) -> int:
    """Lines of the recovered journal in ``folder`` that are neither of ``whole`` nor what recovery adds."""
    known = whole.splitlines()
    lines = (folder / EVENTS_NAME).read_bytes().splitlines()
    events = read_events(folder)
    added = sum(event.get("what") == "recovered" or event.get("reason") == "error" for event in events)
    return sum(line not in known for line in lines) - int(added)


def _opened(path: Path) -> dict[str, bool]:
    """Which programs open the file at ``path``, and find samples in it."""
    readers: dict[str, Callable[[], int]] = {
        "pyedflib": lambda: _edflib(path),
        "edfio": lambda: len(edfio.read_bdf(path).signals[0].data),
    }
    if importlib.util.find_spec("mne"):
        readers["MNE"] = lambda: _mne(path)
    return {name: _samples(read) > 0 for name, read in readers.items()}


def _samples(read: Callable[[], int]) -> int:
    try:
        return read()
    except (OSError, ValueError, Warning):
        return 0


def _edflib(path: Path) -> int:
    with pyedflib.EdfReader(str(path)) as reader:
        return int(reader.getNSamples()[0])


def _mne(path: Path) -> int:
    mne = importlib.import_module("mne")
    mne.set_log_level("ERROR")
    return int(mne.io.read_raw_bdf(path, preload=True).n_times)
