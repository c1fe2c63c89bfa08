"""Whether a record may be counted with others: whole and sealed, of this version, by a clock that was right."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from guidance.common.errors import UserError
from guidance.contracts.events import VERSION
from guidance.contracts.origin import origin_of
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.files import open_plain
from guidance.journal.locks import in_use
from guidance.journal.seal import Seal, read_seal
from guidance.journal.signal import SIGNAL_NAME
from guidance.journal.store import PROCEDURE
from guidance.journal.verify import RecordState, walk
from guidance.note.event_query import EventQuery, read_stream

_FIRST = datetime(2024, 1, 1, tzinfo=UTC)
"""No record of this program is older: an earlier date comes from a clock that was wrong."""
_APART = timedelta(hours=26)
"""Largest difference between the stamp of the folder and the start of its record: two time zones and some hours of
waiting for a device, a judgement."""


class UnusableRecord(UserError):
    """The record cannot be counted with others; the text is why, in one sentence."""


def read_usable(folder: Path, now: datetime) -> tuple[str, EventQuery]:
    """Read the chain of the last line and the events of the procedure in ``folder``; ``now`` has its time zone.

    Raises UnusableRecord, UserError. The chain of the events and the seal are verified, and that the signal is there;
    ``procedures verify`` also verifies the signal's content.
    """
    try:
        chain = _verified(folder)
        stream = read_stream(folder)
    except OSError as fault:
        raise UnusableRecord(f"Its folder cannot be read ({fault.strerror}).") from None
    _check(folder.name, stream, now)
    return chain, stream


def _verified(folder: Path) -> str:
    """Return the chain of the last line of the record in ``folder``. Raises UnusableRecord unless whole and sealed."""
    with open_plain(folder / EVENTS_NAME) as file:
        if in_use(file.fileno()):
            raise UnusableRecord("It is still being recorded.")
        verdict = walk(file)
    if verdict.state is RecordState.BROKEN:
        raise UnusableRecord(f"Its chain does not hold: {verdict.why}.")
    try:
        seal = read_seal(folder)
    except ValueError as fault:
        raise UnusableRecord(f"Its seal cannot be read: {fault}.") from None
    if seal is None:
        raise UnusableRecord(
            "It was cut off or copied in part: it has no seal; 'procedures recover' completes a cut-off one."
        )
    if (seal.lines, seal.chain) != (verdict.lines, verdict.chain):
        raise UnusableRecord(f"It has {verdict.lines} lines, but {seal.lines} were sealed.")
    _check_signal(folder, seal)
    return verdict.chain


def _check_signal(folder: Path, seal: Seal) -> None:
    if seal.signal is not None and not os.path.lexists(folder / SIGNAL_NAME):
        raise UnusableRecord(f"It was copied in part: {SIGNAL_NAME} was sealed with it and is not there.")


def _check(name: str, stream: EventQuery, now: datetime) -> None:
    """Raise UnusableRecord for a record of another version, of no live procedure, or by a clock that was wrong."""
    version = stream.start.get("version")
    if version != VERSION:
        raise UnusableRecord(f"Its record is of version {version}; this program reads version {VERSION}.")
    if not origin_of(stream.start).live:
        raise UnusableRecord("It is a replay, not a procedure.")
    began = stream.began
    if began.tzinfo is None:
        raise UnusableRecord("Its start has no time zone.")
    if not _FIRST <= began <= now + timedelta(days=1):
        raise UnusableRecord(f"The computer's clock was wrong: it says that the procedure began on {began:%Y-%m-%d}.")
    stamp = re.match(PROCEDURE, name)
    named = datetime.strptime(stamp[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if stamp else began
    if abs(named - began) > _APART:
        raise UnusableRecord(f"Its folder is dated {named:%Y-%m-%d} and its record {began:%Y-%m-%d}.")
