"""The opening of the note: the procedure in a few sentences that state only what record and case sheet hold."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.base import Outcome
from guidance.contracts.events import BY_EMG
from guidance.dose.formatting import percent
from guidance.journal.event_reader import EventFields
from guidance.note.case_sheet import CaseSheet
from guidance.note.event_query import EventQuery
from guidance.note.field_forms import is_left_out
from guidance.note.fields import BIOFEEDBACK, BLOCK, BOTULINUM
from guidance.note.muscle_table import common_side, guidance_by_muscle, session_title, total_units
from guidance.note.page import SHEET, Sentence, sentence
from guidance.note.pulses import LastPlace, RecordedPulse
from guidance.note.toxin_record import session_limit


def opening(
    stream: EventQuery, case: CaseSheet, pulses: tuple[RecordedPulse, ...], place: LastPlace | None
) -> Iterator[Sentence]:
    """Yield what was done, how the target was found, what was injected, and by whom."""
    yield _what(stream, case, pulses)
    if stream.protocol[1] == BLOCK:
        yield from _localised(stream, pulses, place)
    if stream.protocol[1] == BOTULINUM:
        yield from _units(stream, case)
    elif stream.protocol[1] != BIOFEEDBACK:
        yield from _injected(stream, case)
    complications = case.get("complications")
    if complications:
        yield sentence(f"Complications and adverse events: {complications}.", source=SHEET)
    yield from _by_whom(stream, case)


def _what(stream: EventQuery, case: CaseSheet, pulses: tuple[RecordedPulse, ...]) -> Sentence:
    entered = [str(event["fields"]["text"]) for event in stream.entries("side") if event["fields"].get("text")]
    side = (entered or [case.get("side") or common_side(case)])[-1]
    title = session_title(stream.protocol[0], case)
    known_side = bool(side) and not is_left_out(side)
    name = f"{side.capitalize()} {title[:1].lower()}{title[1:]}" if known_side else title
    how = ", ".join([name, *_guidance(stream, case, pulses)])
    return sentence(f"{how}.", [stream.start], SHEET if case.muscles else "")


def _guidance(stream: EventQuery, case: CaseSheet, pulses: tuple[RecordedPulse, ...]) -> Iterator[str]:
    if any(pulse.outcome == Outcome.DELIVERED for pulse in pulses):
        yield "external stimulator" if stream.start.get("mode") == "listen" else "nerve stimulator"
    if any(event.get("by") == BY_EMG for event in stream.of("proximity")):
        yield "needle EMG"
    if case.get("ultrasound") == "yes":
        yield "ultrasound"
    by_muscle = guidance_by_muscle(case)
    if by_muscle:
        yield f"guidance by muscle: {'; '.join(by_muscle)}"


def _localised(stream: EventQuery, pulses: tuple[RecordedPulse, ...], place: LastPlace | None) -> Iterator[Sentence]:
    if not any(pulse.outcome == Outcome.DELIVERED for pulse in pulses):
        yield sentence("No pulse was delivered.", [stream.start])
    elif place is None or place.lowest is None:
        yield sentence("No response to stimulation is recorded at the needle's last position.", [stream.start])
    else:
        muscle = (stream.device.get("channels") or ["the recorded muscle"])[0]
        below = max((pulse.current_ma or 0.0 for pulse in place.below), default=None)
        none = "" if below is None else f"; no response at {below:.2f} mA"
        seqs = tuple(seq for pulse in (place.lowest, *place.below) for seq in pulse.seq)
        lowest = f"minimum {place.lowest.current_ma:.2f} mA at {place.width_ms:g} ms"
        yield Sentence(f"Response of {muscle} by EMG, {lowest}{none}.", tuple(dict.fromkeys(seqs)))


def _injected(stream: EventQuery, case: CaseSheet) -> Iterator[Sentence]:
    injections = stream.entries("injection")
    if not injections:
        why = _why_not_injected(case)
        yield sentence(f"No injection is recorded{why}.", [stream.start], SHEET if why else "")
        return
    known_ml = [event["fields"]["volume_ml"] for event in injections if event["fields"].get("volume_ml") is not None]
    volume = f"{sum(known_ml):g} mL" if len(known_ml) == len(injections) else "volume not recorded"
    drugs = dict.fromkeys(_solution(event) for event in injections if event["fields"].get("drug"))
    aliquots = f"in {len(injections)} aliquot{'' if len(injections) == 1 else 's'}"
    parts = [f"{' and '.join(drugs) or 'Drug not recorded'} {volume}{_dose(stream, injections[-1])} {aliquots}"]
    parts += [*_aspirated(stream), *_felt(stream, case)]
    text = ", ".join(parts)
    yield sentence(f"{text[:1].upper()}{text[1:]}.", injections)


def _why_not_injected(case: CaseSheet) -> str:
    """Return the sheet's reason for no injection, as it stands there: that of the volume, else that of the drug."""
    for key in ("volume_ml", "drug"):
        answer = case.get(key) or ""
        if is_left_out(answer):
            return f"; {answer.rstrip('.')}"
    return ""


def _dose(stream: EventQuery, last: EventFields) -> str:
    """Return the total in mg, in mg/kg where the weight is known, and its share of the limit."""
    fields = last["fields"]
    total = fields.get("total_mg") or {}
    if not total:
        return ""
    weights = [e["fields"]["weight_kg"] for e in stream.entries("dose-plan") if e["fields"].get("weight_kg")]
    doses = [
        f"{name if len(total) > 1 else ''} {mg:g} mg{f', {mg / weights[-1]:.1f} mg/kg' if weights else ''}".strip()
        for name, mg in total.items()
    ]
    least = fields.get("fraction_at_least")
    at_least = "" if fields.get("fraction") is not None else "at least "
    share = [] if least is None else [f"{at_least}{percent(least)} of the maximum"]
    return f" ({', '.join([*doses, *share])})"


def _aspirated(stream: EventQuery) -> Iterator[str]:
    done = stream.entries("aspiration")
    clear = [event for event in done if event["fields"].get("blood") is False]
    if any(event["fields"].get("blood") for event in done):
        yield "BLOOD ASPIRATED"
    elif clear and len(clear) == len(done):
        yield f"aspiration negative {'once' if len(clear) == 1 else f'{len(clear)} times'}"


def _felt(stream: EventQuery, case: CaseSheet) -> Iterator[str]:
    noted = [what for what in ("pain", "paraesthesia") if stream.entries(what)]
    if noted:
        yield f"{' and '.join(noted)} noted"
    elif case.get("pain"):
        yield f"pain or paraesthesia: {case.get('pain')}"
    if case.get("resistance"):
        yield f"resistance to injection: {case.get('resistance')}"


def _units(stream: EventQuery, case: CaseSheet) -> Iterator[Sentence]:
    total = total_units(case, session_limit(case, stream))
    if total:
        yield sentence(total, source=SHEET)


def _by_whom(stream: EventQuery, case: CaseSheet) -> Iterator[Sentence]:
    by, indication = case.get("performer"), case.get("diagnosis")
    when = f"{stream.began.date().isoformat()} at {stream.began.strftime('%H:%M')}"
    yield sentence(f"{f'Performed by {by} on' if by else 'Performed on'} {when}.", [stream.start])
    if indication:
        yield sentence(f"Indication: {indication}.", source=SHEET)


def _solution(injection: EventFields) -> str:
    fields = injection["fields"]
    return " ".join(filter(None, [str(fields["drug"]), str(fields.get("concentration") or "")]))
