"""One line that takes text: a note, a reason. A key that writes nothing still stops."""

from __future__ import annotations

from enum import Enum, auto

from guidance.common.text import clean
from guidance.ui.raster import Canvas
from guidance.ui.text import shorten
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

MOST_CHARACTERS = 200


class EntryResult(Enum):
    """The effect of a key on the line."""

    WRITTEN = auto()
    SUBMITTED = auto()
    LEFT = auto()
    FOREIGN = auto()


class EntryLine(Panel):
    """A line that is hidden until ``open``; it takes characters and backspace. Enter submits it, Escape leaves it.

    ``ready``: texts that a digit alone stands for, from 1 on.
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
        """Draw label, text and cursor; at the right, the texts offered and how to leave."""
        column = canvas.write(0, 1, f"► {self._label}: ", Ink.DARK)
        offered = "  ".join(f"{number} {words}" for number, words in enumerate(self._ready, 1))
        hint = "  ".join(filter(None, [offered, "ENTER done  ESC cancel (stops)"]))
        room = canvas.width - column - 2
        tail = self.text[-max(room, 0) :]
        end = canvas.write(0, column, f"{tail}▏", Ink.DARK)
        if not self.text or end + len(hint) + 2 < canvas.width:
            canvas.write_right(0, canvas.width - 1, shorten(hint, canvas.width - end - 2), Ink.DARK)
