"""The last seconds of the raw signal, as the band between its lowest and highest values."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from guidance.contracts.snapshot import Snapshot
from guidance.ui.raster import Canvas, spans
from guidance.ui.scale import Scale
from guidance.ui.theme import GAP, Ink
from guidance.ui.widgets.panel import GUTTER, Panel, gutter_label


class EmgStrip(Panel):
    """The main channel, the newest samples at the right; missing samples are hatched, never bridged."""

    DEFAULT_CSS = "EmgStrip { height: 3fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.scale = Scale()

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return the signal and its gaps."""
        return snapshot.emg.tobytes(), snapshot.emg_gaps.tobytes()

    def paint(self, canvas: Canvas) -> None:
        """Draw labels, band and gaps."""
        if self.snapshot is None or canvas.height < 1 or canvas.width < GUTTER + 10:
            return
        emg, gaps = self.snapshot.emg, self.snapshot.emg_gaps
        if not gaps.all():
            self.scale.follow(float(np.abs(emg[~gaps]).max()))
        self._paint_labels(canvas, self.snapshot.emg_span_s)
        if len(emg):
            self._paint_band(canvas, emg, gaps)

    def _paint_labels(self, canvas: Canvas, span_s: float) -> None:
        labels = ("EMG", f"±{self.scale.half_uv:g}µV", f"{span_s:.0f} s")
        for row, label in enumerate(labels):
            gutter_label(canvas, row, label, Ink.TEXT if row == 0 else Ink.MUTED)

    def _paint_band(self, canvas: Canvas, emg: NDArray[np.float32], gaps: NDArray[np.bool_]) -> None:
        columns, dot_rows = canvas.width - GUTTER - 1, canvas.height * 4
        low, high, missing = _resample(emg, gaps, columns * 2)
        zero = dot_rows // 2
        top, bottom = (np.clip(zero - uv * (zero / self.scale.half_uv), 0, dot_rows - 1) for uv in (high, low))
        canvas.plot(0, GUTTER, (spans(top, bottom, dot_rows) & ~missing) * np.uint8(Ink.EMG))
        for column in np.flatnonzero(missing.reshape(-1, 2).any(axis=1)):
            canvas.fill(slice(None), slice(GUTTER + column, GUTTER + column + 1), GAP, Ink.WARN)


def _resample(
    emg: NDArray[np.float32], gaps: NDArray[np.bool_], columns: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Return minimum, maximum and gap flag for ``columns`` columns from any number of values; none is left out."""
    starts = np.arange(columns) * len(emg) // columns
    if len(emg) < columns:
        return emg[starts, 0], emg[starts, 1], gaps[starts]
    reduce = (np.minimum.reduceat(emg[:, 0], starts), np.maximum.reduceat(emg[:, 1], starts))
    return *reduce, np.logical_or.reduceat(gaps, starts)
