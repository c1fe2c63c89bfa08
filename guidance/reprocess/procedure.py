"""What went into a procedure, taken from its record, and what today's engine makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from drivers.base import Block, Channel, DeviceInfo, Outcome, Pulse, Samples, Status
from drivers.recording import Recording
from guidance.common.errors import UserError
from guidance.contracts.commands import Acknowledge, OperatorCommand, OperatorNote, TurnDial
from guidance.contracts.events import RecordSerializer, TimedRecord
from guidance.contracts.origin import replayed
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.journal.bdf import UNKNOWN_RANGE_UV
from guidance.journal.event_reader import EventFields, read_events
from guidance.journal.signal import SIGNAL_NAME
from guidance.protocol import ProtocolError, load
from guidance.stimulation.current_control import DIAL_STEP_MA

_BLOCK_S = 0.1
_NOT_BY_OPERATOR = {
    "button",
    "verification",
    "dose-plan",
    "dose-warning",
    "injection-refused",
    "recovered",
    "hand-over",
    "signal-dead",
}
"""Entries that the program or the device made; all others are the operator's."""


@dataclass(frozen=True, slots=True)
class Reprocessed:
    """The records ``then``, and those that today's code gives, without the last one."""

    name: str
    then: list[EventFields]
    today: list[EventFields]
    signal_s: float


def reprocess_procedure(folder: Path) -> Reprocessed:
    """Run the procedure in ``folder`` through the engine. Raises UserError, DeviceError where its record is unfit.

    The signal, the pulses as the device told of them, the operator's entries and the electrodes' state go in again;
    not the stimulator and the program's own doing, whose pulses and currents are those on record.
    """
    then = read_events(folder)
    if not then or then[0].get("kind") != "start":
        raise UserError(f"The procedure {folder.name} has no start on record, so there is nothing to replay.")
    try:
        recording = Recording(folder / SIGNAL_NAME, listen=False)
        inputs = RecordedInputs(then, recording)
        engine = Engine(inputs.settings, inputs.info, then[0]["wall_time"])
        records = [engine.begin(replayed(then[0])), *inputs.through(engine)]
    except ProtocolError as fault:
        raise UserError(f"The procedure {folder.name} cannot be replayed: {fault}") from None
    except (KeyError, TypeError, ValueError) as fault:
        raise UserError(
            f"The record of {folder.name} lacks what a replay needs ({type(fault).__name__} {fault})."
        ) from None
    return Reprocessed(folder.name, then, _event_fields(records), recording.total_samples / inputs.info.sample_rate_hz)


class RecordedInputs:
    """All that goes in, in the order of device time."""

    def __init__(self, then: list[EventFields], recording: Recording) -> None:
        """From the records ``then`` and the ``recording`` beside them. Raises KeyError and such where they lack it."""
        self._recording, device = recording, then[0]["device"]
        self.settings = _settings(then[0])
        self._sample_rate_hz = float(device["sample_rate_hz"])
        channels = tuple(
            Channel(name, None if kept.range_uv == UNKNOWN_RANGE_UV else kept.range_uv)
            for name, kept in zip(device["channels"], recording.info.channels, strict=True)
        )
        self.info = DeviceInfo(device["model"], device["serial"], device["address"], self._sample_rate_hz, channels)
        self._pulses = _pulses(then, recording)
        inputs: list[tuple[int, OperatorCommand | tuple[bool, ...]]] = [*self._messages(then), *self._leads(then)]
        self._inputs = sorted(inputs, key=lambda item: item[0])

    def through(self, engine: Engine) -> Iterator[TimedRecord]:
        """What ``engine`` makes of all of it."""
        while engine.pipeline.history.end < self._recording.total_samples:
            at = engine.pipeline.history.end
            while self._inputs and self._inputs[0][0] <= at:
                yield from self._input(engine, self._inputs.pop(0)[1])
            until = min(
                [at + max(1, int(_BLOCK_S * self._sample_rate_hz)), *(sample for sample, _ in self._inputs[:1])]
            )
            block = self._recording.take(max(1, until - at))
            if block is None:
                return
            yield from engine.step([self._as_it_came(block)], _ns(block.end_sample, self._sample_rate_hz))

    def _input(self, engine: Engine, item: OperatorCommand | tuple[bool, ...]) -> Iterator[TimedRecord]:
        end = engine.pipeline.history.end
        if isinstance(item, tuple):
            nothing = Block(end, _nothing(engine), status=(Status(end, "streaming", "none", item),))
            return engine.step([nothing], _ns(end, self._sample_rate_hz))
        return engine.step([], _ns(end, self._sample_rate_hz), [item])

    def _as_it_came(self, block: Block) -> Block:
        inside = [pulse for pulse in self._pulses if pulse.sample < block.end_sample]
        self._pulses = self._pulses[len(inside) :]
        return replace(block, pulses=tuple(inside), arrived_ns=_ns(block.end_sample, self._sample_rate_hz))

    def _messages(self, then: list[EventFields]) -> Iterator[tuple[int, OperatorCommand]]:
        dial_ma = self.settings.current_ma or 0.0
        for event in then:
            if self.settings.mode is Mode.LISTEN and event["kind"] == "command" and event["by"] == "operator":
                steps, dial_ma = round((event["current_ma"] - dial_ma) / DIAL_STEP_MA), event["current_ma"]
                yield round(event["t"] * self._sample_rate_hz), TurnDial(steps)
            if event["kind"] == "entry" and event["what"] not in _NOT_BY_OPERATOR:
                entered = event["fields"]["phase"] if event["what"] == "activation" else event["what"]
                inputs = Acknowledge() if event["what"] == "acknowledge" else OperatorNote(entered)
                yield round(event["t"] * self._sample_rate_hz), inputs

    def _leads(self, then: list[EventFields]) -> Iterator[tuple[int, tuple[bool, ...]]]:
        """Which electrodes were off, from when on: as the alarm began and ended, and as each second told."""
        known: tuple[bool, ...] = ()
        for index, event in enumerate(then):
            recorded = _lead_off(event, then[index:])
            if recorded is not None and recorded != known:
                known = recorded
                yield round(event["t"] * self._sample_rate_hz), recorded


def _lead_off(event: EventFields, later: list[EventFields]) -> tuple[bool, ...] | None:
    """One flag a channel, where ``event`` says which are off; the next second names those of an alarm."""
    if event["kind"] == "alarm" and event["code"] == "lead-off":
        second = next((each for each in later if each["kind"] == "signal"), None)
        flags = _flags(second) if second else None
        return tuple(bool(flag) and event["active"] for flag in flags) if flags else None
    return _flags(event) if event["kind"] == "signal" else None


def _flags(second: EventFields) -> tuple[bool, ...] | None:
    flags = tuple(channel["lead_off"] for channel in second["channels"])
    return None if None in flags else tuple(bool(flag) for flag in flags)


def _settings(start: EventFields) -> Settings:
    """Those of the record; where it does not say, today's protocol stands."""
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
    """The pulses that the device told of, in order; how far into a sample each began is beside the signal."""
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


def _nothing(engine: Engine) -> Samples:
    return np.zeros((0, len(engine.info.channels)), np.float32)


def _event_fields(records: list[TimedRecord]) -> list[EventFields]:
    numbering = RecordSerializer()
    return [json.loads(numbering.line(one, 0)) for one in records]


def _ns(sample: int, sample_rate_hz: float) -> int:
    return round(sample / sample_rate_hz * 1e9)
