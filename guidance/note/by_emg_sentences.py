"""Sentences on a needle that was guided by its own EMG, each from the events it names."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.contracts.events import BY_EMG
from guidance.note.event_query import EventQuery, Line
from guidance.note.page import Sentence, sentence

FRESH_S = 5.0
"""What the EMG showed is told of an injection if it was found at most so many seconds before."""


def guidance(stream: EventQuery) -> Iterator[Sentence]:
    """That the EMG guided, and what it showed at each injection, or at last where none was entered."""
    told = [line for line in stream.of("proximity") if line.get("by") == BY_EMG]
    if not told:
        return
    span = f"{stream.clock(told[0]['t'])} to {stream.clock(told[-1]['t'])}"
    yield sentence(f"By the needle's own EMG, from {span}.", [told[0], told[-1]])
    given = stream.entries("injection")
    for line in given:
        yield _at(stream, told, line["t"], f"At the injection at {stream.clock(line['t'])}")
    if not given:
        yield _at(stream, told, told[-1]["t"], f"At last, at {stream.clock(told[-1]['t'])}")


def _at(stream: EventQuery, told: list[Line], t: float, when: str) -> Sentence:
    """What was known of the needle's place at device time ``t`` in s."""
    near = _newest(told, t)
    seen = _newest(list(stream.of("activity")), t)
    emg = "" if seen is None else f"; the EMG: {_activity(seen)}"
    lines = [line for line in (near, seen) if line is not None]
    return sentence(f"{when}: {_place(near)}{emg}.", lines)


def _newest(lines: list[Line], t: float) -> Line | None:
    """The newest of ``lines`` at ``t``, if it was fresh then."""
    return next((line for line in reversed(lines) if t - FRESH_S <= line["t"] <= t), None)


def _place(near: Line | None) -> str:
    if near is None or not near["valid"]:
        why = "" if near is None or not near["why"] else f" ({near['why'].replace('-', ' ')})"
        return f"no unit told how near the tip was{why}"
    if near.get("place"):
        return f"signs of the {near['place']} zone"
    if not near.get("rise_time_us"):
        return f"zone {near['zone']}"
    low, middle, high = (value / 1e3 for value in near["rise_time_us"])
    rise = f"the crispest unit rose in {middle:.2f} ms (90 % interval {low:.2f} to {high:.2f} ms), zone {near['zone']}"
    return f"{rise}; that tells of a unit's territory, not of which muscle it is"


def _activity(seen: Line) -> str:
    asked = f" while {seen['phase']} effort was asked for" if seen["phase"] not in {None, "rest"} else ""
    rest = " while rest was asked for" if seen["phase"] == "rest" else ""
    return f"{seen['pattern']}{asked}{rest}, {seen['potentials_per_s']:.0f} potentials a second"
