"""The signature of a note and its addenda: a chain of links, each with the hash of the link before.

The signature binds the page as it was signed, the event stream, the signal and the case sheet. A person who can write
in the folder could make a new chain: the chain shows accidental or partial changes and does not prove who signed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from guidance.common.errors import UsageError, UserError
from guidance.common.text import one_line
from guidance.journal.encryption import NOTE_NAME, EncryptionKey, read_protected, write_protected
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.files import open_plain
from guidance.journal.signal import SIGNAL_NAME
from guidance.journal.verify import RecordState, verify
from guidance.note.case_sheet import CaseSheet
from guidance.note.page import NotePage, page_from_values, page_to_values

VERSION = 1
_PART_BYTES = 1 << 20
SignatureLink = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Signature:
    """A signed note: the page as it was signed, and the links of its chain; the signature is the first."""

    page: NotePage
    links: tuple[SignatureLink, ...]

    @property
    def signature(self) -> SignatureLink:
        """The link that states who signed, when, and the hashes of what is bound."""
        return self.links[0]

    @property
    def addenda(self) -> tuple[SignatureLink, ...]:
        """The links added after the signature."""
        return self.links[1:]


def load_signed(folder: Path, key: EncryptionKey | None) -> Signature | None:
    """Load the signed note in ``folder``, None if it is not signed. Raises UserError, also if it was changed."""
    data = read_protected(folder, NOTE_NAME, key)
    if data is None:
        return None
    try:
        links = tuple(json.loads(data)["chain"])
        page = page_from_values(links[0]["page"])
        broken = next(_broken(links), None)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise UserError(f"The signed note in {folder} is damaged.") from None
    if broken is not None:
        raise UserError(f"The signed note in {folder} was changed after signing: {broken}.")
    return Signature(page, links)


def sign(
    folder: Path,
    page: NotePage,
    case: CaseSheet,
    by: str,
    key: EncryptionKey | None,
    now: datetime,
    *,
    despite: str | None = None,
) -> Signature:
    """Sign ``page`` as the note of the procedure in ``folder``; ``despite`` states why contradictions in it stand.

    Raises UsageError if that is refused, UserError.
    """
    if load_signed(folder, key) is not None:
        raise UsageError(f"The note of {folder.name} is signed already; add an addendum instead.")
    if page.missing:
        missing = ", ".join(name for name, _ in page.missing)
        fields = "1 required field is" if len(page.missing) == 1 else f"{len(page.missing)} required fields are"
        raise UsageError(
            f"The note cannot be signed: {fields} without an answer ({missing}). Answer "
            "with --set KEY=ANSWER, or --set KEY='not done: why'."
        )
    reason = one_line(despite or "")
    if page.contradictions and not reason:
        raise UsageError(
            f"The note cannot be signed, because it contradicts itself: {' '.join(page.contradictions)} Mend the "
            "answer with --set KEY=ANSWER, or state with --despite WHY why both stand."
        )
    record = verify(folder)
    if not record.is_intact or record.state is RecordState.RUNNING:
        raise UsageError(
            f"The note cannot be signed, because the record of {folder.name} is {record.state}: {record.why}."
        )
    signed_despite = {"despite": reason} if page.contradictions else {}
    bound = {"kind": "signature", "page": page_to_values(page), "bound": bound_hashes(folder, case), **signed_despite}
    link = _new_link(bound, by, now, None)
    return _stored(folder, page, (link,), key)


def add_addendum(
    folder: Path,
    text: str,
    by: str,
    key: EncryptionKey | None,
    now: datetime,
    *,
    follow_up: Mapping[str, str] | None = None,
) -> Signature:
    """Add ``text`` to the signed note in ``folder``; ``follow_up`` are the answers by key that it states.

    Raises UsageError if the note is not signed, UserError.
    """
    signed = load_signed(folder, key)
    if signed is None:
        raise UsageError(f"The note of {folder.name} is not signed yet; change it with --set until it is.")
    line = one_line(text)
    if not line:
        raise UsageError("An addendum needs text.")
    answers = {"follow_up": dict(follow_up)} if follow_up else {}
    link = _new_link({"kind": "addendum", "text": line, **answers}, by, now, signed.links[-1]["sha256"])
    return _stored(folder, signed.page, (*signed.links, link), key)


def bound_hashes(folder: Path, case: CaseSheet) -> dict[str, str | None]:
    """Return the SHA-256 of each file and value that a signature binds; None for a file that is absent."""
    answers = json.dumps(dict(case.answers), sort_keys=True, ensure_ascii=False).encode()
    return {
        EVENTS_NAME: _hash_of(folder / EVENTS_NAME),
        SIGNAL_NAME: _hash_of(folder / SIGNAL_NAME),
        "case sheet": hashlib.sha256(answers).hexdigest(),
    }


def changed_since(folder: Path, case: CaseSheet, signed: Signature) -> list[str]:
    """Return the names of what changed since ``signed`` was signed."""
    now, then = bound_hashes(folder, case), signed.signature["bound"]
    return [name for name in now if now[name] != then.get(name)]


def _new_link(link: SignatureLink, by: str, now: datetime, previous: str | None) -> SignatureLink:
    name = one_line(by)
    if not name:
        raise UsageError("Name the signer with --by, such as --by 'Dr A. Example'.")
    link = link | {"by": name, "at": now.isoformat(timespec="seconds"), "previous": previous}
    return link | {"sha256": _hash(link)}


def _stored(folder: Path, page: NotePage, links: tuple[SignatureLink, ...], key: EncryptionKey | None) -> Signature:
    text = json.dumps({"version": VERSION, "chain": links}, ensure_ascii=False, indent=1)
    write_protected(folder, NOTE_NAME, text.encode(), key)
    return Signature(page, links)


def _broken(links: Sequence[SignatureLink]) -> Iterator[str]:
    """Yield how a link differs from what was signed, the first one first."""
    previous: str | None = None
    for number, link in enumerate(links):
        name = f"addendum {number}" if number else "the signature"
        if link["kind"] != ("addendum" if number else "signature") or link["previous"] != previous:
            yield f"{name} does not follow the link before it"
        if link["sha256"] != _hash({name: value for name, value in link.items() if name != "sha256"}):
            yield f"{name} does not match its hash"
        previous = link["sha256"]


def _hash(link: SignatureLink) -> str:
    return hashlib.sha256(json.dumps(link, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _hash_of(path: Path) -> str | None:
    try:
        with open_plain(path) as file:
            digest = hashlib.sha256()
            while part := file.read(_PART_BYTES):
                digest.update(part)
            return digest.hexdigest()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise UserError(f"{path} cannot be read ({fault.strerror}).") from None
