"""The score of one insertion: the engine's records compared with the truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from guidance.contracts.events import Alarm, Command, Interval, Proximity, Response, Stimulus, TimedRecord
from guidance.contracts.zones import edges_of
from guidance.protocol import Protocol
from guidance.trial.needle_path import COLD_S
from guidance.trial.result import Insertion, Moment
from guidance.trial.too_close_scoring import Passages

KNOWN_WITHIN = 0.10
INSIDE_MM = -0.15
"""The tip is inside the nerve from this distance to its surface on."""
FAR_RATIO = 3.0
"""A zone is false, not only imprecise, where the threshold is so many times its far edge (a judgement)."""
_NEAR_ZONES = ("target", "close")
_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth at ``t`` (s): threshold at 0.1 ms, distance to the nerve's surface (negative inside), nominal speed."""

    t: float
    threshold_ma: float
    distance_mm: float
    speed_mm_s: float


class InsertionScore:
    """Score of an insertion, updated with the truth and with the records in order of time."""

    def __init__(self, protocol: Protocol, max_current_ma: float, front: str | None = None) -> None:
        """Score an insertion under ``protocol``, with currents of at most ``max_current_ma``, behind ``front``."""
        self._max_ma, self._front = max_current_ma, front
        self._spans = edges_of(protocol).spans()
        self._far_named = 0
        self._undecided: Counter[str] = Counter()
        self._passages = Passages(protocol.lower_bound_ma)
        self._moments: list[Moment] = []
        self._open: tuple[Moment, float] | None = None
        self._refused: Counter[str] = Counter()
        self._stimuli = self._near = 0
        self._cold: int | None = None
        self._reachable = False
        self._entered = self._rise_inside = self._rise_outside = False
        self._actual = Truth(0.0, 1e9, 1e9, 0.0)

    def now(self, actual: Truth, *, pulse: bool = False) -> None:
        """Update the truth; ``pulse``: the next pulse is about to be delivered."""
        self._actual = actual
        self._passages.threshold(actual.t, actual.threshold_ma, self._stimuli)
        self._reachable |= actual.t < COLD_S and actual.threshold_ma <= self._max_ma
        self._entered |= actual.distance_mm < INSIDE_MM
        if pulse:
            self._close()

    def take(self, timed: TimedRecord) -> None:
        """Score a record of the engine."""
        record = timed.record
        if isinstance(record, Stimulus):
            self._stimuli += 1
        elif isinstance(record, Proximity):
            self._estimate(record)
        elif isinstance(record, Response) and record.contaminated:
            self._undecided[record.doubt or "unfit"] += 1
        elif isinstance(record, Alarm) and record.code == "too-close":
            self._passages.alarm(self._actual.t, self._stimuli, active=record.active)
        elif isinstance(record, Alarm) and record.code == "impedance-rise" and record.active:
            self._rise_inside |= self._entered
            self._rise_outside |= not self._entered
        elif isinstance(record, Command) and record.by == "safety" and record.why:
            self._refused[record.why] += 1

    def insertion(self, world: int, seconds: float) -> Insertion:
        """Return the result at the end of the insertion."""
        if self._open:
            self._moments.append(self._open[0])
        return Insertion(
            world=world,
            seconds=round(seconds, 3),
            stimuli=self._stimuli,
            moments=self._moments,
            too_close=self._passages.end(seconds),
            cold=self._cold,
            reachable=self._reachable,
            refused=dict(self._refused),
            entered=self._entered,
            rise_inside=self._rise_inside,
            rise_outside=self._rise_outside,
            front=self._front,
            far_named=self._far_named,
            undecided=dict(self._undecided),
        )

    def _estimate(self, estimate: Proximity) -> None:
        """Score an estimate; one that is not valid ends no search and adds no moment."""
        if not estimate.valid or estimate.threshold_0p1ms_ma is None:
            self._near = 0
            return
        actual, median_ma = self._actual, estimate.threshold_0p1ms_ma[1]
        self._far_named += is_far_named(estimate.zone, actual.threshold_ma, self._spans)
        distance = estimate.distance_mm
        error = abs(median_ma / actual.threshold_ma - 1)
        if actual.t < COLD_S:
            self._search(error)
        moment = Moment(
            speed_mm_s=actual.speed_mm_s,
            zone=estimate.zone or "unknown",
            error=round(error, 6),
            next_error=None,
            threshold_held=_holds(estimate.threshold_0p1ms_ma, actual.threshold_ma),
            distance_held=None if distance is None else _holds(distance, max(actual.distance_mm, 0.0)),
        )
        self._open = (moment, median_ma)

    def _search(self, error: float) -> None:
        self._near = self._near + 1 if error <= KNOWN_WITHIN else 0
        if self._cold is None and self._near == _IN_A_ROW:
            self._cold = self._stimuli - 1

    def _close(self) -> None:
        """Complete the open moment with the threshold's error now, as the next pulse is delivered."""
        if self._open:
            moment, median_ma = self._open
            error = abs(median_ma / self._actual.threshold_ma - 1)
            self._moments.append(replace(moment, next_error=round(error, 6)))
            self._open = None


def is_far_named(zone: str | None, threshold_ma: float, spans: dict[str, tuple[float, float]]) -> bool:
    """Return whether ``zone`` is target or close and the true threshold more than three times where it begins."""
    return zone in _NEAR_ZONES and threshold_ma > FAR_RATIO * spans[zone][1]


def _holds(interval: Interval, value: float) -> bool:
    return interval[0] <= value <= interval[2]
