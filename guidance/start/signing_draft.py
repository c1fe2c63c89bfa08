"""A note on its way to a signature: what is missing, the answers, and the signature. It knows no screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from guidance.common.errors import UsageError
from guidance.journal.encryption import EncryptionKey
from guidance.note.case_sheet import MUSCLES, CaseSheet, save_case
from guidance.note.fields import FIELDS, Field
from guidance.note.note_files import WRITERS, procedure_files, write_note
from guidance.note.page import NoteItem, NotePage
from guidance.note.signing import sign
from guidance.note.site_defaults import with_defaults
from guidance.start.note_items import item_of_field
from guidance.ui.forms import Form, FormItem

DESPITE, MUSCLE = "despite", "muscle"
_TO_ANSWER, _DEFAULTS = "To answer", "Site defaults"
_BY_RECORD = "record"
"""The origin of what the record fills in, as the form shows it."""


def now() -> datetime:
    """Return the present time with its zone."""
    return datetime.now().astimezone()


class SigningDraft:
    """The note of the procedure in ``folder``. Answers are saved as they are given, so that nothing is lost.

    An answer that the disk does not take stays here, and is saved with the next one or the signature.
    """

    def __init__(
        self,
        folder: Path,
        key: EncryptionKey | None,
        defaults: Mapping[str, str],
        clock: Callable[[], datetime] = now,
    ) -> None:
        """Read the record; fields without an answer get the site's ``defaults``, marked so. Raises UserError."""
        self.folder, self._key, self._clock = folder, key, clock
        self.files = procedure_files(folder, key)
        self.despite = ""
        missing = tuple(name for name, _ in self.files.composed.missing) if not self.is_signed else ()
        case = with_defaults(self.files.case, missing, defaults, clock())
        self.files = replace(self.files, case=case)
        self._first = list(missing)
        self._by_default = frozenset(key for key in missing if case.get(key) is not None)

    @property
    def is_signed(self) -> bool:
        """Whether the note has a signature."""
        return self.files.signed is not None

    @property
    def composed(self) -> NotePage:
        """The note as record and answers make it now."""
        return self.files.composed

    @property
    def signer(self) -> str:
        """The name that is offered for the signature: who performed the procedure."""
        return self.files.case.get("performer") or ""

    def form(self) -> Form:
        """Return a form with what has to be answered, and below it the whole note as it is filled in."""
        items, case = tuple(self.items()), self.files.case
        filled = {each.key: text for each, text in self._filled() if text and each.key not in self._first}
        entered = {item.key: answer for item in items if (answer := case.get(item.key)) is not None}
        despite = {DESPITE: self.despite} if self.despite else {}
        origins = dict.fromkeys(filled.keys() - entered.keys(), _BY_RECORD)
        return Form(items, entered | filled | despite, origins | dict(case.origins))

    def items(self) -> Iterator[FormItem]:
        """Yield the items: contradictions, what was or is missing, all other fields of the note."""
        page = self.composed
        self._first += [name for name, _ in page.missing if name not in self._first]
        if page.contradictions:
            why = f"{' '.join(page.contradictions)} Mend the answer below, or state why both stand"
            yield FormItem(DESPITE, "Contradiction", why, section="Contradicts itself")
        case = self.files.case
        for key in sorted(self._first, key=self._by_default.__contains__):
            if "NAME" not in key.split("."):
                section = _DEFAULTS if key in self._by_default else _TO_ANSWER
                yield item_of_field(key, required=True, section=section)
            elif not case.muscles:
                yield FormItem(MUSCLE, "Muscle injected", "its name, such as flexor carpi radialis", section=_TO_ANSWER)
        rest = [each.key for each, _ in self._filled()]
        for key in dict.fromkeys((*rest, *case.answers)):
            if key not in self._first:
                yield item_of_field(key, required=False, usual=False)

    def _filled(self) -> Iterator[tuple[Field, str]]:
        """Yield each field of this kind of note with its text, empty where nothing is recorded."""
        page = self.composed
        texts = {item.label: _text(item) for part in page.to_sign for item in part.items}
        for each in FIELDS:
            if self.files.stream.protocol[1] in each.kinds or texts.get(each.label):
                yield each, texts.get(each.label, "")

    def answer(self, key: str, text: str | None) -> None:
        """Save the answer ``text`` to the item ``key``; None removes it. Raises UserError."""
        if key == DESPITE:
            self.despite = text or ""
            return
        if key == MUSCLE:
            key = _muscle_key(text or "")
        case = self.files.case
        case = case.without(key) if text is None else case.with_answer(key, text, self._clock(), "Not taken")
        self._save(case)

    def _save(self, case: CaseSheet) -> None:
        self.files = replace(self.files, case=case)
        save_case(self.folder, case, self._key)

    def sign(self, by: str) -> str:
        """Sign as ``by``; return a sentence. Raises UserError."""
        self._save(self.files.case)
        signed = sign(
            self.folder, self.composed, self.files.case, by, self._key, self._clock(), despite=self.despite or None
        )
        self.files = replace(self.files, signed=signed)
        return f"Signed by {signed.signature['by']}. SHA-256 of the signature: {signed.signature['sha256']}"

    def write(self, path: Path) -> list[Path]:
        """Write the note to ``path``, as its ending says; return the files. Raises UserError."""
        if path.suffix.lower() not in WRITERS:
            raise UsageError(f"{path.name}: the note is written as {', '.join(WRITERS)}; end the file name so.")
        return write_note(self.files, path, self._clock())


def _text(item: NoteItem) -> str:
    return " ".join(each.text for each in item.sentences)


def _muscle_key(name: str) -> str:
    short = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    if not short:
        raise UsageError(f"{name!r} is not the name of a muscle; write one such as flexor carpi radialis.")
    return f"{MUSCLES}.{short}.name"
