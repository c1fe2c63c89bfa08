"""Each muscle as a tall bar with its line: the part of the screen that the patient watches."""

from __future__ import annotations

from collections.abc import Hashable
from textwrap import wrap

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot
from guidance.contracts.task_views import MuscleView
from guidance.ui.raster import Canvas
from guidance.ui.text import amplitude, beginning
from guidance.ui.theme import NO_VALUE, Ground, Ink
from guidance.ui.widgets.panel import Panel

_FULL_UV = 200.0
"""Top of the bar in uV until the largest effort is known."""

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_OVER = 1.2
"""Top of the bar as a multiple of the largest effort."""
_OVER_LINE = 4.0
"""Top of the bar as a multiple of a line that comes from rest, where there is no largest effort."""
_EFFORT_PHASES = ("ready", "work")


class EffortBars(Panel):
    """A bar for each muscle with its line across; a value that is not known is hatched with its reason, never empty."""

    DEFAULT_CSS = "EffortBars { width: 40%; min-width: 24; max-width: 60; height: 1fr; }"

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return what the bars show."""
        training = snapshot.training
        return None if training is None else (
            training.muscles, training.wants_above, training.scoring, training.phase, training.hidden,
        )  # fmt: skip

    def paint(self, canvas: Canvas) -> None:
        """Draw the bars side by side."""
        training = self.snapshot.training if self.snapshot else None
        if training is None or canvas.height < 6 or canvas.width < 16:
            return
        count = max(len(training.muscles), 1)
        width = canvas.width // count
        for at, muscle in enumerate(training.muscles):
            is_requested = training.phase in _EFFORT_PHASES
            above = training.wants_above and at == 0
            right = canvas.width if at == count - 1 else (at + 1) * width
            _Bar(canvas, at * width + 1, right - 1).paint(
                muscle, above=above, is_requested=is_requested, scoring=training.scoring, hidden=training.hidden
            )


def _full_uv(muscle: MuscleView) -> float:
    """Return the top of the bar of ``muscle`` in uV."""
    if muscle.largest_uv:
        return _OVER * muscle.largest_uv
    return _OVER_LINE * muscle.line_uv if muscle.line_uv else _FULL_UV


class _Bar:
    """One bar between two columns of a canvas, its name below, its value above."""

    def __init__(self, canvas: Canvas, left: int, right: int) -> None:
        self.canvas, self.left, self.right = canvas, left, right
        self.top, self.rows = 1, canvas.height - 2

    def paint(self, muscle: MuscleView, *, above: bool, is_requested: bool, scoring: bool, hidden: bool) -> None:
        """Draw ``muscle``; ``above``: it should be above its line; ``is_requested``: an effort is requested now;
        ``hidden``: the patient judges the effort by feel.
        """
        canvas = self.canvas
        full_uv = _full_uv(muscle)
        name = beginning(clean(muscle.name), self.right - self.left)
        canvas.write(canvas.height - 1, self.left, name, Ink.TEXT)
        if muscle.envelope_uv is None:
            self._paint_unknown(muscle.why or "not known")
        elif hidden:
            self._paint_unknown("hidden: judge by feel")
            return
        else:
            self._paint_value(muscle, full_uv, above=above, scoring=scoring)
        if muscle.line_uv is not None:
            self._paint_line(muscle.line_uv / full_uv, ("above" if above else "below") if is_requested else "")
        if muscle.upper_uv is not None:
            self._paint_line(muscle.upper_uv / full_uv, "below" if is_requested else "")

    def _paint_value(self, muscle: MuscleView, full_uv: float, *, above: bool, scoring: bool) -> None:
        value_uv = muscle.envelope_uv or 0.0
        canvas, eighths = self.canvas, min(round(value_uv / full_uv * self.rows * 8), self.rows * 8)
        whole, rest = divmod(eighths, 8)
        bottom = self.top + self.rows
        canvas.shade(Ground.WINDOW, slice(self.top, bottom), slice(self.left, self.right))
        fits = muscle.line_uv is None or (value_uv > muscle.line_uv) == above
        fits = fits and (muscle.upper_uv is None or value_uv <= muscle.upper_uv)
        ink = Ink.TARGET if fits and scoring else Ink.UNSURE if not scoring else Ink.APPROACH
        columns = slice(self.left, self.right)
        canvas.fill(slice(bottom - whole, bottom), columns, "█", ink)
        if rest:
            canvas.fill(slice(bottom - whole - 1, bottom - whole), columns, _EIGHTHS[rest], ink)
        digits, unit = amplitude(value_uv)
        share = f"{100 * value_uv / muscle.largest_uv:.0f} %  " if muscle.largest_uv else ""
        canvas.write(0, self.left, beginning(f"{share}{digits} {unit}", self.right - self.left), Ink.STRONG)

    def _paint_line(self, share: float, word: str) -> None:
        row = min(max(self.top + self.rows - 1 - int(share * self.rows), self.top), self.top + self.rows - 1)
        self.canvas.fill(slice(row, row + 1), slice(self.left, self.right), "━", Ink.WARN if word else Ink.MUTED)
        if word:
            self.canvas.write_right(row, self.right, f" {word} ", Ink.DARK, Ground.CHIP)

    def _paint_unknown(self, why: str) -> None:
        canvas, bottom = self.canvas, self.top + self.rows
        canvas.fill(slice(self.top, bottom), slice(self.left, self.right), NO_VALUE, Ink.FAINT)
        canvas.write(0, self.left, "?", Ink.STRONG)
        lines = wrap(clean(why), max(self.right - self.left - 2, 4))
        first = self.top + (self.rows - len(lines)) // 2
        for row, line in enumerate(lines, first):
            canvas.write(row, self.left, line.center(self.right - self.left), Ink.STRONG, Ground.UNKNOWN)
