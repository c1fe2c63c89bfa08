"""Items of a form made from the fields of the note."""

from __future__ import annotations

from itertools import zip_longest

from guidance.note.case_sheet import field_of
from guidance.note.field_forms import ChoiceField
from guidance.note.fields import SECTIONS, Field
from guidance.note.ready_answers import ONE_KEY, READY
from guidance.ui.forms import FormChoice, FormItem


def item_of_field(key: str, *, required: bool, usual: bool = True, section: str | None = None) -> FormItem:
    """Return the item of the form for the field ``key`` of the note, such as ``side`` or ``muscles.fds.units``."""
    field = field_of(key, "note")
    muscle = f"{key.split('.')[1]}: " if "." in key else ""
    return FormItem(
        key,
        f"{muscle}{field.label}",
        f"{_allowed(field)}, or 'not done: why'",
        _choices(field),
        required=required,
        usual=usual,
        section=SECTIONS[field.section] if section is None else section,
        read=field.form.read,
        closed=False,
        quick=isinstance(field.form, ChoiceField) or field.key in ONE_KEY,
    )


def _choices(field: Field) -> tuple[FormChoice, ...]:
    form = field.form
    if not isinstance(form, ChoiceField):
        return tuple(map(FormChoice, READY.get(field.key, ())))
    named = zip_longest(form.options, form.meanings, fillvalue="")
    return tuple(FormChoice(option, f"{option}  {meaning}".strip()) for option, meaning in named)


def _allowed(field: Field) -> str:
    if isinstance(field.form, ChoiceField):
        return "a number below, or the word"
    if field.key in ONE_KEY:
        return "a number below, or other words"
    return "a number below and ENTER, or other words" if field.key in READY else field.form.allowed
