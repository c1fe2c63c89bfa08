"""The last lines: which keys hold now, the most important first."""

from __future__ import annotations

from rich.cells import cell_len

from guidance.ui.raster import Canvas
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

_MOST_ROWS = 2
_GAP = 2

Held = tuple[tuple[str, str], ...]
"""Each key as it is shown, and what it does."""


class Keys(Panel):
    """The keys in as many lines as they need, two at most; ``loud`` is the key drawn as a button."""

    DEFAULT_CSS = "Keys { height: 1; }"

    held: Held = ()
    loud: str | None = None

    def offer(self, held: Held, loud: str | None) -> None:
        """Show these keys from now on."""
        if (held, loud) != (self.held, self.loud):
            self.held, self.loud = held, loud
            self.redraw()

    def redraw(self) -> None:
        """Draw anew, in as many lines as are needed."""
        self.styles.height = min(len(_lines(self.held, self.size.width)), _MOST_ROWS)
        super().redraw()

    def paint(self, canvas: Canvas) -> None:
        """Draw the keys; what does not fit is left out whole."""
        for row, line in enumerate(_lines(self.held, canvas.width)):
            column = 1
            for key, words in line:
                column = self._paint_key(canvas, row, column, key, words) + _GAP

    def _paint_key(self, canvas: Canvas, row: int, column: int, key: str, words: str) -> int:
        if key == self.loud:
            return canvas.write(row, column, f" {key} {words} ", Ink.DARK, Ground.CHIP)
        return canvas.write(row, canvas.write(row, column, f"{key} ", Ink.STRONG), words, Ink.MUTED)


def _lines(held: Held, width: int) -> list[Held]:
    """Split into lines of ``width``; there is always one."""
    lines: list[list[tuple[str, str]]] = [[]]
    column = 1
    for key, words in held:
        needed = cell_len(key) + cell_len(words) + 3 + _GAP
        if column + needed > width and lines[-1]:
            lines.append([])
            column = 1
        lines[-1].append((key, words))
        column += needed
    return [tuple(line) for line in lines]
