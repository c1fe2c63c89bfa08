"""Pulses of a stimulator on a clock of its own, found in the recording by their artefact or on a marker channel.

The host knows when it requested a pulse, but not the delay of two cables. The aligner learns that delay: it searches
within ``_LATE_MS`` at first, then where the last pulses were. An edge that does not stand out is no pulse: a pulse that
is not found is unconfirmed, never guessed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from drivers.base import Outcome, Pulse
from guidance.signal.sweep.arrays import fitted_slope
from guidance.signal.sweep.basis import Array
from guidance.signal.sweep.pulse_finder import Edge

_EARLY_MS, _LATE_MS = 5.0, 150.0
"""The artefact is searched from so many ms before the request to so many after it (judgements, unsourced)."""

_LEARNED, _REMEMBERED = 3, 15
"""The delay is known from so many pulses on, and follows so many of the newest (judgements, unsourced)."""

_LEAST_REACH_MS, _MOST_REACH_MS, _SPREADS = 2.0, 20.0, 4.0
"""The search then reaches so many spreads to both sides, within these bounds (judgements, unsourced)."""

_ALIKE = 0.85
"""Least correlation of an edge with the learned shape of the artefact (a judgement, unsourced)."""

_STANDS_OUT = 1.5
"""An edge stands out where it is so many times sharper than the sharpest before it (a judgement, unsourced)."""

_BEFORE_S = 1.0
"""That time is so many s (a judgement, unsourced)."""

_DRIFT_SPAN_S, _DRIFT_PULSES, _DRIFT_KNOWN_PPM = 20.0, 12, 50.0
"""The drift is known from so many s and pulses on, once its standard error is so small (judgements, unsourced)."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where a pulse was found: ``offset_ms`` after the sample that the host's clock names. ``drift_ppm``: how much
    faster the amplifier's clock runs than the host's, None while that is not known to 50 ppm.
    """

    offset_ms: float
    drift_ppm: float | None


AlignedPulse = tuple[int, Pulse, Alignment | None]
"""The sample by which it was known, the pulse, how it was aligned (None: not found)."""


class PulseAligner:
    """Matches requested pulses with edges of the signal; takes both as they become known."""

    def __init__(self, sample_rate_hz: float, *, marker: bool) -> None:
        """Take edges of a signal, or with ``marker`` those of a marker channel, which shows pulses and nothing else."""
        self._sample_rate_hz, self._marker = sample_rate_hz, marker
        self._expected: deque[Pulse] = deque()
        self._edges: deque[Edge] = deque(maxlen=200)
        self._offsets: deque[int] = deque(maxlen=_REMEMBERED)
        self._pairs: deque[tuple[int, int]] = deque(maxlen=400)
        self._shape: Array | None = None
        self._last = -1

    def expect(self, pulse: Pulse) -> None:
        """Search for ``pulse`` from now on; its sample is the one that the host's clock gives."""
        self._expected.append(pulse)

    def add(self, edge: Edge) -> None:
        """Add an edge of the signal."""
        self._edges.append(edge)

    def settle(self, searched_to: int) -> Iterator[AlignedPulse]:
        """Yield the pulses that are decided now that all edges before ``searched_to`` are known."""
        while self._expected:
            pulse = self._expected[0]
            found, is_given = self._match(pulse, searched_to), pulse.outcome is not Outcome.NOT_DELIVERED
            if found is None and is_given and searched_to <= pulse.sample + self._samples(_LATE_MS):
                return
            self._expected.popleft()
            yield self._not_found(pulse, searched_to) if found is None else self._aligned(pulse, found)

    def _match(self, pulse: Pulse, searched_to: int) -> Edge | None:
        if pulse.outcome is Outcome.NOT_DELIVERED:
            return None
        candidates = [edge for edge in self._edges if edge.sample > self._last and self._within(pulse, edge)]
        if self._marker:
            return candidates[0] if candidates else None
        usual = self._usual
        if usual is not None:
            low, high = usual
            near = [edge for edge in candidates if low <= edge.sample - pulse.sample <= high and self._known(edge)]
            if near:
                return max(near, key=lambda edge: edge.sharpness)
        if searched_to <= pulse.sample + self._samples(_LATE_MS):
            return None
        return self._outstanding(pulse, candidates)

    def _within(self, pulse: Pulse, edge: Edge) -> bool:
        return -self._samples(_EARLY_MS) <= edge.sample - pulse.sample <= self._samples(_LATE_MS)

    def _known(self, edge: Edge) -> bool:
        """Return whether ``edge`` has the shape of the pulses before it."""
        return self._shape is not None and edge.resembles(self._shape, _ALIKE)

    def _outstanding(self, pulse: Pulse, candidates: list[Edge]) -> Edge | None:
        """Return the sharpest candidate if it exceeds edges without a pulse, and is alike once the shape is known."""
        if self._usual is not None:
            candidates = [edge for edge in candidates if self._known(edge)]
        if not candidates:
            return None
        sharpest = max(candidates, key=lambda edge: edge.sharpness)
        first = pulse.sample - self._samples(_EARLY_MS)
        since = max(first - round(_BEFORE_S * self._sample_rate_hz), self._last + self._samples(_LATE_MS))
        usual = max((edge.sharpness for edge in self._edges if since <= edge.sample < first), default=0.0)
        return sharpest if sharpest.sharpness >= _STANDS_OUT * usual else None

    @property
    def _usual(self) -> tuple[int, int] | None:
        """Where the last pulses were, in samples after they were expected; None before enough were found."""
        if len(self._offsets) < _LEARNED:
            return None
        offsets = np.array(self._offsets)
        middle = float(np.median(offsets))
        spread = _SPREADS * 1.5 * float(np.median(np.abs(offsets - middle)))
        reach = min(max(spread, self._samples(_LEAST_REACH_MS)), self._samples(_MOST_REACH_MS))
        return round(middle - reach), round(middle + reach)

    def _aligned(self, pulse: Pulse, edge: Edge) -> AlignedPulse:
        self._last = edge.sample
        self._shape = edge.shape if self._shape is None else _mixed(self._shape, edge.shape)
        self._offsets.append(edge.sample - pulse.sample)
        if pulse.requested_ns is not None:
            self._pairs.append((pulse.requested_ns, edge.sample))
        alignment = Alignment((edge.sample - pulse.sample) * 1e3 / self._sample_rate_hz, self._drift_ppm())
        source = "device" if self._marker else "artefact"
        return edge.known_at, replace(pulse, sample=edge.sample, source=source, outcome=Outcome.DELIVERED), alignment

    def _not_found(self, pulse: Pulse, searched_to: int) -> AlignedPulse:
        """Return a pulse that is not in the recording: its measured values stay, its place is not known."""
        lost = pulse if pulse.outcome is Outcome.NOT_DELIVERED else replace(pulse, outcome=Outcome.UNCONFIRMED)
        return searched_to, lost, None

    def _drift_ppm(self) -> float | None:
        """Fit a line through all pairs; for earliest arrivals there are too few (drivers/toolkit/sample_rate.py)."""
        if len(self._pairs) < _DRIFT_PULSES:
            return None
        requested_s = (np.array([requested_ns for requested_ns, _ in self._pairs], np.int64) - self._pairs[0][0]) / 1e9
        if requested_s[-1] < _DRIFT_SPAN_S:
            return None
        found_s = np.array([sample for _, sample in self._pairs]) / self._sample_rate_hz
        slope, error = fitted_slope(requested_s, found_s - requested_s)
        return slope * 1e6 if 2e6 * error <= _DRIFT_KNOWN_PPM else None

    def _samples(self, ms: float) -> int:
        return round(ms * self._sample_rate_hz / 1e3)


def _mixed(known: Array, new: Array) -> Array:
    mixed = 0.8 * known + 0.2 * new
    return np.asarray(mixed / max(float(np.linalg.norm(mixed)), 1e-9))
