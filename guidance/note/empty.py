"""An empty case sheet, to be filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guidance.note.fields import BOTULINUM, MUSCLE_FIELDS, SECTIONS, Field, fields_of
from guidance.protocol import Protocol


def empty_sheet(protocol: Protocol) -> str:
    """The case sheet of a procedure after ``protocol`` in TOML, every line a comment until it is filled in."""
    return "\n".join(_lines(protocol)) + "\n"


def _lines(protocol: Protocol) -> Iterator[str]:
    yield f"# Case sheet: {protocol.title}. Take away the first # of a line to answer it; leave out what is not known."
    yield '# What was left out on purpose has a reason: "not done: why" or "not assessed: why".'
    fields = fields_of(protocol.kind)
    for section, title in SECTIONS.items():
        yield ""
        yield f"# {title}"
        yield from _field_lines(field for field in fields if field.section == section)
    if protocol.kind == BOTULINUM:
        name = protocol.id.removeprefix(f"{BOTULINUM}-")
        yield ""
        yield "# A table for each muscle that was injected:"
        yield f"# [muscles.{name}]"
        yield from _field_lines(MUSCLE_FIELDS)


def _field_lines(fields: Iterable[Field]) -> Iterator[str]:
    for field in fields:
        needed = "" if field.required else "; may be left out"
        yield f'# {field.key} = ""  # {field.label}: {field.form.allowed}{needed}'
