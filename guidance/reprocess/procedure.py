"""A recorded procedure through today's engine: its signal, pulses, entries and electrode states go in again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from drivers.base import Block, Outcome, Pulse, Samples, Status
from drivers.recording import Recording
from guidance.common.errors import UserError
from guidance.contracts.commands import Acknowledge, OperatorCommand, OperatorNote, TurnDial
from guidance.contracts.events import TimedRecord
from guidance.contracts.origin import replayed
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.journal.event_reader import EventFields, read_events
from guidance.journal.signal import SIGNAL_NAME
from guidance.protocol import load
from guidance.reprocess.inputs import (
    InputQueue,
    LeadFlags,
    RecordedInput,
    Reprocessed,
    as_event_fields,
    recorded_device,
    unfit_record_errors,
)
from guidance.stimulation.current_control import DIAL_STEP_MA

_NOT_BY_OPERATOR = {
    "stop-moment",
    "stop-moment-refused",
    "anticoagulant-interval",
    "earlier-sessions",
    "earlier-dose",
    "button",
    "verification",
    "dose-plan",
    "dose-warning",
    "injection-refused",
    "toxin-plan",
    "toxin-units",
    "toxin-units-refused",
    "correction",
    "correction-refused",
    "recovered",
    "hand-over",
    "signal-dead",
}
"""Entries that the program or the device made; all others are the operator's."""


def reprocess_procedure(folder: Path) -> Reprocessed:
    """Run the procedure in ``folder`` through the engine. Raises UserError, DeviceError if its record is unfit.

    Inputs are the signal, the pulses that the device reported, the operator's entries and the state of the electrodes.
    The stimulator and the program's own actions do not run again: their pulses and currents are those on record.
    """
    then = read_events(folder)
    if not then or then[0].get("kind") != "start":
        raise UserError(f"The procedure {folder.name} has no start event, so it cannot be replayed.")
    with unfit_record_errors("procedure", folder.name):
        recording = Recording(folder / SIGNAL_NAME, listen=False, every_channel=True)
        inputs = ProcedureInputs(then, recording)
        engine = Engine(inputs.settings, inputs.info, then[0]["wall_time"])
        records = [engine.begin(replayed(then[0])), *inputs.through(engine)]
    signal_s = recording.total_samples / inputs.info.sample_rate_hz
    return Reprocessed(folder.name, then, as_event_fields(records), signal_s)


