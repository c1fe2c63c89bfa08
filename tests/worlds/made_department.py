"""A made department: procedures of simulated insertions over many sites and two years. Nobody was treated.

A few dozen insertions of the virtual trial are truly simulated, of several protocols. Each procedure is one of them
under another label: another day, site, operator, device and case label, and drawn events after the needle's way
(``made_outcomes``). So procedures of the same insertion have the same pulses, responses and estimates, and an audit of
the department says nothing about the program or about people. The journals are written by the program's own journal,
with chain and seal, and have no signal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from guidance.audit.run import Site
from guidance.contracts.events import Start, TimedRecord
from guidance.contracts.origin import Origin
from guidance.contracts.record_serializer import RecordSerializer
from guidance.journal.event_log import Journal
from guidance.journal.files import DISK
from guidance.journal.seal import Seal, write_seal
from guidance.journal.visits import write_label
from guidance.note.event_query import EventQuery
from guidance.trial.world import SimulatedInsertion
from tests.worlds.made_outcomes import habits_of, outcome_records, write_paper

FIRST = datetime(2024, 6, 3, 8, tzinfo=UTC)
DAYS = 730
TODAY = FIRST + timedelta(days=DAYS)
SITES, OPERATORS_A_SITE = 20, 4
PROTOCOLS = ("femoral", "interscalene", "popliteal", "axillary-median")
DEVICES = ("Simulated patient", "Simulated patient, second model")
_AFTERWARDS_S = 90.0
"""Time from the end of the needle's way to the end of the record; the drawn events lie in it."""
CHUNK = 20
"""Procedures that a process makes at a time."""


@dataclass(frozen=True)
class RecordedInsertion:
    """The records of one simulated insertion; the first is its start, the last its end."""

    records: Sequence[TimedRecord]

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines of the stream between start and end, without a chain, numbered from 1."""
        serializer = RecordSerializer(1)
        return [serializer.line(timed, round(1e9 * timed.t)).encode() + b"\n" for timed in self.records[1:-1]]

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """The same lines as a reader of the stream gets them."""
        return [json.loads(line) for line in self.lines]


def insertions(count: int, seed: int = 1) -> list[RecordedInsertion]:
    """Run ``count`` insertions of the trial ``seed``, of the protocols in turn."""
    found = []
    for world in range(count):
        insertion = SimulatedInsertion(seed, world, PROTOCOLS[world % len(PROTOCOLS)])
        begin = insertion.engine.begin(Origin(live=True, simulated=True))
        turns = [timed for _, turn in insertion.turns() for timed in turn]
        found.append(RecordedInsertion([begin, *turns, *insertion.engine.end("operator")]))
    return found


def make(
    home: Path, count: int, made: Sequence[RecordedInsertion], *, notes: bool = True, seed: int = 1, jobs: int = 1
) -> list[Site]:
    """Make ``count`` procedures in ``home``, spread over the sites, on ``jobs`` processes.

    ``notes``: with case sheets, notes, follow-ups. The same arguments make the same, on however many processes.
    """
    sites = [Site(f"site {number:02d}", home / f"site-{number:02d}") for number in range(1, SITES + 1)]
    for site in sites:
        site.store.mkdir(mode=0o700, parents=True)
    chunks = [range(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]
    make_chunk = partial(_make_chunk, sites, made, notes, seed)
    if jobs == 1:
        for chunk in chunks:
            make_chunk(chunk)
    else:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            list(pool.map(make_chunk, chunks))
    return sites


def _make_chunk(
    sites: Sequence[Site], made: Sequence[RecordedInsertion], notes: bool, seed: int, numbers: Sequence[int]
) -> None:
    with _unsynced():
        for number in numbers:
            _make_one(sites, made, notes, seed, number)


def _make_one(sites: Sequence[Site], made: Sequence[RecordedInsertion], notes: bool, seed: int, number: int) -> None:
    rng = np.random.default_rng([seed, 0, number])
    at_site, operator = number % len(sites), int(rng.integers(OPERATORS_A_SITE))
    site, habits = sites[at_site], habits_of(seed, at_site, operator)
    insertion = made[int(rng.integers(len(made)))]
    began = FIRST + timedelta(minutes=int(rng.integers((DAYS - 1) * 24 * 60)))
    start = insertion.records[0].record
    assert isinstance(start, Start)
    device = start.device | {"model": DEVICES[(at_site + operator) % len(DEVICES)], "serial": f"made-{at_site}"}
    opening = TimedRecord(0.0, replace(start, device=device, wall_time=began.isoformat()))
    folder = site.store / f"{began:%Y%m%dT%H%M%SZ}-{start.protocol}-{number}"
    folder.mkdir(mode=0o700)
    last = insertion.records[-1]
    closing = [*outcome_records(last.t, habits, rng), TimedRecord(last.t + _AFTERWARDS_S, last.record)]
    stream = _write(folder, insertion, opening, closing, number)
    write_label(folder, f"case-{number}")
    if notes:
        write_paper(folder, stream, f"Operator {operator} of {site.label}", habits, rng)


def _write(
    folder: Path, insertion: RecordedInsertion, opening: TimedRecord, closing: Sequence[TimedRecord], number: int
) -> EventQuery:
    """Write and seal the journal in ``folder``; return its events."""
    first = RecordSerializer().line(opening, number).encode() + b"\n"
    serializer = RecordSerializer(1 + len(insertion.lines))
    rest = [serializer.line(timed, round(1e9 * timed.t)).encode() + b"\n" for timed in closing]
    journal = Journal(folder)
    for line in (first, *insertion.lines, *rest):
        journal.write(line)
    journal.close()
    write_seal(folder, Seal(journal.lines, journal.chain, None))
    return EventQuery([json.loads(first), *insertion.events, *map(json.loads, rest)])


@contextmanager
def _unsynced() -> Iterator[None]:
    """Do not wait for the disk: a made store need not survive a power cut."""
    with patch.object(DISK, "sync", lambda _: None), patch.object(DISK, "sync_folder", lambda _: None):
        yield
