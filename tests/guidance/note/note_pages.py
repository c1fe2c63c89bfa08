"""The note of a recorded procedure, and its sentences."""

from __future__ import annotations

from pathlib import Path

from guidance.note.case_sheet import CaseSheet
from guidance.note.compose import compose
from guidance.note.event_query import read_stream
from guidance.note.page import NotePage, Sentence
from tests.support.scripted_procedure import ScriptedProcedure


def note_of(
    procedure: ScriptedProcedure, store: Path, case: CaseSheet | None = None, *, ended: bool = True
) -> NotePage:
    return compose(read_stream(procedure.record_in(store, ended=ended)), case or CaseSheet())


def sentences(page: NotePage, label: str) -> tuple[Sentence, ...]:
    return next(item.sentences for section in page.sections for item in section.items if item.label == label)


def text_of(page: NotePage, label: str) -> str:
    return " ".join(part.text for part in sentences(page, label))


def missing(page: NotePage) -> set[str]:
    return {key for key, _ in page.missing}


def all_sentences(page: NotePage) -> list[Sentence]:
    return [part for section in page.sections for item in section.items for part in item.sentences]
