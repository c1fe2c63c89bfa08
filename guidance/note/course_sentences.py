"""Sentences on the course of the procedure and on the record itself."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.journal.event_reader import EventFields
from guidance.note.event_query import EventQuery
from guidance.note.page import Sentence, sentence

_REPORTED_ELSEWHERE = {
    "aspiration", "injection", "injection-refused", "pain", "paraesthesia", "side", "verification", "dose-plan",
    "acknowledge", "simulated",
}  # fmt: skip
_MINUTES_FROM_S = 300.0
_ENDS = {
    "operator": "Ended by the operator",
    "duration": "Ended when the time that was set was over",
    "device-lost": "Broken off: the amplifier was lost",
    "error": "Broken off by an error",
}


def when(stream: EventQuery) -> Iterator[Sentence]:
    """When it began and ended, and why."""
    began, end = stream.began, stream.end
    yield sentence(f"{began.date().isoformat()}, begun {began.timetz().isoformat('seconds')}.", [stream.start])
    lasted = f"{stream.last_t:.0f} s" if stream.last_t < _MINUTES_FROM_S else f"{stream.last_t / 60:.0f} min"
    if end is None:
        yield sentence(f"THE RECORD WAS CUT OFF after {lasted}; what came later is not in it.", [stream.events[-1]])
    else:
        yield sentence(f"{_ENDS.get(end['reason'], 'Ended')}, {lasted} after it began.", [end])


def weight(stream: EventQuery) -> Iterator[Sentence]:
    """The weight that the dose was reckoned with."""
    yield from _of_plan(stream, "weight_kg", "kg")


def height(stream: EventQuery) -> Iterator[Sentence]:
    """The height that the dose was reckoned with."""
    yield from _of_plan(stream, "height_cm", "cm")


def sex(stream: EventQuery) -> Iterator[Sentence]:
    """The sex that the dose was reckoned with."""
    yield from _of_plan(stream, "sex", "")


def side(stream: EventQuery) -> Iterator[Sentence]:
    """The side as the operator entered it last."""
    for event in sides(stream)[-1:]:
        yield sentence(f"{event['fields']['text']}, as entered at {stream.clock(event['t'])}.", [event])


def sides(stream: EventQuery) -> list[EventFields]:
    """Each time that the operator named a side."""
    return [event for event in stream.entries("side") if event["fields"].get("text")]


def _of_plan(stream: EventQuery, key: str, unit: str) -> Iterator[Sentence]:
    for event in stream.entries("dose-plan"):
        value = event["fields"].get(key)
        if value is not None:
            value_text = f"{value:g} {unit}" if isinstance(value, float | int) else str(value)
            yield sentence(f"{value_text}, as told for the dose.", [event])


def alarms(stream: EventQuery) -> Iterator[Sentence]:
    """Every alarm, when it began and how long it held; of several of one kind, together."""
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
        yield sentence(f"{priority.capitalize()} priority, {times}: {text}", [event for event, _ in raised])


def noted(stream: EventQuery) -> Iterator[Sentence]:
    """What else the operator or the program entered."""
    by_what: dict[str, list[EventFields]] = {}
    for event in stream.of("entry"):
        if event["what"] not in _REPORTED_ELSEWHERE:
            by_what.setdefault(event["what"], []).append(event)
    for what, events in by_what.items():
        value_text = "; ".join(f"{stream.clock(event['t'])}{_text(event)}" for event in events)
        yield sentence(f"{what}: {value_text}.", events)


def switching(stream: EventQuery) -> Iterator[Sentence]:
    """When the stimulator was armed and switched off, and by whom."""
    switched = [event for event in stream.of("command") if event["enabled"] or event["current_ma"] is None]
    pairs = zip([None, *switched], switched, strict=False)
    armed = [event for before, event in pairs if event["enabled"] and not (before and before["enabled"])]
    off = [event for event in switched if not event["enabled"]]
    if armed:
        times = ", ".join(f"{stream.clock(event['t'])} by {event['by']}" for event in armed)
        yield sentence(f"Stimulator armed: {times}.", armed)
    for event in off:
        why = f": {event['why'].rstrip('.')}" if event.get("why") else ""
        yield sentence(f"Switched off, or not armed, at {stream.clock(event['t'])} by {event['by']}{why}.", [event])


def protocol(stream: EventQuery) -> Iterator[Sentence]:
    """The protocol, and what the site changed or no source bears out in it."""
    title, _, is_known = stream.protocol
    unknown = "" if is_known else " (not known to this program any more)"
    yield sentence(f"{stream.start['protocol']}: {title}{unknown}.", [stream.start])
    for change in stream.start.get("protocol_changes") or ():
        why = f", because {change['reason']}" if change.get("reason") else ""
        yield sentence(
            f"Changed by {change['author']}: {change['key']} {change['new']} instead of {change['old']}{why}.",
            [stream.start],
        )
    unsourced = stream.start.get("protocol_unsourced") or ()
    if unsourced:
        yield sentence(f"Without a source in it: {', '.join(unsourced)}.", [stream.start])
    for assumed in stream.start.get("protocol_assumed") or ():
        yield sentence(f"Assumed: {assumed}.", [stream.start])


def device(stream: EventQuery) -> Iterator[Sentence]:
    """Amplifier, program and mode."""
    known = stream.device
    channels = ", ".join(map(str, known.get("channels") or ["not told"]))
    yield sentence(
        f"{known.get('model')}, serial {known.get('serial') or 'not told'}, {known['sample_rate_hz']:g} Hz, "
        f"EMG of: {channels}. {stream.start['program']}.",
        [stream.start],
    )


def signal(stream: EventQuery) -> Iterator[Sentence]:
    """What was lost of the signal."""
    seconds = list(stream.of("signal"))
    if not seconds:
        return
    last = seconds[-1]
    off = [event for event in seconds if any(channel.get("lead_off") for channel in event["channels"])]
    yield sentence(f"{last['lost_samples']} samples lost, {last['bad_frames']} damaged frames.", [last])
    if off:
        yield sentence(f"An electrode was off in {len(off)} of {len(seconds)} s.", off)


def _duration(for_s: float | None) -> str:
    return "to the end" if for_s is None else f"{for_s:.1f} s"


def _text(event: EventFields) -> str:
    known = {key: value for key, value in event["fields"].items() if value not in (None, "", [], {})}
    if [*known] == ["text"]:
        return f": {known['text']}"
    return f" ({', '.join(f'{key} {value}' for key, value in known.items())})" if known else ""
