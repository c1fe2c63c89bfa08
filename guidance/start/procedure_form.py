"""The form that begins a procedure: what the command ``run`` needs, and the case sheet of its note."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from guidance.citations import ProtocolError
from guidance.dose.patient import DosePatient
from guidance.dose.plan import plan_of, solution_of
from guidance.dose.site import table_here
from guidance.dose.text import DoseError
from guidance.note.fields import BLOCK, FIELDS, Field, fields_of
from guidance.note.site_defaults import WITH_DEFAULT
from guidance.note.stop_sentences import FIELD_ITEMS
from guidance.note.worklist import worklist_entry
from guidance.protocol import load
from guidance.start.note_items import item_of_field
from guidance.start.option_items import Finder, option_items, words_of
from guidance.ui.forms import FormChoice, FormItem

PROTOCOL, DEVICE, SOLUTION = "protocol_id", "address", "solution"
WORKLIST, ENTRY, CASE_FILE = "worklist", "entry", "case_file"
_PATIENT = ("patient", "birth_date", "record_number", "sex", "weight_kg", "height_cm", "asa_class", "diagnosis")
_ALSO_OPTIONS = ("weight_kg", "height_cm", "sex")
"""Fields of the case sheet that are options of the command too; there they need a solution."""
_PATIENT_OPTIONS = (PROTOCOL, "label", "age_years", "frail", "pregnant", "given")
"""Options that another patient does not share, beside the fields of the case sheet."""
_CASE_SECTIONS = ("patient", "preparation", "performance")


def kind_of(answers: Mapping[str, str]) -> str:
    """Return the kind of procedure of the protocol chosen; a block where none is."""
    try:
        return load(answers[PROTOCOL]).kind if answers.get(PROTOCOL) else BLOCK
    except ProtocolError:
        return BLOCK


def procedure_items(
    run: click.Command,
    kind: str,
    find: Mapping[str, Finder],
    recent: Mapping[str, list[str]],
    *,
    has_worklist: bool = False,
) -> Iterator[FormItem]:
    """Yield the items for a procedure of this ``kind`` by the command ``run``, a worklist's entry first if there is
    one.
    """
    options = {item.key: item for item in option_items(run, usual=(PROTOCOL, DEVICE), find=find, section="Options")}
    del options[CASE_FILE]  # the form itself is the case sheet
    if has_worklist:
        yield replace(options.pop(WORKLIST), section="Worklist")
        allowed = "the number, or a part of the line; it fills in patient, side and protocol"
        yield replace(options.pop(ENTRY), label="Entry", allowed=allowed, section="Worklist", usual=True)
    yield _chosen(options.pop(PROTOCOL), "Protocol", "words such as femoral, fds or carpal; ↓ or more letters")
    yield _chosen(options.pop(DEVICE), "Device", "one below, or another address; F5 looks again")
    fields = {field.key: field for field in fields_of(kind)}
    yield item_of_field("side", required="side" in fields, section="Procedure")
    for key in _PATIENT:
        if key in fields:
            yield item_of_field(key, required=False, section="Patient")
    yield _solution(options.pop(SOLUTION), recent.get(SOLUTION, []))
    for key in _case_sheet(fields):
        yield item_of_field(key, required=False, usual=False, section="Case sheet")
    for key, item in options.items():
        if key not in _ALSO_OPTIONS:
            yield item


def procedure_words(run: click.Command, answers: Mapping[str, str]) -> tuple[list[str], str]:
    """Return the words after ``run`` for ``answers``, and the text of the case sheet in TOML."""
    names = {param.name for param in run.params} - {WORKLIST, ENTRY}  # the form has what the entry named
    options = {key: value for key, value in answers.items() if key in names and key not in _ALSO_OPTIONS}
    if SOLUTION in answers:
        options |= {key: answers[key] for key in _ALSO_OPTIONS if _is_option(key, answers)}
    fields = {field.key for field in fields_of(kind_of(answers))}
    case = {key: value for key, value in answers.items() if key in fields}
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in case.items()]
    return ["run", *words_of(run, options)], "".join(lines)


def filled_in(answers: Mapping[str, str], now: datetime) -> tuple[dict[str, str], str]:
    """Return ``answers`` with the entry of the worklist that they name, read ``now``, and a sentence about it.

    The entry is another patient: the answers of the case sheet, the options about a patient and the protocol go first.
    Raises UsageError.
    """
    entry = worklist_entry(Path(answers[WORKLIST]).expanduser(), int(answers[ENTRY]), now)
    of_patient = {*_PATIENT_OPTIONS, *(field.key for field in FIELDS)} - {"product"}
    kept = {key: answer for key, answer in answers.items() if key not in of_patient}
    named = {PROTOCOL: entry.protocol_id, "label": entry.label}
    filled = kept | dict(entry.case.answers) | {key: text for key, text in named.items() if text is not None}
    unused = "".join(f" Not used: {fault}" for fault in entry.faults)
    open_protocol = "" if entry.protocol_id else " It names no protocol: choose one."
    return filled, f"Filled in from the worklist: {entry.line}.{open_protocol}{unused}"


def dose_sentence(answers: Mapping[str, str]) -> str:
    """Return how much of the solution this patient may have, or why that is not known; empty without a solution."""
    if SOLUTION not in answers:
        return ""
    if not answers.get("weight_kg", "").replace(".", "", 1).isdecimal():
        return "The weight is open: without it the dose has no limit in mg per kg."
    try:
        sex = answers.get("sex")
        height = answers.get("height_cm")
        patient = DosePatient(
            float(answers["weight_kg"]),
            None,
            float(height) if height and height.replace(".", "", 1).isdecimal() else None,
            "female" if sex == "female" else "male" if sex == "male" else None,
        )
        left = plan_of(table_here().table, patient, answers[SOLUTION]).left_ml(0.0)
    except (DoseError, ProtocolError) as fault:
        return str(fault)
    return f"The limit for this patient is {left:.1f} mL of {answers[SOLUTION]}."


def _is_option(key: str, answers: Mapping[str, str]) -> bool:
    answer = answers.get(key, "")
    return answer in {"female", "male"} if key == "sex" else answer.replace(".", "", 1).isdecimal()


def _chosen(item: FormItem, label: str, allowed: str) -> FormItem:
    return FormItem(item.key, label, allowed, section="Procedure", read=item.read, find=item.find)


def _solution(item: FormItem, recent: list[str]) -> FormItem:
    allowed = "such as ropivacaine 0.5%, or a number below and ENTER"
    choices = tuple(map(FormChoice, recent))
    return FormItem(item.key, "Drug", allowed, choices, required=False, section="Dose", read=_read_solution)


def _read_solution(text: str) -> str:
    try:
        solution_of(table_here().table, text)
    except (DoseError, ProtocolError) as fault:
        raise ValueError(f"is not taken: {str(fault).rstrip('.')}") from None
    return text


def _case_sheet(fields: Mapping[str, Field]) -> Iterator[str]:
    """Yield the fields of the case sheet that the operator may know before the procedure."""
    for key, field in fields.items():
        known = field.section in _CASE_SECTIONS and key not in {*_PATIENT, *FIELD_ITEMS, "stop_moment", "time_out"}
        if known or key in WITH_DEFAULT:
            yield key
