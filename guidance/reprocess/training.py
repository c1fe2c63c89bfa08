"""An exercise on record beside what today's code makes of its signal: calibrations, trials, cues."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from drivers.base import Channel, DeviceInfo, Status
from drivers.recording import Recording
from guidance.biofeedback.engine import BiofeedbackEngine
from guidance.biofeedback.plan import recorded_plan
from guidance.common.errors import UserError
from guidance.contracts.commands import OperatorCommand, PausePlayback, TurnDial
from guidance.contracts.events import RecordSerializer, TimedRecord
from guidance.contracts.origin import replayed
from guidance.engine.settings import Mode, Settings
from guidance.journal.bdf import UNKNOWN_RANGE_UV
from guidance.journal.event_reader import EventFields
from guidance.journal.signal import SIGNAL_NAME
from guidance.protocol import ProtocolError, load
from guidance.reprocess.differences import ComparisonRow, DecisionDifference
from guidance.reprocess.procedure import Reprocessed

COMPARED = "Compared: calibrations, trials and cues; amplitudes by 1 %, cues by 0.05 s."

_BLOCK_S = 0.1
_SHARE = 0.01
_CUE_S = 0.05


def is_exercise(events: list[EventFields]) -> bool:
    """Whether the record is of an exercise."""
    return bool(events) and isinstance(events[0].get("settings"), dict) and "training" in events[0]["settings"]


def reprocess_exercise(folder: Path, then: list[EventFields]) -> Reprocessed:
    """Run the exercise in ``folder`` with the records ``then`` through today's code. Raises UserError, DeviceError."""
    try:
        recording = Recording(folder / SIGNAL_NAME, listen=True)
        engine = _engine(then[0], recording)
        records = [
            engine.begin(replayed(then[0])),
            *_through(engine, recording, then),
        ]
    except ProtocolError as fault:
        raise UserError(f"The exercise {folder.name} cannot be replayed: {fault}") from None
    except (KeyError, TypeError, ValueError) as fault:
        raise UserError(
            f"The record of {folder.name} lacks what a replay needs ({type(fault).__name__} {fault})."
        ) from None
    numbering = RecordSerializer()
    today = [json.loads(numbering.line(one, 0)) for one in records]
    return Reprocessed(folder.name, then, today, recording.total_samples / engine.info.sample_rate_hz)


def compare_exercise(found: Reprocessed) -> list[ComparisonRow]:
    """One row for each kind of decision."""
    then, today = found.then, found.today
    return [
        _row("calibration", then, today, ("rest_limit_uv", "largest_uv", "line_uv", "why")),
        _row("trial", then, today, ("score_percent", "reached", "level_uv", "next_line_uv", "why")),
        _cues(_kind(then, "cue"), _kind(today, "cue")),
    ]


def _engine(start: EventFields, recording: Recording) -> BiofeedbackEngine:
    device = start["device"]
    channels = tuple(
        Channel(name, None if kept.range_uv == UNKNOWN_RANGE_UV else kept.range_uv)
        for name, kept in zip(device["channels"], recording.info.channels, strict=True)
    )
    sample_rate_hz = float(device["sample_rate_hz"])
    info = DeviceInfo(device["model"], device["serial"], device["address"], sample_rate_hz, channels)
    settings = Settings(load(start["protocol"]), Mode(start["mode"]))
    recorded = start["settings"]
    return BiofeedbackEngine(
        settings, recorded_plan(recorded["training"]), info, tuple(recorded["columns"]), start["wall_time"]
    )


def _through(engine: BiofeedbackEngine, recording: Recording, then: list[EventFields]) -> Iterator[TimedRecord]:
    sample_rate_hz = engine.info.sample_rate_hz
    inputs = sorted(_inputs(then, sample_rate_hz), key=lambda item: item[0])
    while engine.muscles.end < recording.total_samples:
        at = engine.muscles.end
        status: tuple[Status, ...] = ()
        while inputs and inputs[0][0] <= at:
            item = inputs.pop(0)[1]
            if isinstance(item, tuple):
                status = (*status, Status(at, "streaming", "none", item))
            else:
                yield from engine.step([], None, [item])
        until = min([at + max(1, int(_BLOCK_S * sample_rate_hz)), *(sample for sample, _ in inputs[:1])])
        block = recording.take(max(1, until - at))
        if block is None:
            return
        yield from engine.step([replace(block, status=status)])


def _inputs(then: list[EventFields], sample_rate_hz: float) -> Iterator[tuple[int, OperatorCommand | tuple[bool, ...]]]:
    """The operator's doings, and which electrodes were off from when on, by sample."""
    known: tuple[bool, ...] = ()
    for event in then:
        at = round(event["t"] * sample_rate_hz)
        if event["kind"] == "entry" and event["what"] == "line":
            yield at, TurnDial(event["fields"]["steps"])
        elif event["kind"] == "entry" and event["what"] == "pause":
            yield at, PausePlayback(event["fields"]["on"])
        elif event["kind"] == "entry" and event["what"] == "electrodes":
            known = tuple(event["fields"]["off"])
            yield at, known


def _kind(events: list[EventFields], kind: str) -> list[EventFields]:
    return [event for event in events if event["kind"] == kind]


def _row(kind: str, then: list[EventFields], today: list[EventFields], keys: tuple[str, ...]) -> ComparisonRow:
    old, new = _kind(then, kind), _kind(today, kind)
    found = [
        DecisionDifference(one["t"], f"{kind} {key}", one[key], other[key])
        for one, other in zip(old, new, strict=False)
        for key in keys
        if _differ(one[key], other[key])
    ]
    found += [DecisionDifference(each["t"], kind, True, None) for each in old[len(new) :]]
    found += [DecisionDifference(each["t"], kind, None, True) for each in new[len(old) :]]
    return ComparisonRow(kind, len(old), len(new), tuple(found))


def _cues(old: list[EventFields], new: list[EventFields]) -> ComparisonRow:
    left = list(new)
    found = []
    for one in old:
        same = next(
            (each for each in left if each["name"] == one["name"] and abs(each["t"] - one["t"]) <= _CUE_S), None
        )
        if same is None:
            found.append(DecisionDifference(one["t"], "cue", one["name"], None))
        else:
            left.remove(same)
    found += [DecisionDifference(each["t"], "cue", None, each["name"]) for each in left]
    return ComparisonRow("cues", len(old), len(new), tuple(found))


def _differ(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) > _SHARE * max(abs(one), abs(other))
    return bool(one != other)
