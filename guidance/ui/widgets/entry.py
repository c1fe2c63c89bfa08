"""One line that takes text: a note, a reason. A key that writes nothing still stops."""

from __future__ import annotations

from enum import Enum, auto

from rich.cells import cell_len, set_cell_size

from guidance.common.text import clean
from guidance.language import tr
from guidance.ui.raster import Canvas
from guidance.ui.text import beginning
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

MOST_CHARACTERS = 200
_LEAST_FOR_TEXT = 24
"""Cells that the label leaves for the text in a narrow terminal."""


class EntryResult(Enum):
    """The effect of a key on the line."""

    WRITTEN = auto()
    SUBMITTED = auto()
    LEFT = auto()
    FOREIGN = auto()


class EntryLine(Panel):
    """A line that is hidden until ``open``; it takes characters and backspace. Enter submits it, Escape leaves it.

    ``ready``: texts that a digit alone stands for, from 1 on; they stand whole in the lines below.
    """

    DEFAULT_CSS = "EntryLine { height: 1; display: none; }"
    GROUND = Ground.PROMPT

    def __init__(self) -> None:
        super().__init__()
        self.what = self.text = ""
        self._label = ""
        self._ready: tuple[str, ...] = ()

    def open(self, what: str, label: str, ready: tuple[str, ...] = ()) -> None:
        """Show the line for ``what`` with ``label``."""
        self.what, self.text, self._label, self._ready = what, "", label, ready
        self.display = True
        self.redraw()

    def close(self) -> None:
        """Hide the line."""
        self.what, self.display = "", False

    def take(self, key: str, character: str | None) -> EntryResult:
        """Handle a key; return its effect."""
        if key in {"enter", "escape"}:
            return EntryResult.SUBMITTED if key == "enter" else EntryResult.LEFT
        if key == "backspace":
            self.text = self.text[:-1]
        elif character is None or not clean(character):
            return EntryResult.FOREIGN
        else:
            self.paste(character)
        self.redraw()
        return EntryResult.WRITTEN

    def paste(self, text: str) -> None:
        """Add ``text`` without control characters."""
        self.text = (self.text + clean(text))[:MOST_CHARACTERS]
        self.redraw()

    @property
    def written_text(self) -> str:
        """The text written; a digit alone stands for the text offered with it."""
        text = self.text.strip()
        chosen = int(text) - 1 if text.isascii() and text.isdecimal() else -1
        return self._ready[chosen] if 0 <= chosen < len(self._ready) else text

    def paint(self, canvas: Canvas) -> None:
        """Draw label, text and cursor, of a long text its end; below, the texts offered."""
        label = beginning(self._label, canvas.width - _LEAST_FOR_TEXT)
        column = canvas.write(0, 1, f"► {label}: ", Ink.DARK)
        canvas.write(0, column, f"{_ending(self.text, canvas.width - column - 2)}▏", Ink.DARK)
        for row, line in enumerate(self._offered(canvas.width), 1):
            canvas.write(row, 3, line, Ink.DARK)

    def fit(self) -> None:
        """Take a line for the text, and as many as the texts offered need."""
        self.styles.height = 1 + len(self._offered(self.width_to_fit))

    def _offered(self, width: int) -> list[str]:
        lines = [f"{number} {tr(words)}" for number, words in enumerate(self._ready, 1)]
        whole = "   ".join(lines)
        return [whole] if whole and cell_len(whole) + 4 <= width else lines


def _ending(text: str, width: int) -> str:
    """Return the last cells of ``text``: what is being written stays in sight."""
    return text if cell_len(text) <= width else f"…{set_cell_size(text[::-1], max(width - 1, 0))[::-1]}"
