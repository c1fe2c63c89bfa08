"""A page of the course: its title, its sentences, its traces below each other, and what its sound does."""

from __future__ import annotations

from textwrap import wrap

import numpy as np

from guidance.contracts.lesson import Lesson, Trace
from guidance.ui.raster import Canvas, envelope, spans
from guidance.ui.text import beginning, shorten
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

_MARGIN = 1
_LEAST_ROWS = 2
"""A trace of fewer rows is not drawn: its shape could not be seen."""
_SIMULATED = " SIMULATED SIGNALS "


class LessonPage(Panel):
    """One page of the course, redrawn when the page or the state of its sound changes."""

    DEFAULT_CSS = "LessonPage { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._lesson: Lesson | None = None
        self._place, self._sound = "", ""

    def turn_to(self, lesson: Lesson, place: str) -> None:
        """Show ``lesson``; ``place`` is such as ``2 of 5``."""
        self._lesson, self._place = lesson, place
        self.redraw()

    def show_sound(self, state: str) -> None:
        """Show what the sound does: empty, ``playing``, or why there is none."""
        if state != self._sound:
            self._sound = state
            self.redraw()

    def paint(self, canvas: Canvas) -> None:
        """Draw the title, the sentences, the traces in what room is left, and the line of the sound."""
        lesson = self._lesson
        if lesson is None:
            return
        canvas.write(0, _MARGIN, f"{self._place}  {lesson.title}", Ink.STRONG)
        canvas.write_right(0, canvas.width - 1, _SIMULATED, Ink.STRONG, Ground.SIMULATION)
        canvas.fill(slice(1, 2), slice(None), "─", Ink.FAINT)
        row = 2
        for sentence in lesson.sentences:
            for line in wrap(sentence, canvas.width - 2 * _MARGIN):
                canvas.write(row, _MARGIN, line, Ink.TEXT)
                row += 1
        self._paint_traces(canvas, lesson.traces, row)
        self._paint_sound(canvas, lesson)

    def _paint_traces(self, canvas: Canvas, traces: tuple[Trace, ...], top: int) -> None:
        rows = (canvas.height - 1 - top) // len(traces) - 1
        if rows < _LEAST_ROWS:
            canvas.write(top, _MARGIN, "The window is too small for the traces: enlarge it.", Ink.WARN)
            return
        for trace in traces:
            label = f"{trace.name}   ±{trace.half_uv:g} µV, {trace.milliseconds:.0f} ms"
            canvas.write(top, _MARGIN, shorten(label, canvas.width - 2), Ink.MUTED)
            _paint_trace(canvas, trace, top + 1, rows)
            top += rows + 1

    def _paint_sound(self, canvas: Canvas, lesson: Lesson) -> None:
        words = f"space plays {lesson.sound_words}"
        if self._sound == "playing":
            words = f"playing {lesson.sound_words}"
        elif self._sound:
            words = self._sound
        ink = Ink.WARN if self._sound not in {"", "playing"} else Ink.STRONG
        canvas.write(canvas.height - 1, _MARGIN, beginning(words, canvas.width - 2 * _MARGIN), ink)


def _paint_trace(canvas: Canvas, trace: Trace, top: int, rows: int) -> None:
    columns, dots = 2 * (canvas.width - 2 * _MARGIN), 4 * rows
    low, high = envelope(trace.uv, 0, len(trace.uv) - 1, columns)
    zero = (dots - 1) / 2
    lowest, highest = (np.clip(zero - uv * zero / trace.half_uv, 0, dots - 1) for uv in (low, high))
    canvas.plot(top, _MARGIN, spans(highest, lowest, dots) * np.uint8(Ink.TRACE))
