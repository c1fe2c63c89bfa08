"""The builder of the newest Snapshot, from all records of an engine and from what no record carries.

An engine owns one builder. Every record passes it once, at the methods that ``recorded`` marks. The samples of sweeps,
the engine's state and the session's state are passed in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from drivers.base import DeviceInfo
from guidance.contracts.corrections import CORRECTION
from guidance.contracts.events import Entry, Proximity, Response, TimedRecord
from guidance.contracts.origin import Origin
from guidance.contracts.snapshot import (
    AlarmView,
    JournalView,
    NeedleView,
    Snapshot,
    SoundView,
    StimulatorView,
    SweepView,
)
from guidance.contracts.task_views import DoseView, ExerciseView, StopMomentView, ToxinView
from guidance.contracts.zones import edges_of
from guidance.dose.neurolytic import NeurolyticPlan
from guidance.dose.plan import DosePlan
from guidance.engine.counters import Counters
from guidance.engine.entry_ledger import EntryLedger
from guidance.engine.settings import Settings
from guidance.engine.timeline import Timeline
from guidance.protocol import Protocol as Procedure
from guidance.signal.response.sweep_result import SweepResult
from guidance.signal.sweep.monitor import COLUMN_MS
from guidance.stimulation.control import Stimulation

KEPT_SWEEPS = 60
"""Sweeps: a minute at one pulse a second, more than any screen draws."""

_CHANGE_SHOWN_S = 10.0
"""Time in s for which the screen says that another nerve or muscle responds (a judgement)."""

_RUNNING = {"stimulus", "proximity", "response"}


@dataclass(frozen=True, slots=True)
class SessionState:
    """What the session knows and the engine does not: source and origin of the signal, position and speed, whether the
    device is ``connected``, the state of the sound, the journal, and how far a simulated needle is advanced, in mm.
    """

    source: str
    origin: Origin
    duration_s: float | None = None
    speed: float | None = None
    paused: bool = False
    ended: str | None = None
    notice: str = ""
    connected: bool = True
    sound: SoundView | None = None
    journal: JournalView | None = None
    needle_depth_mm: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EngineState:
    """What the engine knows now and no record carries: device time ``t`` in s, alarms, electrodes, controller,
    estimate, dose.

    ``emg`` is the strip of the main channel, (columns, 2) in uV, with its gaps.
    """

    t: float
    alarms: tuple[AlarmView, ...]
    lead_off: tuple[bool, ...] = ()
    emg: tuple[NDArray[np.float32], NDArray[np.bool_]] | None = None
    stimulation: Stimulation | None = None
    proximity: Proximity | None = None
    dose: DoseView | None = None
    dial_ma: float | None = None
    needle: NeedleView | None = None
    training: ExerciseView | None = None
    paused: bool = False
    stop_moment: StopMomentView | None = None
    rescue: tuple[tuple[str, str, bool], ...] = ()
    rescue_title: str = ""
    toxin: ToxinView | None = None


class SnapshotBuilder:
    """Builder of snapshots: it receives every record of a procedure once, and ``build`` returns what a screen shows
    now.
    """

    def __init__(self, settings: Settings, info: DeviceInfo, channel: str | None = None) -> None:
        """Build for a procedure on device ``info``; without ``channel`` the main channel is the device's first."""
        self._settings, self._info = settings, info
        self._channel = channel or info.channels[0].name
        self.counters, self.entries = Counters(), EntryLedger()
        self._timeline = Timeline(self._channel)
        self._sweeps: deque[SweepView] = deque(maxlen=KEPT_SWEEPS)
        self._pending_sweep: tuple[int, SweepResult, float | None] | None = None
        self._response_changed: TimedRecord | None = None

    def add_sweep(self, sample: int, evoked: SweepResult, current_ma: float | None) -> None:
        """Keep the main channel's sweep after the pulse of ``current_ma`` at ``sample``; the record of its response
        follows.
        """
        self._pending_sweep = (sample, evoked, current_ma)

    def receive(self, timed: TimedRecord) -> None:
        """Count a record, and keep what it adds to the past."""
        self.counters.count(timed.record)
        seq = self.entries.receive(timed)
        self._timeline.receive(timed, seq if self.entries.is_correctable(seq) else None)
        if isinstance(timed.record, Entry) and timed.record.what == CORRECTION:
            self._follow_correction()
        if isinstance(timed.record, Response):
            self._respond(timed.record)
        elif isinstance(timed.record, Entry) and timed.record.what == "response-changed":
            self._response_changed = timed

    def _follow_correction(self) -> None:
        """Mark the entries that are corrected now, and show the side that holds now."""
        self._timeline.mark(self.entries.marks())
        sides = [each.fields.get("text") for each in self.entries.now() if each.what == "side" and each.fields]
        self.counters.notes["side"] = str(sides[-1] or "") if sides else ""

    def build(self, engine: EngineState, session: SessionState) -> Snapshot:
        """Return all that a screen shows now."""
        counters, settings, protocol = self.counters, self._settings, self._settings.protocol
        quality = counters.signal.channels[0] if counters.signal and counters.signal.channels else {}
        emg, gaps = engine.emg or (np.zeros((0, 2), np.float32), np.zeros(0, np.bool_))
        return Snapshot(
            t=engine.t,
            source=session.source,
            live=session.origin.live,
            simulated=session.origin.simulated,
            protocol=protocol.id,
            mode="biofeedback" if engine.training else settings.mode.value,
            position_s=engine.t,
            duration_s=session.duration_s,
            speed=session.speed,
            paused=session.paused or engine.paused,
            ended=session.ended,
            window_ms=settings.window,
            criterion_uv=settings.named_criterion_uv,
            channel=self._channel,
            sweeps=tuple(self._sweeps),
            stimuli=counters.stimuli,
            responses=counters.responses,
            detections=counters.detections,
            lost_samples=counters.lost_samples,
            rms_uv=quality.get("rms_uv"),
            mains_uv=quality.get("mains_uv"),
            emg=emg,
            emg_gaps=gaps,
            emg_span_s=len(emg) * COLUMN_MS / 1e3,
            alarms=engine.alarms,
            stimulator=self._stimulator(engine.stimulation),
            proximity=engine.proximity,
            zone_edges_ma=edges_of(protocol),
            connected=session.connected,
            unsourced=_unsourced(protocol),
            notice=session.notice or self._notice_of_change(engine.t),
            dose=engine.dose,
            title=protocol.title,
            patient=settings.patient,
            side=counters.notes.get("side") or settings.side,
            patient_kg=_weight_kg(settings.dose),
            lead_off=engine.lead_off,
            clipped=quality.get("clipped_fraction"),
            notes=protocol.notes,
            past=self._timeline.past(),
            dial_ma=engine.dial_ma,
            undecided=tuple(counters.doubts.most_common()),
            needle=engine.needle,
            sound=session.sound,
            journal=session.journal,
            training=engine.training,
            stop_moment=engine.stop_moment,
            rescue=engine.rescue,
            rescue_title=engine.rescue_title,
            cautions=settings.cautions,
            toxin=engine.toxin,
            needle_depth_mm=session.needle_depth_mm,
        )

    def _notice_of_change(self, t: float) -> str:
        """Return the notice at ``t`` that another nerve or muscle responds; empty where there was no such change."""
        changed = self._response_changed
        if changed is None or not isinstance(changed.record, Entry) or not 0 <= t - changed.t < _CHANGE_SHOWN_S:
            return ""
        return f"Another nerve, muscle or reflex: {changed.record.fields.get('text')}. The estimate restarted."

    def _respond(self, response: Response) -> None:
        """Keep the sweep in which ``response`` was measured, where its samples are here: it is the main channel's."""
        waiting, self._pending_sweep = self._pending_sweep, None
        if waiting is None or waiting[0] != response.sample or response.channel != self._channel:
            return
        self.counters.detections += response.detected
        _, evoked, current_ma = waiting
        times = evoked.times_ms
        self._sweeps.append(
            SweepView(
                pulse_index=self.counters.stimuli,
                start_ms=float(times[0]) if len(times) else 0.0,
                step_ms=float(times[1] - times[0]) if len(times) > 1 else 1.0,
                uv=evoked.uv.astype(np.float32),
                detected=response.detected,
                contaminated=response.contaminated,
                amplitude_uv=response.amplitude_uv,
                latency_ms=response.latency_ms,
                p_value=response.p_value,
                current_ma=current_ma,
                judged=response.judged,
                note=response.note or response.why,
                doubt=response.doubt,
            )
        )

    def _stimulator(self, stimulation: Stimulation | None) -> StimulatorView | None:
        if stimulation is None:
            return None
        last, external = self.counters.stimulus, self._info.stimulator
        return StimulatorView(
            armed=stimulation.armed,
            current_ma=stimulation.current_ma if stimulation.armed else None,
            wanted_ma=stimulation.current_control.next_ma(),
            max_ma=stimulation.bounds.highest_ma(stimulation.width_ms),
            width_ms=stimulation.pulse_width_ms,
            pulse_rate_hz=stimulation.pulse_rate_hz,
            delivered_ma=last.current_ma if last else None,
            impedance_kohm=last.impedance_kohm if last else None,
            current_owner=stimulation.current_control.owner.value,
            doing=stimulation.current_control.doing,
            why=stimulation.arm_refusal,
            sets_current=external is None or external.sets_current,
            offset_ms=last.offset_ms if last else None,
            drift_ppm=last.drift_ppm if last else None,
            asks=stimulation.current_control.asks,
        )


