"""A made department: procedures of simulated insertions over many sites and two years. Nobody was treated.

Each procedure is one of a few insertions of the virtual trial, with another day, site, operator and case sheet; case
sheets lack answers, notes lack signatures and follow-ups lack results at drawn rates, so that an audit has something
to find. It has no signal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from guidance.audit.run import Site
from guidance.contracts.events import Entry, TimedRecord
from guidance.contracts.origin import Origin
from guidance.contracts.record_serializer import RecordSerializer
from guidance.engine.loop import Engine
from guidance.journal.chain import ORIGIN, with_chain
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.seal import Seal, write_seal
from guidance.note.case_sheet import case_from_toml, save_case
from guidance.note.follow_up import add_follow_up
from guidance.note.note_files import procedure_files
from guidance.note.signing import sign
from guidance.trial.world import SimulatedInsertion

FIRST = datetime(2024, 6, 3, 8, tzinfo=UTC)
TODAY = FIRST + timedelta(days=730)
SITES, OPERATORS_A_SITE = 20, 4
_LACKING, _UNSIGNED, _FOLLOWED = 0.04, 0.12, 0.7
"""Shares of answers left out, of notes not signed, and of signed notes with a result at follow-up: made up."""
_ANSWERS = {
    "patient": "Made Patient", "birth_date": "1970-01-01", "sex": "female", "record_number": "0", "weight_kg": 70,
    "height_cm": 170, "asa_class": "II", "allergies": "none", "supervisor": "none", "consent": "written",
    "risks": "usual", "evaluation": "normal", "diagnosis": "made", "stop_moment": "done", "iv_access": "18 G",
    "position": "supine", "monitors": "ECG", "vital_signs": "72", "premedication": "none", "sedation": "awake",
    "asepsis": "done", "skin_infiltration": "none", "needle_tip": "short", "needle_maker": "made",
    "needle_length_mm": 50, "needle_gauge": 22, "side": "left", "technique": "stimulation", "ultrasound": "no",
    "no_response_below": "0.3 mA", "drug": "ropivacaine", "volume_ml": 20, "epinephrine": "none", "adjunct": "none",
    "aspiration": "no blood", "resistance": "low", "pain": "none", "twitch_loss": "yes", "complications": "none",
    "minimum_current": "not assessed: made up",
}  # fmt: skip


@dataclass(frozen=True)
class RecordedInsertion:
    """The records of one simulated insertion, and its engine, which states how they begin and end."""

    engine: Engine
    records: Sequence[TimedRecord]


def insertions(count: int, seed: int = 1) -> list[RecordedInsertion]:
    """Run ``count`` insertions of the trial ``seed``."""
    found = []
    for world in range(count):
        insertion = SimulatedInsertion(seed, world, "femoral")
        begin = insertion.engine.begin(Origin(live=True, simulated=True))
        records = [
            begin,
            *(timed for _, turn in insertion.turns() for timed in turn),
            *insertion.engine.end("operator"),
        ]
        found.append(RecordedInsertion(insertion.engine, records))
    return found


def make(home: Path, count: int, made: Sequence[RecordedInsertion], *, notes: bool, seed: int = 1) -> list[Site]:
    """Make ``count`` procedures in ``home``, spread over the sites; ``notes``: with case sheets, notes, follow-ups."""
    rng = np.random.default_rng([seed, count])
    sites = [Site(f"site {number:02d}", home / f"site-{number:02d}") for number in range(1, SITES + 1)]
    for number in range(count):
        site = sites[number % SITES]
        began = FIRST + timedelta(minutes=float(rng.uniform(0, 729 * 24 * 60)))
        folder = site.store / f"{began:%Y%m%dT%H%M%SZ}-femoral-{number}"
        folder.mkdir(mode=0o700, parents=True)
        _write(folder, made[int(rng.integers(len(made)))].records, began, number, rng)
        if notes:
            _paper(folder, f"Operator {rng.integers(OPERATORS_A_SITE)} of {site.label}", began, rng)
    return sites


def _write(
    folder: Path, records: Sequence[TimedRecord], began: datetime, number: int, rng: np.random.Generator
) -> None:
    serializer, chain = RecordSerializer(), ORIGIN
    lines: list[bytes] = []
    for timed in [*records[:-1], *_entries(records[-1].t, rng), records[-1]]:
        text = serializer.line(timed, number)
        if not lines:
            text = text.replace('"1970-01-01T00:00:00+00:00"', f'"{began.isoformat()}"')
        line, chain = with_chain(chain, text.encode() + b"\n")
        lines.append(line)
    (folder / EVENTS_NAME).write_bytes(b"".join(lines))
    write_seal(folder, Seal(len(lines), chain, None))


def _entries(t: float, rng: np.random.Generator) -> Iterator[TimedRecord]:
    for what, fields, share in (
        ("redirect", {}, 0.6), ("redirect", {}, 0.3), ("pain", {}, 0.05), ("aspiration", {"blood": False}, 0.9),
    ):  # fmt: skip
        if rng.random() < share:
            yield TimedRecord(t, Entry(what, fields))


def _paper(folder: Path, performer: str, began: datetime, rng: np.random.Generator) -> None:
    kept = {key: text for key, text in _ANSWERS.items() if rng.random() > _LACKING}
    if rng.random() > _UNSIGNED:
        kept = _ANSWERS
    toml = "\n".join(f"{key} = {value!r}" for key, value in {**kept, "performer": performer}.items())
    case = case_from_toml(toml, "made", began)
    save_case(folder, case, None)
    page = procedure_files(folder, None).composed
    if page.missing:
        return
    later = began + timedelta(hours=float(rng.exponential(8.0)) + 0.2)
    sign(folder, page, case, performer, None, later, despite="made")
    if rng.random() < _FOLLOWED:
        result = "complete" if rng.random() < 0.85 else "failed"
        add_follow_up(folder, {"success": result}, performer, None, later + timedelta(days=1))
