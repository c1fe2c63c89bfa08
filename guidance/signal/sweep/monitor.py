"""The running signal for the screen, and its quality. Artefacts are replaced before the one recursive filter."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guidance.common.filters import StreamFilter, butterworth
from guidance.signal.sweep.arrays import hold_forward
from guidance.signal.sweep.basis import Array
from guidance.signal.sweep.mains import fit_mains
from guidance.signal.sweep.ring_buffer import RingBuffer

DELAY_MS = 10.0
"""The monitor runs this far behind, so that an artefact is known before the filter meets it."""

COLUMN_MS = 10.0
"""Each column of the strip is the least and the greatest value of this long."""

_HIGH_PASS_HZ = 20.0
"""The usual lower corner of surface and needle EMG for the eye; movement lies below it."""

_HELD_BEFORE_MS, _HELD_AFTER_MS = 1.0, 4.0
"""The signal is held for so long about a pulse: its artefact must not ring in the filter (a judgement, unsourced)."""

_AT_RANGE = 0.999
"""From this share of the range on a sample counts as clipped: rounding may leave it just below."""

_BATCH_COLUMNS = 2
"""So many columns are filtered at once: a call for a few samples costs more than it filters, and no screen draws more
often."""

_STRIP_COLUMNS = 500
"""So many columns of the running signal are kept: more than a wide terminal has."""


@dataclass(frozen=True, slots=True)
class ChannelQuality:
    """One channel over one second: RMS above 20 Hz and peak amplitude of the mains in uV, share of clipped samples.
    None where samples were missing all the while.
    """

    rms_uv: float | None
    mains_uv: float | None
    clipped_fraction: float | None


class SignalMonitor:
    """High-passed signal of all channels, its quality second by second, and the strip of the first channel."""

    def __init__(self, channels: int, sample_rate_hz: float, ranges_uv: tuple[float | None, ...]) -> None:
        """Take ``ranges_uv``: the input range of each channel, None where not known."""
        per_ms = sample_rate_hz / 1e3
        self._sample_rate_hz, self._ranges_uv = sample_rate_hz, ranges_uv
        self._delay, self._column = round(DELAY_MS * per_ms), max(1, round(COLUMN_MS * per_ms))
        self._before, self._after = round(_HELD_BEFORE_MS * per_ms), round(_HELD_AFTER_MS * per_ms)
        self._filter = StreamFilter(butterworth(2, sample_rate_hz, low_hz=_HIGH_PASS_HZ), channels)
        self._is_settled = False
        self._last = np.zeros(channels)
        self._held: deque[tuple[int, int]] = deque()
        self._next = self._seconds = 0
        self._second: list[Array] = []
        self._gone: list[NDArray[np.bool_]] = []
        self._strip: deque[tuple[float, float, bool]] = deque(maxlen=_STRIP_COLUMNS)
        self._part = np.zeros(0)

    def hold_out(self, sample: int) -> None:
        """Keep the artefact at ``sample`` away from the filter: the value before it is held across."""
        self._held.append((sample - self._before, sample + self._after))

    def advance(self, history: RingBuffer, known_to: int) -> list[tuple[int, tuple[ChannelQuality, ...]]]:
        """Follow ``history`` up to ``known_to``, where artefacts are known.

        For each second done: the sample by which it was known, and all channels' quality.
        """
        seconds = []
        self._leap(int(history.resumed_at / self._sample_rate_hz))
        ready = min(history.end - self._delay, known_to)
        while self._next < ready:
            second_end = round((self._seconds + 1) * self._sample_rate_hz)
            batches = (ready - self._next) // (_BATCH_COLUMNS * self._column)
            stop = min(second_end, self._next + batches * _BATCH_COLUMNS * self._column)
            if ready < second_end and stop <= self._next:
                break
            stop = second_end if ready >= second_end else stop
            self._take(history.window(self._next, stop).astype(float))
            self._next = stop
            if stop == second_end:
                self._seconds += 1
                seconds.append((stop + self._delay, self._quality(history, stop)))
        return seconds

    def strip(self) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return minimum and maximum of the first channel in the last columns (n, 2), and where samples lack."""
        if not self._strip:
            return np.zeros((0, 2), np.float32), np.zeros(0, bool)
        low, high, gone = zip(*self._strip, strict=True)
        return np.array([low, high], np.float32).T, np.array(gone, bool)

    def _leap(self, second: int) -> None:
        """Go on with ``second``, in which the signal came back after a long gap; the seconds without signal are left
        out, so that a gap costs the same whatever its length.
        """
        if second <= self._seconds:
            return
        self._seconds, self._next = second, round(second * self._sample_rate_hz)
        self._second, self._gone, self._part = [], [], np.zeros(0)
        self._state, self._last = None, np.zeros_like(self._last)
        self._strip.clear()

    def _take(self, raw: Array) -> None:
        gone = np.isnan(raw[:, 0])
        held, begins = self._without_artefact(raw)
        clean = np.zeros_like(held)
        if begins < len(held):
            if not self._is_settled:
                self._filter.settle(held[begins])
                self._is_settled = True
            clean[begins:] = self._filter.filter(held[begins:])
        self._second.append(clean)
        self._gone.append(gone)
        self._part = np.concatenate([self._part, np.where(gone, np.nan, clean[:, 0])])
        whole = len(self._part) // self._column * self._column
        columns = self._part[:whole].reshape(-1, self._column)[-_STRIP_COLUMNS:]
        low, high = np.fmin.reduce(columns, axis=1), np.fmax.reduce(columns, axis=1)
        lacking = np.isnan(low)
        self._strip.extend(
            zip(
                np.where(lacking, 0.0, low).tolist(),
                np.where(lacking, 0.0, high).tolist(),
                lacking.tolist(),
                strict=True,
            )
        )
        self._part = self._part[whole:]

    def _without_artefact(self, raw: Array) -> tuple[Array, int]:
        """Replace artefacts and missing samples of ``raw`` by the value before; return the first valid index too."""
        while self._held and self._held[0][1] <= self._next:
            self._held.popleft()
        bad: NDArray[np.bool_] = np.isnan(raw).any(axis=1).reshape(-1)
        for first, stop in self._held:
            bad[max(first - self._next, 0) : max(stop - self._next, 0)] = True
        begins = 0 if self._is_settled else len(raw) if bad.all() else int(np.argmin(bad))
        held = hold_forward(raw, ~bad, self._last)
        self._last = held[-1]
        return held, begins

    def _quality(self, history: RingBuffer, stop: int) -> tuple[ChannelQuality, ...]:
        clean, gone = np.concatenate(self._second), np.concatenate(self._gone)
        self._second, self._gone = [], []
        first = stop - len(clean)
        raw = history.window(first, stop)
        return tuple(
            self._channel_quality(clean[:, i], raw[:, i].astype(float), gone, first, self._ranges_uv[i])
            for i in range(clean.shape[1])
        )

    def _channel_quality(
        self, clean: Array, raw: Array, gone: NDArray[np.bool_], first: int, range_uv: float | None
    ) -> ChannelQuality:
        if gone.all():
            return ChannelQuality(None, None, None)
        fit = fit_mains(clean, first, self._sample_rate_hz)
        clipped = None
        if range_uv and len(raw) > 1:
            at_range = np.abs(raw) >= _AT_RANGE * range_uv
            clipped = float((at_range[1:] & at_range[:-1]).mean())
        rms = float(np.sqrt(np.mean(clean[~gone] ** 2)))
        return ChannelQuality(rms, fit.amplitude_uv if fit else None, clipped)