class ProcedureInputs:
    """All inputs of a recorded procedure, in the order of device time."""

    def __init__(self, then: list[EventFields], recording: Recording) -> None:
        """Read the events ``then`` and the ``recording`` beside them. Raises KeyError, TypeError, ValueError."""
        self._recording = recording
        self.settings = _settings(then[0])
        self.info = recorded_device(then[0], recording)
        self._sample_rate_hz = self.info.sample_rate_hz
        self._pulses = _pulses(then, recording)
        self._queue = InputQueue([*self._commands(then), *self._lead_states(then)], self._sample_rate_hz)

    def through(self, engine: Engine) -> Iterator[TimedRecord]:
        """Give all inputs to ``engine`` and yield its records."""
        while engine.pipeline.history.end < self._recording.total_samples:
            end = engine.pipeline.history.end
            for item in self._queue.due(end):
                yield from self._step(engine, item)
            block = self._recording.take(self._queue.samples_until_next(end))
            if block is None:
                return
            yield from engine.step([self._with_pulses(block)], self._ns(block.end_sample))

    def _step(self, engine: Engine, item: RecordedInput) -> Iterator[TimedRecord]:
        end = engine.pipeline.history.end
        if isinstance(item, tuple):
            no_samples = Block(end, _no_samples(engine), status=(Status(end, "streaming", "none", item),))
            return engine.step([no_samples], self._ns(end))
        return engine.step([], self._ns(end), [item])

    def _with_pulses(self, block: Block) -> Block:
        """Return ``block`` as the device sent it: with the pulses on record and its time of arrival."""
        inside = [pulse for pulse in self._pulses if pulse.sample < block.end_sample]
        self._pulses = self._pulses[len(inside) :]
        return replace(block, pulses=tuple(inside), arrived_ns=self._ns(block.end_sample))

    def _commands(self, then: list[EventFields]) -> Iterator[tuple[int, OperatorCommand]]:
        """Yield what the operator did, by sample."""
        dial_ma = self.settings.current_ma or 0.0
        for event in then:
            if self.settings.mode is Mode.LISTEN and event["kind"] == "command" and event["by"] == "operator":
                steps, dial_ma = round((event["current_ma"] - dial_ma) / DIAL_STEP_MA), event["current_ma"]
                yield self._sample(event), TurnDial(steps)
            if event["kind"] == "entry" and event["what"] not in _NOT_BY_OPERATOR:
                entered = event["fields"]["phase"] if event["what"] == "activation" else event["what"]
                yield self._sample(event), Acknowledge() if event["what"] == "acknowledge" else OperatorNote(entered)

    def _lead_states(self, then: list[EventFields]) -> Iterator[tuple[int, LeadFlags]]:
        """Yield which electrodes were off from which sample on, from the alarms and the state of each second."""
        known: LeadFlags = ()
        for index, event in enumerate(then):
            recorded = _leads_off(event, then[index:])
            if recorded is not None and recorded != known:
                known = recorded
                yield self._sample(event), recorded

    def _sample(self, event: EventFields) -> int:
        return round(float(event["t"]) * self._sample_rate_hz)

    def _ns(self, sample: int) -> int:
        return round(sample / self._sample_rate_hz * 1e9)


def _leads_off(event: EventFields, later: list[EventFields]) -> LeadFlags | None:
    """Return which electrodes are off by ``event``, None if it does not state that.

    An alarm does not name the electrodes: the next signal event of ``later`` does.
    """
    if event["kind"] == "alarm" and event["code"] == "lead-off":
        second = next((each for each in later if each["kind"] == "signal"), None)
        flags = _flags(second) if second else None
        return tuple(bool(flag) and event["active"] for flag in flags) if flags else None
    return _flags(event) if event["kind"] == "signal" else None


def _flags(second: EventFields) -> LeadFlags | None:
    flags = tuple(channel["lead_off"] for channel in second["channels"])
    return None if None in flags else tuple(bool(flag) for flag in flags)


def _settings(start: EventFields) -> Settings:
    """Return the recorded settings; today's protocol supplies what the record lacks."""
    recorded = start.get("settings") or {}
    window_ms = recorded.get("window_ms")
    return Settings(
        load(start["protocol"]),
        Mode(start["mode"]),
        (float(window_ms[0]), float(window_ms[1])) if window_ms else None,
        criterion_uv=recorded.get("criterion_uv"),
        current_ma=recorded.get("current_ma"),
        silent_pulses=recorded.get("silent_pulses") or 0,
        probe_widths=bool(recorded.get("probe_widths")),
        marker=recorded.get("marker"),
    )


def _pulses(then: list[EventFields], recording: Recording) -> list[Pulse]:
    """Return the pulses that the device reported, in order; ``recording`` has their offsets within a sample."""
    offsets = {pulse.sample: pulse.offset_ns for pulse in recording.pulses}
    pulses = [
        Pulse(
            event["sample"],
            offsets.get(event["sample"], 0),
            event["current_ma"],
            event["requested_ma"],
            event["width_ms"],
            event["impedance_kohm"],
            Outcome(event.get("outcome", "delivered")),
            event["source"],
            unrequested=bool(event.get("unrequested")),
        )
        for event in then
        if event["kind"] == "stimulus" and (event["source"] == "device" or event.get("offset_ms") is not None)
    ]
    return sorted((pulse for pulse in pulses if pulse.outcome is not Outcome.UNCONFIRMED), key=lambda each: each.sample)


def _no_samples(engine: Engine) -> Samples:
    return np.zeros((0, len(engine.info.channels)), np.float32)
