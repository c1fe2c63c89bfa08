"""Sentences on a needle that was guided by its own EMG, each with the events that it states."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.contracts.events import BY_EMG
from guidance.journal.event_reader import EventFields
from guidance.note.event_query import EventQuery
from guidance.note.page import Sentence, sentence

FRESH_S = 5.0
"""Longest age of an estimate that still describes an injection: the needle may have moved after that."""


def guidance(stream: EventQuery) -> Iterator[Sentence]:
    """Yield that the EMG guided, and what it showed at each injection; without an injection, at the last estimate."""
    estimates = [event for event in stream.of("proximity") if event.get("by") == BY_EMG]
    if not estimates:
        return
    span = f"{stream.clock(estimates[0]['t'])} to {stream.clock(estimates[-1]['t'])}"
    yield sentence(f"Guided by the EMG of the needle from {span}.", [estimates[0], estimates[-1]])
    injections = stream.entries("injection")
    for event in injections:
        yield _at(stream, estimates, event["t"], f"At the injection at {stream.clock(event['t'])}")
    if not injections:
        yield _at(stream, estimates, estimates[-1]["t"], f"At the last estimate at {stream.clock(estimates[-1]['t'])}")


def _at(stream: EventQuery, estimates: list[EventFields], t: float, when: str) -> Sentence:
    """State what was known of the needle's place at device time ``t`` in s."""
    estimate = _newest(estimates, t)
    activity = _newest(list(stream.of("activity")), t)
    emg = "" if activity is None else f"; EMG pattern: {_activity(activity)}"
    events = [event for event in (estimate, activity) if event is not None]
    return sentence(f"{when}: {_place(estimate)}{emg}.", events)


def _newest(events: list[EventFields], t: float) -> EventFields | None:
    """Return the newest of ``events`` at ``t``, None if it was older than ``FRESH_S``."""
    return next((event for event in reversed(events) if t - FRESH_S <= event["t"] <= t), None)


def _place(estimate: EventFields | None) -> str:
    if estimate is None or not estimate["valid"]:
        why = "" if estimate is None or not estimate["why"] else f" ({estimate['why'].replace('-', ' ')})"
        return f"nearness to a motor unit not known{why}"
    if estimate.get("place"):
        return f"signs of the {estimate['place']} zone"
    if not estimate.get("rise_time_us"):
        return f"zone {estimate['zone']}"
    low, middle, high = (value / 1e3 for value in estimate["rise_time_us"])
    return (
        f"shortest rise time {middle:.2f} ms (90 % interval {low:.2f} to {high:.2f} ms), zone {estimate['zone']}; "
        "this shows how near the tip is to a motor unit, not to which muscle that unit belongs"
    )


def _activity(activity: EventFields) -> str:
    requested = {None: "", "rest": " while rest was requested"}
    phase = requested.get(activity["phase"], f" while {activity['phase']} effort was requested")
    return f"{activity['pattern']}{phase}, {activity['potentials_per_s']:.0f} potentials per second"
