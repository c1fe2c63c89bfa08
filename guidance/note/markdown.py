"""The note in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guidance.note.formats import markdown_text
from guidance.note.page import NoteItem, NotePage, Section, Sentence


def markdown(page: NotePage, pictures: Sequence[tuple[str, str]] = ()) -> str:
    """Return ``page`` in Markdown, with ``pictures`` as (file name, caption)."""
    return "\n".join(_lines(page, pictures)) + "\n"


def _lines(page: NotePage, pictures: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield f"# {markdown_text(page.title)}"
    yield ""
    yield f"Patient: {markdown_text(page.patient)}"
    for banner in page.banners:
        yield ""
        yield f"**{markdown_text(banner)}**"
    for section in page.sections:
        yield from _section(section)
    for name, caption in pictures:
        yield ""
        yield f"![{markdown_text(caption)}]({name})"
    for section in page.closing:
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield ""
    yield f"## {markdown_text(section.title)}"
    yield ""
    yield from (_item(item) for item in section.items if item.sentences)
    not_recorded = [item.label for item in section.items if not item.sentences]
    if not_recorded:
        yield f"- Not recorded: {markdown_text('; '.join(not_recorded))}"


def _item(item: NoteItem) -> str:
    return f"- **{markdown_text(item.label)}:** {' '.join(map(_sentence, item.sentences))}"


def _sentence(part: Sentence) -> str:
    origin = f" ({part.origin})" if part.origin else ""
    return f"{markdown_text(part.text)}{origin}"
