"""Where today's decisions differ from those on record: answers, amplitudes, zones, alarms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from guidance.journal.event_reader import EventFields
from guidance.reprocess.procedure import Reprocessed

AMPLITUDE_SHARE = 0.01
COMPARED_ALARMS = {
    "too-close",
    "samples-lost",
    "saturated",
    "signal-dead",
    "impedance-rise",
    "impedance-fall",
    "twitch-loss",
}
"""Alarms that follow from the signal; the others tell of device, disk, screen and program, which a replay has not."""

SHOWN = 20

_ALARM_S = 0.1

RecordKey = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class DecisionDifference:
    """At ``t`` seconds, of ``what``: as it was ``then`` and as it is ``today``; None is not there."""

    t: float
    what: str
    then: object
    today: object


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """So many of ``what`` on record and today, and where they differ."""

    what: str
    recorded: int
    today: int
    differences: tuple[DecisionDifference, ...]


def compare(found: Reprocessed) -> list[ComparisonRow]:
    """One row for each kind of decision."""
    then, today = found.then, found.today
    return [
        _row("pulses", *_both(then, today, "stimulus"), lambda _: True),
        _row("detected", *_both(then, today, "response"), lambda event: event["detected"]),
        _row("amplitude", *_both(then, today, "response"), lambda event: event["amplitude_uv"], _amplitudes_differ),
        _row("zone", *_both(then, today, "proximity"), lambda event: event["zone"]),
        _alarms(then, today),
    ]


def as_json_object(found: Reprocessed, rows: list[ComparisonRow]) -> dict[str, Any]:
    """All of it, for a program."""
    return {"procedure": found.name, "signal_s": found.signal_s, "rows": [asdict(row) for row in rows]}


def lines(found: Reprocessed, rows: list[ComparisonRow]) -> list[str]:
    """A short table, and the first differences one by one."""
    differing = sorted((each for row in rows for each in row.differences), key=lambda each: each.t)
    return [
        f"{found.name}: {found.signal_s:.1f} s of signal through today's code",
        "             on record    today   differ",
        *(f"  {row.what:10} {row.recorded:9} {row.today:8} {len(row.differences):8}" for row in rows),
        *(_line(each) for each in differing[:SHOWN]),
        *([f"  and {len(differing) - SHOWN} more; --json tells all"] if len(differing) > SHOWN else []),
    ]


def _both(
    then: list[EventFields], today: list[EventFields], kind: str
) -> tuple[dict[RecordKey, EventFields], dict[RecordKey, EventFields]]:
    return _by_pulse(then, kind), _by_pulse(today, kind)


def _by_pulse(events: list[EventFields], kind: str) -> dict[RecordKey, EventFields]:
    """The records of ``kind`` by pulse and channel; of an estimate that lapsed or was given up, the first counts."""
    found: dict[RecordKey, EventFields] = {}
    for event in events:
        if event["kind"] == kind and event.get("outcome") != "unconfirmed":
            found.setdefault((event["sample"], event.get("channel")), event)
    return found


def _row(
    what: str,
    then: dict[RecordKey, EventFields],
    today: dict[RecordKey, EventFields],
    value: Callable[[EventFields], Any],
    differ: Callable[[Any, Any], bool] = lambda one, other: one != other,
) -> ComparisonRow:
    found = []
    for key in sorted({*then, *today}, key=lambda each: each[0]):
        old, new = then.get(key), today.get(key)
        pair = (None if old is None else value(old), None if new is None else value(new))
        if old is None or new is None or differ(*pair):
            found.append(DecisionDifference((old or new or {})["t"], what, *pair))
    return ComparisonRow(what, len(then), len(today), tuple(found))


def _amplitudes_differ(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is not other
    return abs(one - other) > AMPLITUDE_SHARE * max(abs(one), abs(other))


def _alarms(then: list[EventFields], today: list[EventFields]) -> ComparisonRow:
    old, new = _raised(then), _raised(today)
    left = list(new)
    found = [DecisionDifference(each["t"], _alarm(each), True, None) for each in old if not _remove_same(each, left)]
    found += [DecisionDifference(each["t"], _alarm(each), None, True) for each in left]
    return ComparisonRow("alarms", len(old), len(new), tuple(found))


def _raised(events: list[EventFields]) -> list[EventFields]:
    return [event for event in events if event["kind"] == "alarm" and event["code"] in COMPARED_ALARMS]


def _remove_same(wanted: EventFields, left: list[EventFields]) -> bool:
    """Take from ``left`` the alarm that is the same as ``wanted``; whether there was one."""
    for index, each in enumerate(left):
        same = (each["code"], each["active"]) == (wanted["code"], wanted["active"])
        if same and abs(each["t"] - wanted["t"]) <= _ALARM_S:
            del left[index]
            return True
    return False


def _alarm(event: EventFields) -> str:
    return f"alarm {event['code']} {'begins' if event['active'] else 'ends'}"


def _line(each: DecisionDifference) -> str:
    return f"  {each.t:9.3f} s  {each.what}: {_word(each.then)} on record, {_word(each.today)} today"


def _word(value: object) -> str:
    words: Iterator[tuple[object, str]] = iter(((None, "none"), (True, "yes"), (False, "no")))
    return next(
        (word for known, word in words if value is known), f"{value:.4g}" if isinstance(value, float) else str(value)
    )
