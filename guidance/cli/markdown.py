"""Markdown on a terminal, or as plain text in a pipe."""

from __future__ import annotations

import shutil
import sys

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, TableElement
from rich.table import Table

MAX_COLUMNS = 100
"""Longer lines are hard to read (a judgement)."""


class _FoldedTable(TableElement):
    """A table that breaks a word that is too long for its column: rich would cut it off, and with it an address."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in super().__rich_console__(console, options):
            for column in part.columns if isinstance(part, Table) else ():
                column.overflow = "fold"
            yield part


class _Document(Markdown):
    elements = Markdown.elements | {"table_open": _FoldedTable}


def print_markdown(text: str) -> None:
    """Print ``text`` formatted, as wide as the terminal but at most 100 columns; into a pipe without colours."""
    width = min(shutil.get_terminal_size().columns, MAX_COLUMNS)
    Console(file=sys.stdout, width=width).print(_Document(text, code_theme="ansi_dark", hyperlinks=False))
