"""Protocols as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel

from guidance.citations import CERTAINTIES, UNSOURCED, Cited, ProtocolError, Sourced
from guidance.protocol.citation_share import MISSING, CitationShare, count_citations
from guidance.protocol.library import LoadedSheet

_CITED = set(Cited.model_fields)
_ELSEWHERE = {"id", "title", "kind", "also", "refs", "steps", "notes"}
_INDENT = "  "


def overview(entries: Sequence[tuple[str, LoadedSheet | ProtocolError]]) -> Iterator[str]:
    """Yield the lines of ``protocols list``, the names in a column as wide as the longest."""
    width = max((len(name) for name, _ in entries), default=0)
    for name, held in entries:
        yield f"{name:{width}} {_overview(held)}"


def _overview(held: LoadedSheet | ProtocolError) -> str:
    if isinstance(held, ProtocolError):
        return f"does not hold: {held}"
    changed = f"  (changed by {held.changes[0].author})" if held.changes else ""
    return f"{held.sheet.kind:12} {held.sheet.title}{changed}"


def page(held: LoadedSheet) -> Iterator[str]:
    """Yield all lines of ``protocols show``."""
    yield f"{held.sheet.id}: {held.sheet.title} ({held.sheet.kind}; stimulation {held.protocol.stimulation})"
    tables = [name for name in type(held.sheet).model_fields if name not in _ELSEWHERE]
    for name in (*tables, "steps"):
        yield from _part(name, getattr(held.sheet, name), 0)
    for assumed in held.protocol.assumed:
        yield f"assumed: {assumed}"
    for change in held.changes:
        why = f", because {change.reason}" if change.reason else ""
        loosened = " LOOSENED" if change.loosens else ""
        yield f"changed{loosened}: {change.key}: {change.new} instead of {change.old}, by {change.author}{why}"
    share = count_citations(held.sheet).share
    yield "Numbers with a source: " + ("none present" if share is None else f"{share:.0%}")
    yield "Sources, each read in an abstract, an excerpt or a single page:"
    yield from (f"{_INDENT}{key}: {citation}" for key, citation in held.sheet.refs.items())


def table(held: Sequence[LoadedSheet]) -> str:
    """Format each protocol's numbers by certainty, and the share with a source, as a Markdown table."""
    counts = [(item.sheet.id, count_citations(item.sheet)) for item in held]
    total = CitationShare(_sum([c.numbers for _, c in counts]), _sum([c.statements for _, c in counts]))
    grades = (*CERTAINTIES, MISSING)
    head = ["protocol", *grades, "numbers with a source", "statements with a source"]
    lines = [head, ["---"] * len(head)]
    lines += [_row(name, count, grades) for name, count in (*counts, ("all", total))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(name: str, count: CitationShare, grades: Sequence[str]) -> list[str]:
    numbers = [str(count.numbers[grade]) for grade in grades]
    return [name, *numbers, _percent(count.share), _percent(CitationShare(count.statements, {}).share)]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _sum(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    return {grade: sum(count[grade] for count in counts) for grade in (*CERTAINTIES, MISSING)}


def _part(name: str, item: Any, depth: int) -> Iterator[str]:
    head = f"{_INDENT * depth}{name}"
    if item is None or item in ({}, ()):
        return
    if isinstance(item, Sourced):
        yield f"{head}: {_value(item)}"
        return
    if not isinstance(item, BaseModel | dict | tuple):
        yield f"{head}: {item}"
        return
    yield f"{head}{_source(item) if isinstance(item, Cited) else ''}"
    for key, part in _items(item):
        yield from _part(key, part, depth + 1)


def _items(item: Any) -> list[tuple[str, Any]]:
    if isinstance(item, BaseModel):
        hidden = _CITED if isinstance(item, Cited) else set[str]()
        return [(key, getattr(item, key)) for key in type(item).model_fields if key not in hidden]
    if isinstance(item, dict):
        return list(item.items())
    return [(str(place), part) for place, part in enumerate(item, 1)]


def _value(item: Sourced[Any]) -> str:
    if item.value is None:
        return f"missing: {item.missing}"
    value = _ends(item.value) if isinstance(item.value, tuple) else str(item.value)
    return f"{value}{_source(item)}"


def _ends(values: tuple[Any, ...]) -> str:
    """Format both ends of a range, or the words of a list."""
    if all(isinstance(value, str) for value in values):
        return ", ".join(values)
    return " to ".join(f"{end:g}" for end in values)


def _source(item: Cited | Sourced[Any]) -> str:
    words = "UNSOURCED" if item.certainty == UNSOURCED else f"{item.certainty}: {', '.join(item.sources)}"
    return f"  [{words}]" + (f"  {item.note}" if item.note else "")
