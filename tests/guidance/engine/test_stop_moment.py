"""The engine arms only after the stop moment, and counts an earlier dose that it names."""

from __future__ import annotations

from guidance.contracts.commands import Arm, OperatorNote, StopAnswer
from guidance.contracts.events import Command, Entry
from guidance.contracts.origin import RECORDED
from guidance.dose.drugs import load as load_drugs
from guidance.dose.patient import DosePatient
from guidance.dose.plan import plan_of
from guidance.engine.settings import Mode
from guidance.engine.snapshot_builder import SessionState
from guidance.stop_moment import StopPlan
from guidance.stop_moment.items import ITEMS
from tests.support.closed_loop import ClosedLoop


def answers(*but: str) -> list[StopAnswer]:
    items = [item for item in ITEMS if item.after is None and item.key not in but]
    return [StopAnswer(item.key, item.choices[0].value) for item in items]


def entries(loop: ClosedLoop, what: str) -> list[Entry]:
    return [entry for entry in loop.of(Entry) if entry.what == what]


def test_the_stimulator_is_armed_only_after_side_and_patient_are_answered() -> None:
    loop = ClosedLoop(Mode.MANUAL, stop_plan=StopPlan())
    loop.run(2.0, *answers("patient", "side"))
    loop.run(0.2, Arm())
    refusal = loop.of(Command)[-1]
    assert refusal.enabled is False
    assert "not armed: the stop moment is not complete: patient, side" in (refusal.why or "")
    loop.run(0.2, *answers())
    loop.run(0.5, Arm())
    assert any(command.enabled for command in loop.of(Command))


def test_every_answer_is_an_entry_of_the_stream() -> None:
    loop = ClosedLoop(Mode.MANUAL, stop_plan=StopPlan())
    loop.run(0.2, *answers("consent"), StopAnswer("consent", "not done", "emergency"))
    assert [entry.fields["item"] for entry in entries(loop, "stop-moment")] == [
        *(answer.item for answer in answers("consent")),
        "consent",
    ]
    assert entries(loop, "stop-moment")[-1].fields["reason"] == "emergency"
    assert [entry.fields["text"] for entry in entries(loop, "side")] == ["left"]


def test_a_run_that_leaves_it_out_states_why_once() -> None:
    loop = ClosedLoop(Mode.MANUAL, stop_left_out="demo on a simulated patient")
    loop.run(0.5)
    assert [entry.fields for entry in entries(loop, "stop-moment")] == [{"left_out": "demo on a simulated patient"}]


def test_other_local_anaesthetic_of_the_last_24_h_counts_in_the_dose_guard() -> None:
    plan = plan_of(load_drugs(), DosePatient(70.0, 40.0), "ropivacaine 0.5%")
    loop = ClosedLoop(Mode.MANUAL, stop_plan=StopPlan(), dose=plan)
    loop.run(0.2, StopAnswer("other-anaesthetic", "given", "lidocaine 1% 20mL 40min ago"))
    assert entries(loop, "earlier-dose")[0].fields == {
        "drug": "lidocaine", "mg": 200.0, "minutes_ago": 40.0, "counted": True,
    }  # fmt: skip
    dose = loop.engine.snapshot(SessionState("made", RECORDED)).dose
    assert dose is not None
    assert dict(dose.total_mg)["lidocaine"] == 200.0


def test_a_corrected_earlier_dose_replaces_the_one_before() -> None:
    plan = plan_of(load_drugs(), DosePatient(70.0, 40.0), "ropivacaine 0.5%")
    loop = ClosedLoop(Mode.MANUAL, stop_plan=StopPlan(), dose=plan)
    for text in ("lidocaine 1% 20mL", "lidocaine 1% 10mL"):
        loop.run(0.1, StopAnswer("other-anaesthetic", "given", text))
    dose = loop.engine.snapshot(SessionState("made", RECORDED)).dose
    assert dose is not None
    assert dict(dose.total_mg) == {"lidocaine": 100.0}
    loop.run(0.1, StopAnswer("other-anaesthetic", "none"))
    dose = loop.engine.snapshot(SessionState("made", RECORDED)).dose
    assert dose is not None
    assert dict(dose.total_mg) == {}


def test_an_earlier_dose_that_cannot_be_read_or_is_too_old_is_refused_in_one_sentence() -> None:
    loop = ClosedLoop(Mode.MANUAL, stop_plan=StopPlan())
    for text in ("something", "lidokain 10mg", "lidocaine 50mg 2000min ago"):
        loop.run(0.1, StopAnswer("other-anaesthetic", "given", text))
    refused = [entry.fields["why"] for entry in entries(loop, "stop-moment-refused")]
    assert len(refused) == 3
    assert "more than 24 h ago" in refused[-1]
    assert entries(loop, "stop-moment") == []


def test_a_side_entered_before_must_agree() -> None:
    loop = ClosedLoop(Mode.MANUAL, stop_plan=StopPlan())
    loop.run(0.1, OperatorNote("side", "right"), StopAnswer("side", "left"))
    assert "right is recorded" in entries(loop, "stop-moment-refused")[0].fields["why"]
