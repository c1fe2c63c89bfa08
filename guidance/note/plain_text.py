"""The note as plain text, for the screen."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.common.text import clean
from guidance.note.page import NotePage, Section


def plain_text(page: NotePage) -> str:
    """Return the page to sign of ``page`` as lines of text, without the audit appendix."""
    return "\n".join(_lines(page))


def _lines(page: NotePage) -> Iterator[str]:
    yield from (page.title, f"Patient: {page.patient}")
    yield from (f"! {banner}" for banner in page.banners)
    if page.opening:
        yield from ("", " ".join(part.text for part in page.opening))
    for section in page.to_sign:
        yield from ("", section.title.upper())
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    for item in section.items:
        if item.sentences:
            yield f"{item.label}: {' '.join(clean(part.text) for part in item.sentences)}"
    empty = [item.label for item in section.items if not item.sentences]
    if empty:
        yield f"Not recorded: {'; '.join(empty)}"
    if section.table:
        yield from (" | ".join(map(clean, row)) for row in (section.table.header, *section.table.rows))
