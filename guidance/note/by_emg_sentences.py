"""Sentences on a needle that was guided by its own EMG, each from the events it names."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.contracts.events import BY_EMG
from guidance.journal.event_reader import EventFields
from guidance.note.event_query import EventQuery
from guidance.note.page import Sentence, sentence

FRESH_S = 5.0
"""What the EMG showed is told of an injection if it was found at most so many seconds before."""


def guidance(stream: EventQuery) -> Iterator[Sentence]:
    """That the EMG guided, and what it showed at each injection, or at last where none was entered."""
    estimates = [event for event in stream.of("proximity") if event.get("by") == BY_EMG]
    if not estimates:
        return
    span = f"{stream.clock(estimates[0]['t'])} to {stream.clock(estimates[-1]['t'])}"
    yield sentence(f"By the needle's own EMG, from {span}.", [estimates[0], estimates[-1]])
    injections = stream.entries("injection")
    for event in injections:
        yield _at(stream, estimates, event["t"], f"At the injection at {stream.clock(event['t'])}")
    if not injections:
        yield _at(stream, estimates, estimates[-1]["t"], f"At last, at {stream.clock(estimates[-1]['t'])}")


def _at(stream: EventQuery, estimates: list[EventFields], t: float, when: str) -> Sentence:
    """What was known of the needle's place at device time ``t`` in s."""
    estimate = _newest(estimates, t)
    activity = _newest(list(stream.of("activity")), t)
    emg = "" if activity is None else f"; the EMG: {_activity(activity)}"
    events = [event for event in (estimate, activity) if event is not None]
    return sentence(f"{when}: {_place(estimate)}{emg}.", events)


def _newest(events: list[EventFields], t: float) -> EventFields | None:
    """The newest of ``events`` at ``t``, if it was fresh then."""
    return next((event for event in reversed(events) if t - FRESH_S <= event["t"] <= t), None)


def _place(estimate: EventFields | None) -> str:
    if estimate is None or not estimate["valid"]:
        why = "" if estimate is None or not estimate["why"] else f" ({estimate['why'].replace('-', ' ')})"
        return f"no unit told how near the tip was{why}"
    if estimate.get("place"):
        return f"signs of the {estimate['place']} zone"
    if not estimate.get("rise_time_us"):
        return f"zone {estimate['zone']}"
    low, middle, high = (value / 1e3 for value in estimate["rise_time_us"])
    rise = (
        f"the crispest unit rose in {middle:.2f} ms (90 % interval {low:.2f} to {high:.2f} ms), zone {estimate['zone']}"
    )
    return f"{rise}; that tells of a unit's territory, not of which muscle it is"


def _activity(activity: EventFields) -> str:
    effort = f" while {activity['phase']} effort was asked for" if activity["phase"] not in {None, "rest"} else ""
    rest = " while rest was asked for" if activity["phase"] == "rest" else ""
    return f"{activity['pattern']}{effort}{rest}, {activity['potentials_per_s']:.0f} potentials a second"
