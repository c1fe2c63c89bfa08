"""Alarms by priority, and the notice; without any, they take no room. A sentence that is too long for its line goes on
in the next one while fewer than three lines are in use; then its last words are left out.

A loss of the sound makes no sound itself: its line is a bar across, is never crowded out, and rings the terminal's
bell.
"""

from __future__ import annotations

from collections.abc import Hashable
from textwrap import wrap

from rich.cells import cell_len

from guidance.common.text import clean
from guidance.contracts.snapshot import AlarmView, Snapshot
from guidance.language import mark, recorded, tr
from guidance.ui.raster import Canvas
from guidance.ui.text import beginning
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

_MOST = 3
"""Most alarms shown, and most lines that they take: a quarter of a small screen with the notice. By judgement."""
_SOUND_LOST, BELL_S = "audio-lost", 10.0
_SILENT = mark("No data from the engine for {seconds} s: what you see is old.")
_STYLES = {
    "high": (mark("!!! HIGH"), Ink.LOUD, Ground.HIGH),
    "medium": (mark("!! MEDIUM"), Ink.DARK, Ground.MEDIUM),
    "low": (mark("! LOW"), Ink.DARK, Ground.LOW),
}


class AlarmBars(Panel):
    """Up to three alarms, the most urgent first; high ones and lost sound as a bar across. Below them, the notice."""

    DEFAULT_CSS = "AlarmBars { height: 1; display: none; }"

    silent_s: float | None = None
    """Seconds without data from the engine, once they are too many; None before."""

    _rang_t: float | None = None

    def prepare(self, snapshot: Snapshot) -> None:
        """Ring the bell while the sound is lost and the alarm is not acknowledged."""
        if not any(alarm.code == _SOUND_LOST and alarm.active and not alarm.acknowledged for alarm in snapshot.alarms):
            self._rang_t = None
        elif self._rang_t is None or snapshot.t - self._rang_t >= BELL_S:
            self._rang_t = snapshot.t
            self.app.bell()

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return the alarms and the notice."""
        return snapshot.alarms, snapshot.notice

    def fit(self) -> None:
        """Take as many lines as there are alarms and notices."""
        lines = self._count()
        self.display = lines > 0
        self.styles.height = max(lines, 1)

    def fit_fault(self) -> None:
        """Take a line for each alarm, or one for the fault if there is no alarm."""
        self.display = True
        self.styles.height = min(max(len(self._plain()), 1), _MOST)

    def show_silence(self, silent_s: float | None) -> None:
        """Show for how many seconds the engine has been silent; None: it is not silent."""
        if silent_s != self.silent_s:
            self.silent_s = silent_s
            self.redraw()

    def paint(self, canvas: Canvas) -> None:
        """Draw a line for each alarm and one for the notice."""
        row = 0
        for alarm, lines in self._lines_of_alarms(canvas.width):
            _paint_alarm(canvas, row, alarm, lines)
            row += len(lines)
        if self.snapshot and self.snapshot.notice:
            canvas.shade(Ground.NOTICE, slice(canvas.height - 1, canvas.height))
            canvas.write(
                canvas.height - 1, 1, beginning(recorded(clean(self.snapshot.notice)), canvas.width - 2), Ink.STRONG
            )

    def paint_fault(self, canvas: Canvas) -> None:
        """Write every alarm that fits as a plain line; after them the fault, if there is room left."""
        canvas.shade(Ground.HIGH, ink=Ink.LOUD)
        lines = self._plain()
        for row, line in enumerate(lines):
            canvas.write(row, 1, beginning(line, canvas.width - 2), Ink.LOUD)
        row = min(len(lines), canvas.height) - 1 if lines else 0
        used = min(cell_len(lines[row]), canvas.width - 2) + 2 if lines else 0
        canvas.write(row, used + 1, beginning(self.fault, canvas.width - used - 2), Ink.LOUD)

    def _plain(self) -> list[str]:
        """Return each active alarm in words, the high ones first, without the code that may fail in the picture."""
        alarms = [alarm for alarm in (self.snapshot.alarms if self.snapshot else ()) if alarm.active]
        alarms.sort(key=lambda alarm: alarm.priority in {"medium", "low"})
        silence = [] if self.silent_s is None else [f"!!! {self._silence()}"]
        return [*silence, *(f"!!! {recorded(clean(alarm.code))}: {recorded(clean(alarm.text))}" for alarm in alarms)]

    def _silence(self) -> str:
        return tr(_SILENT, seconds=f"{self.silent_s or 0:.0f}")

    def _alarms(self) -> list[AlarmView]:
        alarms = list(self.snapshot.alarms) if self.snapshot else []
        if self.silent_s is not None:
            alarms.append(AlarmView("stale", "high", self._silence(), active=True))
        order = list(_STYLES)
        alarms.sort(key=lambda alarm: (not alarm.active, order.index(_priority(alarm))))
        sound_lost = [alarm for alarm in alarms[_MOST:] if _is_sound_lost(alarm)]
        kept = [alarm for alarm in alarms if alarm not in sound_lost]
        return [*kept[: _MOST - 1], *sound_lost, *kept[_MOST - 1 :]] if sound_lost else alarms

    def _lines_of_alarms(self, width: int) -> list[tuple[AlarmView, list[str]]]:
        """Return each alarm shown with its words in lines; the first alarms get the lines that the others leave."""
        alarms = self._alarms()
        more = "  " + tr("(+{count} more)", count=len(alarms) - _MOST) if len(alarms) > _MOST else ""
        free, lines = _MOST - min(len(alarms), _MOST), []
        for alarm in alarms[:_MOST]:
            room = width - _words_from(alarm) - 1
            of_alarm = _in_lines(alarm, room, free + 1)
            free -= len(of_alarm) - 1
            lines.append((alarm, of_alarm))
        if more:
            last, room = lines[-1][0], width - _words_from(lines[-1][0]) - 1
            lines[-1] = (last, [beginning(_words(last, room - cell_len(more)), room - cell_len(more)) + more])
        return lines

    def _count(self) -> int:
        """Return the lines that alarms and notice take on this screen."""
        has_notice = bool(self.snapshot and self.snapshot.notice)
        return sum(len(lines) for _, lines in self._lines_of_alarms(self.width_to_fit)) + has_notice


def _is_sound_lost(alarm: AlarmView) -> bool:
    return alarm.active and alarm.code == _SOUND_LOST


def _priority(alarm: AlarmView) -> str:
    return alarm.priority if alarm.priority in _STYLES else "high"


def _words(alarm: AlarmView, room: int) -> str:
    """Return the alarm's code and sentence; only the sentence if both do not fit into ``room`` cells."""
    sentence = recorded(clean(alarm.text))
    if not alarm.active:
        sentence = tr("{sentence} (passed, not acknowledged)", sentence=sentence)
    named = f"{recorded(clean(alarm.code))}: {sentence}"
    return named if cell_len(named) <= room else sentence


def _words_from(alarm: AlarmView) -> int:
    """Return the column at which the words of ``alarm`` begin."""
    return cell_len(tr(_STYLES[_priority(alarm)][0])) + 4


def _in_lines(alarm: AlarmView, room: int, most: int) -> list[str]:
    """Return the words of ``alarm`` in at most ``most`` lines of ``room`` cells."""
    words = _words(alarm, room)
    lines = wrap(words, max(room, 1), break_long_words=False) or [""]
    lines = lines if len(lines) <= most else [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [beginning(line, room) for line in lines]


def _paint_alarm(canvas: Canvas, row: int, alarm: AlarmView, lines: list[str]) -> None:
    sign, ink, ground = _STYLES[_priority(alarm)]
    is_bar = _is_sound_lost(alarm) or (alarm.active and ground == Ground.HIGH)
    if is_bar:
        canvas.shade(ground, slice(row, row + len(lines)))
    canvas.write(row, 1, f" {tr(sign)} ", ink, ground)
    word_ink = ink if is_bar else Ink.STRONG if alarm.active else Ink.TEXT
    for below, line in enumerate(lines):
        canvas.write(row + below, _words_from(alarm), line, word_ink)
