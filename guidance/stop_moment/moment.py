"""The stop moment of one procedure: it takes the answers, records them, and refuses arming until all are there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import cast

from guidance.common.text import clean
from guidance.contracts.commands import StopAnswer
from guidance.contracts.events import Entry
from guidance.contracts.task_views import StopItemView, StopMomentView
from guidance.stop_moment.anticoagulants import MOST_HOURS, DoseClass, IntervalAdvice, Renal, advise
from guidance.stop_moment.items import ALWAYS_REQUIRED, BY_KEY, DRUGS, ITEMS, NOT_DONE, StopChoice, StopItem, StopPlan

ENTRY = "stop-moment"
REFUSED = "stop-moment-refused"
INTERVAL = "anticoagulant-interval"


class StopMoment:
    """The answers so far. Nothing is taken back: a later answer to the same item is recorded after the earlier one."""

    def __init__(self, plan: StopPlan | None, left_out: str | None = None) -> None:
        """Require ``plan``; without one, record why the stop moment was ``left_out``, if that is given."""
        self._plan, self._left_out = plan, left_out
        self._answers: dict[str, StopAnswer] = {}
        self._recorded_side = plan.side if plan else None
        self._why_refused = ""
        self._begun = False

    def begin(self) -> Iterator[Entry]:
        """Yield, once, the entry that the stop moment was left out."""
        if not self._begun and self._left_out:
            yield Entry(ENTRY, {"left_out": self._left_out})
        self._begun = True

    def record_side(self, side: str | None) -> None:
        """Note the side that the operator entered elsewhere; None where that entry was withdrawn."""
        self._recorded_side = side

    def answer(self, answer: StopAnswer) -> Iterator[Entry]:
        """Record ``answer``, or refuse it in one sentence; yield the entry of either, and what follows from it."""
        if self._plan is None:
            return
        self._why_refused = self._refusal_of(answer)
        if self._why_refused:
            yield Entry(REFUSED, {"item": answer.item, "answer": answer.value, "why": self._why_refused})
            return
        self._answers[answer.item] = answer
        detail = clean(answer.detail) or None
        key = "reason" if answer.value == NOT_DONE else "detail"
        yield Entry(ENTRY, {"item": answer.item, "answer": answer.value, key: detail})
        if answer.item == "side" and answer.value != NOT_DONE and self._recorded_side is None:
            self._recorded_side = answer.value
            yield Entry("side", {"text": answer.value})
        yield from self._interval_entry(answer)

    def refuse(self, answer: StopAnswer, why: str) -> Entry:
        """Return the entry that ``answer`` is refused because of ``why``, which another part found."""
        self._why_refused = why
        return Entry(REFUSED, {"item": answer.item, "answer": answer.value, "why": why})

    def arming_refusal(self) -> str | None:
        """Return why the stimulator may not be armed yet; None if the stop moment is complete or not required."""
        if self._plan is None:
            return None
        missing = [item for item in self._items() if not self._is_settled(item)]
        if not missing:
            return None
        names = ", ".join(item.key.replace("-", " ") for item in missing[:3])
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        return f"the stop moment is not complete: {names}{more}"

    def view(self) -> StopMomentView | None:
        """Return the view for the screen; None if no stop moment is required."""
        if self._plan is None:
            return None
        return StopMomentView(
            items=tuple(self._item_view(item) for item in self._items()),
            is_complete=self.arming_refusal() is None,
            refusal=self._why_refused,
        )

    def _items(self) -> tuple[StopItem, ...]:
        """Return the items that are asked, given the answers so far."""
        return tuple(item for item in ITEMS if item.after is None or self._value(item.after[0]) in item.after[1])

    def _is_settled(self, item: StopItem) -> bool:
        value = self._value(item.key)
        return value is not None and (value != NOT_DONE or not self._is_required(item.key))

    def _is_required(self, key: str) -> bool:
        return self._plan is not None and key in self._plan.required | set(ALWAYS_REQUIRED)

    def _value(self, key: str) -> str | None:
        answer = self._answers.get(key)
        return answer.value if answer else None

    def _refusal_of(self, answer: StopAnswer) -> str:
        """Return why ``answer`` cannot be recorded; empty if it can."""
        item = BY_KEY.get(answer.item)
        if item is None or item not in self._items():
            return f"{clean(answer.item)!r} is no item of this stop moment."
        detail = clean(answer.detail).strip()
        if answer.value == NOT_DONE:
            if self._is_required(item.key):
                return f"{item.question}: this item is required here and must be answered."
            return "" if detail else f"{item.question}: give the reason why it was not done."
        choice = next((choice for choice in item.choices if choice.value == answer.value), None)
        if choice is None:
            return f"{item.question}: {clean(answer.value)!r} is no answer; choose one of those shown."
        return self._detail_refusal(item, choice, detail) or self._side_refusal(item, choice)

    def _detail_refusal(self, item: StopItem, choice: StopChoice, detail: str) -> str:
        if not choice.ask:
            return ""
        if not detail:
            return f"{item.question}: {choice.ask.split(',', maxsplit=1)[0].lower()} is needed."
        if item.key == "anticoagulant-hours" and _hours(detail) is None:
            return f"{item.question}: {detail!r} is no number of hours from 0 to {MOST_HOURS:g}."
        return ""

    def _side_refusal(self, item: StopItem, choice: StopChoice) -> str:
        recorded = self._recorded_side
        if item.key != "side" or recorded is None or recorded == choice.value:
            return ""
        return f"Side: {recorded} is recorded and {choice.value} was answered; correct one of them (s on Prepare)."

    def _item_view(self, item: StopItem) -> StopItemView:
        answer = self._answers.get(item.key)
        named = item.question
        if item.key == "patient" and self._plan is not None:
            named = f"{item.question}: {self._plan.patient or 'no name recorded'}"
        words = next((choice.words for choice in item.choices if answer and choice.value == answer.value), None)
        return StopItemView(
            key=item.key,
            question=named,
            choices=tuple((choice.value, choice.words, choice.ask) for choice in item.choices),
            is_required=self._is_required(item.key),
            answer=None if answer is None else words or answer.value,
            detail=clean(answer.detail) if answer else "",
            advice=self._advice_text(item.key),
        )

    def _advice_text(self, key: str) -> str:
        if key != "anticoagulant":
            return ""
        if self._value(key) == "other":
            return "No interval of this drug was read: see the guideline."
        advice = self._advice()
        return advice.text if advice else ""

    def _advice(self) -> IntervalAdvice | None:
        """Return what the guideline gives for the answers so far; None until drug and dose are known."""
        drug, dose = self._value("anticoagulant"), self._value("anticoagulant-dose")
        if drug not in DRUGS or dose not in {"low", "high"} or self._plan is None:
            return None
        renal = self._value("renal")
        known = cast("Renal", renal if renal in {"normal", "below-50", "below-30"} else "unknown")
        return advise(drug, cast("DoseClass", dose), known, self._hours_since(), self._plan.depth)

    def _hours_since(self) -> float | None:
        answer = self._answers.get("anticoagulant-hours")
        return _hours(answer.detail) if answer and answer.value != NOT_DONE else None

    def _interval_entry(self, answer: StopAnswer) -> Iterator[Entry]:
        """Yield the interval once drug, dose, hours and renal function are all answered or marked as not done."""
        keys = ("anticoagulant", "anticoagulant-dose", "anticoagulant-hours", "renal")
        advice = self._advice()
        if answer.item not in keys or advice is None or any(self._value(key) is None for key in keys):
            return
        yield Entry(
            INTERVAL,
            {
                "drug": self._value("anticoagulant"),
                "dose": self._value("anticoagulant-dose"),
                "hours_since": self._hours_since(),
                "renal": self._value("renal"),
                "depth": self._plan.depth if self._plan else None,
                "interval_hours": advice.hours,
                "has_passed": advice.has_passed,
                "text": advice.text,
            },
        )


def _hours(text: str) -> float | None:
    """Return the hours that ``text`` gives; None if it gives none that can be."""
    words = text.strip().lower().removesuffix("hours").removesuffix("h").strip()
    try:
        hours = float(words.replace(",", "."))
    except ValueError:
        return None
    return hours if math.isfinite(hours) and 0.0 <= hours <= MOST_HOURS else None
