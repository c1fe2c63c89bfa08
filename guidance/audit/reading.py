"""The facts of a procedure, read from its folder; one whose record does not hold is left out, with the reason."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from guidance.audit.facts import ProcedureFacts, facts_of
from guidance.common.errors import UserError
from guidance.contracts.events import VERSION
from guidance.contracts.origin import origin_of
from guidance.journal.encryption import EncryptionKey, is_encrypted
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.files import open_plain
from guidance.journal.locks import in_use
from guidance.journal.seal import Seal, read_seal
from guidance.journal.signal import SIGNAL_NAME
from guidance.journal.store import PROCEDURE
from guidance.journal.verify import RecordState, walk
from guidance.note.case_sheet import CaseSheet, load_case
from guidance.note.event_query import EventQuery, read_stream
from guidance.note.signing import SignatureLink, load_signed

_FIRST = datetime(2024, 1, 1, tzinfo=UTC)
"""No record of this program is older: an earlier date comes from a clock that was wrong."""
_APART = timedelta(hours=26)
"""Largest difference between the stamp of the folder and the start of its record: two time zones and some hours of
waiting for a device, a judgement."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A procedure that is not counted, and why, in one sentence."""

    name: str
    why: str


def read_facts(folder: Path, now: datetime, salt: str, key: EncryptionKey | None = None) -> ProcedureFacts | LeftOut:
    """Read the facts of the procedure in ``folder``; ``key`` decrypts its case sheet. Raises nothing.

    ``now`` is the time by this machine's clock, with its zone; ``salt`` that of the index.
    The chain of the events and the seal are verified, and that the signal is there; ``procedures verify`` also verifies
    the signal's content.
    """
    name = folder.name
    try:
        chain = _verified(folder)
        stream = read_stream(folder)
        _check(name, stream, now)
        case, links = _paper(folder, key)
        return facts_of(name, chain, stream, case, links, salt)
    except (UserError, _Unfit) as fault:
        return LeftOut(name, str(fault))
    except OSError as fault:
        return LeftOut(name, f"Its folder cannot be read ({fault.strerror}).")


class _Unfit(Exception):
    """The record cannot be counted; the text is why."""


def _verified(folder: Path) -> str:
    """Return the chain of the last line of the record in ``folder``. Raises _Unfit unless it is whole and sealed."""
    with open_plain(folder / EVENTS_NAME) as file:
        if in_use(file.fileno()):
            raise _Unfit("It is still being recorded.")
        verdict = walk(file)
    if verdict.state is RecordState.BROKEN:
        raise _Unfit(f"Its chain does not hold: {verdict.why}.")
    try:
        seal = read_seal(folder)
    except ValueError as fault:
        raise _Unfit(f"Its seal cannot be read: {fault}.") from None
    if seal is None:
        raise _Unfit("It was cut off or copied in part: it has no seal; 'procedures recover' completes a cut-off one.")
    if (seal.lines, seal.chain) != (verdict.lines, verdict.chain):
        raise _Unfit(f"It has {verdict.lines} lines, but {seal.lines} were sealed.")
    _check_signal(folder, seal)
    return verdict.chain


def _check_signal(folder: Path, seal: Seal) -> None:
    if seal.signal is not None and not os.path.lexists(folder / SIGNAL_NAME):
        raise _Unfit(f"It was copied in part: {SIGNAL_NAME} was sealed with it and is not there.")


def _check(name: str, stream: EventQuery, now: datetime) -> None:
    """Raise _Unfit for a record of another version, of no live procedure, or by a clock that was wrong."""
    version = stream.start.get("version")
    if version != VERSION:
        raise _Unfit(f"Its record is of version {version}; this program reads version {VERSION}.")
    if not origin_of(stream.start).live:
        raise _Unfit("It is a replay, not a procedure.")
    began = stream.began
    if began.tzinfo is None:
        raise _Unfit("Its start has no time zone.")
    if not _FIRST <= began <= now + timedelta(days=1):
        raise _Unfit(f"The computer's clock was wrong: it says that the procedure began on {began:%Y-%m-%d}.")
    stamp = re.match(PROCEDURE, name)
    named = datetime.strptime(stamp[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if stamp else began
    if abs(named - began) > _APART:
        raise _Unfit(f"Its folder is dated {named:%Y-%m-%d} and its record {began:%Y-%m-%d}.")


def _paper(folder: Path, key: EncryptionKey | None) -> tuple[CaseSheet, tuple[SignatureLink, ...]]:
    """Return the case sheet and the links of the signed note. Raises UserError where one was changed or is damaged."""
    if key is None and is_encrypted(folder):
        raise _Unfit("Its case sheet and note are encrypted; name the key with --key FILE.")
    signed = load_signed(folder, key)
    return load_case(folder, key), signed.links if signed else ()
