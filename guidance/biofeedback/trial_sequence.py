"""The sequence of a visit: rest, largest efforts, trials; and the result of each."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from guidance.biofeedback import phases
from guidance.biofeedback.calibration import RestLevel, largest_uv, measure_rest, too_weak
from guidance.biofeedback.envelope import STEP_S, EnvelopeBand
from guidance.biofeedback.heart_artefact import heart_interval_s
from guidance.biofeedback.phases import DONE, PREPARE, READY_S, RECOVER_S, SYMPTOM, ExercisePhase
from guidance.biofeedback.plan import ExercisePlan
from guidance.biofeedback.records import MuscleCalibration, PhaseRecord, trial_record
from guidance.biofeedback.scoring import TrialScore, next_line_uv, score, time_to_relax_s
from guidance.contracts.events import Entry, Record
from guidance.signal.sweep.basis import Array

WAITED_S = 60.0
"""Calibration waits this long for a missing signal."""

ROUNDS = 3
"""How often the largest efforts are requested before the calibration fails."""

_CALIBRATING = ("rest", "effort")
_HEART = (
    "the signal has a heart artefact, and the sample rate of this amplifier is too low to filter it; "
    "move the electrodes."
)


OPERATOR_SPAN = 4.0
"""The operator moves a line that comes from rest by this factor at most, up or down (unsourced)."""


class TrialSequence:
    """The state of a visit, advanced by envelope steps. ``failed`` is the reason why a visit cannot continue.

    ``lines_uv`` and ``largest_uv`` have a value for each calibrated muscle, None until it is calibrated (and without a
    largest effort where the line comes from rest); ``upper_uv`` is the upper edge of a level to hold.
    """

    def __init__(
        self, plan: ExercisePlan, names: tuple[str, ...], bands: tuple[EnvelopeBand, EnvelopeBand | None]
    ) -> None:
        """Follow ``plan`` for the muscles ``names``; ``bands`` are the wide one and that above the heart, if any."""
        self.plan, self.names, self._bands = plan, names, bands
        count = len(names)
        self.above_heart = [False] * count
        self.rests: list[RestLevel | None] = [None] * count
        self.largest_uv: list[float | None] = [None] * count
        self.lines_uv: list[float | None] = [None] * count
        self.upper_uv: float | None = None
        self.scores: list[TrialScore] = []
        self._relax_s: list[float] = []
        self.failed: str | None = None
        self.hint = self._standing_hint = ""
        self.paused = False
        self._envelopes: list[tuple[float, ...]] = []
        self._steps = self._waited = 0
        self._out: list[Record] = []
        self._script = self._visit()
        self.phase = next(self._script)
        self._begin_phase()

    @property
    def over(self) -> bool:
        """Whether the visit is finished or has failed."""
        return self.phase.name == "done" or self.failed is not None

    @property
    def left_s(self) -> float:
        """Seconds left in this phase."""
        return max(self.phase.seconds - self._steps * STEP_S, 0.0)

    @property
    def waiting(self) -> bool:
        """Whether calibration waits for a missing signal."""
        return self._waited > 0

    @property
    def waits_for_score(self) -> bool:
        """Whether the visit waits for a symptom score."""
        return self.phase.name == SYMPTOM

    def move_line(self, steps: int) -> bool:
        """Move the line of the working muscle by 5 % a step; return whether there is one that can be moved."""
        line_uv, rest, most_uv = self.lines_uv[0], self.rests[0], self.largest_uv[0]
        if line_uv is None or rest is None or self.plan.levels:
            return False
        least_uv = rest.limit_uv if most_uv is not None else rest.limit_uv / OPERATOR_SPAN
        self.lines_uv[0] = min(max(line_uv * 1.05**steps, least_uv), most_uv or rest.limit_uv * OPERATOR_SPAN)
        return True

    def enter_symptom(self, score: int | None) -> Entry | None:
        """Take the symptom ``score``, 0 to 10 or None where it is skipped; None where none is awaited."""
        if not self.waits_for_score:
            return None
        when = "before" if not self.scores else "after"
        self._advance()
        return Entry("symptom", {"when": when, "score": score})

    def step(self, wide_uv: tuple[float, ...], high_uv: tuple[float, ...]) -> list[Record]:
        """Advance by one step: the envelope of each muscle in both bands, NaN where not known. Return new records."""
        if not (self.over or self.paused):
            self._count((*wide_uv, *high_uv))
            while self._is_phase_over():
                self._advance()
        out, self._out = self._out, []
        return out

    def _is_phase_over(self) -> bool:
        waits = self.over or self.waits_for_score
        return not waits and self._steps * STEP_S >= self.phase.seconds - 1e-9

    def _advance(self) -> None:
        self.phase = next(self._script, DONE)
        self._begin_phase()

    def in_chosen_band(self, wide_uv: tuple[float, ...], high_uv: tuple[float, ...]) -> tuple[float, ...]:
        """Return the envelope of each muscle in its chosen band."""
        return tuple(high if up else wide for wide, high, up in zip(wide_uv, high_uv, self.above_heart, strict=True))

    def _count(self, bands_uv: tuple[float, ...]) -> None:
        """Store the step. Calibration stops while its muscle is not known, everything while a score is awaited."""
        if self.waits_for_score:
            return
        first, last = (
            (0, len(self.names)) if self.phase.name == "rest" else (self.phase.channel, self.phase.channel + 1)
        )
        missing = self.phase.name in _CALIBRATING and any(math.isnan(value) for value in bands_uv[first:last])
        if not missing:
            self._waited = 0
            self._steps += 1
            self._envelopes.append(bands_uv)
            return
        self._waited += 1
        if self._waited * STEP_S > WAITED_S:
            self.failed = "The signal was missing for a minute; attach the electrodes and start again."

    def _begin_phase(self) -> None:
        self._steps = self._waited = 0
        phase = self.phase
        if phase.seconds:
            fields = (phase.name, phase.seconds, phase.prompt, self.names[phase.channel], phase.trial)
            self._out.append(PhaseRecord(*fields))

    def _take_envelopes(self) -> Array:
        """Return the envelopes since the last call, (steps, channels), each muscle in its band, and clear them."""
        count = len(self.names)
        stored, self._envelopes = np.array(self._envelopes).reshape(-1, 2 * count), []
        return np.where(self.above_heart, stored[:, count:], stored[:, :count])

    def _visit(self) -> Iterator[ExercisePhase]:
        if self.plan.requests_symptom:
            yield phases.symptom("before")
        yield PREPARE
        self._envelopes = []
        yield from self._rest()
        for channel in self.plan.calibrated:
            yield from self._efforts(channel)
        for trial in range(1, self.plan.trials + 1):
            yield from self._trial(trial)
        if self.plan.requests_symptom and not self.failed:
            yield phases.symptom("after")
        yield phases.done(self.rests[0], float(np.median(self._relax_s)) if self._relax_s else None)

    def _rest(self) -> Iterator[ExercisePhase]:
        yield ExercisePhase("rest", self.plan.rest_s, "LET GO", "Let all muscles go and sit still: this is your rest.")
        self._find_heart_artefacts()
        at_rest = self._take_envelopes()
        for channel in range(len(self.names)):
            rest = measure_rest(at_rest[:, channel], self.plan.rest_sd)
            if isinstance(rest, str):
                self._fail(channel, rest)
                return
            self.rests[channel] = rest

    def _find_heart_artefacts(self) -> None:
        """Choose the band above the heart for each muscle with a heart artefact at rest."""
        envelopes = np.array(self._envelopes)
        self._heart_s = [heart_interval_s(envelopes[:, channel]) for channel in range(len(self.names))]
        for channel, heart_s in enumerate(self._heart_s):
            self.above_heart[channel] = heart_s is not None and self._bands[1] is not None
            if heart_s is not None and self._bands[1] is None:
                self.hint = self._standing_hint = f"{self.names[channel]}: {_HEART}"

    def _efforts(self, channel: int) -> Iterator[ExercisePhase]:
        rest = self.rests[channel]
        if self.failed or rest is None:
            return
        if self.plan.line_from_rest:
            self._calibrated(channel, rest, None)
            return
        which = "" if len(self.plan.calibrated) == 1 else f" Muscle: {self.names[channel]}."
        why: str | None = None
        for _ in range(ROUNDS):
            efforts = []
            for number in range(1, self.plan.efforts + 1):
                yield ExercisePhase("ready", READY_S, "GET SET", f"Your strongest effort comes next.{which}", channel)
                self._envelopes = []
                do = f"As strong as you can, without pain: {number} of {self.plan.efforts}.{which}"
                yield ExercisePhase("effort", self.plan.effort_s, "TENSE", do, channel)
                efforts.append(self._take_envelopes()[:, channel])
                yield ExercisePhase("recover", RECOVER_S, "REST", "Let go and rest.", channel)
            most_uv = largest_uv(efforts)
            why = too_weak(rest, most_uv)
            if why is None and most_uv is not None:
                self._calibrated(channel, rest, most_uv)
                return
            self.hint = f"Once more: {why}."
        self._fail(channel, why or "no effort was measured", rest)

    def _calibrated(self, channel: int, rest: RestLevel, most_uv: float | None) -> None:
        share = self.plan.threshold_share
        line_uv = rest.limit_uv if share is None or most_uv is None else max(share * most_uv, rest.limit_uv)
        self.largest_uv[channel], self.lines_uv[channel], self.hint = most_uv, line_uv, self._standing_hint
        self._out.append(self._calibration(channel, rest, most_uv, line_uv, None))

    def _fail(self, channel: int, why: str, rest: RestLevel | None = None) -> None:
        self.failed = f"{self.names[channel]}: {why}."
        self._out.append(self._calibration(channel, rest, None, None, why))

    def _calibration(
        self, channel: int, rest: RestLevel | None, most_uv: float | None, line_uv: float | None, why: str | None
    ) -> MuscleCalibration:
        wide, high = self._bands
        band = high if self.above_heart[channel] and high else wide
        heart_s = self._heart_s[channel]
        return MuscleCalibration(
            channel=self.names[channel],
            rest_mean_uv=rest.mean_uv if rest else None,
            rest_sd_uv=rest.sd_uv if rest else None,
            rest_limit_uv=rest.limit_uv if rest else None,
            largest_uv=most_uv,
            line_uv=line_uv,
            band_hz=(band.low_hz, band.high_hz),
            heart_per_min=60.0 / heart_s if heart_s else None,
            why=why,
        )

    def _trial(self, trial: int) -> Iterator[ExercisePhase]:
        if self.failed:
            return
        goal, most_uv = self.plan.goal_of(trial), self.largest_uv[0]
        if goal is not None and most_uv is not None:
            self.lines_uv[0], self.upper_uv = goal.band_uv(most_uv)
        yield phases.ready(self.plan, trial)
        self._envelopes = []
        yield phases.work(self.plan, trial, self.rests[0], self.lines_uv[0])
        work, lines_uv = self._take_envelopes(), self._lines()
        result = self._scored(lines_uv, work, work[:0])
        yield phases.pause(self.plan, trial, goal, self._percent_of_largest(result))
        self._record(trial, lines_uv, work, self._take_envelopes())

    def _lines(self) -> tuple[float, ...]:
        return tuple(line for line in (self.lines_uv[channel] for channel in self.plan.calibrated) if line is not None)

    def _scored(self, lines_uv: tuple[float, ...], work: Array, pause: Array) -> TrialScore | None:
        rest = self.rests[0]
        if rest is None or not lines_uv:
            return None
        return score(self.plan, lines_uv, rest.limit_uv, work, pause, self.upper_uv or math.inf)

    def _percent_of_largest(self, result: TrialScore | None) -> float | None:
        most_uv = self.largest_uv[0]
        if result is None or result.level_uv is None or not most_uv:
            return None
        return 100 * result.level_uv / most_uv

    def _record(self, trial: int, lines_uv: tuple[float, ...], work: Array, pause: Array) -> None:
        result, rest = self._scored(lines_uv, work, pause), self.rests[0]
        if result is None or rest is None:
            return
        next_uv = next_line_uv(self.plan, self._lines()[0], result, rest.limit_uv, self.largest_uv[0])
        let_go = (pause if self.plan.wants_above else work)[:, 0]
        relax_s = time_to_relax_s(let_go, rest.limit_uv)
        if relax_s is not None:
            self._relax_s.append(relax_s)
        self.scores.append(result)
        self.lines_uv[0] = next_uv
        self._out.append(
            trial_record(self.plan, trial, result, lines_uv=lines_uv, next_uv=next_uv, relax_s=relax_s,
                         level_percent=self._percent_of_largest(result))
        )  # fmt: skip
