"""Sentences on the course of the procedure and on the record itself, each with the events that it states."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.journal.event_reader import EventFields
from guidance.note.event_query import EventQuery
from guidance.note.page import Sentence, sentence
from guidance.note.stop_sentences import STATED

_STATED_ELSEWHERE = {
    "aspiration", "injection", "injection-refused", "pain", "paraesthesia", "side", "verification", "dose-plan",
    "toxin-plan", "toxin-units", "correction", "acknowledge", "simulated", *STATED,
}  # fmt: skip
_MINUTES_FROM_S = 300.0
"""Durations from here on are given in minutes."""
_ENDS = {
    "operator": "Ended by the operator",
    "duration": "Ended at the set duration",
    "device-lost": "Ended because the amplifier was lost",
    "error": "Ended by an error",
}
_BY = {"controller": "the controller", "operator": "the operator", "safety": "automatic safety stop"}


def when(stream: EventQuery) -> Iterator[Sentence]:
    """Yield when the procedure began, how long it lasted and why it ended."""
    began, end = stream.began, stream.end
    text = f"Began on {began.date().isoformat()} at {began.timetz().isoformat('seconds')}."
    yield sentence(text, [stream.start])
    lasted = f"{stream.last_t:.0f} s" if stream.last_t < _MINUTES_FROM_S else f"{stream.last_t / 60:.0f} min"
    if end is None:
        yield sentence(f"THE RECORD WAS CUT OFF after {lasted}; nothing later was recorded.", [stream.events[-1]])
    else:
        yield sentence(f"{_ENDS.get(end['reason'], 'Ended')}, after {lasted}.", [end])


def weight(stream: EventQuery) -> Iterator[Sentence]:
    """Yield the weight that was entered for the dose calculation."""
    yield from _of_plan(stream, "weight_kg", "kg")


def height(stream: EventQuery) -> Iterator[Sentence]:
    """Yield the height that was entered for the dose calculation."""
    yield from _of_plan(stream, "height_cm", "cm")


def sex(stream: EventQuery) -> Iterator[Sentence]:
    """Yield the sex that was entered for the dose calculation."""
    yield from _of_plan(stream, "sex", "")


def side(stream: EventQuery) -> Iterator[Sentence]:
    """Yield the side that the operator entered last."""
    for event in sides(stream)[-1:]:
        yield sentence(f"{event['fields']['text']}, as entered at {stream.clock(event['t'])}.", [event])


def sides(stream: EventQuery) -> list[EventFields]:
    """Return the operator's entries of a side."""
    return [event for event in stream.entries("side") if event["fields"].get("text")]


def _of_plan(stream: EventQuery, key: str, unit: str) -> Iterator[Sentence]:
    for event in stream.entries("dose-plan"):
        value = event["fields"].get(key)
        if value is not None:
            value_text = f"{value:g} {unit}" if isinstance(value, float | int) else str(value)
            yield sentence(f"{value_text}, as entered for the dose calculation.", [event])


def alarms(stream: EventQuery) -> Iterator[Sentence]:
    """Yield one sentence for all alarms of one priority and text: when each began and how long it lasted."""
    begun: dict[tuple[str, str], list[tuple[EventFields, float | None]]] = {}
    open_now: dict[str, tuple[EventFields, int]] = {}
    for event in stream.of("alarm"):
        key = (event["priority"], event["text"])
        if event["active"]:
            begun.setdefault(key, []).append((event, None))
            open_now[event["code"]] = (event, len(begun[key]) - 1)
        elif event["code"] in open_now:
            first, place = open_now.pop(event["code"])
            begun[first["priority"], first["text"]][place] = (first, event["t"] - first["t"])
    for (priority, text), raised in begun.items():
        times = ", ".join(f"{stream.clock(event['t'])} ({_duration(for_s)})" for event, for_s in raised)
        events = [event for event, _ in raised]
        if priority != "low":
            count = "" if len(raised) == 1 else f", {len(raised)} times"
            yield sentence(f"{priority.capitalize()} priority{count}: {text}", events)
        yield sentence(f"{priority.capitalize()} priority, {times}: {text}", events, detail=True)


