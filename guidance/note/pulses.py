"""What the pulses of a procedure show: the lowest current answered at the last place of the needle, and none below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drivers.base import Outcome
from guidance.journal.event_reader import EventFields
from guidance.note.event_query import EventQuery

FINAL_S = 15.0
"""What the last place showed is drawn from so many seconds before the first injection, or before the last pulse."""

_PLACES = ("insertion", "redirect")


@dataclass(frozen=True, slots=True)
class RecordedPulse:
    """A pulse at device time ``t`` in s and the main channel's answer; ``responded`` is None where the sweep was unfit,
    not delivered, or of no known current. ``seq`` are the records it came from.
    """

    t: float
    sample: int
    current_ma: float | None
    width_ms: float | None
    outcome: str
    responded: bool | None
    amplitude_uv: float | None
    latency_ms: float | None
    seq: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LastPlace:
    """What the needle's last place showed, before ``until`` (device time in s): of the fit pulses of ``width_ms``,
    ``lowest`` is the weakest one answered, ``below`` those weaker, ``missed`` those not weaker that were not answered.
    """

    since: float
    until: float
    width_ms: float
    pulses: tuple[RecordedPulse, ...]

    @property
    def lowest(self) -> RecordedPulse | None:
        """The weakest pulse that was answered."""
        responded = [pulse for pulse in self.pulses if pulse.responded]
        return min(responded, key=lambda pulse: (pulse.current_ma, -pulse.t), default=None)

    @property
    def below(self) -> tuple[RecordedPulse, ...]:
        """The pulses weaker than ``lowest``: none of them was answered."""
        lowest = self.lowest
        return tuple(p for p in self.pulses if lowest and (p.current_ma or 0.0) < (lowest.current_ma or 0.0))

    @property
    def missed(self) -> tuple[RecordedPulse, ...]:
        """The pulses as strong as ``lowest`` or stronger that were not answered."""
        return tuple(p for p in self.pulses if not p.responded and p not in self.below)


def pulses_of(stream: EventQuery) -> tuple[RecordedPulse, ...]:
    """All pulses, in order, each with the answer of the main channel."""
    channels = stream.device.get("channels") or []
    main = channels[0] if channels else None
    responses = {event["sample"]: event for event in stream.of("response") if main in (None, event["channel"])}
    sample_rate_hz = float(stream.device["sample_rate_hz"])
    return tuple(
        _recorded_pulse(event, responses.get(event["sample"]), sample_rate_hz) for event in stream.of("stimulus")
    )


def last_place(stream: EventQuery, pulses: Sequence[RecordedPulse]) -> LastPlace | None:
    """What the last place showed; None where no pulse could tell."""
    until = _until(stream, pulses)
    since = max(until - FINAL_S, _moved_at(stream, until))
    fit = [p for p in pulses if p.responded is not None and since <= p.t <= until]
    if not fit:
        return None
    width_ms, _ = Counter(p.width_ms or 0.0 for p in fit).most_common(1)[0]
    return LastPlace(since, until, width_ms, tuple(p for p in fit if p.width_ms == width_ms))


def verified_absent(stream: EventQuery, until: float) -> EventFields | None:
    """The last verification before ``until`` and since the needle was last moved on purpose, where none of its weak
    pulses was answered; None where there is none.
    """
    since = _moved_at(stream, until)
    confirmed = [event for event in stream.entries("verification") if event["fields"]["absent_answered"] == 0]
    return next((event for event in reversed(confirmed) if since <= event["t"] <= until), None)


def estimate_at(stream: EventQuery, since: float, until: float) -> EventFields | None:
    """The last valid estimate of the threshold from ``since`` to ``until``; None where there is none."""
    known = [event for event in stream.of("proximity") if event["valid"] and since <= event["t"] <= until]
    return known[-1] if known else None


def _moved_at(stream: EventQuery, until: float) -> float:
    """When the needle was last said to be put to another place before ``until``; 0 where it never was."""
    return max((float(event["t"]) for event in stream.entries(*_PLACES) if event["t"] <= until), default=0.0)


def _until(stream: EventQuery, pulses: Sequence[RecordedPulse]) -> float:
    """Just after the last pulse that was delivered before the first injection."""
    injected = stream.entries("injection")
    first = injected[0]["t"] if injected else stream.last_t
    delivered = [pulse.t for pulse in pulses if pulse.outcome == Outcome.DELIVERED and pulse.t <= first]
    return float(min(delivered[-1] + 1.0, first) if delivered else first)


def _recorded_pulse(stimulus: EventFields, response: EventFields | None, sample_rate_hz: float) -> RecordedPulse:
    outcome = stimulus.get("outcome", Outcome.DELIVERED)
    known = stimulus["current_ma"] is not None and stimulus["width_ms"] is not None
    fit = response is not None and not response["contaminated"] and known and outcome == Outcome.DELIVERED
    return RecordedPulse(
        t=stimulus["sample"] / sample_rate_hz,
        sample=stimulus["sample"],
        current_ma=stimulus["current_ma"],
        width_ms=stimulus["width_ms"],
        outcome=outcome,
        responded=bool(response["detected"]) if response is not None and fit else None,
        amplitude_uv=response["amplitude_uv"] if response else None,
        latency_ms=response["latency_ms"] if response else None,
        seq=tuple(_seqs(stimulus, response)),
    )


def _seqs(stimulus: EventFields, response: EventFields | None) -> Iterator[int]:
    yield stimulus["seq"]
    if response is not None:
        yield response["seq"]
