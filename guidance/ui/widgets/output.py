"""The stimulator: armed or off, connected or lost, the current delivered last and the next one."""

from __future__ import annotations

from collections.abc import Hashable
from textwrap import wrap

from rich.cells import cell_len

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot, StimulatorView
from guidance.language import mark, recorded, tr
from guidance.ui import bigtext
from guidance.ui.arming import Stage
from guidance.ui.raster import Canvas
from guidance.ui.text import UNKNOWN, beginning
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

_MARGIN = 1
_LEAST_DIGIT_ROWS = 4
_LABEL_COLUMNS = 5
_ROOMY = 8
_USUAL_VALUE = "0.00"
_ROWS_FOR_A_TALL_CHIP = 11
_PROMPTS = {
    Stage.REQUESTED: mark("► ARM? press ENTER"),
    Stage.CONFIRMED: mark("► arming"),
    Stage.REFUSED: mark("✖ NOT ARMED: refused"),
}
_OWNERS = {"held": mark("▌▌ HELD: current stays"), "operator": mark("◆ OPERATOR OWNS: ↑ ↓")}
_LABELS = {"controller": mark("next {ma} mA"), "held": mark("held {ma} mA"), "operator": mark("dial {ma} mA")}


class StimulatorPanel(Panel):
    """State and link in one line, the current large, the pulse and its limits small."""

    DEFAULT_CSS = "StimulatorPanel { height: 3fr; min-height: 7; display: none; }"

    stage = Stage.NONE
    """The stage of arming."""

    def show_stage(self, stage: Stage) -> None:
        """Show the stage of arming."""
        if stage != self.stage:
            self.stage = stage
            self.redraw()

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return what the panel shows of the stimulator and its link."""
        return snapshot.stimulator, snapshot.connected, _newest_ma(snapshot), snapshot.mode, snapshot.dial_ma

    def paint(self, canvas: Canvas) -> None:
        """Draw state, current and details."""
        if self.snapshot is None or canvas.width < 12 or canvas.height < 1:
            return
        snapshot, stimulator = self.snapshot, self.snapshot.stimulator
        chip_rows = 3 if canvas.height >= _ROWS_FOR_A_TALL_CHIP else 1
        self._paint_state(canvas, snapshot, chip_rows)
        room = canvas.height - chip_rows
        lines = self._words(snapshot, canvas.width - _MARGIN, room)[: max(room - _LEAST_DIGIT_ROWS, 2)]
        current_ma = stimulator.delivered_ma if stimulator else _newest_ma(snapshot)
        is_past = stimulator is not None and not stimulator.armed
        _paint_current(canvas, slice(chip_rows, canvas.height - len(lines)), current_ma, is_past=is_past)
        first = canvas.height - len(lines)
        for row, line in enumerate(lines, start=first):
            canvas.write(row, _MARGIN, line, Ink.TEXT)
        if _is_taken(snapshot) and lines:
            canvas.shade(Ground.CHIP, slice(first, first + 1))
            canvas.write(first, _MARGIN, lines[0], Ink.DARK)

    def _words(self, snapshot: Snapshot, width: int, room: int) -> list[str]:
        """Return the lines below the current, the most important first: why it was not armed, who owns the current, the
        details.
        """
        stimulator = snapshot.stimulator
        if stimulator and stimulator.why and self.stage is Stage.REFUSED and not stimulator.armed:
            return wrap(recorded(clean(stimulator.why)), width)
        details = _lines(_details(snapshot, stimulator), width)
        return [*_chooser(snapshot, width, 2 if room > _ROOMY else 1), *details]

    def _paint_state(self, canvas: Canvas, snapshot: Snapshot, rows: int) -> None:
        middle = rows // 2
        if self.stage in _PROMPTS and not (snapshot.stimulator and snapshot.stimulator.armed):
            canvas.shade(Ground.PROMPT, slice(rows))
            canvas.write(middle, _MARGIN, beginning(tr(_PROMPTS[self.stage]), canvas.width - _MARGIN), Ink.DARK)
            return
        word, ink, ground = _state(snapshot)
        canvas.shade(ground, slice(rows))
        column = canvas.write(middle, _MARGIN, word, ink)
        link, link_ink, link_ground = _link(snapshot)
        if column + cell_len(link) + 1 <= canvas.width:
            canvas.write_right(middle, canvas.width, link, link_ink, link_ground)


def _state(snapshot: Snapshot) -> tuple[str, Ink, Ground]:
    if snapshot.stimulator is None:
        return tr("set by hand") if snapshot.mode == "listen" else tr("recorded"), Ink.MUTED, Ground.NOTICE
    if snapshot.stimulator.armed:
        return tr("◉ ARMED"), Ink.DARK, Ground.CHIP
    return tr("○ OFF") if snapshot.connected else tr("○ OFF?"), Ink.MUTED, Ground.NOTICE


def _link(snapshot: Snapshot) -> tuple[str, Ink, Ground | None]:
    if not snapshot.connected:
        return tr(" ✖ DEVICE LOST "), Ink.LOUD, Ground.HIGH
    armed = snapshot.stimulator is not None and snapshot.stimulator.armed
    return (tr("● CONNECTED "), Ink.DARK if armed else Ink.TEXT, None) if snapshot.stimulator else ("", Ink.TEXT, None)


def _newest_ma(snapshot: Snapshot) -> float | None:
    return snapshot.sweeps[-1].current_ma if snapshot.sweeps else None


def _paint_current(canvas: Canvas, rows: slice, current_ma: float | None, *, is_past: bool) -> None:
    digits = UNKNOWN if current_ma is None else f"{current_ma:.2f}"
    ink = Ink.UNSURE if is_past or current_ma is None else Ink.STRONG
    size = bigtext.largest(_USUAL_VALUE, canvas.width - _MARGIN - _LABEL_COLUMNS, rows.stop - rows.start)
    if size is None:
        canvas.write(rows.start, _MARGIN, tr("{ma} mA last", ma=digits) if is_past else f"{digits} mA", ink)
        return
    columns, height = bigtext.cells(digits, size)
    top = rows.start + (rows.stop - rows.start - height + 1) // 2
    bigtext.draw(canvas, top, _MARGIN, digits, size, ink)
    column, foot = _MARGIN + columns + 1, top + height - 1
    canvas.write(foot, column, "mA", ink)
    if is_past and current_ma is not None:
        canvas.write(foot - 1, column, tr("last"), ink)


def _chooser(snapshot: Snapshot, width: int, rows: int) -> list[str]:
    """Return who owns the current and what the controller does, if there is one; if that takes more than ``rows``
    lines, only the part before its colon.
    """
    if snapshot.stimulator is None or snapshot.mode != "auto":
        return []
    stimulator = snapshot.stimulator
    at_work = stimulator.armed and snapshot.connected
    doing = (recorded(clean(stimulator.doing)) if at_work else "") or tr("controller owns current")
    owner = _OWNERS.get(stimulator.current_owner)
    whole = f"▸ {doing}" if owner is None else tr(owner)
    lines = wrap(whole, width)
    return lines if len(lines) <= rows else [beginning(whole.partition(":")[0], width)]


def _is_taken(snapshot: Snapshot) -> bool:
    """Return whether the operator owns or holds the current in a procedure with a controller."""
    return snapshot.stimulator is not None and snapshot.mode == "auto" and snapshot.stimulator.current_owner in _OWNERS


def _details(snapshot: Snapshot, stimulator: StimulatorView | None) -> list[str]:
    if stimulator is None:
        return [] if snapshot.dial_ma is None else [tr("external dial {ma} mA", ma=f"{snapshot.dial_ma:.2f}")]
    kohm = UNKNOWN if stimulator.impedance_kohm is None else f"{stimulator.impedance_kohm:.1f}"
    owner = "operator" if snapshot.mode == "manual" else stimulator.current_owner
    return [
        tr(_LABELS[owner], ma=f"{stimulator.wanted_ma:.2f}"),
        f"{kohm} kΩ",
        "" if stimulator.current_ma is None else tr("requested {ma}", ma=f"{stimulator.current_ma:.2f}"),
        tr("limit {ma} mA", ma=f"{stimulator.max_ma:g}"),
        f"{stimulator.width_ms:g} ms",
        tr("{rate} per s", rate=f"{stimulator.pulse_rate_hz:g}"),
        "" if stimulator.offset_ms is None else tr("found after {ms} ms", ms=f"{stimulator.offset_ms:.1f}"),
        "" if stimulator.drift_ppm is None else tr("drift {ppm} ppm", ppm=f"{stimulator.drift_ppm:.0f}"),
    ]


def _lines(parts: list[str], width: int) -> list[str]:
    """Fill lines of ``width`` cells with ``parts``, without breaking one."""
    lines = [""]
    for part in parts:
        joined = f"{lines[-1]}  {part}".strip()
        if cell_len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(part)
    return lines
