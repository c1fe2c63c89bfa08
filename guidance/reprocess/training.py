"""A recorded exercise through today's biofeedback engine, and its calibrations, trials and cues compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from drivers.base import Status
from drivers.recording import Recording
from guidance.biofeedback.engine import BiofeedbackEngine
from guidance.biofeedback.plan import recorded_plan
from guidance.contracts.commands import PausePlayback, SymptomScore, TurnDial
from guidance.contracts.events import TimedRecord
from guidance.contracts.origin import replayed
from guidance.engine.settings import Mode, Settings
from guidance.journal.event_reader import EventFields
from guidance.journal.signal import SIGNAL_NAME
from guidance.protocol import load
from guidance.reprocess.differences import ComparisonRow, DecisionDifference, differ_by_share, unmatched
from guidance.reprocess.inputs import (
    InputQueue,
    RecordedInput,
    Reprocessed,
    as_event_fields,
    recorded_device,
    unfit_record_errors,
)

COMPARED = "Compared: calibrations, trials and cues; amplitudes within 1 %, cues within 0.05 s."

_CUE_S = 0.05
"""Two cues of one name within this time are the same cue; half a block of the re-run."""


def is_exercise(events: list[EventFields]) -> bool:
    """Return whether ``events`` are those of an exercise."""
    return bool(events) and isinstance(events[0].get("settings"), dict) and "training" in events[0]["settings"]


def reprocess_exercise(folder: Path, then: list[EventFields]) -> Reprocessed:
    """Run the exercise in ``folder`` with the events ``then`` through today's code. Raises UserError, DeviceError."""
    with unfit_record_errors("exercise", folder.name):
        recording = Recording(folder / SIGNAL_NAME, listen=True, every_channel=True)
        engine = _engine(then[0], recording)
        records = [engine.begin(replayed(then[0])), *_through(engine, recording, then)]
    signal_s = recording.total_samples / engine.info.sample_rate_hz
    return Reprocessed(folder.name, then, as_event_fields(records), signal_s)


def compare_exercise(result: Reprocessed) -> list[ComparisonRow]:
    """Return one row for each kind of decision."""
    then, today = result.then, result.today
    return [
        _row("calibration", then, today, ("rest_limit_uv", "largest_uv", "line_uv", "why")),
        _row("trial", then, today, ("score_percent", "reached", "level_uv", "next_line_uv", "why")),
        _cues(_of_kind(then, "cue"), _of_kind(today, "cue")),
    ]


def _engine(start: EventFields, recording: Recording) -> BiofeedbackEngine:
    settings = Settings(load(start["protocol"]), Mode(start["mode"]))
    recorded = start["settings"]
    plan, columns = recorded_plan(recorded["training"]), tuple(recorded["columns"])
    return BiofeedbackEngine(settings, plan, recorded_device(start, recording), columns, start["wall_time"])


def _through(engine: BiofeedbackEngine, recording: Recording, then: list[EventFields]) -> Iterator[TimedRecord]:
    """Give signal and inputs to ``engine`` and yield its records."""
    queue = InputQueue(_inputs(then, engine.info.sample_rate_hz), engine.info.sample_rate_hz)
    while engine.muscles.end < recording.total_samples:
        end = engine.muscles.end
        status: tuple[Status, ...] = ()
        for item in queue.due(end):
            if isinstance(item, tuple):
                status = (*status, Status(end, "streaming", "none", item))
            else:
                yield from engine.step([], None, [item])
        block = recording.take(queue.samples_until_next(end))
        if block is None:
            return
        yield from engine.step([replace(block, status=status)])


def _inputs(then: list[EventFields], sample_rate_hz: float) -> Iterator[tuple[int, RecordedInput]]:
    """Yield what the operator did and which electrodes were off, by sample."""
    for event in then:
        sample = round(event["t"] * sample_rate_hz)
        if event["kind"] == "entry" and event["what"] == "line":
            yield sample, TurnDial(event["fields"]["steps"])
        elif event["kind"] == "entry" and event["what"] == "pause":
            yield sample, PausePlayback(event["fields"]["on"])
        elif event["kind"] == "entry" and event["what"] == "symptom":
            yield sample, SymptomScore(event["fields"]["score"])
        elif event["kind"] == "entry" and event["what"] == "electrodes":
            yield sample, tuple(event["fields"]["off"])


def _of_kind(events: list[EventFields], kind: str) -> list[EventFields]:
    return [event for event in events if event["kind"] == kind]


def _row(kind: str, then: list[EventFields], today: list[EventFields], keys: tuple[str, ...]) -> ComparisonRow:
    old, new = _of_kind(then, kind), _of_kind(today, kind)
    differences = [
        DecisionDifference(one["t"], f"{kind} {key}", one[key], other[key])
        for one, other in zip(old, new, strict=False)
        for key in keys
        if _values_differ(one[key], other[key])
    ]
    differences += [DecisionDifference(each["t"], kind, True, None) for each in old[len(new) :]]
    differences += [DecisionDifference(each["t"], kind, None, True) for each in new[len(old) :]]
    return ComparisonRow(kind, len(old), len(new), tuple(differences))


def _cues(old: list[EventFields], new: list[EventFields]) -> ComparisonRow:
    only_then, only_today = unmatched(old, new, lambda event: event["name"], _CUE_S)
    differences = [DecisionDifference(each["t"], "cue", each["name"], None) for each in only_then]
    differences += [DecisionDifference(each["t"], "cue", None, each["name"]) for each in only_today]
    return ComparisonRow("cues", len(old), len(new), tuple(differences))


def _values_differ(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return differ_by_share(one, other)
    return one != other
