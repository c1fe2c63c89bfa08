"""Text escaped for each format, so that no name or entry acts as Markdown or HTML."""

from __future__ import annotations

import html
import re

from guidance.common.text import clean

_MARKDOWN = re.compile(r"([\\`*{}\[\]<>#|~&!]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
"""Signs with a meaning in Markdown; an underscore between letters or digits has none."""

_BEFORE_PERCENT = re.compile(r"(?<=\d) (?=%)")
"""The space between a number and its percent sign."""

_LINK = re.compile(r"(?i)\b(https?|ftp|mailto|www)(?=[:.])")


def markdown_text(text: str) -> str:
    """Escape ``text`` so that Markdown shows it literally: no tag, link, picture or emphasis."""
    return _LINK.sub(lambda match: f"{match[1]}\\", _MARKDOWN.sub(r"\\\1", clean(text)))


def html_text(text: str) -> str:
    """Escape ``text`` so that HTML shows it literally, no percentage on two lines."""
    return html.escape(unbroken(clean(text)), quote=True)


def unbroken(text: str) -> str:
    """Return ``text`` with a no-break space before each percent sign, so that a percentage stays on one line."""
    return _BEFORE_PERCENT.sub("\N{NO-BREAK SPACE}", text)
