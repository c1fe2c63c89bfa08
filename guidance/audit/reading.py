"""The facts of a procedure, read from its folder; one whose record does not hold is left out, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from guidance.audit.facts import ProcedureFacts, facts_of
from guidance.common.errors import UserError
from guidance.journal.encryption import EncryptionKey, is_encrypted
from guidance.note.case_sheet import CaseSheet, load_case
from guidance.note.signing import SignatureLink, load_signed
from guidance.note.usable_record import UnusableRecord, read_usable


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A procedure that is not counted, and why, in one sentence."""

    name: str
    why: str


def read_facts(folder: Path, now: datetime, salt: str, key: EncryptionKey | None = None) -> ProcedureFacts | LeftOut:
    """Read the facts of the procedure in ``folder``; ``key`` decrypts its case sheet. Raises nothing.

    ``now`` is the time by this machine's clock, with its zone; ``salt`` that of the index.
    """
    name = folder.name
    try:
        chain, stream = read_usable(folder, now)
        case, links = _paper(folder, key)
        return facts_of(name, chain, stream, case, links, salt)
    except UserError as fault:
        return LeftOut(name, str(fault))
    except OSError as fault:
        return LeftOut(name, f"Its folder cannot be read ({fault.strerror}).")


def _paper(folder: Path, key: EncryptionKey | None) -> tuple[CaseSheet, tuple[SignatureLink, ...]]:
    """Return the case sheet and the links of the signed note. Raises UserError where one was changed or is damaged."""
    if key is None and is_encrypted(folder):
        raise UnusableRecord("Its case sheet and note are encrypted; name the key with --key FILE.")
    signed = load_signed(folder, key)
    return load_case(folder, key), signed.links if signed else ()
