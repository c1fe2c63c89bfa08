"""The sequence of a visit: rest, largest efforts, trials; and the result of each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from guidance.biofeedback.calibration import RestLevel, largest_uv, measure_rest, too_weak
from guidance.biofeedback.envelope import STEP_S, EnvelopeBand
from guidance.biofeedback.heart_artefact import heart_interval_s
from guidance.biofeedback.plan import ExercisePlan
from guidance.biofeedback.records import MuscleCalibration, PhaseRecord, TrialRecord
from guidance.biofeedback.scoring import TrialScore, next_line_uv, score
from guidance.contracts.events import Record
from guidance.signal.sweep.basis import Array

PREPARE_S, READY_S, RECOVER_S = 3.0, 3.0, 6.0
"""Length of these phases (unsourced)."""

WAITED_S = 60.0
"""Calibration waits this long for a missing signal."""

ROUNDS = 3
"""How often the largest efforts are requested before the calibration fails."""

_CALIBRATING = ("rest", "effort")
_HEART = (
    "the signal has a heart artefact, and the sample rate of this amplifier is too low to filter it; "
    "move the electrodes."
)


@dataclass(frozen=True, slots=True)
class ExercisePhase:
    """A phase: ``name`` is prepare, rest, ready, effort, recover, work, pause or done.

    ``prompt`` has few words, legible across a room; ``do`` is a sentence. The phase concerns muscle ``channel`` and
    ``trial`` (None in calibration).
    """

    name: str
    seconds: float
    prompt: str
    do: str
    channel: int = 0
    trial: int | None = None


_WORK = {
    "relax": ("LET GO", "Let the muscle go. Keep the bar below the line."),
    "contract-hold": ("HOLD", "Tense the muscle. Bring the bar above the line and hold it there."),
    "work-rest": ("TENSE", "Tense the muscle. Keep the bar above the line."),
    "antagonist-quiet": ("TENSE", "Tense the first muscle above its line, and keep the second below its own."),
}
DONE = ExercisePhase("done", 0.0, "WELL DONE", "This visit is finished.")
"""The last phase of a visit; it has no end of its own, so its time is 0 s."""


class TrialSequence:
    """The state of a visit, advanced by envelope steps. ``failed`` is the reason why a visit cannot continue.

    ``lines_uv`` and ``largest_uv`` have a value for each calibrated muscle, None until it is calibrated.
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
        self.scores: list[TrialScore] = []
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

    def move_line(self, steps: int) -> bool:
        """Move the line of the working muscle by 5 % a step; return whether there is a line."""
        line_uv, rest, most_uv = self.lines_uv[0], self.rests[0], self.largest_uv[0]
        if line_uv is None or rest is None or most_uv is None:
            return False
        self.lines_uv[0] = min(max(line_uv * 1.05**steps, rest.limit_uv), most_uv)
        return True

    def step(self, wide_uv: tuple[float, ...], high_uv: tuple[float, ...]) -> list[Record]:
        """Advance by one step: the envelope of each muscle in both bands, NaN where not known. Return new records."""
        if not (self.over or self.paused):
            self._count((*wide_uv, *high_uv))
            while not self.over and self._steps * STEP_S >= self.phase.seconds - 1e-9:
                self.phase = next(self._script, DONE)
                self._begin_phase()
        out, self._out = self._out, []
        return out

    def in_chosen_band(self, wide_uv: tuple[float, ...], high_uv: tuple[float, ...]) -> tuple[float, ...]:
        """Return the envelope of each muscle in its chosen band."""
        return tuple(high if up else wide for wide, high, up in zip(wide_uv, high_uv, self.above_heart, strict=True))

    def _count(self, bands_uv: tuple[float, ...]) -> None:
        """Store the step; calibration time stops while its muscle is not known."""
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
        yield ExercisePhase("prepare", PREPARE_S, "WAIT", "Sit still. We start in a moment.")
        self._envelopes = []
        yield from self._rest()
        for channel in self.plan.calibrated:
            yield from self._efforts(channel)
        for trial in range(1, self.plan.trials + 1):
            yield from self._trial(trial)

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

    def _calibrated(self, channel: int, rest: RestLevel, most_uv: float) -> None:
        line_uv = max(self.plan.threshold_share * most_uv, rest.limit_uv)
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
        prompt, do = _WORK[self.plan.exercise]
        yield ExercisePhase(
            "ready", READY_S, "GET SET", f"Trial {trial} of {self.plan.trials} comes next.", trial=trial
        )
        self._envelopes = []
        yield ExercisePhase("work", self.plan.work_s, prompt, do, trial=trial)
        work = self._take_envelopes()
        lines_uv = self._lines()
        yield ExercisePhase("pause", self.plan.pause_s, "REST", "Let go and rest.", trial=trial)
        self._score(trial, lines_uv, work, self._take_envelopes())

    def _lines(self) -> tuple[float, ...]:
        return tuple(line for line in (self.lines_uv[channel] for channel in self.plan.calibrated) if line is not None)

    def _score(self, trial: int, lines_uv: tuple[float, ...], work: Array, pause: Array) -> None:
        rest, most_uv = self.rests[0], self.largest_uv[0]
        if rest is None or most_uv is None:
            return
        result = score(self.plan, lines_uv, rest.limit_uv, work, pause)
        next_uv = next_line_uv(self.plan, self._lines()[0], result, rest.limit_uv, most_uv)
        self.scores.append(result)
        self.lines_uv[0] = next_uv
        self._out.append(
            TrialRecord(
                number=trial,
                exercise=self.plan.exercise,
                seconds=self.plan.work_s,
                score_percent=_percent(result.share),
                reached=result.reached,
                level_uv=result.level_uv,
                lines_uv=lines_uv,
                next_line_uv=next_uv,
                held_s=result.held_s,
                rest_percent=_percent(result.rest_share),
                quiet_percent=_percent(result.quiet_share),
                unknown_percent=100 * result.unknown_share,
                why=result.why,
            )
        )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
