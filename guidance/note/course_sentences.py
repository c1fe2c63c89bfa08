"""Sentences on the course of the procedure and on the record itself."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.note.event_query import EventQuery, Line
from guidance.note.page import Sentence, sentence

_TOLD_ELSEWHERE = {
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
        yield sentence(f"THE RECORD WAS CUT OFF after {lasted}; what came later is not in it.", [stream.lines[-1]])
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
    for line in sides(stream)[-1:]:
        yield sentence(f"{line['fields']['text']}, as entered at {stream.clock(line['t'])}.", [line])


def sides(stream: EventQuery) -> list[Line]:
    """Each time that the operator named a side."""
    return [line for line in stream.entries("side") if line["fields"].get("text")]


def _of_plan(stream: EventQuery, key: str, unit: str) -> Iterator[Sentence]:
    for line in stream.entries("dose-plan"):
        value = line["fields"].get(key)
        if value is not None:
            said = f"{value:g} {unit}" if isinstance(value, float | int) else str(value)
            yield sentence(f"{said}, as told for the dose.", [line])


def alarms(stream: EventQuery) -> Iterator[Sentence]:
    """Every alarm, when it began and how long it held; of several of one kind, together."""
    begun: dict[tuple[str, str], list[tuple[Line, float | None]]] = {}
    open_now: dict[str, tuple[Line, int]] = {}
    for line in stream.of("alarm"):
        key = (line["priority"], line["text"])
        if line["active"]:
            begun.setdefault(key, []).append((line, None))
            open_now[line["code"]] = (line, len(begun[key]) - 1)
        elif line["code"] in open_now:
            first, place = open_now.pop(line["code"])
            begun[first["priority"], first["text"]][place] = (first, line["t"] - first["t"])
    for (priority, text), held in begun.items():
        times = ", ".join(f"{stream.clock(line['t'])} ({_held(for_s)})" for line, for_s in held)
        yield sentence(f"{priority.capitalize()} priority, {times}: {text}", [line for line, _ in held])


def noted(stream: EventQuery) -> Iterator[Sentence]:
    """What else the operator or the program entered."""
    by_what: dict[str, list[Line]] = {}
    for line in stream.of("entry"):
        if line["what"] not in _TOLD_ELSEWHERE:
            by_what.setdefault(line["what"], []).append(line)
    for what, lines in by_what.items():
        said = "; ".join(f"{stream.clock(line['t'])}{_text(line)}" for line in lines)
        yield sentence(f"{what}: {said}.", lines)


def hand(stream: EventQuery) -> Iterator[Sentence]:
    """When the stimulator was armed and switched off, and by whom."""
    switched = [line for line in stream.of("command") if line["enabled"] or line["current_ma"] is None]
    pairs = zip([None, *switched], switched, strict=False)
    armed = [line for before, line in pairs if line["enabled"] and not (before and before["enabled"])]
    off = [line for line in switched if not line["enabled"]]
    if armed:
        times = ", ".join(f"{stream.clock(line['t'])} by {line['by']}" for line in armed)
        yield sentence(f"Stimulator armed: {times}.", armed)
    for line in off:
        why = f": {line['why'].rstrip('.')}" if line.get("why") else ""
        yield sentence(f"Switched off, or not armed, at {stream.clock(line['t'])} by {line['by']}{why}.", [line])


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
    told = stream.device
    channels = ", ".join(map(str, told.get("channels") or ["not told"]))
    yield sentence(
        f"{told.get('model')}, serial {told.get('serial') or 'not told'}, {told['sample_rate_hz']:g} Hz, "
        f"EMG of: {channels}. {stream.start['program']}.",
        [stream.start],
    )


def signal(stream: EventQuery) -> Iterator[Sentence]:
    """What was lost of the signal."""
    seconds = list(stream.of("signal"))
    if not seconds:
        return
    last = seconds[-1]
    off = [line for line in seconds if any(channel.get("lead_off") for channel in line["channels"])]
    yield sentence(f"{last['lost_samples']} samples lost, {last['bad_frames']} damaged frames.", [last])
    if off:
        yield sentence(f"An electrode was off in {len(off)} of {len(seconds)} s.", off)


def _held(for_s: float | None) -> str:
    return "to the end" if for_s is None else f"{for_s:.1f} s"


def _text(line: Line) -> str:
    told = {key: value for key, value in line["fields"].items() if value not in (None, "", [], {})}
    if [*told] == ["text"]:
        return f": {told['text']}"
    return f" ({', '.join(f'{key} {value}' for key, value in told.items())})" if told else ""
