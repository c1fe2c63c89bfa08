"""The note in HTML: one file that needs no other, runs no script and loads nothing from a server."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence

from guidance.note.formats import html_text
from guidance.note.page import APPENDIX, NotePage, Section, Sentence
from guidance.note.pictures import Picture

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #111 }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; border-bottom: 1px solid #999; margin-top: 1.6rem }
.banner { border: 2px solid #a61c00; padding: .3rem .6rem; font-weight: bold }
dl { display: grid; grid-template-columns: 13rem 1fr; gap: .25rem 1rem } dt { font-weight: 600 } dd { margin: 0 }
.origin, .silent { color: #555; font-size: .85em } figure { margin: 1rem 0 } img { max-width: 100% }
.opening { font-size: 1.1em } table { border-collapse: collapse }
td, th { border: 1px solid #999; padding: .2rem .4rem }
@media print { body { margin: 0 } .appendix { break-before: page } dl > * { break-inside: avoid } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def html(page: NotePage, pictures: Sequence[Picture], *, appendix: bool = True) -> str:
    """Return ``page`` as an HTML document; the ``appendix`` holds the ``pictures``."""
    end = ("</body>\n</html>",)
    return "\n".join([*_lines(page), *(_appendix(page, pictures) if appendix else ()), *end]) + "\n"


def _lines(page: NotePage) -> Iterator[str]:
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield f"<title>{html_text(page.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield f"<h1>{html_text(page.title)}</h1>\n<p><strong>Patient:</strong> {html_text(page.patient)}</p>"
    yield from (f'<p class="banner">{html_text(banner)}</p>' for banner in page.banners)
    if page.opening:
        yield f'<p class="opening">{html_text(" ".join(part.text for part in page.opening))}</p>'
    for section in page.to_sign:
        yield from _section(section, lambda part: html_text(part.text))


def _appendix(page: NotePage, pictures: Sequence[Picture]) -> Iterator[str]:
    if page.appendix:
        yield f'<h1 class="appendix">{html_text(APPENDIX)}</h1>'
    for section in page.appendix:
        yield from _section(section, _with_origin)
    yield from (_figure(picture) for picture in pictures)


def _section(section: Section, form: Callable[[Sentence], str]) -> Iterator[str]:
    yield f"<section>\n<h2>{html_text(section.title)}</h2>\n<dl>"
    for item in section.items:
        if item.sentences:
            yield f"<dt>{html_text(item.label)}</dt><dd>{'<br>'.join(map(form, item.sentences))}</dd>"
    yield "</dl>"
    not_recorded = [item.label for item in section.items if not item.sentences]
    if not_recorded:
        yield f'<p class="silent">Not recorded: {html_text("; ".join(not_recorded))}</p>'
    if section.table:
        yield f"<table>\n{_row(section.table.header, 'th')}"
        yield from (_row(cells, "td") for cells in section.table.rows)
        yield "</table>"
    yield "</section>"


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{html_text(cell)}</{tag}>' for cell in cells)}</tr>"


def _with_origin(part: Sentence) -> str:
    origin = f' <span class="origin">({html_text(part.origin)})</span>' if part.origin else ""
    return f"{html_text(part.text)}{origin}"


def _figure(picture: Picture) -> str:
    data = base64.b64encode(picture.svg()).decode()
    caption = html_text(picture.caption)
    image = f'<img alt="{caption}" src="data:image/svg+xml;base64,{data}">'
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"
