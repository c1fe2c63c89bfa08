"""What text must not be in each format: Markdown's and HTML's own signs are escaped, whatever a name holds."""

from __future__ import annotations

import html
import re

from guidance.common.text import clean

_MARKDOWN = re.compile(r"([\\`*{}\[\]<>#|~&!]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
"""An underscore between letters or digits is one: nothing else is made of it there."""

_LINK = re.compile(r"(?i)\b(https?|ftp|mailto|www)(?=[:.])")


def markdown_text(text: str) -> str:
    """``text`` as Markdown shows it, and nothing else: no tag, link, picture or emphasis."""
    return _LINK.sub(lambda found: f"{found[1]}\\", _MARKDOWN.sub(r"\\\1", clean(text)))


def html_text(text: str) -> str:
    """``text`` as HTML shows it, and nothing else."""
    return html.escape(clean(text), quote=True)