class RecordingEngine(Protocol):
    """An engine that owns a builder."""

    @property
    def builder(self) -> SnapshotBuilder:
        """The receiver of every record."""


_E = TypeVar("_E", bound=RecordingEngine)
_P = ParamSpec("_P")


def recorded(
    method: Callable[Concatenate[_E, _P], Iterator[TimedRecord]],
) -> Callable[Concatenate[_E, _P], Iterator[TimedRecord]]:
    """Wrap a ``method`` of an engine that yields records: each passes the engine's builder before it leaves."""

    @wraps(method)
    def emit(engine: _E, /, *args: _P.args, **kwargs: _P.kwargs) -> Iterator[TimedRecord]:
        for timed in method(engine, *args, **kwargs):
            engine.builder.receive(timed)
            yield timed

    return emit


def _unsourced(protocol: Procedure) -> tuple[str, ...]:
    """Return, in words, the values of this procedure that no source supports, and those assumed for missing ones."""
    running = [key.partition(".") for key in protocol.unsourced]
    return (*(_in_words(name) for table, _, name in running if table in _RUNNING), *protocol.assumed)


def _in_words(name: str) -> str:
    """Return ``start_current_ma`` as ``start current``."""
    return name.rpartition("_")[0].replace("_", " ")


def _weight_kg(plan: DosePlan | NeurolyticPlan | None) -> float | None:
    """Return the weight that ``plan`` was made for."""
    return plan.patient.weight_kg if isinstance(plan, DosePlan) else plan.weight_kg if plan else None
