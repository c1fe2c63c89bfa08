"""Sentences on what was injected and how the tissue took it, each from the events it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from guidance.dose.formatting import percent
from guidance.note.event_query import EventQuery, Line
from guidance.note.page import Sentence, sentence
from guidance.note.pulses import LastPlace, RecordedPulse

COMPLAINTS = ("pain", "paraesthesia")
"""What the operator notes that the patient feels."""


def drug(stream: EventQuery) -> Iterator[Sentence]:
    """The solution, each aliquot's and the whole dose, and what of the limit that is."""
    given = _given(stream)
    named = {(f["drug"], f["concentration"]) for line in given if (f := line["fields"]).get("drug")}
    for name, made in sorted(named):
        yield sentence(f"{name} {made}.", [line for line in given if line["fields"].get("drug") == name])
    doses = [line for line in given if line["fields"].get("total_mg")]
    if doses:
        before = any(line["fields"].get("earlier") for line in stream.entries("dose-plan"))
        also = "; doses given before are counted in" if before else ""
        yield sentence(f"{_total(doses[-1]['fields'])}{also}.", [doses[-1]])
    for line in stream.entries("dose-plan"):
        limits = "; ".join(f"{name}: {words}" for name, words in (line["fields"].get("limits") or {}).items())
        if limits:
            yield sentence(f"Limit when it began: {limits}.", [line])


def volume(stream: EventQuery) -> Iterator[Sentence]:
    """What was injected, aliquot by aliquot."""
    given = _given(stream)
    known = [line for line in given if line["fields"].get("volume_ml") is not None]
    if known:
        total_ml = sum(line["fields"]["volume_ml"] for line in known)
        parts = ", ".join(f"{line['fields']['volume_ml']:g} mL at {stream.clock(line['t'])}" for line in known)
        yield sentence(f"{total_ml:g} mL in {len(known)} {_aliquots(known)}: {parts}.", known)
    unknown = [line for line in given if line not in known]
    if unknown:
        times = ", ".join(stream.clock(line["t"]) for line in unknown)
        yield sentence(f"An injection of unrecorded volume was noted at {times}.", unknown)
    yield from _despite(stream, given)


def is_volume_whole(stream: EventQuery) -> bool:
    """Whether the volume of every injection is in the record, and there was one."""
    given = _given(stream)
    return bool(given) and all(line["fields"].get("volume_ml") is not None for line in given)


def epinephrine(stream: EventQuery) -> Iterator[Sentence]:
    """Whether the solution as it was entered holds epinephrine; nothing where none was entered."""
    for line in stream.entries("dose-plan"):
        solution = str(line["fields"].get("solution", ""))
        _, found, strength = solution.partition("epinephrine")
        words = f"Epinephrine{strength or ', strength not told'}" if found else "None in the solution as it was entered"
        yield sentence(f"{words} ({solution}).", [line])


def aspiration(stream: EventQuery) -> Iterator[Sentence]:
    """Each aspiration's outcome, and which aliquots went without one."""
    done = stream.entries("aspiration")
    bloody = [line for line in done if line["fields"].get("blood")]
    clear = [line for line in done if line["fields"].get("blood") is False]
    if clear:
        yield sentence(f"Aspirated {_times(clear)} without blood, at {_clocks(stream, clear)}.", clear)
    if bloody:
        yield sentence(f"BLOOD was aspirated at {_clocks(stream, bloody)}.", bloody)
    untold = [line for line in done if line not in clear and line not in bloody]
    if untold:
        yield sentence(f"An aspiration was entered without its result, at {_clocks(stream, untold)}.", untold)
    without = [line for line in _given(stream) if line["fields"].get("aspirated") is False]
    if without:
        yield sentence(
            f"{len(without)} of {len(_given(stream))} {_aliquots(_given(stream))} went in without an aspiration "
            f"entered just before: at {_clocks(stream, without)}.",
            without,
        )


def pain(stream: EventQuery) -> Iterator[Sentence]:
    """Each time that pain or paraesthesia was noted; that none was noted says nothing."""
    for what in COMPLAINTS:
        noted = stream.entries(what)
        if noted:
            yield sentence(f"{what.capitalize()} noted at {_clocks(stream, noted)}.", noted)


def twitch_loss(stream: EventQuery) -> Iterator[Sentence]:
    """What the alarm of the twitch said after an injection."""
    for line in stream.of("alarm"):
        if line["code"] == "twitch-loss" and line["active"]:
            yield sentence(f"At {stream.clock(line['t'])}: {line['text']}", [line])


def twitch_after(stream: EventQuery, pulses: Sequence[RecordedPulse], place: LastPlace | None) -> Iterator[Sentence]:
    """How many pulses were answered after the first injection, of those as strong as were answered before it."""
    given = _given(stream)
    if not given or place is None or place.lowest is None:
        return
    least_ma = place.lowest.current_ma or 0.0
    fit = [p for p in pulses if p.responded is not None and p.width_ms == place.width_ms and p.t > given[0]["t"]]
    strong = [pulse for pulse in fit if (pulse.current_ma or 0.0) >= least_ma]
    if strong:
        responded = sum(bool(pulse.responded) for pulse in strong)
        yield Sentence(
            f"After the first injection {responded} of {len(strong)} pulses of {least_ma:.2f} mA or more had a "
            "response. Whether the twitch went with the injection is for whoever saw it to say.",
            tuple(seq for pulse in strong for seq in pulse.seq),
        )


def _despite(stream: EventQuery, given: Sequence[Line]) -> Iterator[Sentence]:
    """What the dose guard held back, and what was given against it, with the reason."""
    for line in stream.entries("injection-refused"):
        why = str(line["fields"].get("why")).removeprefix("Held: ")
        yield sentence(f"Held at {stream.clock(line['t'])}: {why}", [line])
    for line in given:
        if line["fields"].get("reason"):
            yield sentence(f"Given at {stream.clock(line['t'])} with the reason: {line['fields']['reason']}.", [line])


def _given(stream: EventQuery) -> list[Line]:
    return stream.entries("injection")


def _total(fields: dict[str, Any]) -> str:
    total = ", ".join(f"{name} {mg:g} mg" for name, mg in fields["total_mg"].items())
    whole, least = fields.get("fraction"), fields.get("fraction_at_least")
    share = "" if least is None else f", {'' if whole is not None else 'at least '}{percent(least)} of the limit"
    return f"In all {total}{share}"


def _aliquots(lines: Sequence[Line]) -> str:
    return "aliquot" if len(lines) == 1 else "aliquots"


def _times(lines: Sequence[Line]) -> str:
    return "once" if len(lines) == 1 else f"{len(lines)} times"


def _clocks(stream: EventQuery, lines: Sequence[Line]) -> str:
    return ", ".join(stream.clock(line["t"]) for line in lines)
