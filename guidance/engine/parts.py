"""The parts of an engine: each stage of a procedure, built once from the settings and the device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from drivers.base import DeviceInfo
from guidance.alarms import NeedleMonitor
from guidance.alarms.board import AlarmBoard
from guidance.alarms.health import HealthMonitor
from guidance.contracts.events import Record, TimedRecord
from guidance.dose.guard import DoseGuard
from guidance.dose.toxin_session import ToxinGuard
from guidance.engine.proximity_state import ProximityState
from guidance.engine.records import channel_named, unconfirmed_stimulus
from guidance.engine.settings import Mode, Settings
from guidance.engine.snapshot_builder import SnapshotBuilder
from guidance.needle_emg.guide import NeedleGuide
from guidance.signal.pipeline import SignalPipeline
from guidance.stimulation.actions import PendingPulse
from guidance.stimulation.control import Stimulation
from guidance.stimulation.current_control import ExternalDial
from guidance.stimulation.interlock import InterlockConditions
from guidance.stimulation.reconciliation import ReportLimit
from guidance.stop_moment import StopMoment


class EngineParts:
    """All stages of one procedure, and the device time that they share.

    ``is_live``: whether a clock runs in the current step; none runs in a replay. ``external_dial`` is None unless
    an external stimulator is listened to, ``needle_guide`` is None unless the protocol guides by the needle's own
    EMG.
    """

    def __init__(self, settings: Settings, info: DeviceInfo, stimulation: Stimulation | None) -> None:
        """Build the stages for a procedure on device ``info``; without ``stimulation`` no pulse can be requested."""
        self.settings, self.info, self.stimulation = settings, info, stimulation
        self.pipeline = _pipeline(settings, info)
        self.builder = SnapshotBuilder(settings, info)
        self.counters, self.entries = self.builder.counters, self.builder.entries
        self.alarms = AlarmBoard()
        self.health = HealthMonitor(self.alarms, info.sample_rate_hz)
        self.proximity = ProximityState(settings, self.health, len(self.pipeline.muscle_channels))
        self.needle_monitor = NeedleMonitor(self.alarms)
        self.external_dial = ExternalDial(settings.current_ma) if settings.mode is Mode.LISTEN else None
        agents = tuple(item.agent for item in settings.protocol.agents)
        self.dose = DoseGuard(settings.dose, self.alarms, settings.protocol.volume_ml, agents)
        self.toxin = ToxinGuard(settings.toxin, self.alarms)
        self.stop_moment = StopMoment(settings.stop_plan, settings.stop_left_out)
        self.report_limit = ReportLimit()
        self.is_live = False
        if stimulation:
            stimulation.controller.follow(self.proximity.filter)
            stimulation.output.reports = info.reports_state and info.stimulator is None
        plan = settings.protocol.needle_emg
        self.needle_guide = NeedleGuide(plan, info.channels[0].name, info.sample_rate_hz) if plan else None

    @property
    def t(self) -> float:
        """Device time: seconds of signal that have arrived."""
        return self.seconds(self.pipeline.history.end)

    def seconds(self, sample: int) -> float:
        """Return the device time of ``sample`` in s."""
        return sample / self.info.sample_rate_hz

    def timed(self, records: Iterable[Record]) -> Iterator[TimedRecord]:
        """Yield ``records``, each at the device time when it is taken."""
        return (TimedRecord(self.t, record) for record in records)

    def timed_unconfirmed(self, pending: PendingPulse) -> TimedRecord:
        """Return the record that the pulse ``pending`` stays unconfirmed."""
        return TimedRecord(self.t, unconfirmed_stimulus(pending, self.info.sample_rate_hz))

    def conditions(self, now_ns: int) -> InterlockConditions:
        """Return the state that the interlock depends on, at host time ``now_ns``."""
        return self.health.conditions(self.stimulation, now_ns, headless=self.settings.headless)


def _pipeline(settings: Settings, info: DeviceInfo) -> SignalPipeline:
    return SignalPipeline(
        info,
        settings.window,
        settings.named_criterion_uv,
        listen=settings.mode is Mode.LISTEN,
        current_ma=settings.current_ma,
        silent=settings.silent_pulses,
        marker=channel_named(settings.marker, info),
    )
