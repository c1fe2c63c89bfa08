"""The last sixty sweeps as a raster, the newest at the bottom: a response is a column that stays or goes."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from guidance.contracts.snapshot import Snapshot, SweepView
from guidance.language import tr
from guidance.ui.raster import Canvas, Floats, Mask
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import GUTTER, Panel, gutter_label
from guidance.ui.widgets.sweeps import time_range

_MOST = 60
_DITHER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16.0
"""Bayer's matrix: the density of the dots shows the size of the signal."""
_SD_OF_MEDIAN = 1.4826
"""A normal distribution's standard deviation over the median of its absolute values."""
_NOISE_LEFT_OUT, _LEAST_OVER_NOISE = 2.5, 12.0
_GAMMA = 0.5


class Waterfall(Panel):
    """A row of dots per sweep, denser where the signal is larger. Sweeps with a response are bright, those without are
    grey, contaminated ones are faint.
    """

    DEFAULT_CSS = "Waterfall { height: 2fr; }"

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return what changes with a new or newly measured sweep."""
        newest = snapshot.sweeps[-1] if snapshot.sweeps else None
        measured = newest and (newest.pulse_index, newest.detected, newest.contaminated, len(newest.uv))
        return measured, len(snapshot.sweeps), snapshot.window_ms

    def paint(self, canvas: Canvas) -> None:
        """Draw the raster over the response window, with its edges and the number of sweeps."""
        if self.snapshot is None or canvas.height < 2 or canvas.width < GUTTER + 10:
            return
        columns, rows = canvas.width - GUTTER - 1, canvas.height
        shown = [sweep for sweep in self.snapshot.sweeps if len(sweep.uv) > 1][-min(_MOST, rows * 4) :]
        start_ms, end_ms = time_range(shown, self.snapshot.window_ms)
        _paint_window(canvas, self.snapshot.window_ms, (start_ms, end_ms), columns)
        gutter_label(canvas, 0, tr("raster"), Ink.TEXT)
        gutter_label(canvas, 1, tr("last {count}", count=len(shown)))
        if rows > 2:
            gutter_label(canvas, rows - 1, tr("newest"))
        if shown:
            at_ms = np.linspace(start_ms, end_ms, columns * 2)
            canvas.plot(0, GUTTER, _raster(shown, at_ms, rows * 4))


def _paint_window(canvas: Canvas, window_ms: tuple[float, float], range_ms: tuple[float, float], columns: int) -> None:
    start_ms, end_ms = range_ms
    first, last = (
        GUTTER + min(max(int((edge - start_ms) / (end_ms - start_ms) * columns), 0), columns - 1) for edge in window_ms
    )
    canvas.shade(Ground.WINDOW, columns=slice(first, last + 1))


def _raster(shown: list[SweepView], at_ms: Floats, height: int) -> NDArray[np.uint8]:
    """Return dots of inks, shape (height, columns); each sweep has as many whole rows as fit, the newest the last."""
    values = np.stack([_sampled(sweep, at_ms) for sweep in shown])
    pitch = max(min(height // len(shown), 4), 1)
    fit = np.array([not sweep.contaminated for sweep in shown])
    dense = np.repeat(_density(values, fit), pitch, axis=0)
    inks = np.repeat(np.array([_ink(sweep) for sweep in shown], np.uint8), pitch)
    dots = np.zeros((height, len(at_ms)), np.uint8)
    set_here: Mask = dense > np.tile(_DITHER, (len(dense) // 4 + 1, len(at_ms) // 4 + 1))[: len(dense), : len(at_ms)]
    dots[height - len(dense) :] = set_here * inks[:, None]
    return dots


def _sampled(sweep: SweepView, at_ms: Floats) -> Floats:
    times = sweep.start_ms + sweep.step_ms * np.arange(len(sweep.uv))
    return np.interp(at_ms, times, np.nan_to_num(sweep.uv), left=0.0, right=0.0)


def _density(values: Floats, fit: Mask) -> Floats:
    """Return each value's share, 0 to 1, of the largest signal in the ``fit`` sweeps; weak ones lifted, noise 0."""
    size = np.abs(values)
    fit_size = size[fit] if fit.any() else size
    noise = float(np.median(fit_size)) * _SD_OF_MEDIAN
    largest = max(float(np.percentile(fit_size, 99.5)), _LEAST_OVER_NOISE * noise) or 1.0
    share = np.clip(size / largest, 0.0, 1.0)
    lifted: Floats = np.where(size < _NOISE_LEFT_OUT * noise, 0.0, share**_GAMMA)
    return lifted


def _ink(sweep: SweepView) -> int:
    if sweep.contaminated:
        return Ink.FAINT
    return Ink.TRACE if sweep.detected else Ink.UNSURE
