"""Guidance by the needle's own EMG: from blocks to potentials, motor units and closeness, as event records."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from drivers.base import Block
from guidance.contracts.events import BY_EMG, Activity, Entry, MotorUnit, Proximity, Record, unknown_proximity
from guidance.contracts.snapshot import NeedleView
from guidance.contracts.zones import completed
from guidance.needle_emg.closeness import Closeness, Criterion, nearest
from guidance.needle_emg.decomposed_unit import DecomposedUnit
from guidance.needle_emg.decomposition import Decomposer, Settled
from guidance.needle_emg.effort import PHASES, ActivitySecond, judge_effort
from guidance.needle_emg.endplate import PlateActivity, plate_activity
from guidance.needle_emg.first_answers import FirstAnswers
from guidance.needle_emg.potential_detector import HOP_MS, Potential, PotentialDetector
from guidance.needle_emg.settling import SettledRecords
from guidance.needle_emg.tendency import Tendency
from guidance.protocol import EffortPhase, NeedleEmgPlan
from guidance.proximity.zone_hysteresis import ZoneHysteresis

_RECENT_S = 2.0
"""Closeness and end-plate activity count the potentials of this many seconds."""

_LONG_GAP_S = 8.0
"""Gap whose seconds have no record of their own, in s: as long as the history of the signal."""

_REPORT_EVERY_S = 0.25
"""An unchanged zone is reported again after this long."""

_LEARN_EVERY_S = 0.2
"""The closeness of a unit is estimated again after this long; an average of two seconds changes little sooner."""

_AFTER_PULSE_MS, _PULSES_LAPSE_S = 25.0, 3.0
"""After a pulse no potential counts for the first time, and the EMG does not guide for the second."""

_PLATE_S = 3
"""End-plate activity must last for this many seconds in a row."""

_PAUSE_S = 0.5
"""A longer interval is a pause of a unit (a judgement)."""

_RHYTHM, _RHYTHM_CV = 6, 0.35
"""A unit is rhythmic if its newest intervals, this many, vary by less than this (a judgement, unsourced)."""


class NeedleGuide:
    """Guidance by the EMG of the first channel. While ``guides`` is False (stimulation), it reports no proximity."""

    def __init__(self, plan: NeedleEmgPlan, channel: str, sample_rate_hz: float) -> None:
        """Follow ``plan``; no effort is requested until the operator marks one."""
        self._plan, self._channel, self._sample_rate_hz = plan, channel, sample_rate_hz
        self._criterion = Criterion(plan.rise_time_us, plan.outside_below_uv)
        self._detector = PotentialDetector(sample_rate_hz)
        self._decomposer = Decomposer(sample_rate_hz)
        self._turns: deque[Settled] = deque()
        self._settled = SettledRecords(channel, sample_rate_hz, self._decomposer.rate_hz)
        self._hop = max(1, round(HOP_MS * sample_rate_hz / 1e3))
        self.phase: EffortPhase | None = None
        self._answers = FirstAnswers(sample_rate_hz, _RECENT_S)
        self._closeness: dict[int, tuple[int, Closeness]] = {}
        self._tendency = Tendency(sample_rate_hz)
        self._zone = ZoneHysteresis()
        self._last: Proximity | None = None
        self._last_at = -sample_rate_hz
        self._seconds = self._plate_s = 0
        self.activity: Activity | None = None
        self.guides = True
        self._pulse = -round(_PULSES_LAPSE_S * sample_rate_hz) - 1

    def cut(self, block: Block) -> Iterator[Block]:
        """Split ``block`` on a fixed grid, so that the order of the records does not depend on the block size."""
        if block.end_sample <= (block.first_sample // self._hop + 1) * self._hop:
            yield block
            return
        at = block.first_sample
        while at < block.end_sample:
            stop = min((at // self._hop + 1) * self._hop, block.end_sample)
            is_first = at == block.first_sample
            part = block.samples[at - block.first_sample : stop - block.first_sample]
            yield replace(block, first_sample=at, samples=part, pulses=block.pulses if is_first else ())
            at = stop

    def pulse(self, sample: int) -> None:
        """Ignore the response to the stimulus at ``sample``."""
        self._pulse = sample
        self._tendency.restart()
        until = sample + round(_AFTER_PULSE_MS * self._sample_rate_hz / 1e3)
        self._detector.blank(until)
        self._decomposer.blank(sample, until)

    def requested(self, what: str) -> Entry | None:
        """Start phase ``what`` and return its entry for the record; None if the plan has no such phase."""
        phase = next((known for known in PHASES if known == what and known in self._plan.phases), None)
        if phase is None:
            return None
        self.phase = phase
        self._tendency.restart()
        return Entry("activation", {"phase": phase, "movement": self._plan.activation})

    def set_stimulating(self, now: int, *, stimulates: bool) -> Iterator[Record]:
        """Switch between EMG and stimulation at sample ``now``; pulses of an external stimulator count too."""
        guides = not stimulates and now - self._pulse > _PULSES_LAPSE_S * self._sample_rate_hz
        if guides == self.guides:
            return
        self.guides = guides
        self._last = None
        self._closeness.clear()
        yield Entry("hand-over", {"to": "needle EMG" if guides else "stimulation"})

    def follow(self, part: Block) -> Iterator[tuple[int, Record]]:
        """Yield the records of ``part``, a block from ``cut``, each with the sample at which it was known."""
        if part.first_sample - self._detector.end > _LONG_GAP_S * self._sample_rate_hz:
            self._seconds = int(part.first_sample / self._sample_rate_hz)
        for potential in self._found(part.first_sample, part.samples[:, 0].astype(float)):
            yield from self._settle(potential.known_at)
            yield from ((potential.known_at, record) for record in self._potential(potential))
        self._turns += self._decomposer.work()
        yield from self._settle(part.end_sample)
        while (second := round((self._seconds + 1) * self._sample_rate_hz)) <= self._detector.end:
            self._seconds += 1
            yield from ((second, record) for record in self._second(second))

    def _found(self, first: int, samples: NDArray[np.float64]) -> list[Potential]:
        """Return the potentials of ``samples``, from number ``first`` on; NaN is a lost sample."""
        is_known = np.isfinite(samples)
        runs = [(0, len(samples))] if len(samples) else []
        if not is_known.all():
            known = np.flatnonzero(is_known)
            parts = np.split(known, np.flatnonzero(np.diff(known) > 1) + 1)
            runs = [(int(part[0]), int(part[-1]) + 1) for part in parts if len(part)]
        potentials: list[Potential] = []
        for low, high in runs:
            potentials += [*self._detector.lose(first + low), *self._detector.feed(samples[low:high])]
            self._turns += self._decomposer.lose(first + low)
            self._decomposer.add(samples[low:high])
        return potentials

    def _settle(self, until: int) -> Iterator[tuple[int, Record]]:
        """Yield the settled records that were known at sample ``until``."""
        while self._turns and self._turns[0].known_at <= until:
            turn = self._turns.popleft()
            records = self._settled.settle(turn.firings, turn.settled_to)
            self._answers.settle(records, [firing.unit for firing in turn.firings if firing.unit])
            yield from ((turn.known_at, record) for record in records)

    def view(self) -> NeedleView:
        """Return what a screen shows of the needle EMG."""
        now = self.activity
        return NeedleView(
            phase=self.phase,
            requested=self._plan.activation or "",
            phases=self._plan.phases,
            pattern=now.pattern if now else None,
            potentials_per_s=now.potentials_per_s if now else 0.0,
            units=now.units if now else 0,
            fits=now.fits if now else None,
            text=now.text if now else "",
            edges_ms=self._criterion.edges_ms,
            change=self._tendency.at(self._detector.end) if self.guides else None,
        )

    def _potential(self, potential: Potential) -> Iterator[Record]:
        measures = potential.measures
        fit = self._decomposer.guess(potential.sample, potential.known_at)
        known = fit.unit if fit else None
        at = self._decomposer.peak_of(fit) if fit else float(potential.sample)
        self._answers.add(potential, known, at)
        self._drop_old(potential.known_at)
        first_answer = MotorUnit(
            sample=potential.sample,
            channel=self._channel,
            unit=known.number if known else None,
            amplitude_uv=measures.amplitude_uv,
            rise_time_us=measures.rise_us,
            duration_ms=measures.duration_ms,
            phases=measures.phases,
            turns=measures.turns,
            begins_negative=measures.begins_negative,
            firing_hz=known.firing_hz(self._decomposer.rate_hz) if known else None,
            change=self._tendency.add(potential),
        )
        self._settled.await_settling(first_answer)
        yield first_answer
        if known and self.guides:
            self._learn(known, potential.known_at)
            yield from self._report(potential)

    def _learn(self, unit: DecomposedUnit, now: int) -> None:
        """Estimate the closeness of ``unit`` again, unless that was done a short time before sample ``now``."""
        known = self._closeness.get(unit.number)
        if known and now - known[0] < _LEARN_EVERY_S * self._sample_rate_hz:
            return
        answers = self._answers.of(unit)
        near = self._criterion.of(unit, answers, self._sample_rate_hz, self._decomposer.rate_hz)
        if near:
            self._closeness[unit.number] = now, near
        else:
            self._closeness.pop(unit.number, None)

    def _drop_old(self, now: int) -> None:
        oldest = now - round(_RECENT_S * self._sample_rate_hz)
        self._answers.drop_old(now)
        self._closeness = {number: entry for number, entry in self._closeness.items() if entry[0] >= oldest}

    def _report(self, potential: Potential) -> Iterator[Proximity]:
        """Yield the closeness if its zone has changed or a quarter of a second has passed."""
        near = nearest(near for _, near in self._closeness.values())
        if near is None or self._plate_s >= _PLATE_S:
            return
        now = potential.known_at
        proximity = self._zone.settle(_by_closeness(near, potential.sample))
        is_new = self._last is None or (proximity.zone, True) != (self._last.zone, self._last.valid)
        if is_new or now - self._last_at >= _REPORT_EVERY_S * self._sample_rate_hz:
            self._last, self._last_at = proximity, now
            yield proximity

    def _second(self, second: int) -> Iterator[Record]:
        self._drop_old(second)
        within = self._answers.potentials(second - self._sample_rate_hz)
        plate = self._plate_now()
        units = self._answers.units(second - self._sample_rate_hz)
        busy = self._detector.busy
        share = float(np.mean(busy)) if busy else 0.0
        activity = ActivitySecond(len(within), len(units), share, is_plate=plate is not None)
        fits, text = judge_effort(self.phase, activity)
        noise_uv = self._detector.noise_uv
        self.activity = Activity(
            self.phase, activity.pattern, float(len(within)), len(units), share, noise_uv, fits, text
        )
        yield self.activity
        if self.guides:
            yield from self._at_rest(second, plate)

    def _at_rest(self, second: int, plate: PlateActivity | None) -> Iterator[Proximity]:
        """Yield a proximity when no unit gives one: end-plate activity, or why nothing is known."""
        proximity = _by_plate(plate, second) if plate else None
        if proximity is None and not self._closeness:
            proximity = _unknown(second, self._why())
        if proximity and (proximity.valid or self._last is None or _gist(proximity) != _gist(self._last)):
            self._zone.settle(proximity)
            self._last, self._last_at = proximity, second
            yield proximity

    def _why(self) -> str:
        if len(self._answers.potentials()) > _RECENT_S:
            return "no-clear-unit"
        return "at-rest" if self.phase in {None, "rest"} else "silent"

    def _plate_now(self) -> PlateActivity | None:
        """Return end-plate activity that has lasted for three seconds; a unit with a rhythm excludes it."""
        plate = None
        if self.phase in {None, "rest"} and not any(self._is_rhythmic(unit) for unit in self._decomposer.units):
            plate = plate_activity(self._answers.potentials(), _RECENT_S, self._sample_rate_hz)
        self._plate_s = self._plate_s + 1 if plate and plate.is_present else 0
        return plate if self._plate_s >= _PLATE_S else None

    def _is_rhythmic(self, unit: DecomposedUnit) -> bool:
        """Return whether ``unit``, by its settled firings, has fired with a rhythm of late."""
        times_s = np.array(unit.times) / self._decomposer.rate_hz
        between = np.diff(times_s)
        between = between[between <= _PAUSE_S][-_RHYTHM:]
        recent = len(times_s) > 0 and self._detector.end / self._sample_rate_hz - times_s[-1] < _RECENT_S
        return bool(recent) and len(between) == _RHYTHM and float(between.std()) < _RHYTHM_CV * float(between.mean())


def _by_closeness(near: Closeness, sample: int) -> Proximity:
    known = _proximity(sample, near.zone, near.zone_probability)
    return replace(known, rise_time_us=near.rise_us, closeness=near.closeness)


def _by_plate(plate: PlateActivity, sample: int) -> Proximity:
    shares = completed({"approach": 1 - plate.share, "target": plate.share})
    return replace(_proximity(sample, "target", shares), place="end-plate")


def _unknown(sample: int, why: str) -> Proximity:
    """Return an unknown proximity; an effort without potentials counts as a search without response."""
    return unknown_proximity(sample, why, by=BY_EMG, searched=why == "silent")


def _proximity(sample: int, zone: str, shares: dict[str, float]) -> Proximity:
    return Proximity(sample, None, None, None, zone, shares, valid=True, why=None, by=BY_EMG)


def _gist(proximity: Proximity) -> tuple[object, ...]:
    return proximity.valid, proximity.zone, proximity.why, proximity.place
