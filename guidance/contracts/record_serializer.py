"""Records of the event stream as lines of JSON: numbered, and stamped with the host's clock."""

from __future__ import annotations

import json
import math
from collections import deque
from dataclasses import fields, replace
from typing import Any

from guidance.contracts.events import MotorUnit, TimedRecord

_FIRST_ANSWERS = 1024
"""First answers kept for the records that settle them: those of two seconds, even of a flood."""


class RecordSerializer:
    """Serializer of timed records to lines of the stream: it numbers them and stamps each with the host's clock."""

    def __init__(self, first: int = 0) -> None:
        """Begin to count at ``first``."""
        self._seq = first
        self._first_answers: deque[tuple[int, int]] = deque(maxlen=_FIRST_ANSWERS)

    def line(self, timed: TimedRecord, mono_ns: int) -> str:
        """Return ``timed`` as a JSON line without its end, written at ``mono_ns``; fill in its ``lag_ms``."""
        record: Any = timed.record
        if timed.arrived_ns is not None and hasattr(record, "lag_ms"):
            record = replace(record, lag_ms=round((mono_ns - timed.arrived_ns) / 1e6, 3))
        if isinstance(record, MotorUnit):
            record = self._revising(record)
        head = {"kind": record.kind, "seq": self._seq, "t": round(timed.t, 9), "mono_ns": mono_ns}
        body = {each.name: _plain(getattr(record, each.name)) for each in fields(record)}
        self._seq += 1
        text = json.dumps(head | body, allow_nan=False, ensure_ascii=False)
        return text.encode("utf-8", "replace").decode("utf-8")

    def _revising(self, record: MotorUnit) -> MotorUnit:
        """Return ``record`` with the number of the first answer that it settles."""
        if not record.settled:
            self._first_answers.append((record.sample, self._seq))
            return record
        seqs = [seq for sample, seq in self._first_answers if sample == record.settles]
        return replace(record, revises=seqs[-1]) if seqs else record


def _plain(value: object) -> object:
    """Return ``value`` as JSON takes it; six significant digits are enough for any measured value."""
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no form in an event")
