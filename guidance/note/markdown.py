"""The note in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from guidance.note.formats import markdown_text
from guidance.note.page import APPENDIX, NoteItem, NotePage, Sentence, Table


def markdown(page: NotePage, pictures: Sequence[tuple[str, str]] = (), *, appendix: bool = True) -> str:
    """Return ``page`` in Markdown; the ``appendix`` holds the ``pictures``, as (file name, caption)."""
    return "\n".join([*_lines(page), *(_appendix(page, pictures) if appendix else ())]) + "\n"


def _lines(page: NotePage) -> Iterator[str]:
    yield f"# {markdown_text(page.title)}"
    yield ""
    yield f"Patient: {markdown_text(page.patient)}"
    for banner in page.banners:
        yield ""
        yield f"**{markdown_text(banner)}**"
    if page.opening:
        yield ""
        yield markdown_text(" ".join(part.text for part in page.opening))
    for section in page.to_sign:
        yield ""
        yield f"## {markdown_text(section.title)}"
        yield ""
        yield from (_item(item, _text) for item in section.items if item.sentences)
        not_recorded = [item.label for item in section.items if not item.sentences]
        if not_recorded:
            yield f"- Not recorded: {markdown_text('; '.join(not_recorded))}"
        if section.table:
            yield from _table(section.table)


def _appendix(page: NotePage, pictures: Sequence[tuple[str, str]]) -> Iterator[str]:
    if page.appendix:
        yield ""
        yield f"# {APPENDIX}"
    for section in page.appendix:
        yield ""
        yield f"## {markdown_text(section.title)}"
        yield ""
        yield from (_item(item, _with_origin) for item in section.items)
    for name, caption in pictures:
        yield ""
        yield f"![{markdown_text(caption)}]({name})"


def _table(table: Table) -> Iterator[str]:
    yield ""
    for number, cells in enumerate((table.header, *table.rows)):
        yield f"| {' | '.join(map(markdown_text, cells))} |"
        if number == 0:
            yield f"|{' --- |' * len(cells)}"


def _item(item: NoteItem, form: Callable[[Sentence], str]) -> str:
    return f"- **{markdown_text(item.label)}:** {' '.join(map(form, item.sentences))}"


def _text(part: Sentence) -> str:
    return markdown_text(part.text)


def _with_origin(part: Sentence) -> str:
    return f"{_text(part)}{f' ({part.origin})' if part.origin else ''}"
