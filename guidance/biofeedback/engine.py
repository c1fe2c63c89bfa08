"""The pure loop of biofeedback, without clock, thread, screen or device; it cannot request a stimulus.

It receives blocks and messages and emits event records. The records do not depend on the block size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from drivers.base import Block, DeviceInfo
from guidance.alarms.board import AlarmBoard
from guidance.alarms.health import HealthMonitor
from guidance.biofeedback.envelope import STEP_S
from guidance.biofeedback.feedback import Feedback, cue
from guidance.biofeedback.muscles import EnvelopeStep, MuscleSignals
from guidance.biofeedback.onset import ActivityEdge
from guidance.biofeedback.plan import ExercisePlan
from guidance.biofeedback.records import EnvelopeSecond, onset_record
from guidance.biofeedback.trial_sequence import TrialSequence
from guidance.biofeedback.view import exercise_view
from guidance.contracts.commands import (
    Acknowledge,
    FrameAck,
    OperatorCommand,
    OperatorNote,
    PausePlayback,
    SymptomScore,
    TurnDial,
)
from guidance.contracts.events import End, Entry, Record, Signal, TimedRecord
from guidance.contracts.origin import Origin
from guidance.contracts.snapshot import Snapshot
from guidance.contracts.task_views import ExerciseView
from guidance.engine.records import start_of
from guidance.engine.settings import Settings
from guidance.engine.snapshot_builder import EngineState, SessionState, SnapshotBuilder, recorded
from guidance.stimulation.actions import Action
from guidance.stimulation.control import Stimulation

_STEPS_A_SECOND = round(1 / STEP_S)
_NOTHING_COMES = ("device-lost", "stale")
"""Alarms during which the last envelope is no longer valid."""


class BiofeedbackEngine:
    """The engine of one visit. ``stimulation`` and ``actions`` stay empty: nothing here stimulates."""

    stimulation: Stimulation | None = None

    def __init__(
        self, settings: Settings, plan: ExercisePlan, info: DeviceInfo, columns: tuple[int, ...], wall_time: str
    ) -> None:
        """Run ``plan`` on the channels ``columns`` of device ``info``, from ``wall_time`` (RFC 3339) on."""
        self.settings, self.plan, self.info, self._wall_time = settings, plan, info, wall_time
        self.actions: list[Action] = []
        self.alarms = AlarmBoard()
        self.health = HealthMonitor(self.alarms, info.sample_rate_hz)
        self.muscles = MuscleSignals(info, columns, plan.window_s)
        self.builder = SnapshotBuilder(settings, info, self.muscles.names[0])
        self.counters = self.builder.counters
        self.sequence = TrialSequence(plan, self.muscles.names, self.muscles.bands)
        self._columns = columns
        self._feedback = Feedback(len(columns))
        self._cue = ""
        self._has_onset = [False] * len(columns)
        self._now: tuple[float, ...] = (math.nan,) * len(columns)
        self._second: list[tuple[float, ...]] = []

    @property
    def t(self) -> float:
        """Device time: seconds of signal that have arrived."""
        return self.muscles.end / self.info.sample_rate_hz

    def response_due(self, within_s: float) -> bool:  # noqa: ARG002 - the signature of the procedure's engine
        """Return False: no response is awaited, so the screen never has to wait."""
        return False

    def begin(self, origin: Origin) -> TimedRecord:
        """Return the start record for a signal of this ``origin``."""
        recorded = {"training": self.plan.recorded, "columns": list(self._columns)}
        return TimedRecord(0.0, replace(start_of(self.info, self.settings, self._wall_time, origin), settings=recorded))

    @recorded
    def step(
        self, blocks: Sequence[Block], now_ns: int | None = None, messages: Sequence[OperatorCommand] = ()
    ) -> Iterator[TimedRecord]:
        """Process ``blocks`` and ``messages`` and yield the records; ``now_ns`` is None where no clock runs."""
        for message in messages:
            yield from (TimedRecord(self.t, record) for record in self._obey(message, now_ns or 0))
        for block in blocks:
            self.counters.count_block(block)
            yield from self._electrodes(block)
            yield from (TimedRecord(t, record) for t, record in self.health.block(block))
            for envelope in self.muscles.feed(block):
                t = envelope.end / self.info.sample_rate_hz
                yield from (TimedRecord(t, record, block.arrived_ns) for record in self._take(envelope, t))
        if now_ns is not None:
            state = self.health.conditions(None, now_ns, headless=self.settings.headless)
            yield from (TimedRecord(self.t, record) for record in self.health.supervise(None, state, self.t))

    @recorded
    def end(self, reason: str) -> Iterator[TimedRecord]:
        """Yield the record that ends the stream."""
        yield TimedRecord(self.t, End(reason, 0, 0, self.counters.samples, self.counters.lost_samples))

    def arm(self, by: str, now_ns: int) -> Iterator[TimedRecord]:  # noqa: ARG002 - the signature of the procedure's engine
        """Return no record: nothing can be armed."""
        return iter(())

    def pulse_skipped(self) -> Iterator[TimedRecord]:
        """Emit nothing: an exercise requests no pulses."""
        return iter(())

    @recorded
    def update_condition(
        self,
        code: str,
        text: str | None,
        cause: str = "",
        *,
        disarm: bool = True,  # noqa: ARG002
    ) -> Iterator[TimedRecord]:
        """Set alarm ``code`` for ``cause`` on the host, with ``text``; None when it is over."""
        record = self.alarms.update(code, text, cause)
        if record:
            yield TimedRecord(self.t, record)

    @recorded
    def enter(self, entry: Entry) -> Iterator[TimedRecord]:
        """Record an ``entry`` of the host."""
        yield TimedRecord(self.t, entry)

    def snapshot(self, session: SessionState) -> Snapshot:
        """Return what a screen shows now of the ``session``; it has no stimulator."""
        state = EngineState(self.t, self.alarms.signals(), training=self.view(), paused=self.sequence.paused)
        return self.builder.build(state, session)

    def screen_lost(self) -> None:
        """Register that the screen is lost."""
        self.health.screen_lost()

    def journal_failed(self) -> None:
        """Register that the journal cannot be written."""
        self.health.journal_failed()

    @property
    def journal_ok(self) -> bool:
        """Whether the journal can still be written."""
        return self.health.storage_ok

    def is_fit(self, now_ns: int) -> bool:  # noqa: ARG002 - the signature of the procedure's engine
        """Return False: there is no stimulation to be fit for."""
        return False

    def view(self) -> ExerciseView:
        """Return what a screen shows of the exercise."""
        gone = any(self.alarms.holds(code) for code in _NOTHING_COMES)
        now = (math.nan,) * len(self._now) if gone else self._now
        return exercise_view(self.sequence, now, tuple(map(self._why_unknown, self._columns)))

    def _obey(self, message: OperatorCommand, now_ns: int) -> Iterator[Record]:
        if isinstance(message, FrameAck | Acknowledge):
            yield from self.health.receive(message, now_ns)
        elif isinstance(message, PausePlayback):
            self.sequence.paused = message.on
            yield Entry("pause", {"on": message.on})
        elif isinstance(message, TurnDial):
            if self.sequence.move_line(message.steps):
                yield Entry("line", {"steps": message.steps, "line_uv": self.sequence.lines_uv[0]})
        elif isinstance(message, SymptomScore):
            entry = self.sequence.enter_symptom(message.score)
            if entry is not None:
                yield entry
        elif isinstance(message, OperatorNote):
            yield Entry(message.what, {})

    def _electrodes(self, block: Block) -> Iterator[TimedRecord]:
        """Yield a record when electrodes come off or on, at the first sample of the block."""
        for status in block.status:
            if status.lead_off != self.muscles.lead_off and (any(status.lead_off) or any(self.muscles.lead_off)):
                at = block.first_sample / self.info.sample_rate_hz
                yield TimedRecord(at, Entry("electrodes", {"off": list(status.lead_off)}))

    def _take(self, envelope: EnvelopeStep, t: float) -> Iterator[Record]:
        sequence = self.sequence
        yield from sequence.step(envelope.wide_uv, envelope.high_uv)
        for at, edges in enumerate(self._edges(envelope)):
            recorded = (edge for edge in edges if self._is_recorded(at, edge))
            yield from (onset_record(self.muscles.names[at], edge) for edge in recorded)
        self._now = sequence.in_chosen_band(envelope.wide_uv, envelope.high_uv)
        word = self._feedback.word(sequence, self._now)
        if word != self._cue:
            self._cue = word
            yield cue(word)
        self._second.append(self._now)
        if len(self._second) == _STEPS_A_SECOND:
            yield from self._second_done(t)

    def _edges(self, envelope: EnvelopeStep) -> list[tuple[ActivityEdge, ...]]:
        """Return the onsets and offsets of each muscle in its chosen band."""
        both = zip(envelope.wide_edges, envelope.high_edges, self.sequence.above_heart, strict=True)
        return [high if above else wide for wide, high, above in both]

    def _is_recorded(self, at: int, edge: ActivityEdge) -> bool:
        """Return whether ``edge`` of muscle ``at`` is recorded: no onset in a pause, no offset without its onset."""
        if edge.edge == "offset":
            had_onset, self._has_onset[at] = self._has_onset[at], False
            return had_onset
        self._has_onset[at] = not self.sequence.paused
        return self._has_onset[at]

    def _second_done(self, t: float) -> Iterator[Record]:
        values, self._second = np.array(self._second), []
        rms_uv = tuple(_rms(values[:, at]) for at in range(values.shape[1]))
        signal = self.muscles.take_second(rms_uv)
        yield Signal(signal, self.counters.lost_samples, self.counters.bad_frames)
        clipped = max((channel["clipped_fraction"] or 0.0 for channel in signal), default=0.0)
        yield from self.health.clipped(clipped, t)
        yield EnvelopeSecond(
            self.sequence.phase.name,
            [
                {"name": name, "rms_uv": value, "percent": self._percent(at, value)}
                for at, (name, value) in enumerate(zip(self.muscles.names, rms_uv, strict=True))
            ],
        )

    def _percent(self, at: int, value: float | None) -> float | None:
        largest_uv = self.sequence.largest_uv[at]
        return None if value is None or largest_uv is None else 100 * value / largest_uv

    def _why_unknown(self, column: int) -> str:
        return "electrode off" if self.muscles.is_off(column) else "no signal"


def _rms(envelope: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float | None:
    known = envelope[np.isfinite(envelope)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else None
