"""The EMG monitor: the needle's EMG without artefacts, 20 Hz to 5 kHz, never saturated, at the loudspeaker's rate.

One thread feeds samples as they arrive from the device, another takes as many as the loudspeaker needs; neither waits
for the other. Missing samples become silence, surplus samples are dropped; the resampling ratio is controlled so that
both stay rare.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from guidance.audio.artefact_blanking import AHEAD_MS, ArtefactBlanker
from guidance.audio.filters import Array, BlockFilter, Sections
from guidance.audio.resample import Resampler
from guidance.audio.waveforms import SAMPLE_RATE_HZ, Waveform

LEVEL = 0.3
"""Peak of the monitor, of full scale."""

_CEILING = 0.97 * LEVEL
"""Peak to which a loud signal is reduced; within a frame it may still rise a little."""

FRAME_MS = 2.0
"""Length of a frame of blanking and filtering."""

AIM_S, LARGEST_AIM_S, MOST_S = 0.012, 0.1, 0.15
"""Waiting samples in s: at first, at most after shortages, and before the oldest are dropped."""

_GROWS, _SHRINKS_S = 1.5, 120.0
"""Factor of that wait after a shortage, and time constant of its decay."""

_RESERVE = 96
"""Samples held back, so that an unexpected end can fade."""

_GUARDED_S = 30.0
"""The monitor stays delayed for this long after a pulse."""

_RECOVERS_S = 1.5
"""The gain recovers within this time after a loud signal."""

_STEER, _STEER_MOST = 0.02, 0.03
"""Gain and limit of the control of the resampling ratio."""

_SMOOTH = 0.02
"""Weight of a new value in the smoothed count of waiting samples."""

_LONGEST_HOLE_S = 0.2
"""A longer hole of lost samples is shortened to this."""


class EmgMonitor:
    """The EMG of one channel, prepared for the loudspeaker.

    It plays without delay while nothing stimulates, and with a delay of AHEAD_MS from the first known or awaited pulse
    until half a minute after the last.
    """

    def __init__(self, sample_rate_hz: float, band: Sections, full_scale_uv: float) -> None:
        """Play a signal of ``sample_rate_hz`` in ``band``; ``full_scale_uv`` is as loud as the monitor gets."""
        self._frame = max(1, round(FRAME_MS * sample_rate_hz / 1e3))
        self._ahead = max(2, round(AHEAD_MS / FRAME_MS))
        self._blanker = ArtefactBlanker(sample_rate_hz, self._frame)
        self._band = BlockFilter(band, self._frame)
        self._gain = _Gain(LEVEL / full_scale_uv, _RECOVERS_S * sample_rate_hz / self._frame)
        self._resampler = Resampler(sample_rate_hz)
        self._queue = _Queue()
        self._partial: Array = np.zeros(0)
        self._frames: deque[tuple[int, Array]] = deque()
        self._next: int | None = None
        self._last = 0.0
        self._longest_hole = round(_LONGEST_HOLE_S * sample_rate_hz)
        self._guarded = round(_GUARDED_S * sample_rate_hz)
        self._guarded_to = 0

    def pulse(self, sample: int) -> None:
        """Blank the artefact of the known pulse at ``sample``."""
        self._blanker.pulse(sample)
        self._guarded_to = max(self._guarded_to, sample + self._guarded)

    def feed(self, first: int, samples: Array, *, awaiting: bool) -> None:
        """Feed ``samples`` in uV from sample index ``first``; ``awaiting``: a requested pulse is not reported yet."""
        hole = 0 if self._next is None else first - self._next
        if hole > 0:
            self._blanker.hold(first - hole, first)
        self._next = first + len(samples)
        if awaiting:
            self._guarded_to = self._next + self._guarded
        filled = np.full(min(max(hole, 0), self._longest_hole), self._last)
        self._partial = np.concatenate([self._partial, filled, np.nan_to_num(samples)])
        self._last = float(self._partial[-1]) if len(self._partial) else self._last
        while len(self._partial) >= self._frame:
            frame, self._partial = self._partial[: self._frame], self._partial[self._frame :]
            self._take(self._next - len(self._partial) - len(frame), frame, awaiting=awaiting)

    def fill(self, out: Waveform) -> None:
        """Fill ``out`` with the next samples for the loudspeaker, or silence."""
        self._queue.take(out)

    @property
    def waiting_s(self) -> float:
        """Seconds of samples that wait for the loudspeaker."""
        return self._queue.waiting_s

    def _take(self, first: int, frame: Array, *, awaiting: bool) -> None:
        self._blanker.find_edges(first, frame, awaiting=awaiting)
        self._frames.append((first, frame))
        while len(self._frames) > (self._ahead if first < self._guarded_to else 0):
            filled, gains = self._blanker.cut(*self._frames.popleft())
            self._resampler.ratio = self._resampler.nominal * (1.0 + self._queue.steer)
            self._queue.put(self._resampler.take(self._gain.apply(self._band.filter(filled) * gains)))


class _Gain:
    """The gain, reduced where the signal would exceed the ceiling; one frame behind, to reduce it in time."""

    def __init__(self, nominal: float, recovers_frames: float) -> None:
        self._nominal = self._now = nominal
        self._back = 1.0 / recovers_frames
        self._waiting: Array | None = None

    def apply(self, frame: Array) -> Array:
        """Return the frame before ``frame``; its gain moves to one that suits both."""
        before, self._waiting = self._waiting, frame
        peak = max(float(np.max(np.abs(frame))), 1e-9)
        if before is None:
            self._now = min(self._nominal, _CEILING / peak)
            return frame[:0]
        peak = max(peak, float(np.max(np.abs(before))))
        goal = min(self._now + self._back * self._nominal, self._nominal, _CEILING / peak)
        gains = np.linspace(self._now, goal, len(before) + 1)[1:]
        self._now = goal
        return np.asarray(before * gains)


class _Queue:
    """The samples between the two threads. ``steer`` is the share by which to use up the input faster.

    It keeps as few samples waiting as possible: more after each shortage, then slowly fewer again.
    """

    def __init__(self) -> None:
        self._ring = np.zeros(SAMPLE_RATE_HZ, np.float32)
        self._in = self._out = 0
        self._running = False
        self._aim_s = self._level = AIM_S
        self.steer = 0.0

    @property
    def waiting_s(self) -> float:
        """Seconds of waiting samples."""
        return (self._in - self._out) / SAMPLE_RATE_HZ

    def put(self, samples: Waveform) -> None:
        """Add ``samples``."""
        places = (self._in + np.arange(len(samples))) % len(self._ring)
        self._ring[places] = samples
        self._in += len(samples)
        self._level += _SMOOTH * (self.waiting_s - self._level)
        self.steer = min(max(_STEER * (self._level - self._aim_s) / self._aim_s, -_STEER_MOST), _STEER_MOST)

    def take(self, out: Waveform) -> None:
        """Fill ``out``, with a fade at start and end; after a shortage wait until there are enough samples."""
        count = self._in - self._out
        if not self._running and count < self._aim_s * SAMPLE_RATE_HZ:
            return
        if not self._running:
            count = self._skip_to_newest()
        ends = self._running and not len(out) + _RESERVE <= count <= MOST_S * SAMPLE_RATE_HZ
        part = out[: min(len(out), count)]
        self._copy(part)
        if ends or not self._running:
            part *= np.linspace(1.0 if ends else 0.0, 0.0 if ends else 1.0, len(part), dtype=np.float32)
        self._running = not ends
        short = ends and count <= MOST_S * SAMPLE_RATE_HZ
        shrunk_s = self._aim_s * (1.0 - len(out) / (SAMPLE_RATE_HZ * _SHRINKS_S))
        self._aim_s = min(max(self._aim_s * _GROWS if short else shrunk_s, AIM_S), LARGEST_AIM_S)

    def _skip_to_newest(self) -> int:
        """Skip to the newest samples and return their count."""
        self._out = max(self._out, self._in - round(self._aim_s * SAMPLE_RATE_HZ))
        return self._in - self._out

    def _copy(self, part: Waveform) -> None:
        begin = self._out % len(self._ring)
        n = min(len(part), len(self._ring) - begin)
        part[:n] = self._ring[begin : begin + n]
        part[n:] = self._ring[: len(part) - n]
        self._out += len(part)
