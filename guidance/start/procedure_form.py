"""The form that begins a procedure: what the command ``run`` needs, and the case sheet of its note."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import click

from guidance.citations import ProtocolError
from guidance.dose.patient import DosePatient
from guidance.dose.plan import plan_of, solution_of
from guidance.dose.site import table_here
from guidance.dose.text import DoseError
from guidance.note.fields import BLOCK, Field, fields_of
from guidance.note.site_defaults import WITH_DEFAULT
from guidance.note.stop_sentences import FIELD_ITEMS
from guidance.protocol import load
from guidance.start.note_items import item_of_field
from guidance.start.option_items import Finder, option_items, words_of
from guidance.ui.forms import FormChoice, FormItem

PROTOCOL, DEVICE, SOLUTION = "protocol_id", "address", "solution"
_PATIENT = ("patient", "birth_date", "record_number", "sex", "weight_kg", "height_cm", "asa_class", "diagnosis")
_ALSO_OPTIONS = ("weight_kg", "height_cm", "sex")
"""Fields of the case sheet that are options of the command too; there they need a solution."""
_CASE_SECTIONS = ("patient", "preparation", "performance")


def kind_of(answers: Mapping[str, str]) -> str:
    """Return the kind of procedure of the protocol chosen; a block where none is."""
    try:
        return load(answers[PROTOCOL]).kind if answers.get(PROTOCOL) else BLOCK
    except ProtocolError:
        return BLOCK


def procedure_items(
    run: click.Command, kind: str, find: Mapping[str, Finder], recent: Mapping[str, list[str]]
) -> Iterator[FormItem]:
    """Yield the items for a procedure of this ``kind`` by the command ``run``."""
    options = {item.key: item for item in option_items(run, usual=(PROTOCOL, DEVICE), find=find, section="Options")}
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
    names = {param.name for param in run.params}
    options = {key: value for key, value in answers.items() if key in names and key not in _ALSO_OPTIONS}
    if SOLUTION in answers:
        options |= {key: answers[key] for key in _ALSO_OPTIONS if _is_option(key, answers)}
    fields = {field.key for field in fields_of(kind_of(answers))}
    case = {key: value for key, value in answers.items() if key in fields}
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in case.items()]
    return ["run", *words_of(run, options)], "".join(lines)


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
