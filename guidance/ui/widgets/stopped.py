"""The banner over the whole screen once the engine's process is gone."""

from __future__ import annotations

from textwrap import wrap

from textual.geometry import Size

from guidance.language import mark, tr
from guidance.ui import bigtext
from guidance.ui.raster import Canvas
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

_HEADLINE = mark("GUIDANCE STOPPED")
_WIDE = 100
"""Columns from which on a screen usually has rows to spare."""
_WHAT = mark("The engine has died: there are no new measurements and no sound, and what you see below is old.")
_BY_ITSELF = mark(
    "Hold the needle still. The stimulator switches itself off within a second, by the amplifier's own rule: check "
    "that it is off. Then press q and start again."
)
_EXERCISE = mark("Nobody is stimulated. Relax the muscles, press q and start again.")
_BY_HAND = mark("Hold the needle still and switch the stimulator off by hand. Then press q and start again.")


class Stopped(Panel):
    """A red banner of full width, hidden until ``display`` is set: what happened and what to do."""

    DEFAULT_CSS = "Stopped { layer: banner; dock: top; height: auto; display: none; }"
    GROUND = Ground.HIGH

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        """Return the rows for headline, words and margins in ``width`` columns."""
        return bigtext.cells(tr(_HEADLINE), _size(width))[1] + len(self._lines_of_words(width)) + 3

    def paint(self, canvas: Canvas) -> None:
        """Draw headline and words."""
        size = _size(canvas.width)
        bigtext.draw(canvas, 1, 2, tr(_HEADLINE), size, Ink.LOUD)
        row = 2 + bigtext.cells(tr(_HEADLINE), size)[1]
        for index, line in enumerate(self._lines_of_words(canvas.width)):
            canvas.write(row + index, 2, line, Ink.LOUD)

    def _lines_of_words(self, width: int) -> list[str]:
        """Return what happened and what to do; before the first Snapshot, assume the program's own stimulator."""
        if self.snapshot is not None and self.snapshot.training is not None:
            return [line for sentence in (_WHAT, _EXERCISE) for line in wrap(tr(sentence), max(width - 4, 1))]
        ours = self.snapshot is None or self.snapshot.stimulator is not None
        sentences = (_WHAT, _BY_ITSELF if ours else _BY_HAND)
        return [line for sentence in sentences for line in wrap(tr(sentence), max(width - 4, 1))]


def _size(width: int) -> bigtext.Size:
    """Return the size of the headline; on a narrow screen it is low, because the words below need the rows."""
    return bigtext.largest(tr(_HEADLINE), width - 4, 7 if width >= _WIDE else 4) or (1, 1)
