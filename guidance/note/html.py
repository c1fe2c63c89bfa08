"""The note in HTML: one file that needs no other, runs no script and loads nothing from a server."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

from guidance.note.formats import html_text
from guidance.note.page import NoteItem, NotePage, Section, Sentence
from guidance.note.pictures import Picture

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #111 }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; border-bottom: 1px solid #999; margin-top: 1.6rem }
.banner { border: 2px solid #a61c00; padding: .3rem .6rem; font-weight: bold }
dl { display: grid; grid-template-columns: 13rem 1fr; gap: .25rem 1rem } dt { font-weight: 600 } dd { margin: 0 }
.origin, .silent { color: #555; font-size: .85em } figure { margin: 1rem 0 } img { max-width: 100% }
@media print { body { margin: 0 } dl > * { break-inside: avoid } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def html(page: NotePage, pictures: Sequence[Picture]) -> str:
    """Return ``page`` as an HTML document with ``pictures`` in it."""
    return "\n".join(_lines(page, pictures)) + "\n"


def _lines(page: NotePage, pictures: Sequence[Picture]) -> Iterator[str]:
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield f"<title>{html_text(page.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield f"<h1>{html_text(page.title)}</h1>\n<p><strong>Patient:</strong> {html_text(page.patient)}</p>"
    yield from (f'<p class="banner">{html_text(banner)}</p>' for banner in page.banners)
    for section in page.sections:
        yield from _section(section)
    yield from (_figure(picture) for picture in pictures)
    for section in page.closing:
        yield from _section(section)
    yield "</body>\n</html>"


def _section(section: Section) -> Iterator[str]:
    yield f"<section>\n<h2>{html_text(section.title)}</h2>\n<dl>"
    yield from (_item(item) for item in section.items if item.sentences)
    yield "</dl>"
    not_recorded = [item.label for item in section.items if not item.sentences]
    if not_recorded:
        yield f'<p class="silent">Not recorded: {html_text("; ".join(not_recorded))}</p>'
    yield "</section>"


def _item(item: NoteItem) -> str:
    return f"<dt>{html_text(item.label)}</dt><dd>{'<br>'.join(map(_sentence, item.sentences))}</dd>"


def _sentence(part: Sentence) -> str:
    origin = f' <span class="origin">({html_text(part.origin)})</span>' if part.origin else ""
    return f"{html_text(part.text)}{origin}"


def _figure(picture: Picture) -> str:
    data = base64.b64encode(picture.svg()).decode()
    caption = html_text(picture.caption)
    image = f'<img alt="{caption}" src="data:image/svg+xml;base64,{data}">'
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"
