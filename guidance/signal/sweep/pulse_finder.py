"""Pulses found by their artefact, where no device reports them.

An artefact is an edge far sharper than the muscle's own activity, of the same shape each time, at a clock's regular
intervals. Sharp edges alone are not enough: motor units near a needle have them too, but fire with an interval that
varies by a tenth and more.

Pulses without a rhythm, triggered by hand, are recognised by onset and size: they rise abruptly out of a flat line, and
are larger than the spike of a nerve cell. A muscle's signal does not rise so; the spike of a nerve cell beside the tip
may, and is smaller. The onset shows at 8 kHz and above.

A step of the level that stays is none: recorders that join blocks of a corrected signal leave one at each border, and
these borders are as regular as a stimulator.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from guidance.signal.sweep.arrays import second_difference
from guidance.signal.sweep.basis import Array
from guidance.signal.sweep.ring_buffer import RingBuffer

_SHARP = 14.0
_HOP_MS, _STEP_MS = 100.0, 4.0
_REACH_MS = 1.5
_SHAPE_MS = 1.0
_DEAD_MS = 3.0
_LEAST_SCALE_UV = 1.0
_UPPER_QUARTER = 1.7
"""Where the upper quarter of Gaussian sizes begins, over their median: in a fast train, artefacts fill the former."""


_ABRUPT_RATE_HZ = 8000.0
_ONSET, _ABRUPT, _ABRUPT_MS, _FLAT_MS = 0.08, 0.5, 0.1, 0.3
"""Shares of an edge's height: where it begins, and how much of it follows within 0.1 ms; it was flat for 0.3 ms."""


