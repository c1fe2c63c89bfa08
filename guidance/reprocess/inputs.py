"""What procedures and exercises share when their records are run again: device, inputs by sample, outcome, errors."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from drivers.base import Channel, DeviceInfo
from drivers.recording import Recording
from guidance.common.errors import UserError
from guidance.contracts.commands import OperatorCommand
from guidance.contracts.events import TimedRecord
from guidance.contracts.record_serializer import RecordSerializer
from guidance.journal.bdf import UNKNOWN_RANGES_UV
from guidance.journal.event_reader import EventFields
from guidance.protocol import ProtocolError

BLOCK_S = 0.1
"""Longest block of signal per step. No decision depends on it; shorter blocks are slower."""

LeadFlags = tuple[bool, ...]
"""Which electrodes are off: one flag for each channel."""

RecordedInput = OperatorCommand | LeadFlags


@dataclass(frozen=True, slots=True)
class Reprocessed:
    """Events of one procedure: ``then`` as recorded, ``today`` as today's code gives them, without an end event."""

    name: str
    then: list[EventFields]
    today: list[EventFields]
    signal_s: float


class InputQueue:
    """Recorded inputs in the order of the signal's samples; those of one sample keep their order."""

    def __init__(self, inputs: Iterable[tuple[int, RecordedInput]], sample_rate_hz: float) -> None:
        """Take ``inputs``, each with the sample at which it is due."""
        self._waiting = deque(sorted(inputs, key=lambda item: item[0]))
        self._most_samples = max(1, int(BLOCK_S * sample_rate_hz))

    def due(self, sample: int) -> Iterator[RecordedInput]:
        """Remove and yield the inputs that are due at ``sample``."""
        while self._waiting and self._waiting[0][0] <= sample:
            yield self._waiting.popleft()[1]

    def samples_until_next(self, sample: int) -> int:
        """Return how many samples from ``sample`` on come before the next input: at least 1, at most a block."""
        if not self._waiting:
            return self._most_samples
        return max(1, min(self._most_samples, self._waiting[0][0] - sample))


def recorded_device(start: EventFields, recording: Recording) -> DeviceInfo:
    """Return the device of the ``start`` event, with the input ranges of ``recording``. Raises KeyError, ValueError."""
    device = start["device"]
    channels = tuple(
        Channel(name, None if channel.range_uv in UNKNOWN_RANGES_UV else channel.range_uv)
        for name, channel in zip(device["channels"], recording.info.channels, strict=True)
    )
    sample_rate_hz = float(device["sample_rate_hz"])
    return DeviceInfo(device["model"], device["serial"], device["address"], sample_rate_hz, channels)


def as_event_fields(records: Iterable[TimedRecord]) -> list[EventFields]:
    """Return the events that a journal would hold for ``records``, without times of the host."""
    serializer = RecordSerializer()
    return [json.loads(serializer.line(record, 0)) for record in records]


@contextmanager
def unfit_record_errors(kind: str, name: str) -> Iterator[None]:
    """Turn the errors of an unfit record of the ``kind`` (such as procedure) called ``name`` into a UserError."""
    try:
        yield
    except ProtocolError as fault:
        raise UserError(f"The {kind} {name} cannot be replayed: {fault}") from None
    except (KeyError, TypeError, ValueError) as fault:
        raise UserError(f"The record of {name} lacks what a replay needs ({type(fault).__name__}: {fault}).") from None
