"""The last lines of the screen: the keys that are active now, the most important first."""

from __future__ import annotations

from rich.cells import cell_len

from guidance.ui.raster import Canvas
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

_MOST_ROWS = 2
_GAP = 2

ShownKeys = tuple[tuple[str, str], ...]
"""Each key as shown, and what it does."""


class KeyBar(Panel):
    """The keys in as many lines as they need, two at most. The key whose words are ``loud`` is a block at the left, as
    high as all lines: the largest target on the screen.
    """

    DEFAULT_CSS = "KeyBar { height: 1; }"

    shown: ShownKeys = ()
    loud: str | None = None

    def offer(self, shown: ShownKeys, loud: str | None) -> None:
        """Show these keys from now on."""
        if (shown, loud) != (self.shown, self.loud):
            self.shown, self.loud = shown, loud
            self.redraw()

    def fit(self) -> None:
        """Take as many lines as the keys need."""
        self.styles.height = min(len(self._lines_beside(self.size.width)), _MOST_ROWS)

    def paint(self, canvas: Canvas) -> None:
        """Draw the keys; a key that does not fit is left out."""
        left = self._paint_loud(canvas)
        for row, line in enumerate(self._lines_beside(canvas.width)):
            column = left + 1
            for key, words in line:
                column = canvas.write(row, column, f"{key} ", Ink.STRONG)
                column = canvas.write(row, column, words, Ink.MUTED) + _GAP

    def _paint_loud(self, canvas: Canvas) -> int:
        """Draw the block; return the column after it."""
        text = self._loud_text()
        if not text:
            return 0
        canvas.shade(Ground.CHIP, columns=slice(cell_len(text)))
        return canvas.write(canvas.height // 2, 0, text, Ink.DARK)

    def _loud_text(self) -> str:
        return "".join(f"   {key}  {words}   " for key, words in self.shown if words == self.loud)

    def _lines_beside(self, width: int) -> list[ShownKeys]:
        others = tuple(pair for pair in self.shown if pair[1] != self.loud)
        return _lines(others, width - cell_len(self._loud_text()))


def _lines(shown: ShownKeys, width: int) -> list[ShownKeys]:
    """Split the keys into lines of ``width`` cells, at least one."""
    lines: list[list[tuple[str, str]]] = [[]]
    column = 1
    for key, words in shown:
        needed = cell_len(key) + 1 + cell_len(words)
        if column + needed > width and lines[-1]:
            lines.append([])
            column = 1
        lines[-1].append((key, words))
        column += needed + _GAP
    return [tuple(line) for line in lines]
