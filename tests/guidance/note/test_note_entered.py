"""Sentences of the note on entries of the operator, and on responses with a doubtful latency."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from guidance.contracts.events import Response, TimedRecord
from tests.guidance.note.note_pages import all_sentences, missing, note_of, text_of
from tests.support.case_sheets import sheet
from tests.support.scripted_procedure import ScriptedProcedure, femoral_block


def test_paraesthesia_fills_the_field_of_pain_under_its_own_name(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.entry(9.0, "paraesthesia")
    page = note_of(procedure, tmp_path)
    assert text_of(page, "Pain or paraesthesia") == "Paraesthesia noted at 09:27:02."
    assert "pain" not in missing(page)
    assert not any("paraesthesia:" in part.text for part in all_sentences(page))


def test_the_side_entered_last_is_the_one_stated(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.entry(1.0, "side", text="left")
    procedure.entry(1.5, "side", text="right")
    page = note_of(procedure, tmp_path)
    assert text_of(page, "Side") == "right, as entered at 09:26:54."
    assert "side" not in missing(page)


def test_two_different_sides_stand_out(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.entry(1.0, "side", text="right")
    different = note_of(procedure, tmp_path / "a", sheet(side="left"))
    assert any("TWO SIDES: right was entered" in banner for banner in different.banners)
    same = note_of(procedure, tmp_path / "b", sheet(side="right"))
    assert not any("TWO SIDES" in banner for banner in same.banners)


@pytest.mark.parametrize(
    ("judged", "words"), [("other-nerve", "longer"), ("direct-muscle", "shorter"), ("expected", "")]
)
def test_a_doubtful_latency_is_stated_with_the_minimum_current(tmp_path: Path, judged: str, words: str) -> None:
    procedure = ScriptedProcedure()
    procedure.pulse(2.0, 0.5, responded=True)
    answer = procedure.records[-1]
    assert isinstance(answer.record, Response)
    procedure.records[-1] = TimedRecord(answer.t, replace(answer.record, judged=judged, note="9.5 ms is odd"))
    page = note_of(procedure, tmp_path)
    doubt = f"The latency of this response is {words} than expected for the target muscle."
    assert (doubt in text_of(page, "Minimum current and its duration")) is bool(words)
    assert f"classified as {judged}" not in text_of(page, "Responses by latency")


@pytest.mark.parametrize("earlier", [[], ["lidocaine 1 %, 10 mL"]])
def test_earlier_doses_are_mentioned_only_if_there_were_any(tmp_path: Path, earlier: list[str]) -> None:
    procedure = femoral_block()
    procedure.entry(0.0, "dose-plan", weight_kg=70.0, solution="ropivacaine 0.5 %", limits={}, earlier=earlier)
    part = text_of(note_of(procedure, tmp_path), "Drug and concentration")
    assert ("earlier doses included" in part) is bool(earlier)


def test_an_injection_without_a_concentration_is_stated_as_such(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.entry(9.0, "injection", drug="ropivacaine", concentration=None, volume_ml=1.0)
    text = text_of(note_of(procedure, tmp_path), "Drug and concentration")
    assert text.startswith("ropivacaine 0.5 %. ropivacaine of unrecorded concentration. ")


def test_refused_injections_and_notes_are_stated_as_sentences(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.entry(9.0, "injection-refused", volume_ml=15.0, why="Held: 15 mL more would be 109.6 % of the limit.")
    procedure.entry(9.5, "note", text="resistance easy")
    page = note_of(procedure, tmp_path)
    assert "Refused by the dose guard at 09:27:02: 15 mL more" in text_of(page, "Volume (mL)")
    assert "note at 09:27:02: resistance easy." in text_of(page, "Other entries")


def test_commands_to_the_simulated_patient_are_not_in_the_note(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.entry(9.0, "simulated", words="contract 0.7 0")
    assert not any("contract" in part.text for part in all_sentences(note_of(procedure, tmp_path)))


def test_an_item_of_the_stop_moment_that_was_not_done_stands_in_the_note_with_its_reason(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.entry(0.2, "stop-moment", item="patient", answer="confirmed", detail=None)
    procedure.entry(0.3, "stop-moment", item="allergy", answer="known", detail="penicillin")
    procedure.entry(0.4, "stop-moment", item="consent", answer="not done", reason="emergency, two physicians")
    page = note_of(procedure, tmp_path)
    stop = text_of(page, "Stop before you block: side and site checked")
    assert "Completed at" in stop
    assert "Not done: consent (emergency, two physicians)." in stop
    assert "Not done: emergency, two physicians" in text_of(page, "Consent")
    assert "Known: penicillin" in text_of(page, "Allergies")
    assert not {"stop_moment", "consent", "allergies"} & set(missing(page))


def test_the_baseline_of_the_stop_moment_fills_the_evaluation_before(tmp_path: Path) -> None:
    procedure = femoral_block()
    assert "evaluation" in missing(note_of(procedure, tmp_path / "without"))
    procedure.entry(0.2, "stop-moment", item="baseline", answer="deficit", detail="numb big toe")
    page = note_of(procedure, tmp_path / "with")
    assert "Neurological baseline at the limb: deficit: numb big toe, at" in text_of(page, "Evaluation before")
    assert "evaluation" not in missing(page)


def test_the_interval_of_an_anticoagulant_stands_in_the_note(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.entry(0.2, "stop-moment", item="anticoagulant", answer="lmwh", detail=None)
    procedure.entry(0.3, "anticoagulant-interval", text="LMWH: the guideline's interval is 12 h; ONLY 8 h HAVE PASSED.")
    text = text_of(note_of(procedure, tmp_path), "Coagulation")
    assert "ONLY 8 h HAVE PASSED" in text


def test_a_stop_moment_that_was_left_out_is_stated_and_its_field_stays_open(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.entry(0.0, "stop-moment", left_out="run without a screen")
    page = note_of(procedure, tmp_path)
    assert text_of(page, "Stop before you block: side and site checked") == "Left out: run without a screen."
    assert "stop_moment" in missing(page)
