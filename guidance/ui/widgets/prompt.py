"""What to do now, in letters legible across a room, for how long, and the scores of the trials."""

from __future__ import annotations

import math
from collections.abc import Hashable
from textwrap import wrap

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot
from guidance.contracts.task_views import ExerciseView
from guidance.ui import bigtext
from guidance.ui.raster import Canvas
from guidance.ui.text import beginning
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

_LARGE = {"work": Ink.TARGET, "effort": Ink.TARGET, "failed": Ink.WARN}


class Prompt(Panel):
    """The prompt, the seconds left, a sentence, progress and the scores of the trials."""

    DEFAULT_CSS = "Prompt { width: 1fr; height: 1fr; }"

    _score: int | None = None

    def show_score(self, score: int | None) -> None:
        """Show the symptom ``score`` that is chosen and not yet entered; None where none is chosen."""
        if score != self._score:
            self._score = score
            self.redraw()

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return what the prompt shows, to the second."""
        training = snapshot.training
        if training is None:
            return None
        shown = (training.phase, training.prompt, training.do, training.hint, training.trial, training.scores)
        return (*shown, _seconds(training), snapshot.paused, snapshot.ended)

    def paint(self, canvas: Canvas) -> None:
        """Draw the prompt at the top, the countdown below it, then the sentence, and the trials at the bottom."""
        training = self.snapshot.training if self.snapshot else None
        if training is None or self.snapshot is None:
            return
        bottom = canvas.height - _paint_scores(canvas, training)
        row = _paint_sentence(canvas, training, bottom)
        half = row // 2
        prompt = "WAIT" if self.snapshot.paused else training.prompt
        prompt = prompt if self._score is None else f"{prompt} {self._score}"
        _paint_large(canvas, 0, half, prompt, _LARGE.get(training.phase, Ink.STRONG))
        seconds = _seconds(training)
        if seconds is not None and not self.snapshot.paused:
            _paint_large(canvas, half + 1, row - half - 1, str(seconds), Ink.STRONG)


def _seconds(training: ExerciseView) -> int | None:
    return None if training.left_s is None else math.ceil(training.left_s - 1e-6)


def _paint_large(canvas: Canvas, top: int, height: int, text: str, ink: int) -> None:
    """Draw ``text`` as large as it fits into ``height`` rows from ``top`` on; in plain letters if no size fits."""
    size = bigtext.largest(text, canvas.width - 2, height - 1)
    if size is None:
        canvas.write(top, 1, beginning(text, canvas.width - 2), Ink.STRONG)
        return
    bigtext.draw(canvas, top, 1, text, size, ink)


def _paint_sentence(canvas: Canvas, training: ExerciseView, bottom: int) -> int:
    """Draw what to do in a sentence or two, ending above row ``bottom``; return the row where it begins."""
    lines = wrap(clean(training.do), canvas.width - 2)
    hint = wrap(clean(training.hint), canvas.width - 2)
    first = max(bottom - len(lines) - len(hint) - 1, 0)
    for row, line in enumerate(lines, first):
        canvas.write(row, 1, line, Ink.STRONG)
    for row, line in enumerate(hint, first + len(lines)):
        canvas.write(row, 1, line, Ink.WARN)
    return first


def _paint_scores(canvas: Canvas, training: ExerciseView) -> int:
    """Draw the trials done and to come as chips, and the last score in words; return the number of rows used."""
    word = "Calibration" if training.trial is None else f"Trial {training.trial} of {training.trials}"
    word = "All trials done" if training.phase == "done" else word
    word = "Symptom score" if training.phase == "symptom" else word
    last = training.scores[-1] if training.scores else None
    if training.scores:
        shown = "not known" if last is None else f"{100 * last:.0f} %"
        word += f"   last: {shown}"
    canvas.write(canvas.height - 2, 1, beginning(word, canvas.width - 2), Ink.TEXT)
    column = 1
    for score in (*training.scores, *[math.nan] * (training.trials - len(training.scores))):
        column = _paint_chip(canvas, column, score)
    return 3


def _paint_chip(canvas: Canvas, column: int, score: float | None) -> int:
    row = canvas.height - 1
    if score is None:
        return canvas.write(row, column, "  ? ", Ink.STRONG, Ground.UNKNOWN) + 1
    if math.isnan(score):
        return canvas.write(row, column, "  · ", Ink.MUTED, Ground.WINDOW) + 1
    ground = Ground.YES if score >= 0.8 else Ground.CHIP
    return canvas.write(row, column, f"{100 * score:3.0f} ", Ink.DARK, ground) + 1
