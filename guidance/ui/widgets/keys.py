"""The last lines of the screen: the keys that are active now, the most important first; how many have no room."""

from __future__ import annotations

from rich.cells import cell_len

from guidance.language import mark, tr
from guidance.ui.raster import Canvas
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

_MOST_ROWS = 2
_GAP = 2
_MORE = mark("+{count} more")
"""Sign at the end of the last line: so many keys have no room; the help names them."""

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
        self.styles.height = len(self._lines_beside(self.size.width)[0])

    def paint(self, canvas: Canvas) -> None:
        """Draw the keys; of those that do not fit, their number."""
        left = self._paint_loud(canvas)
        lines, hidden = self._lines_beside(canvas.width)
        column = left + 1
        for row, line in enumerate(lines):
            column = left + 1
            for key, words in line:
                column = canvas.write(row, column, f"{key} ", Ink.STRONG)
                column = canvas.write(row, column, words, Ink.MUTED) + _GAP
        if hidden:
            canvas.write(canvas.height - 1, column, tr(_MORE, count=hidden), Ink.STRONG)

    def _paint_loud(self, canvas: Canvas) -> int:
        """Draw the block; return the column after it."""
        text = self._loud_text()
        if not text:
            return 0
        canvas.shade(Ground.CHIP, columns=slice(cell_len(text)))
        return canvas.write(canvas.height // 2, 0, text, Ink.DARK)

    def _loud_text(self) -> str:
        return "".join(f"   {key}  {words}   " for key, words in self.shown if words == self.loud)

    def _lines_beside(self, width: int) -> tuple[list[ShownKeys], int]:
        """Return the keys beside the block in lines, and how many keys have no room."""
        others = tuple(pair for pair in self.shown if pair[1] != self.loud)
        return _fitted(others, width - cell_len(self._loud_text()))


def _fitted(shown: ShownKeys, width: int) -> tuple[list[ShownKeys], int]:
    """Return the first keys in as many lines of ``width`` cells as are allowed, with room for the sign of the others,
    and how many others there are.
    """
    lines = _lines(shown, width)
    kept, hidden = lines[:_MOST_ROWS], sum(map(len, lines[_MOST_ROWS:]))
    while hidden and kept[-1] and 1 + _cells(kept[-1]) + cell_len(tr(_MORE, count=hidden)) > width:
        kept[-1], hidden = kept[-1][:-1], hidden + 1
    return kept, hidden


def _lines(shown: ShownKeys, width: int) -> list[ShownKeys]:
    """Split the keys into lines of ``width`` cells, at least one."""
    lines: list[ShownKeys] = [()]
    for pair in shown:
        if lines[-1] and 1 + _cells((*lines[-1], pair)) - _GAP > width:
            lines.append(())
        lines[-1] = (*lines[-1], pair)
    return lines


def _cells(line: ShownKeys) -> int:
    """Return the cells that the keys of ``line`` take, with the gap after each."""
    return sum(cell_len(key) + 1 + cell_len(words) + _GAP for key, words in line)
