"""The one loop of a procedure, without clock, thread, screen or device.

Blocks and the operator's commands go in; records of the event stream come out. Actions for the stimulator gather in
``actions``, and the host carries them out. The same input gives the same records, into whatever blocks it is cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from drivers.base import Block, DeviceInfo
from guidance.contracts.commands import OperatorCommand
from guidance.contracts.events import End, Entry, Proximity, TimedRecord
from guidance.contracts.origin import Origin
from guidance.contracts.snapshot import Snapshot
from guidance.engine.blocks import BlockProcessor
from guidance.engine.operator_commands import OperatorCommands
from guidance.engine.parts import EngineParts
from guidance.engine.records import start_of
from guidance.engine.settings import Settings
from guidance.engine.snapshot_builder import EngineState, SessionState, recorded
from guidance.stimulation.actions import Action, PendingPulse
from guidance.stimulation.control import Stimulation


class Engine:
    """The loop of one procedure: blocks and the operator's commands in, records out."""

    def __init__(
        self, settings: Settings, info: DeviceInfo, wall_time: str, stimulation: Stimulation | None = None
    ) -> None:
        """Begin a procedure on device ``info`` at ``wall_time`` (RFC 3339).

        Without ``stimulation`` no pulse can be requested: in a replay, or with an external stimulator.
        """
        self._parts = parts = EngineParts(settings, info, stimulation)
        self._blocks, self._commands = BlockProcessor(parts), OperatorCommands(parts)
        self._wall_time = wall_time
        self.settings, self.info, self.stimulation = settings, info, stimulation
        self.pipeline, self.builder, self.counters = parts.pipeline, parts.builder, parts.counters
        self.alarms, self.health, self.needle_guide = parts.alarms, parts.health, parts.needle_guide

    def begin(self, origin: Origin) -> TimedRecord:
        """Return the record that opens the stream of a signal of that ``origin``."""
        return TimedRecord(0.0, start_of(self.info, self.settings, self._wall_time, origin))

    @recorded
    def step(
        self, blocks: Sequence[Block], now_ns: int | None = None, messages: Sequence[OperatorCommand] = ()
    ) -> Iterator[TimedRecord]:
        """Yield the records of ``blocks`` and of the operator's ``messages``, each as soon as it is known.

        ``now_ns`` is the host's monotonic clock; None where no clock runs, in a replay.
        """
        parts = self._parts
        parts.is_live = now_ns is not None
        yield from parts.timed(parts.dose.begin())
        yield from parts.timed(parts.toxin.begin())
        yield from parts.timed(parts.stop_moment.begin())
        for message in messages:
            yield from self._commands.execute(message, now_ns or 0)
        if now_ns is not None:
            yield from parts.timed(parts.health.timing.pace(blocks, now_ns))
        for block in blocks:
            yield from self._blocks.records(block)
        if now_ns is not None:
            yield from self._supervise(now_ns)

    @recorded
    def end(self, reason: str) -> Iterator[TimedRecord]:
        """Switch the stimulator off, and yield the records that close the stream."""
        if self.stimulation:
            yield from self._parts.timed(self.stimulation.disarm("safety", "the procedure ends"))
            for pending in self.stimulation.abandon_pending():
                yield self._parts.timed_unconfirmed(pending)
        total = self.counters
        yield TimedRecord(self.t, End(reason, *total.totals()))

    @recorded
    def arm(self, by: str, now_ns: int) -> Iterator[TimedRecord]:
        """Arm the stimulator for ``by`` at host time ``now_ns``; yield the command, or the reason of a refusal."""
        if self.stimulation:
            yield from self._parts.timed(self.stimulation.arm(self.t, self._parts.conditions(now_ns), by))

    @recorded
    def pulse_skipped(self) -> Iterator[TimedRecord]:
        """Note that the stimulator skipped the last pulse, as it was not ready in time; nothing was delivered."""
        if self.stimulation:
            yield from self._parts.timed(self.stimulation.pulse_skipped())

    @recorded
    def update_condition(
        self, code: str, text: str | None, cause: str = "", *, disarm: bool = True
    ) -> Iterator[TimedRecord]:
        """Note whether ``cause`` of the alarm condition ``code`` holds: ``text`` describes it, None when it is over.

        The session knows such conditions and the engine does not. A cause that holds switches the stimulator off,
        unless ``disarm`` is False.
        """
        record = self.alarms.update(code, text, cause)
        if record:
            yield TimedRecord(self.t, record)
        if text is not None and disarm and self.stimulation:
            self.stimulation.operator_must_arm |= code == "device-fault"
            yield from self._parts.timed(self.stimulation.disarm("safety", text))

    @recorded
    def enter(self, entry: Entry) -> Iterator[TimedRecord]:
        """Yield an ``entry`` of the session as a record."""
        yield TimedRecord(self.t, entry)

    def snapshot(self, session: SessionState) -> Snapshot:
        """Return all that a screen shows now, in a ``session`` of that state."""
        parts = self._parts
        state = EngineState(
            t=self.t,
            alarms=parts.alarms.signals(),
            lead_off=parts.health.lead_off,
            emg=parts.pipeline.monitor.strip(),
            stimulation=parts.stimulation,
            proximity=self.proximity,
            dose=parts.dose.view(),
            dial_ma=parts.external_dial.current_ma if parts.external_dial else None,
            needle=parts.needle_guide.view() if parts.needle_guide else None,
            stop_moment=parts.stop_moment.view(),
            rescue=parts.dose.rescue_lines,
            rescue_title=parts.dose.rescue_title,
            toxin=parts.toxin.view(),
        )
        return self.builder.build(state, session)

    def screen_lost(self) -> None:
        """Note that nobody sees the guidance any more; from the next step on no pulse is given."""
        self.health.screen_lost()

    def journal_failed(self) -> None:
        """Note that nothing is recorded any more: no pulse is given, and actions not yet carried out are dropped."""
        self.health.journal_failed()
        if self.stimulation:
            self.stimulation.actions.clear()

    @property
    def journal_ok(self) -> bool:
        """Whether the journal still records what happens."""
        return self.health.storage_ok

    def is_fit(self, now_ns: int) -> bool:
        """Return whether at host time ``now_ns`` the signal is fit to begin stimulation, one second being measured."""
        return self.counters.signal is not None and self.health.is_fit(self.t, now_ns)

    @property
    def t(self) -> float:
        """Device time: seconds of signal that have arrived."""
        return self._parts.t

    @property
    def proximity(self) -> Proximity | None:
        """The newest proximity; None until there is one."""
        return self._parts.proximity.newest

    def response_due(self, within_s: float) -> bool:
        """Return whether the response to a pulse is due within ``within_s``."""
        return self.pipeline.response_due(within_s)

    @property
    def actions(self) -> list[Action]:
        """What to request of the stimulator now, in order; reading it empties the list."""
        if not self.stimulation:
            return []
        actions, self.stimulation.actions = self.stimulation.actions, []
        return actions

    def _supervise(self, now_ns: int) -> Iterator[TimedRecord]:
        """Yield what the passing of time brings at host time ``now_ns``: timeouts, alarms, and the next pulse."""
        parts, stimulation = self._parts, self.stimulation
        for item in stimulation.overdue(self.t, now_ns / 1e9) if stimulation else ():
            yield parts.timed_unconfirmed(item) if isinstance(item, PendingPulse) else TimedRecord(self.t, item)
        yield from parts.timed(parts.health.flood(floods=parts.report_limit.floods(self.t)))
        state = parts.conditions(now_ns)
        if stimulation:
            yield from parts.timed(stimulation.tick(self.t, state))
            yield from parts.timed(stimulation.check_output(self.t, now_ns, connected=state.connected))
        if parts.health.is_silent(state):
            yield from parts.timed(parts.proximity.lapse_silent())
        yield from parts.timed(parts.health.supervise(stimulation, state, self.t))
