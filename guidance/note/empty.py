"""An empty case sheet for a user to fill in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guidance.note.fields import BOTULINUM, MUSCLE_FIELDS, SECTIONS, Field, fields_of
from guidance.protocol import Protocol


def empty_sheet(protocol: Protocol) -> str:
    """Return the case sheet for ``protocol`` in TOML; every line is a comment until it is filled in."""
    return "\n".join(_lines(protocol)) + "\n"


def _lines(protocol: Protocol) -> Iterator[str]:
    yield f"# Case sheet: {protocol.title}. Delete the leading # to use a line; leave out what is not known."
    yield '# State what was left out on purpose with its reason: "not done: why" or "not assessed: why".'
    fields = fields_of(protocol.kind)
    for section, title in SECTIONS.items():
        yield ""
        yield f"# {title}"
        yield from _field_lines(field for field in fields if field.section == section)
    if protocol.kind == BOTULINUM:
        name = protocol.id.removeprefix(f"{BOTULINUM}-")
        yield ""
        yield "# One table for each injected muscle:"
        yield f"# [muscles.{name}]"
        yield from _field_lines(MUSCLE_FIELDS)


def _field_lines(fields: Iterable[Field]) -> Iterator[str]:
    for field in fields:
        needed = "" if field.required else "; optional"
        yield f'# {field.key} = ""  # {field.label}: {field.form.allowed}{needed}'
