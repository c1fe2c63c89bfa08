"""The stop moment: arming waits for every item; each answer is an entry; bad input is refused in one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from guidance.contracts.commands import StopAnswer
from guidance.contracts.events import Entry
from guidance.stop_moment import StopMoment, StopPlan
from guidance.stop_moment.items import ITEMS, NOT_DONE

FIRST = {item.key: item.choices[0].value for item in ITEMS if item.after is None}


def entries(moment: StopMoment, item: str, value: str, detail: str = "") -> list[Entry]:
    return list(moment.answer(StopAnswer(item, value, detail)))


def fields(moment: StopMoment, item: str, value: str, detail: str = "") -> dict[str, Any]:
    return entries(moment, item, value, detail)[0].fields


def all_answered(plan: StopPlan | None = None, **values: str) -> StopMoment:
    moment = StopMoment(plan or StopPlan())
    for key, value in (FIRST | values).items():
        entries(moment, key, value)
    return moment


def test_without_a_plan_nothing_is_required_and_the_record_states_why_it_was_left_out() -> None:
    moment = StopMoment(None, "run without a screen")
    assert [entry.fields for entry in moment.begin()] == [{"left_out": "run without a screen"}]
    assert list(moment.begin()) == []
    assert moment.arming_refusal() is None
    assert moment.view() is None


def test_arming_waits_until_every_item_is_answered() -> None:
    moment = StopMoment(StopPlan())
    for key, value in FIRST.items():
        assert "not complete" in (moment.arming_refusal() or "")
        entries(moment, key, value)
    assert moment.arming_refusal() is None


def test_patient_and_side_are_always_required_whatever_the_site_writes() -> None:
    moment = all_answered(StopPlan(required=frozenset()))
    for key in ("patient", "side"):
        assert "required here" in fields(moment, key, NOT_DONE, "in a hurry")["why"]
    assert StopMoment(StopPlan(required=frozenset())).arming_refusal()


def test_an_item_that_was_not_done_needs_its_reason_and_then_counts() -> None:
    moment = all_answered()
    assert entries(moment, "consent", NOT_DONE)[0].what == "stop-moment-refused"
    entry = entries(moment, "consent", NOT_DONE, "emergency, two physicians")[0]
    assert entry.what == "stop-moment"
    assert entry.fields == {"item": "consent", "answer": "not done", "reason": "emergency, two physicians"}
    assert moment.arming_refusal() is None


def test_an_item_that_the_site_requires_cannot_be_left_out() -> None:
    moment = all_answered(StopPlan(required=frozenset({"consent"})))
    assert "required here" in fields(moment, "consent", NOT_DONE, "no time")["why"]


def test_a_stop_moment_interrupted_half_way_keeps_its_answers_and_still_refuses() -> None:
    moment = StopMoment(StopPlan())
    entries(moment, "patient", "confirmed")
    view = moment.view()
    assert view is not None
    assert [item.key for item in view.items if item.answer] == ["patient"]
    assert "side, consent, allergy and" in (moment.arming_refusal() or "")


def test_a_drug_adds_its_questions_and_their_end_records_the_interval() -> None:
    moment = all_answered(StopPlan(depth="deep"), anticoagulant="lmwh")
    assert "anticoagulant dose" in (moment.arming_refusal() or "")
    entries(moment, "anticoagulant-dose", "low")
    entries(moment, "anticoagulant-hours", "hours", "8 h")
    last = entries(moment, "renal", "normal")[-1]
    assert last.what == "anticoagulant-interval"
    assert last.fields["interval_hours"] == 12.0
    assert last.fields["hours_since"] == 8.0
    assert last.fields["has_passed"] is False
    assert "ONLY 8 h HAVE PASSED" in last.fields["text"]
    assert moment.arming_refusal() is None


def test_the_choice_of_no_drug_takes_its_questions_away_again() -> None:
    moment = all_answered(anticoagulant="lmwh")
    entries(moment, "anticoagulant", "none")
    assert moment.arming_refusal() is None


@pytest.mark.parametrize(
    ("item", "value", "detail", "why"),
    [
        ("anticoagulant-hours", "hours", "soon", "no number of hours"),
        ("anticoagulant-hours", "hours", "-3", "no number of hours"),
        ("anticoagulant-hours", "hours", "nan", "no number of hours"),
        ("anticoagulant-hours", "hours", "9999", "no number of hours"),
        ("allergy", "known", "", "is needed"), ("allergy", "perhaps", "", "no answer"),
        ("blood-type", "A", "", "no item"), ("\x1b[2J", "A", "", "no item"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_one_sentence_and_changes_nothing(item: str, value: str, detail: str, why: str) -> None:
    moment = all_answered(anticoagulant="lmwh")
    before = moment.arming_refusal()
    entry = entries(moment, item, value, detail)[0]
    assert entry.what == "stop-moment-refused"
    assert why in entry.fields["why"]
    assert "\n" not in entry.fields["why"]
    assert moment.arming_refusal() == before
    view = moment.view()
    assert view is not None
    assert view.refusal == entry.fields["why"]


def test_a_side_against_the_recorded_one_is_refused_until_one_is_corrected() -> None:
    moment = StopMoment(StopPlan(side="right"))
    assert "right is recorded and left was answered" in fields(moment, "side", "left")["why"]
    moment.record_side("left")
    assert fields(moment, "side", "left")["answer"] == "left"


def test_the_answered_side_is_recorded_as_the_side_of_the_procedure() -> None:
    moment = StopMoment(StopPlan())
    assert [entry.what for entry in entries(moment, "side", "left")] == ["stop-moment", "side"]