def other_entries(stream: EventQuery) -> Iterator[Sentence]:
    """Yield the entries of operator and program that no other field of the note states."""
    by_what: dict[str, list[EventFields]] = {}
    for event in stream.entries_that_hold:
        if event["what"] not in _STATED_ELSEWHERE:
            by_what.setdefault(event["what"], []).append(event)
    for what, events in by_what.items():
        times = "; ".join(f"{stream.clock(event['t'])}{_fields_text(event)}" for event in events)
        yield sentence(f"{what} at {times}.", events)


def stimulator(stream: EventQuery) -> Iterator[Sentence]:
    """Yield when the stimulator was armed and switched off, and by whom."""
    switched = [event for event in stream.of("command") if event["enabled"] or event["current_ma"] is None]
    pairs = zip([None, *switched], switched, strict=False)
    armed = [event for before, event in pairs if event["enabled"] and not (before and before["enabled"])]
    off = [event for event in switched if not event["enabled"]]
    if armed:
        times = ", ".join(_when_and_by(stream, event) for event in armed)
        yield sentence(f"Stimulator armed at {times}.", armed, detail=True)
    for event in off:
        why = f": {event['why'].rstrip('.')}" if event.get("why") else ""
        yield sentence(f"Stimulator off at {_when_and_by(stream, event)}{why}.", [event], detail=True)


def protocol(stream: EventQuery) -> Iterator[Sentence]:
    """Yield the protocol, what the site changed in it, and which of its values have no source."""
    title, _, is_known = stream.protocol
    unknown = "" if is_known else " (this program no longer has this protocol)"
    yield sentence(f"{stream.start['protocol']}: {title}{unknown}.", [stream.start])
    for change in stream.start.get("protocol_changes") or ():
        why = f", because {change['reason']}" if change.get("reason") else ""
        yield sentence(
            f"Changed by {change['author']}: {change['key']} {change['new']} instead of {change['old']}{why}.",
            [stream.start],
        )
    unsourced = stream.start.get("protocol_unsourced") or ()
    if unsourced:
        yield sentence(f"Values without a source: {', '.join(unsourced)}.", [stream.start])
    for assumed in stream.start.get("protocol_assumed") or ():
        yield sentence(f"Assumed: {assumed}.", [stream.start])


def device(stream: EventQuery) -> Iterator[Sentence]:
    """Yield amplifier, sample rate, channels and program."""
    known = stream.device
    channels = ", ".join(map(str, known.get("channels") or ["not known"]))
    yield sentence(
        f"{known.get('model')}, serial {known.get('serial') or 'not known'}, {known['sample_rate_hz']:g} Hz, "
        f"EMG of: {channels}. {stream.start['program']}.",
        [stream.start],
    )


def signal(stream: EventQuery) -> Iterator[Sentence]:
    """Yield how much of the signal was lost."""
    seconds = list(stream.of("signal"))
    if not seconds:
        return
    last = seconds[-1]
    off = [event for event in seconds if any(channel.get("lead_off") for channel in event["channels"])]
    yield sentence(f"{last['lost_samples']} samples lost, {last['bad_frames']} damaged frames.", [last])
    if off:
        yield sentence(f"An electrode was off for {len(off)} of {len(seconds)} s.", off)


def _when_and_by(stream: EventQuery, command: EventFields) -> str:
    return f"{stream.clock(command['t'])} by {_BY.get(command['by'], command['by'])}"


def _duration(for_s: float | None) -> str:
    return "to the end of the record" if for_s is None else f"{for_s:.1f} s"


def _fields_text(event: EventFields) -> str:
    known = {key: value for key, value in event["fields"].items() if value not in (None, "", [], {})}
    if [*known] == ["text"]:
        return f": {known['text']}"
    return f" ({', '.join(f'{key} {value}' for key, value in known.items())})" if known else ""
