"""What a note makes of what was entered by key, and of answers that may be another muscle's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from guidance.contracts.events import Response, TimedRecord
from tests.guidance.journal.made import Happening, block
from tests.guidance.note.sheets import sheet
from tests.guidance.note.test_note import all_sentences, missing, note_of, said


def test_paraesthesia_answers_the_same_field_as_pain_by_its_own_name(tmp_path: Path) -> None:
    happening = block()
    happening.entry(9.0, "paraesthesia")
    page = note_of(happening, tmp_path)
    assert said(page, "Pain or paraesthesia") == "Paraesthesia noted at 09:27:02."
    assert "pain" not in missing(page)
    assert not any("paraesthesia:" in told.text for told in all_sentences(page))


def test_the_side_entered_last_at_the_procedure_is_told(tmp_path: Path) -> None:
    happening = block()
    happening.entry(1.0, "side", text="left")
    happening.entry(1.5, "side", text="right")
    page = note_of(happening, tmp_path)
    assert said(page, "Side") == "right, as entered at 09:26:54."
    assert "side" not in missing(page)


def test_two_different_sides_stand_out(tmp_path: Path) -> None:
    happening = block()
    happening.entry(1.0, "side", text="right")
    different = note_of(happening, tmp_path / "a", sheet(side="left"))
    assert any("TWO SIDES: right was entered" in banner for banner in different.banners)
    same = note_of(happening, tmp_path / "b", sheet(side="right"))
    assert not any("TWO SIDES" in banner for banner in same.banners)


@pytest.mark.parametrize(
    ("judged", "words"), [("other-nerve", "later"), ("direct-muscle", "earlier"), ("expected", "")]
)
def test_a_minimum_that_may_be_another_muscles_says_so(tmp_path: Path, judged: str, words: str) -> None:
    happening = Happening()
    happening.pulse(2.0, 0.5, responded=True)
    answer = happening.made[-1]
    assert isinstance(answer.record, Response)
    happening.made[-1] = TimedRecord(answer.t, replace(answer.record, judged=judged, note="9.5 ms is odd"))
    page = note_of(happening, tmp_path)
    doubt = f"By its latency that answer came {words} than the target's is expected."
    assert (doubt in said(page, "Minimum current and its duration")) is bool(words)
    assert f"judged {judged}" not in said(page, "Answers by their latency")


@pytest.mark.parametrize("earlier", [[], ["lidocaine 1 %, 10 mL"]])
def test_doses_given_before_are_spoken_of_only_where_there_were_some(tmp_path: Path, earlier: list[str]) -> None:
    happening = block()
    happening.entry(0.0, "dose-plan", weight_kg=70.0, solution="ropivacaine 0.5 %", limits={}, earlier=earlier)
    told = said(note_of(happening, tmp_path), "Drug and concentration")
    assert ("doses given before are counted in" in told) is bool(earlier)


def test_what_was_held_and_what_was_noted_read_as_sentences(tmp_path: Path) -> None:
    happening = block()
    happening.entry(9.0, "injection-refused", volume_ml=15.0, why="Held: 15 mL more would be 109.6 % of the limit.")
    happening.entry(9.5, "note", text="resistance easy")
    page = note_of(happening, tmp_path)
    assert "Held at 09:27:02: 15 mL more" in said(page, "Volume (mL)")
    assert "note: 09:27:02: resistance easy." in said(page, "Also entered")


def test_what_a_simulated_patient_was_made_to_do_is_no_part_of_the_note(tmp_path: Path) -> None:
    happening = block()
    happening.entry(9.0, "simulated", words="contract 0.7 0")
    assert not any("contract" in told.text for told in all_sentences(note_of(happening, tmp_path)))
