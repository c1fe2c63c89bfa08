"""The facts of one procedure that an audit counts: from its event stream, its case sheet and its signed note."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from statistics import median

from guidance.journal.event_reader import EventFields
from guidance.note.case_sheet import CaseSheet
from guidance.note.compose import compose
from guidance.note.event_query import EventQuery
from guidance.note.field_forms import is_left_out
from guidance.note.fields import BIOFEEDBACK, fields_of
from guidance.note.signing import SignatureLink

FACTS_VERSION = 1
"""Raise it with every change of what a fact means, so that facts kept in an index are read again."""
_NEAR = {"target", "close"}
"""Zones in which the needle has reached its target."""
_NONE = re.compile(r"(none|no|nil|negative)\b", re.IGNORECASE)
"""How an answer begins that states that nothing happened."""


@dataclass(frozen=True, slots=True)
class ProcedureFacts:
    """Facts of one procedure; None where the record does not show it, or the question does not apply.

    ``chain`` identifies the record: the same in two stores is the same procedure. ``operator`` stands for the name of
    the performer, which it does not show. Times are in s, currents in mA, ``acknowledged_s`` the median time from an
    alarm of high priority to its acknowledgement, ``agreement`` the share of decisions that today's code takes as
    recorded, None unless the procedure was run again; ``signed_after_h`` hours from the end to the signature.
    """

    name: str
    chain: str
    month: str
    protocol: str
    kind: str
    device: str
    mode: str
    operator: str | None
    simulated: bool
    pulses: int
    redirects: int | None
    reached: bool | None
    time_to_target_s: float | None
    minimum_current_ma: float | None
    undecided_share: float | None
    twitch_lost: bool | None
    over_limit: bool | None
    alarms: int
    too_close: bool
    acknowledged_s: float | None
    pain: bool | None
    blood: bool | None
    wrong_side: bool
    contradicts: bool
    required: int
    missing: tuple[str, ...]
    signed: bool
    signed_after_h: float | None
    complication: bool | None
    success: bool | None
    agreement: float | None = None

    @property
    def complete(self) -> bool:
        """Whether every required field of the note has an answer."""
        return not self.missing


def facts_of(
    name: str, chain: str, stream: EventQuery, case: CaseSheet, links: Sequence[SignatureLink], salt: str
) -> ProcedureFacts:
    """Return the facts of the procedure ``name``, whose last line has ``chain``; ``links`` are of its signed note.

    The same performer has the same ``operator`` in all facts of one ``salt``.
    """
    _, kind, _ = stream.protocol
    page = compose(stream, case)
    missing = tuple(key for key, _ in page.missing)
    needled = kind != BIOFEEDBACK
    pulses = [e for e in stream.of("stimulus") if e["outcome"] == "delivered" and not e.get("unrequested")]
    follow_up = _follow_up(links)
    reached = _reached_t(stream) if needled else None
    guided = needled and bool(pulses or any(True for _ in stream.of("proximity")))
    return ProcedureFacts(
        name=name,
        chain=chain,
        month=f"{stream.began:%Y-%m}",
        protocol=str(stream.start["protocol"]),
        kind=kind,
        device=str(stream.device.get("model", "")),
        mode=str(stream.start.get("mode", "")),
        operator=_operator(case, salt),
        simulated=stream.is_simulated,
        pulses=len(pulses),
        redirects=len(stream.entries("redirect")) if needled else None,
        reached=reached is not None if guided else None,
        time_to_target_s=None if reached is None or not pulses else max(reached - pulses[0]["t"], 0.0),
        minimum_current_ma=_minimum_ma(stream),
        undecided_share=_share([e.get("contaminated") is True for e in stream.of("response")]),
        twitch_lost=_twitch_lost(stream),
        over_limit=_holds_at_end(stream, "dose-limit") if stream.entries("dose-plan") else None,
        alarms=sum(1 for _ in _alarms(stream)),
        too_close=_raised(stream, "too-close"),
        acknowledged_s=_acknowledged_s(stream),
        pain=bool(stream.entries("pain", "paraesthesia")) or _stated(case.get("pain")) if needled else None,
        blood=_blood(stream),
        wrong_side=any(sentence.startswith("TWO SIDES") for sentence in page.contradictions),
        contradicts=bool(page.contradictions),
        required=sum(item.required for item in fields_of(kind)),
        missing=missing,
        signed=bool(links),
        signed_after_h=_signed_after_h(stream, links),
        complication=_complication(case, follow_up),
        success=_success(follow_up),
    )


def _operator(case: CaseSheet, salt: str) -> str | None:
    name = case.get("performer")
    return None if name is None or is_left_out(name) else sha256(f"{salt}{name.casefold()}".encode()).hexdigest()[:16]


def _reached_t(stream: EventQuery) -> float | None:
    """Return the device time of the first valid estimate at the target; None if there is none."""
    return next((e["t"] for e in stream.of("proximity") if e["valid"] and e["zone"] in _NEAR), None)


def _minimum_ma(stream: EventQuery) -> float | None:
    """Return the lowest delivered current with a response; None without one."""
    found = {e["sample"] for e in stream.of("response") if e["detected"] and not e["contaminated"]}
    currents = [
        e["current_ma"]
        for e in stream.of("stimulus")
        if e["sample"] in found and e["current_ma"] is not None and e["outcome"] == "delivered"
    ]
    return min(currents, default=None)


def _alarms(stream: EventQuery) -> Iterator[EventFields]:
    """Yield the alarms of high and medium priority as they were raised."""
    return (e for e in stream.of("alarm") if e["active"] and e["priority"] != "low")


def _raised(stream: EventQuery, code: str) -> bool:
    return any(e["code"] == code and e["active"] for e in stream.of("alarm"))


def _acknowledged_s(stream: EventQuery) -> float | None:
    times = [event["t"] for event in stream.entries("acknowledge")]
    raised = [e["t"] for e in _alarms(stream) if e["priority"] == "high"]
    waited = [next((t - at for t in times if t >= at), None) for at in raised]
    known = [each for each in waited if each is not None]
    return median(known) if known else None


def _holds_at_end(stream: EventQuery, code: str) -> bool:
    """Return whether the alarm ``code`` was raised and did not end; the correction of a wrong dose ends its alarm."""
    found = [e["active"] for e in stream.of("alarm") if e["code"] == code]
    return bool(found) and found[-1]


def _twitch_lost(stream: EventQuery) -> bool | None:
    return _raised(stream, "twitch-loss") if stream.entries("injection") else None


def _blood(stream: EventQuery) -> bool | None:
    seen = [event["fields"].get("blood") for event in stream.entries("aspiration")]
    known = [each for each in seen if isinstance(each, bool)]
    return any(known) if known else None


def _share(values: list[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def _stated(answer: str | None) -> bool | None:
    """Return whether ``answer`` states that something happened; None without an answer, or where it was left out."""
    if answer is None or is_left_out(answer):
        return None
    return _NONE.match(answer) is None


def _follow_up(links: Sequence[SignatureLink]) -> dict[str, str]:
    """Return the latest answer to each key of the follow-up."""
    answers: dict[str, str] = {}
    for link in links[1:]:
        answers |= link.get("follow_up") or {}
    return answers


def _complication(case: CaseSheet, follow_up: dict[str, str]) -> bool | None:
    known = [_stated(case.get("complications")), _stated(follow_up.get("complications"))]
    answered = [each for each in known if each is not None]
    return any(answered) if answered else None


def _success(follow_up: dict[str, str]) -> bool | None:
    answer = follow_up.get("success")
    return None if answer is None or is_left_out(answer) else answer == "complete"


def _signed_after_h(stream: EventQuery, links: Sequence[SignatureLink]) -> float | None:
    if not links:
        return None
    return (datetime.fromisoformat(links[0]["at"]) - stream.at(stream.last_t)).total_seconds() / 3600.0
