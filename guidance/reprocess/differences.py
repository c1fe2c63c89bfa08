"""Where today's decisions differ from those on record: responses, amplitudes, zones, alarms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from guidance.journal.event_reader import EventFields
from guidance.reprocess.inputs import Reprocessed

AMPLITUDE_SHARE = 0.01
"""Amplitudes that differ by no more than this share are equal: a change of rounding is no change of a decision."""

COMPARED_ALARMS = {
    "too-close",
    "samples-lost",
    "saturated",
    "signal-dead",
    "range-wrong",
    "impedance-rise",
    "impedance-fall",
    "twitch-loss",
}
"""Alarms that follow from the signal; the others are about device, disk, screen and program, which a replay lacks."""

SHOWN = 20
"""Differences listed one by one; the number of further ones follows."""

_ALARM_S = 0.1
"""Two alarms of one code within this time are the same alarm; one block of the re-run."""

RecordKey = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class DecisionDifference:
    """A difference in ``what`` at ``t`` seconds: the value ``then`` and ``today``; None means absent."""

    t: float
    what: str
    then: object
    today: object


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """Counts of ``what`` on record and today, and the differences."""

    what: str
    recorded: int
    today: int
    differences: tuple[DecisionDifference, ...]


def compare(result: Reprocessed) -> list[ComparisonRow]:
    """Return one row for each kind of decision."""
    then, today = result.then, result.today
    return [
        _row("pulses", *_both(then, today, "stimulus"), lambda _: True),
        _row("detected", *_both(then, today, "response"), lambda event: event["detected"]),
        _row("amplitude", *_both(then, today, "response"), lambda event: event["amplitude_uv"], _amplitudes_differ),
        _row("zone", *_both(then, today, "proximity"), lambda event: event["zone"]),
        _alarms(_compared_alarms(then), _compared_alarms(today)),
    ]


def as_json_object(result: Reprocessed, rows: list[ComparisonRow]) -> dict[str, Any]:
    """Return the whole comparison for a program."""
    return {"procedure": result.name, "signal_s": result.signal_s, "rows": [asdict(row) for row in rows]}


def lines(result: Reprocessed, rows: list[ComparisonRow]) -> list[str]:
    """Return a short table and the first differences, one per line."""
    differing = sorted((each for row in rows for each in row.differences), key=lambda each: each.t)
    return [
        f"{result.name}: {result.signal_s:.1f} s of signal through today's code",
        "             on record    today   differ",
        *(f"  {row.what:10} {row.recorded:9} {row.today:8} {len(row.differences):8}" for row in rows),
        *(_line(each) for each in differing[:SHOWN]),
        *([f"  and {len(differing) - SHOWN} more; --json lists all"] if len(differing) > SHOWN else []),
    ]


def unmatched(
    old: list[EventFields], new: list[EventFields], key: Callable[[EventFields], object], within_s: float
) -> tuple[list[EventFields], list[EventFields]]:
    """Return the events of ``old`` and of ``new`` without a partner of the same ``key`` within ``within_s``."""
    only_old, left = [], list(new)
    for event in old:
        partner = next(
            (each for each in left if key(each) == key(event) and abs(each["t"] - event["t"]) <= within_s), None
        )
        if partner is None:
            only_old.append(event)
        else:
            left.remove(partner)
    return only_old, left


def differ_by_share(one: float, other: float) -> bool:
    """Return whether two amplitudes differ by more than ``AMPLITUDE_SHARE``."""
    return abs(one - other) > AMPLITUDE_SHARE * max(abs(one), abs(other))


def _both(
    then: list[EventFields], today: list[EventFields], kind: str
) -> tuple[dict[RecordKey, EventFields], dict[RecordKey, EventFields]]:
    return _by_pulse(then, kind), _by_pulse(today, kind)


def _by_pulse(events: list[EventFields], kind: str) -> dict[RecordKey, EventFields]:
    """Return the events of ``kind`` by pulse and channel; of several for one pulse, the first counts.

    A later estimate for the same pulse only states that the first one is no longer valid.
    """
    first: dict[RecordKey, EventFields] = {}
    for event in events:
        if event["kind"] == kind and event.get("outcome") != "unconfirmed":
            first.setdefault((event["sample"], event.get("channel")), event)
    return first


def _row(
    what: str,
    then: dict[RecordKey, EventFields],
    today: dict[RecordKey, EventFields],
    value: Callable[[EventFields], Any],
    differ: Callable[[Any, Any], bool] = lambda one, other: one != other,
) -> ComparisonRow:
    differences = []
    for key in sorted({*then, *today}, key=lambda each: each[0]):
        old, new = then.get(key), today.get(key)
        pair = (None if old is None else value(old), None if new is None else value(new))
        if old is None or new is None or differ(*pair):
            differences.append(DecisionDifference((old or new or {})["t"], what, *pair))
    return ComparisonRow(what, len(then), len(today), tuple(differences))


def _amplitudes_differ(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is not other
    return differ_by_share(one, other)


def _alarms(old: list[EventFields], new: list[EventFields]) -> ComparisonRow:
    only_then, only_today = unmatched(old, new, lambda event: (event["code"], event["active"]), _ALARM_S)
    differences = [DecisionDifference(each["t"], _alarm(each), True, None) for each in only_then]
    differences += [DecisionDifference(each["t"], _alarm(each), None, True) for each in only_today]
    return ComparisonRow("alarms", len(old), len(new), tuple(differences))


def _compared_alarms(events: list[EventFields]) -> list[EventFields]:
    return [event for event in events if event["kind"] == "alarm" and event["code"] in COMPARED_ALARMS]


def _alarm(event: EventFields) -> str:
    return f"alarm {event['code']} {'begins' if event['active'] else 'ends'}"


def _line(each: DecisionDifference) -> str:
    return f"  {each.t:9.3f} s  {each.what}: {_text(each.then)} on record, {_text(each.today)} today"


def _text(value: object) -> str:
    for known, text in ((None, "none"), (True, "yes"), (False, "no")):
        if value is known:
            return text
    return f"{value:.4g}" if isinstance(value, float) else str(value)