_BEFORE_MS, _NEAR_MS, _LATE_MS = (-4.0, -1.0), (1.0, 3.0), (6.0, 10.0)
"""Times about an edge at which its level is compared. Overloads that let go by 6 ms are no steps (a judgement)."""
_LEAST_STEP, _STAYS = 0.5, 0.7
"""A step is at least so much of the edge's height, and at least so much of it stays."""
_RAIL = 0.3
"""At a rail the signal varies by less than so much of what it did before: an overload, whatever it lasts."""


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A sharp edge at ``sample``: its sharpness in units of the usual, its shape (unit norm), the first sample index by
    which all this was known, and the height of the shape from peak to peak.
    """

    sample: int
    sharpness: float
    shape: Array
    known_at: int
    height_uv: float

    @property
    def is_abrupt(self) -> bool:
        """Whether it begins out of a flat line at once."""
        per_ms = len(self.shape) // 2
        away = np.abs(self.shape - np.median(self.shape[: round(_FLAT_MS * per_ms)])) / max(np.ptp(self.shape), 1e-9)
        onset = int(np.argmax(away > _ONSET))
        rise = away[onset : onset + max(1, round(_ABRUPT_MS * per_ms)) + 1]
        return onset >= _FLAT_MS * per_ms and bool((rise >= _ABRUPT).any())

    def resembles(self, shape: Array, least: float) -> bool:
        """Return whether the shape correlates with ``shape`` by at least ``least``, at a lag of up to one sample.

        Lags between samples are those that a mixture of ``shape`` at -1, 0 and +1 samples can show.
        """
        lags = np.stack([shape[i : len(shape) - 2 + i] for i in range(3)])
        inner = self.shape[1:-1]
        mixture, *_ = np.linalg.lstsq(lags.T, inner, rcond=None)
        match = float(np.linalg.norm(mixture @ lags)) / max(float(np.linalg.norm(inner)), 1e-9)
        return bool(mixture.sum() > 0) and match >= least


def is_step(edge: Edge, history: RingBuffer, channel: int, sample_rate_hz: float) -> bool | None:
    """Return whether the level 6 to 10 ms after ``edge`` is still that at once after it; None where it is not known."""
    spans = [
        [edge.sample + round(ms * sample_rate_hz / 1e3) for ms in span] for span in (_BEFORE_MS, _NEAR_MS, _LATE_MS)
    ]
    if spans[0][0] < history.start or spans[-1][1] > history.end:
        return None
    parts = [history.window(first, stop)[:, channel].astype(float) for first, stop in spans]
    if any(len(part) < 2 or np.isnan(part).any() for part in parts):
        return None
    before, near, late = (float(np.median(part)) for part in parts)
    is_rail = np.ptp(parts[1]) < _RAIL * np.ptp(parts[0])
    return (
        abs(near - before) >= _LEAST_STEP * edge.height_uv
        and (late - before) / (near - before) >= _STAYS
        and not is_rail
    )


class TransientDetector:
    """Sharp edges in one channel, by the second difference against its usual size in the last 0.3 s."""

    def __init__(self, channel: int, sample_rate_hz: float) -> None:
        """For channel number ``channel`` at ``sample_rate_hz``."""
        per_ms = sample_rate_hz / 1e3
        self._channel = channel
        self._lag = max(1, round(0.1 * per_ms))
        self._step, self._reach, self._half, self._dead = (
            max(2, round(ms * per_ms)) for ms in (_STEP_MS, _REACH_MS, _SHAPE_MS, _DEAD_MS)
        )
        self._hop = self._step * round(_HOP_MS / _STEP_MS)
        self._beyond = self._reach + self._half + self._lag
        self._next = 0
        self._scales: deque[float] = deque(maxlen=3)
        self._bent_at, self._bent = (0, 0), np.zeros(0)
        self._hop_of_scale = 0

    @property
    def searched_to(self) -> int:
        """The sample up to which all edges are known."""
        return self._next

    def advance(self, history: RingBuffer) -> list[Edge]:
        """Return the edges in the new part of ``history``, in order."""
        edges: list[Edge] = []
        self._leap(history.resumed_at // self._hop)
        while True:
            hop_end = (self._next // self._hop + 1) * self._hop
            stop = min(hop_end, (history.end - self._beyond) // self._step * self._step)
            if stop <= self._next or not self._scaled_for(history, stop):
                return edges
            self._next, edge = self._search(history, self._next, stop)
            if edge:
                edges.append(edge)

    def _leap(self, hop: int) -> None:
        """Go on with ``hop``, in which the signal came back after a long gap, as if the gap had been searched."""
        if hop * self._hop > self._next:
            self._next, self._hop_of_scale = hop * self._hop, max(hop - 1, self._hop_of_scale)
            self._scales.extend([_LEAST_SCALE_UV] * (self._scales.maxlen or 0))

    def _scaled_for(self, history: RingBuffer, stop: int) -> bool:
        """Return whether the usual size is known for the hop before ``stop``: from the hops before it, or for the first
        hop from itself.
        """
        wanted = max((stop - 1) // self._hop, 1)
        while self._hop_of_scale < wanted:
            end = (self._hop_of_scale + 1) * self._hop
            if end + self._lag > history.end:
                return False
            bend = self._bend(history, end - self._hop, end)
            bend = bend[~np.isnan(bend)]
            at = len(bend) // 2
            usual = _UPPER_QUARTER * float(np.partition(bend, at)[at]) if len(bend) else 0.0
            self._scales.append(max(usual, _LEAST_SCALE_UV))
            self._hop_of_scale += 1
        return True

    def _bend(self, history: RingBuffer, first: int, stop: int) -> Array:
        """Return the size of the second difference from ``first`` to ``stop``; a hop is searched and then scaled by."""
        if self._bent_at != (first, stop):
            x = history.window(first - self._lag, stop + self._lag)[:, self._channel].astype(float)
            self._bent_at, self._bent = (first, stop), np.abs(second_difference(x, self._lag))
        return self._bent

    def _search(self, history: RingBuffer, first: int, stop: int) -> tuple[int, Edge | None]:
        """Return where to continue, and the first edge from ``first`` to ``stop``; None without one."""
        bend = self._bend(history, first, stop) / max(self._scales)
        over = np.flatnonzero(bend > _SHARP)
        if not len(over):
            return stop, None
        at = first + int(over[0])
        near = history.window(at - self._lag, at + self._reach)[:, self._channel].astype(float)
        steep = np.nan_to_num(np.abs(np.diff(near)))
        sample = at - self._lag + int(steep.argmax())
        shape = np.nan_to_num(
            history.window(sample - self._half, sample + self._half + 1)[:, self._channel].astype(float)
        )
        shape, height_uv = shape - shape.mean(), float(np.ptp(shape))
        sharpness = float(np.nanmax(self._bend(history, at, at + self._reach))) / max(self._scales)
        known_at = (at // self._step + 1) * self._step + self._beyond
        edge = Edge(sample, sharpness, shape / max(float(np.linalg.norm(shape)), 1e-9), known_at, height_uv)
        return max(sample, at) + self._dead, edge


class PulseTrainDetector:
    """Finds a stimulator's pulses among edges: alike and evenly spaced, with hardly any like them between."""

    _ALIKE, _SAME = 0.85, 0.97
    _SHORTEST_MS, _LONGEST_MS = 15.0, 2600.0
    _SLOW_MS = 300.0
    _STRAY = 0.25
    _MANUAL, _MANUAL_MS = 4, 250.0
    """So many pulses by hand are recognised together, and none follows another sooner (4 a second: fast tapping)."""

    _MANUAL_UV = 1000.0
    """The least height of a pulse by hand, peak to peak. Spikes of nerve cells, abrupt and irregular too, reach some
    0.5 mV outside the cell and 0.75 mV in the demo of Intan's RHX; artefacts at the needle are mostly of millivolts.
    """

    def __init__(self, sample_rate_hz: float) -> None:
        """For edges of a signal at ``sample_rate_hz``."""
        self._per_ms = sample_rate_hz / 1e3
        self._edges: deque[Edge] = deque(maxlen=400)
        self._shape: Array | None = None
        self._spacing = 0.0
        self._last = -1

    def feed(self, edge: Edge, history: RingBuffer | None = None) -> list[Edge]:
        """Return the pulses that ``edge`` confirms: itself, and those before it where it completes a rhythm.

        With the signal's ``history``, a row of steps completes none.
        """
        if self._follows(edge):
            self._shape, self._last = _mixed(self._shape, edge.shape), edge.sample
            return [edge]
        self._edges.append(edge)
        train = self._train(edge) or self._manual_pulses(edge)
        if train and history is not None and self._are_steps(train, history):
            return []
        if train:
            self._shape, self._last = edge.shape, edge.sample
            self._spacing = (edge.sample - train[0].sample) / (len(train) - 1)
            self._edges.clear()
        return train

    def _are_steps(self, train: list[Edge], history: RingBuffer) -> bool:
        """Return whether most of ``train`` are steps; what follows the last is not known yet."""
        judged = [is_step(each, history, 0, self._per_ms * 1e3) for each in train[:-1]]
        known = [each for each in judged if each is not None]
        return bool(known) and sum(known) > len(known) / 2

    def _follows(self, edge: Edge) -> bool:
        """Return whether ``edge`` continues the known rhythm (pulses may be missing) or has the known shape."""
        since = edge.sample - self._last
        if self._shape is None or since < self._SHORTEST_MS * self._per_ms:
            return False
        beats = max(round(since / self._spacing), 1)
        on_beat = beats <= 10 and abs(since - beats * self._spacing) <= beats * self._tolerance(self._spacing)
        return edge.resembles(self._shape, self._ALIKE if on_beat else self._SAME)

    def _tolerance(self, spacing: float) -> float:
        return 1.5 + 0.05 * self._per_ms + 0.0005 * spacing

    def _train(self, last: Edge) -> list[Edge]:
        """Return the longest evenly spaced row of like edges that ends with ``last``; empty if too short."""
        alike = [edge for edge in self._edges if edge.sample > self._last and edge.resembles(last.shape, self._ALIKE)]
        for before in alike[-2::-1]:
            spacing = last.sample - before.sample
            if spacing > self._LONGEST_MS * self._per_ms:
                return []
            row = self._row(alike, last.sample, spacing)
            needed = 3 if spacing >= self._SLOW_MS * self._per_ms else 5
            if spacing < self._SHORTEST_MS * self._per_ms or len(row) < needed:
                continue
            between = sum(edge.sample >= row[0].sample for edge in alike) - len(row)
            if between <= self._STRAY * len(row) and not self._sharper_beside(row, spacing):
                return row
        return []

    def _manual_pulses(self, last: Edge) -> list[Edge]:
        """Return the last edges that begin abruptly, are high, the same and far apart; empty if they are too few."""
        if self._per_ms < _ABRUPT_RATE_HZ / 1e3 or not self._may_be_manual(last):
            return []
        alike = [edge for edge in self._edges if edge.sample > self._last and edge.resembles(last.shape, self._ALIKE)]
        apart = np.diff([edge.sample for edge in alike[-2 * self._MANUAL :]])
        row = alike[-self._MANUAL :]
        same = all(self._may_be_manual(edge) and edge.resembles(last.shape, self._SAME) for edge in row)
        enough = len(row) == self._MANUAL and bool((apart >= self._MANUAL_MS * self._per_ms).all())
        return row if same and enough else []

    def _may_be_manual(self, edge: Edge) -> bool:
        return edge.height_uv >= self._MANUAL_UV and edge.is_abrupt

    def _row(self, edges: Iterable[Edge], last: float, spacing: float) -> list[Edge]:
        """Return those of ``edges`` at ``last`` and every ``spacing`` before it, without a gap, oldest first."""
        row: list[Edge] = []
        wanted, tolerance = last, self._tolerance(spacing)
        for edge in reversed(list(edges)):
            if abs(edge.sample - wanted) <= tolerance:
                row.insert(0, edge)
                wanted = edge.sample - spacing
            elif edge.sample < wanted - tolerance:
                break
        return row

    def _sharper_beside(self, row: list[Edge], spacing: float) -> bool:
        """Return whether a sharper row of the same spacing runs beside: then ``row`` is the response, no stimulus."""
        for edge in self._edges:
            if 0 < row[-1].sample - edge.sample < spacing and edge.sharpness > row[-1].sharpness:
                beside = self._row(self._edges, edge.sample, spacing)
                if len(beside) >= len(row) - 1:
                    return True
        return False


def _mixed(known: Array | None, new: Array) -> Array:
    mixed = new if known is None else 0.8 * known + 0.2 * new
    return np.asarray(mixed / np.linalg.norm(mixed))
