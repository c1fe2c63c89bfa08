"""The names of a plan, in a file apart that can be encrypted: the patient, and who entered what.

The plan itself names nobody; its lines hold the number of their author.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from guidance.common.errors import UsageError, UserError
from guidance.common.text import one_line
from guidance.journal.encryption import CASE_NAME, EncryptionKey, is_encrypted, read_protected, write_protected
from guidance.note.case_sheet import CaseSheet, read_answer
from guidance.note.field_forms import is_left_out

_IDENTITY = ("patient", "birth_date", "sex", "record_number")
VERSION = 1
_LEAST_LETTERS = 4
"""Shorter names and numbers occur in other words and doses by chance, and are not looked for; a judgement."""


@dataclass(frozen=True, slots=True)
class People:
    """The patient's answers by key of the case sheet, and the names of authors; the first has number 1."""

    answers: Mapping[str, str] = field(default_factory=dict)
    authors: tuple[str, ...] = ()

    def with_author(self, name: str) -> tuple[People, int]:
        """Return these people with the author ``name``, and its number. Raises UsageError for an empty name."""
        line = one_line(name)
        if not line:
            raise UsageError("Name who enters it with --by, such as --by 'Dr A. Example'.")
        if line in self.authors:
            return self, self.authors.index(line) + 1
        return replace(self, authors=(*self.authors, line)), len(self.authors) + 1

    def with_patient(self, case: CaseSheet) -> People:
        """Return these people with the patient of ``case``."""
        return replace(self, answers={key: case.answers[key] for key in _IDENTITY if key in case.answers})

    def author(self, number: int | None) -> str:
        """Return the name of the author ``number``; its number where the name is not known."""
        if number is None:
            return "the program"
        return self.authors[number - 1] if 1 <= number <= len(self.authors) else f"author {number}"


def load_people(folder: Path, key: EncryptionKey | None) -> People:
    """Load the names of the plan in ``folder``. Raises UserError, also where they are encrypted and ``key`` is None."""
    data = read_protected(folder, CASE_NAME, key)
    if data is None:
        return People()
    try:
        stored = json.loads(data)
        answers = {name: read_answer(name, text, CASE_NAME) for name, text in stored["answers"].items()}
        return People(answers, tuple(str(name) for name in stored["authors"]))
    except (ValueError, KeyError, TypeError, AttributeError, UsageError):
        raise UserError(f"The names of the plan {folder.name} are damaged; restore {CASE_NAME} from a copy.") from None


def people_if_readable(folder: Path, key: EncryptionKey | None) -> People:
    """Load the names of the plan in ``folder``; none where they are encrypted and there is no ``key``."""
    return People() if key is None and is_encrypted(folder) else load_people(folder, key)


def save_people(folder: Path, people: People, key: EncryptionKey | None) -> None:
    """Save ``people`` in ``folder``, encrypted if there is a ``key``. Raises UserError."""
    stored = {"version": VERSION, "answers": dict(people.answers), "authors": list(people.authors)}
    write_protected(folder, CASE_NAME, json.dumps(stored, ensure_ascii=False, indent=1).encode(), key)


def first_difference(one: Mapping[str, str], other: Mapping[str, str]) -> str | None:
    """Return in what two case sheets show different patients; None if in nothing that both answer.

    Names are compared only where neither record number nor date of birth can be: they are spelled in many ways.
    """
    strong = [(key, words) for key, words in (("record_number", "record number"), ("birth_date", "date of birth"))]
    both = [(key, words) for key, words in strong if _known(one, key) and _known(other, key)]
    for key, words in both or [("patient", "name")]:
        first, second = _known(one, key), _known(other, key)
        if first and second and first != second:
            return words
    return None


def refuse_names(text: str, people: People) -> None:
    """Refuse ``text`` that holds the patient's name or record number: a plan is not encrypted. Raises UsageError."""
    for key in ("patient", "record_number"):
        known = _known(people.answers, key)
        if known and len(known) >= _LEAST_LETTERS and known in one_line(text).casefold():
            what = "name" if key == "patient" else "record number"
            raise UsageError(f"The entry holds the patient's {what}; a plan names nobody, leave it out.")


def _known(answers: Mapping[str, str], key: str) -> str | None:
    answer = answers.get(key)
    return None if answer is None or is_left_out(answer) else " ".join(answer.casefold().split())
