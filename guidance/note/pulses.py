"""The pulses of a procedure: the lowest current with a response at the needle's last place, and none below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drivers.base import Outcome
from guidance.journal.event_reader import EventFields
from guidance.note.event_query import EventQuery

FINAL_S = 15.0
"""Length of the last place in time: pulses of so many seconds before the first injection, or the last pulse, count."""

_PLACES = ("insertion", "redirect")
"""Entries that begin a new place of the needle."""


@dataclass(frozen=True, slots=True)
class RecordedPulse:
    """A pulse at device time ``t`` in s, with the response on the main channel.

    ``responded`` is None if the sweep is unfit, the pulse was not delivered, or its current is not known. ``seq`` are
    the numbers of its events.
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
    """The needle's last place, from ``since`` to ``until`` (device time in s), with its fit pulses of ``width_ms``."""

    since: float
    until: float
    width_ms: float
    pulses: tuple[RecordedPulse, ...]

    @property
    def lowest(self) -> RecordedPulse | None:
        """The weakest pulse with a response; the latest of several."""
        responded = [pulse for pulse in self.pulses if pulse.responded]
        return min(responded, key=lambda pulse: (pulse.current_ma, -pulse.t), default=None)

    @property
    def below(self) -> tuple[RecordedPulse, ...]:
        """The pulses weaker than ``lowest``: none of them had a response."""
        lowest = self.lowest
        return tuple(p for p in self.pulses if lowest and (p.current_ma or 0.0) < (lowest.current_ma or 0.0))

    @property
    def missed(self) -> tuple[RecordedPulse, ...]:
        """The pulses as strong as ``lowest`` or stronger that had no response."""
        return tuple(p for p in self.pulses if not p.responded and p not in self.below)


def pulses_of(stream: EventQuery) -> tuple[RecordedPulse, ...]:
    """Return all pulses in order, each with the response on the main channel."""
    channels = stream.device.get("channels") or []
    main = channels[0] if channels else None
    responses = {event["sample"]: event for event in stream.of("response") if main in (None, event["channel"])}
    sample_rate_hz = float(stream.device["sample_rate_hz"])
    return tuple(
        _recorded_pulse(event, responses.get(event["sample"]), sample_rate_hz) for event in stream.of("stimulus")
    )


def last_place(stream: EventQuery, pulses: Sequence[RecordedPulse]) -> LastPlace | None:
    """Return the last place of the needle, with its pulses of the commonest width; None without a fit pulse."""
    until = _until(stream, pulses)
    since = max(until - FINAL_S, _moved_at(stream, until))
    fit = [p for p in pulses if p.responded is not None and since <= p.t <= until]
    if not fit:
        return None
    width_ms, _ = Counter(p.width_ms or 0.0 for p in fit).most_common(1)[0]
    return LastPlace(since, until, width_ms, tuple(p for p in fit if p.width_ms == width_ms))


def verified_absent(stream: EventQuery, until: float) -> EventFields | None:
    """Return the last verification at the last place before ``until`` in which no weak pulse had a response."""
    since = _moved_at(stream, until)
    confirmed = [event for event in stream.entries("verification") if event["fields"]["absent_answered"] == 0]
    return next((event for event in reversed(confirmed) if since <= event["t"] <= until), None)


def estimate_at(stream: EventQuery, since: float, until: float) -> EventFields | None:
    """Return the last estimate of the motor threshold from ``since`` to ``until``, None if there is none: a valid one,
    or that it is above all currents that may be given.
    """
    known = [event for event in stream.of("proximity") if since <= event["t"] <= until]
    return next((event for event in reversed(known) if event.get("above_ma") or _has_threshold(event)), None)


def _has_threshold(event: EventFields) -> bool:
    return bool(event["valid"] and (event["threshold_0p1ms_ma"] or event["threshold_ma"]))


def _moved_at(stream: EventQuery, until: float) -> float:
    """Return when a new place of the needle was last entered before ``until``; 0 if none was."""
    return max((float(event["t"]) for event in stream.entries(*_PLACES) if event["t"] <= until), default=0.0)


def _until(stream: EventQuery, pulses: Sequence[RecordedPulse]) -> float:
    """Return the end of the search: just after the last delivered pulse before the first injection."""
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
