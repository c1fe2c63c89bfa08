"""The one loop of a procedure, without clock, thread, screen or device.

Blocks and the operator's messages go in; records of the event stream come out, and actions for the stimulator gather in
``actions`` for the host to carry out. The same input, however cut, gives the same records.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from drivers.base import Block, Button, DeviceInfo, Pulse
from guidance.alarms import NeedleMonitor
from guidance.alarms.board import AlarmBoard
from guidance.alarms.health import HealthMonitor
from guidance.contracts.commands import (
    Acknowledge,
    Aliquot,
    Aspiration,
    FrameAck,
    OperatorCommand,
    OperatorNote,
    TurnDial,
)
from guidance.contracts.events import (
    Cue,
    End,
    Entry,
    Proximity,
    PulseOutcome,
    Record,
    Response,
    Stimulus,
    TimedRecord,
    unknown_proximity,
)
from guidance.contracts.origin import Origin
from guidance.contracts.snapshot import Snapshot
from guidance.contracts.zones import edges_of
from guidance.cue import MAPPINGS, CueChooser
from guidance.dose.guard import DoseGuard
from guidance.engine.records import channel_named, response_of, signal_of, start_of, stimulus_of, unconfirmed_pulse
from guidance.engine.settings import Mode, Settings
from guidance.engine.snapshot_builder import EngineState, SessionState, SnapshotBuilder, recorded
from guidance.needle_emg.guide import NeedleGuide
from guidance.proximity.filter import ProximityFilter
from guidance.proximity.zone_hysteresis import ZoneHysteresis
from guidance.signal.pipeline import ChannelResponse, InputState, PathResult, PulseFound, QualitySecond, SignalPipeline
from guidance.signal.sweep.pulse_alignment import Alignment
from guidance.stimulation.control import Action, PendingPulse, Stimulation
from guidance.stimulation.current_control import ExternalDial
from guidance.stimulation.interlock import InterlockConditions
from guidance.stimulation.reconciliation import ReportLimit

_RECENT_STIMULI = 64
"""As many as the signal path knows; far more than can wait for their response at once."""


class Engine:
    """Turns blocks and messages into records."""

    def __init__(
        self, settings: Settings, info: DeviceInfo, wall_time: str, stimulation: Stimulation | None = None
    ) -> None:
        """For a procedure on device ``info`` that began at ``wall_time`` (RFC 3339).

        Without ``stimulation`` nothing can be asked of a stimulator: a replay, or another maker's.
        """
        self.settings, self.info, self._wall_time = settings, info, wall_time
        listen = settings.mode is Mode.LISTEN
        self.pipeline = SignalPipeline(
            info,
            settings.window,
            settings.named_criterion_uv,
            listen=listen,
            current_ma=settings.current_ma,
            silent=settings.silent_pulses,
            marker=channel_named(settings.marker, info),
        )
        protocol = settings.protocol
        self._proximity_filter = ProximityFilter(
            settings.threshold_criterion_uv, protocol.lower_bound_ma, protocol.target_ma, by_width=settings.probe_widths
        )
        self._zone_hysteresis = ZoneHysteresis()
        self.builder = SnapshotBuilder(settings, info)
        self.counters = self.builder.counters
        self.alarms = AlarmBoard()
        self.health = HealthMonitor(self.alarms, info.sample_rate_hz)
        self.needle_monitor = NeedleMonitor(self.alarms)
        self.stimulation = stimulation
        self.external_dial = ExternalDial(settings.current_ma) if listen else None
        self.dose = DoseGuard(settings.dose, self.alarms)
        if stimulation:
            stimulation.controller.follow(self._proximity_filter)
            stimulation.output.reports = info.reports_state and info.stimulator is None
        plan, sample_rate_hz = protocol.needle_emg, info.sample_rate_hz
        self.needle_guide = NeedleGuide(plan, info.channels[0].name, sample_rate_hz) if plan else None
        self.proximity: Proximity | None = None
        self._input_dead = False
        self._report_limit = ReportLimit()
        self._stimuli: deque[Stimulus] = deque(maxlen=_RECENT_STIMULI)
        self._cues = CueChooser(MAPPINGS[settings.sounds], edges_of(protocol))
        self._is_live = False

    def begin(self, origin: Origin) -> TimedRecord:
        """The record that opens the stream of a signal of that ``origin``."""
        return TimedRecord(0.0, start_of(self.info, self.settings, self._wall_time, origin))

    @recorded
    def step(
        self, blocks: Sequence[Block], now_ns: int | None = None, messages: Sequence[OperatorCommand] = ()
    ) -> Iterator[TimedRecord]:
        """Records that ``blocks`` and ``messages`` give rise to, each as soon as known.

        ``now_ns`` is the host's monotonic clock, None where no clock runs: a replay.
        """
        self._is_live = now_ns is not None
        yield from self._timed(self.dose.begin())
        for message in messages:
            for record in self._execute(message, now_ns or 0):
                yield TimedRecord(self.t, record)
                if isinstance(record, Entry):
                    yield from self._timed(self.needle_monitor.apply_entry(record, self.t))
        for block in blocks:
            yield from self._process(block)
        if now_ns is not None:
            yield from self._supervise(now_ns)

    @recorded
    def end(self, reason: str) -> Iterator[TimedRecord]:
        """The records that close the stream; the stimulator is switched off."""
        if self.stimulation:
            yield from self._timed(self.stimulation.disarm("safety", "the procedure ends"))
            for pending in self.stimulation.abandon_pending():
                yield self._timed_unconfirmed(pending)
        done = self.counters
        yield TimedRecord(self.t, End(reason, done.stimuli, done.responses, done.samples, done.lost_samples))

    @recorded
    def arm(self, by: str, now_ns: int) -> Iterator[TimedRecord]:
        """Arm the stimulator for ``by``, or say why not."""
        if self.stimulation:
            yield from self._timed(self.stimulation.arm(self.t, self._conditions(now_ns), by))

    @recorded
    def update_condition(
        self, code: str, text: str | None, cause: str = "", *, disarm: bool = True
    ) -> Iterator[TimedRecord]:
        """Take in what the host knows of ``cause`` of trouble ``code``: ``text`` in words, None when it is over."""
        record = self.alarms.update(code, text, cause)
        if record:
            yield TimedRecord(self.t, record)
        if text is not None and disarm and self.stimulation:
            yield from self._timed(self.stimulation.disarm("safety", text))

    @recorded
    def enter(self, entry: Entry) -> Iterator[TimedRecord]:
        """Put an ``entry`` of the host on record."""
        yield TimedRecord(self.t, entry)

    def snapshot(self, session: SessionState) -> Snapshot:
        """All that a screen shows now, of a ``session`` so far."""
        state = EngineState(
            t=self.t,
            alarms=self.alarms.signals(),
            lead_off=self.health.lead_off,
            emg=self.pipeline.monitor.strip(),
            stimulation=self.stimulation,
            proximity=self.proximity,
            dose=self.dose.view(),
            dial_ma=self.external_dial.current_ma if self.external_dial else None,
            needle=self.needle_guide.view() if self.needle_guide else None,
        )
        return self.builder.build(state, session)

    def screen_lost(self) -> None:
        """Note that nobody sees the guidance any more; no pulse is given from the next step on."""
        self.health.screen_lost()

    def journal_failed(self) -> None:
        """Note that nothing goes on record any more: no pulse is given, and what was to be requested is dropped."""
        self.health.journal_failed()
        if self.stimulation:
            self.stimulation.actions.clear()

    @property
    def journal_ok(self) -> bool:
        """Whether the journal still takes what happens."""
        return self.health.storage_ok

    def is_fit(self, now_ns: int) -> bool:
        """Whether, at host time ``now_ns``, the signal is fit to begin stimulation, a second of it being measured."""
        return self.counters.signal is not None and self.health.is_fit(self.t, now_ns)

    @property
    def t(self) -> float:
        """Device time: seconds of signal that have arrived."""
        return self.pipeline.history.end / self.info.sample_rate_hz

    def response_due(self, within_s: float) -> bool:
        """Whether the answer to a pulse is due so soon."""
        return self.pipeline.response_due(within_s)

    @property
    def actions(self) -> list[Action]:
        """What is to be asked of the stimulator now, in order; taken by asking."""
        if not self.stimulation:
            return []
        actions, self.stimulation.actions = self.stimulation.actions, []
        return actions

    def _process(self, block: Block) -> Iterator[TimedRecord]:
        """What one block brings."""
        self.counters.count_block(block)
        block = replace(block, pulses=tuple(self._reconcile(block))) if self._is_live and block.pulses else block
        yield from (TimedRecord(t, alarm) for t, alarm in self.health.block(block))
        if self.stimulation:
            for status in block.status:
                self.stimulation.output.report(status.state)
        for button in block.buttons:
            yield from (TimedRecord(self._seconds(button.sample), record) for record in self._handle_button(button))
        for part in self.needle_guide.cut(block) if self.needle_guide else (block,):
            for finding in self.pipeline.feed(part):
                for t, record in self._handle_result(finding):
                    yield TimedRecord(t, record, block.arrived_ns)
            for t, record in self._guide_by_emg(self.needle_guide, part) if self.needle_guide else ():
                yield TimedRecord(t, record, block.arrived_ns)

    def _reconcile(self, block: Block) -> Iterator[Pulse]:
        """The pulses that the device reports with ``block``, each held against the requests; a flood is cut off."""
        for pulse in block.pulses:
            if not self._report_limit.admits(self.t):
                continue
            wanted = self.stimulation is None or self.stimulation.reconcile(pulse, self._seconds(pulse.sample))
            yield pulse if wanted else replace(pulse, unrequested=True)

    def _execute(self, message: OperatorCommand, now_ns: int) -> Iterator[Record]:
        if isinstance(message, FrameAck | Acknowledge):
            yield from self.health.receive(message, now_ns)
        elif isinstance(message, OperatorNote):
            requested = self.needle_guide.requested(message.what) if self.needle_guide else None
            entry = requested or Entry(message.what, {"text": message.text} if message.text else {})
            yield from self._record_entry(entry)
        elif isinstance(message, Aspiration | Aliquot):
            for record in self.dose.obey(message, self.t):
                yield from self._record_entry(record) if isinstance(record, Entry) else (record,)
        elif isinstance(message, TurnDial) and self.external_dial:
            yield self.external_dial.turn(message.steps)
            self.pipeline.dial(self.external_dial.current_ma)
        elif self.stimulation:
            yield from self.stimulation.execute(message, self.t, self._conditions(now_ns))

    def _handle_button(self, button: Button) -> Iterator[Record]:
        """A press of the amplifier's pedal or needle button stops: it is the one key that is always within reach."""
        if not button.pressed:
            return
        stops = self.stimulation is not None and self.stimulation.armed
        yield Entry("button", {"button": button.button, "did": "stop" if stops else "nothing"})
        if self.stimulation and stops:
            yield from self.stimulation.disarm("operator", f"button {button.button} was pressed")

    def _record_entry(self, entry: Entry) -> Iterator[Record]:
        """Record ``entry``; where it changes what is known of the nerve, say so at once."""
        done = self._proximity_filter.apply_entry(entry.what)
        yield replace(entry, fields=entry.fields | {"estimate": done}) if done else entry
        if done:
            self.proximity = self._proximity_filter.unknown(self.proximity.sample if self.proximity else 0)
            yield self.proximity
            alarm = self.health.too_close(self.proximity)
            if alarm:
                yield alarm
            yield from self._changed_cue(self.proximity)

    def _supervise(self, now_ns: int) -> Iterator[TimedRecord]:
        stimulation = self.stimulation
        for item in stimulation.overdue(self.t) if stimulation else ():
            yield self._timed_unconfirmed(item) if isinstance(item, PendingPulse) else TimedRecord(self.t, item)
        yield from self._timed(self.health.flood(floods=self._report_limit.floods(self.t)))
        state = self._conditions(now_ns)
        if stimulation:
            yield from self._timed(stimulation.tick(self.t, state))
            yield from self._timed(stimulation.check_output(self.t, now_ns, connected=state.connected))
        yield from self._timed(self.health.supervise(stimulation, state, self.t))

    def _timed(self, records: Iterable[Record]) -> Iterator[TimedRecord]:
        return (TimedRecord(self.t, record) for record in records)

    def _timed_unconfirmed(self, pending: PendingPulse) -> TimedRecord:
        return TimedRecord(self.t, self._stimulus(unconfirmed_pulse(pending, self.info.sample_rate_hz)))

    def _conditions(self, now_ns: int) -> InterlockConditions:
        return self.health.conditions(self.stimulation, now_ns, headless=self.settings.headless)

    def _guide_by_emg(self, emg: NeedleGuide, part: Block) -> Iterator[tuple[float, Record]]:
        """What the needle's own EMG tells; it guides while nothing stimulates."""
        stimulates = self.stimulation is not None and self.stimulation.armed
        for record in emg.set_stimulating(part.first_sample, stimulates=stimulates):
            yield self._seconds(part.first_sample), record
        for sample, found in emg.follow(part):
            record = self._unless_dead(found) if isinstance(found, Proximity) else found
            yield self._seconds(sample), record
            if isinstance(record, Proximity):
                self.proximity = record
                yield from ((self._seconds(sample), cue) for cue in self._changed_cue(record))

    def _seconds(self, sample: int) -> float:
        return sample / self.info.sample_rate_hz

    def _handle_result(self, finding: PathResult) -> Iterator[tuple[float, Record]]:
        if isinstance(finding, PulseFound):
            yield from self._handle_pulse(finding, self._seconds(finding.pulse.sample))
        elif isinstance(finding, ChannelResponse):
            t = self._seconds(finding.due)
            yield from ((t, record) for record in self._handle_response(finding, t))
        elif isinstance(finding, InputState):
            t = self._seconds(finding.due)
            yield from ((t, record) for record in self._handle_input_state(finding))
        else:
            yield from self._handle_second(finding, self._seconds(finding.due))

    def _handle_pulse(self, seen: PulseFound, t: float) -> Iterator[tuple[float, Record]]:
        pulse = seen.pulse
        if self.stimulation and not pulse.unrequested:
            self.stimulation.pulse_reported(pulse)
        if self.needle_guide:
            self.needle_guide.pulse(pulse.sample)
        stimulus = self._stimulus(pulse, seen.alignment)
        self._stimuli.append(stimulus)
        yield t, stimulus
        if not pulse.unrequested:
            lead_off = any(self.health.lead_off)
            yield from ((t, alarm) for alarm in self.needle_monitor.pulse(pulse, t, lead_off=lead_off))

    def _handle_second(self, second: QualitySecond, t: float) -> Iterator[tuple[float, Record]]:
        yield t, signal_of(second, self.health.lead_off, self.counters.lost_samples, self.counters.bad_frames)
        yield from ((t, alarm) for alarm in self.health.second(second, t))
        yield from ((t, record) for record in self._lapse_stale(t))

    def _handle_input_state(self, state: InputState) -> Iterator[Record]:
        """The input is dead, or lives again: an alarm of a live procedure, an entry of a recording with a filled gap.

        What was known of the nerve lapses, for nobody sees the muscle.
        """
        self._input_dead = state.why is not None
        if self._is_live:
            yield from self.health.signal_dead(state.why)
        else:
            text = f"the signal is dead: {state.why}" if state.why else "the signal is there again"
            yield Entry("signal-dead", {"active": self._input_dead, "text": text})
        if self._input_dead and self.proximity and self.proximity.valid:
            self.proximity = self._unless_dead(self.proximity)
            yield self.proximity
            yield from self._changed_cue(self.proximity)

    def _unless_dead(self, known: Proximity) -> Proximity:
        """``known``; of a dead input nothing is known."""
        if not self._input_dead:
            return known
        return unknown_proximity(known.sample, "signal-dead", by=known.by)

    def _lapse_stale(self, t: float) -> Iterator[Record]:
        """In a live procedure, what was known of the nerve lapses when pulses have not been answered for long."""
        known = self.proximity
        pulse_rate_hz = self.stimulation.usual_pulse_rate_hz if self.stimulation else 1.0
        by_emg = self.needle_guide is not None and self.needle_guide.guides
        if known and known.valid and self._is_live and not by_emg and self.health.is_stale(t, pulse_rate_hz):
            self.proximity = unknown_proximity(known.sample, "stale")
            yield self.proximity
            yield from self._changed_cue(self.proximity)

    def _stimulus(self, pulse: Pulse, alignment: Alignment | None = None) -> Stimulus:
        return stimulus_of(pulse, alignment)

    def _outcome(self, pulse: Pulse, response: Response, t: float) -> PulseOutcome:
        """The record of ``pulse`` with the ``response`` to it."""
        reported = (stimulus for stimulus in reversed(self._stimuli) if stimulus.sample == pulse.sample)
        return PulseOutcome(next(reported, stimulus_of(pulse)), response, t)

    def _handle_response(self, measured: ChannelResponse, t: float) -> Iterator[Record]:
        response = response_of(measured, self.info.channels[measured.channel].name, self.settings.protocol)
        if not measured.channel:
            self.builder.add_sweep(measured.pulse.sample, measured.evoked, measured.pulse.current_ma)
        yield response
        if measured.channel:
            return
        outcome = self._outcome(measured.pulse, response, t)
        self.proximity = self._unless_dead(self._zone_hysteresis.settle(self._proximity_filter.observe(outcome)))
        if not response.contaminated:
            self.health.last_response_t = t
        yield self.proximity
        if self.stimulation:
            self.stimulation.observe(outcome, self.proximity)
            yield from self.stimulation.controller.entries()
        alarm = self.health.too_close(self.proximity)
        if alarm:
            yield alarm
        yield from self.needle_monitor.observe(outcome)
        yield from self._changed_cue(self.proximity)

    def _changed_cue(self, proximity: Proximity) -> Iterator[Cue]:
        cue = self._cues.changed(proximity)
        if cue:
            yield cue
