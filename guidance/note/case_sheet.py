"""The case sheet: answers about patient, staff and procedure that are not in the event stream.

A user writes it as TOML; the procedure's folder holds it as ``case.json`` or, encrypted, ``case.age``. Its keys are
those of ``fields``; each muscle injected with botulinum toxin has a table of its own, ``[muscles.fds]``.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from guidance.common.errors import UsageError, UserError
from guidance.common.folders import text_of_file
from guidance.common.toml import NotToml, tables_of_toml
from guidance.journal.encryption import CASE_NAME, EncryptionKey, read_protected, write_protected
from guidance.note.fields import FIELDS, MUSCLE_FIELDS, Field

VERSION = 1
MUSCLES = "muscles"
_MUSCLE_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_BY_KEY = {item.key: item for item in FIELDS}
_MUSCLE_BY_KEY = {item.key: item for item in MUSCLE_FIELDS}


@dataclass(frozen=True, slots=True)
class CaseSheet:
    """Answers by key (``side``, ``muscles.fds.units``) in their standard form, and when each was entered.

    ``origins`` states where an answer comes from that nobody entered for this procedure.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    recorded_at: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)

    def get(self, key: str) -> str | None:
        """Return the answer to ``key``, None if there is none."""
        return self.answers.get(key)

    @property
    def muscles(self) -> tuple[str, ...]:
        """The keys of the muscles, in their order."""
        return tuple(dict.fromkeys(key.split(".")[1] for key in self.answers if key.startswith(f"{MUSCLES}.")))

    def with_answer(self, key: str, text: str, now: datetime, where: str = "--set", *, origin: str = "") -> CaseSheet:
        """Return this case with the answer ``text`` to ``key``, entered ``now``. Raises UsageError naming ``where``.

        ``origin`` states where it comes from if nobody entered it.
        """
        answer = read_answer(key, text, where)
        stamp = now.isoformat(timespec="seconds")
        origins = {name: value for name, value in self.origins.items() if name != key}
        return CaseSheet(
            {**self.answers, key: answer},
            {**self.recorded_at, key: stamp},
            origins | ({key: origin} if origin else {}),
        )

    def without(self, key: str) -> CaseSheet:
        """Return this case without an answer to ``key``."""
        answers, recorded_at, origins = (
            {name: value for name, value in part.items() if name != key}
            for part in (self.answers, self.recorded_at, self.origins)
        )
        return CaseSheet(answers, recorded_at, origins)


def field_of(key: str, where: str) -> Field:
    """Return the field with this ``key``. Raises UsageError that names ``where`` and the most similar key."""
    item = _BY_KEY.get(key)
    parts = key.split(".")
    if item is None and len(parts) == 3 and parts[0] == MUSCLES and _MUSCLE_KEY.fullmatch(parts[1]):
        item = _MUSCLE_BY_KEY.get(parts[2])
    if item is None:
        known = [*_BY_KEY, *(f"{MUSCLES}.NAME.{name}" for name in _MUSCLE_BY_KEY)]
        near = difflib.get_close_matches(key, known, 1)
        hint = f"did you mean {near[0]}?" if near else "'needle-guidance procedures case-sheet' shows all keys."
        raise UsageError(f"{where}: {key!r} is not a key of the case sheet; {hint}")
    return item


def read_answer(key: str, text: str, where: str) -> str:
    """Return the answer ``text`` to ``key`` in its standard form. Raises UsageError."""
    form = field_of(key, where).form
    try:
        return form.read(text)
    except ValueError as fault:
        raise UsageError(f"{where}: {key} {fault}.") from None


def case_from_toml(text: str, where: str, now: datetime) -> CaseSheet:
    """Read the case sheet from the TOML ``text`` of the file ``where``, entered ``now``. Raises UsageError."""
    try:
        tables = tables_of_toml(text)
    except NotToml as fault:
        raise UsageError(f"{where} is not TOML: {fault}.") from None
    answers = {key: read_answer(key, _typed(key, value, where), where) for key, value in _flat(tables, where)}
    return CaseSheet(answers, dict.fromkeys(answers, now.isoformat(timespec="seconds")))


def case_from_file(path: Path, now: datetime) -> CaseSheet:
    """Read the case sheet from the TOML file at ``path``, entered ``now``. Raises UsageError."""
    try:
        text = text_of_file(path)
    except OSError as fault:
        raise UsageError(f"The case sheet {path} cannot be read ({fault.strerror}).") from None
    except ValueError:
        raise UsageError(f"The case sheet {path} is not text in UTF-8.") from None
    return case_from_toml(text, str(path), now)


def load_case(folder: Path, key: EncryptionKey | None) -> CaseSheet:
    """Load the case sheet of the procedure in ``folder``, an empty one if there is none. Raises UserError."""
    data = read_protected(folder, CASE_NAME, key)
    if data is None:
        return CaseSheet()
    try:
        stored = json.loads(data)
        answers = {name: read_answer(name, text, CASE_NAME) for name, text in stored["answers"].items()}
        origins = {name: str(text) for name, text in stored.get("origins", {}).items() if name in answers}
        return CaseSheet(answers, {name: str(stored["told_at"].get(name, "")) for name in answers}, origins)
    except (ValueError, KeyError, TypeError, AttributeError, UsageError):
        raise UserError(f"The case sheet in {folder} is damaged; enter its answers again.") from None


def save_case(folder: Path, case: CaseSheet, key: EncryptionKey | None) -> None:
    """Save ``case`` in ``folder``, encrypted if there is a ``key``. Raises UserError."""
    stored = {"version": VERSION, "answers": dict(case.answers), "told_at": dict(case.recorded_at)}
    stored |= {"origins": dict(case.origins)} if case.origins else {}
    write_protected(folder, CASE_NAME, json.dumps(stored, ensure_ascii=False, indent=1).encode(), key)


def _flat(tables: Mapping[str, Any], where: str) -> Iterator[tuple[str, Any]]:
    for key, value in tables.items():
        if key != MUSCLES:
            yield key, value
            continue
        if not isinstance(value, dict) or not all(isinstance(item, dict) for item in value.values()):
            raise UsageError(f"{where}: muscles must be tables, such as [muscles.fds] with units = 50.")
        for name, table in value.items():
            yield from ((f"{MUSCLES}.{name}.{part}", item) for part, item in table.items())


def _typed(key: str, value: object, where: str) -> str:
    """Return a value of TOML as a user would type it."""
    field_of(key, where)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float) or (isinstance(value, date) and not isinstance(value, datetime)):
        return str(value)
    raise UsageError(f"{where}: {key} must be one value.")
