"""Contradictions of anticoagulant, current and place, and what a nerve disease adds: stated before signing."""

from __future__ import annotations

from pathlib import Path

import pytest

from guidance.note.nerve_disease import stated_disease
from tests.guidance.note.note_pages import note_of, text_of
from tests.support.case_sheets import sheet
from tests.support.scripted_procedure import ScriptedProcedure, femoral_block


def deep_block() -> ScriptedProcedure:
    procedure = femoral_block()
    procedure.protocol = "lumbar-plexus"
    return procedure


@pytest.mark.parametrize(
    ("coagulation", "found"),
    [
        ("enoxaparin 40 mg, 8 h ago", "ONLY 8 h HAVE PASSED"), ("enoxaparin 13 h before", "interval is 24 h"),
        ("Xarelto, last dose 40 hours ago", "interval is 72 h"), ("enoxaparin 30 h ago", ""), ("none", ""),
        ("enoxaparin, time not known", ""), ("INR 1.1 at 8 h", ""),
    ],
)  # fmt: skip
def test_an_anticoagulant_of_the_case_sheet_is_compared_with_the_guideline(
    tmp_path: Path, coagulation: str, found: str
) -> None:
    page = note_of(deep_block(), tmp_path, sheet(coagulation=coagulation))
    stated = [text for text in page.contradictions if text.startswith("ANTICOAGULANT INTERVAL")]
    assert bool(stated) is bool(found)
    assert found in "".join(stated)


def test_the_interval_does_not_apply_to_a_superficial_block(tmp_path: Path) -> None:
    page = note_of(femoral_block(), tmp_path, sheet(coagulation="enoxaparin 2 h ago"))
    assert page.contradictions == ()


def test_an_interval_of_the_stop_moment_that_has_not_passed_is_a_contradiction(tmp_path: Path) -> None:
    procedure = deep_block()
    text = "LMWH, low dose: the guideline's interval is 12 h; ONLY 8 h HAVE PASSED [ESAIC/ESRA 2022]."
    procedure.entry(0.5, "anticoagulant-interval", has_passed=False, text=text)
    page = note_of(procedure, tmp_path, sheet())
    assert page.contradictions == (f"ANTICOAGULANT INTERVAL: {text}",)
    assert f"ANTICOAGULANT INTERVAL: {text}" in page.banners


def test_a_minimum_current_beyond_the_device_is_a_contradiction(tmp_path: Path) -> None:
    page = note_of(femoral_block(), tmp_path, sheet(minimum_current="12.38 mA, 0.1 ms"))
    assert any(text.startswith("MINIMUM CURRENT BEYOND THE LIMIT") for text in page.contradictions)


def test_no_response_below_from_a_place_where_the_target_was_never_reached_is_a_contradiction(tmp_path: Path) -> None:
    procedure = ScriptedProcedure()
    procedure.pulse(2.0, 3.43, responded=True)
    procedure.pulse(3.0, 3.0, responded=False)
    page = note_of(procedure, tmp_path, sheet(no_response_below="0.2 mA", volume_ml="not done: abandoned"))
    assert any("the target current was never reached" in text for text in page.contradictions)


def test_a_nerve_disease_changes_what_no_response_means(tmp_path: Path) -> None:
    page = note_of(femoral_block(), tmp_path / "a", sheet(nerve_disease="diabetes"))
    assert "does not show that the needle was outside the nerve" in text_of(page, "No response below")
    healthy = note_of(femoral_block(), tmp_path / "b", sheet(nerve_disease="none known"))
    assert "Nerve disease" not in text_of(healthy, "No response below")


@pytest.mark.parametrize("text", ["none", "No.", "no known diabetes or neuropathy", "not known", "", None, "-"])
def test_a_denied_disease_is_none(text: str | None) -> None:
    assert stated_disease(text) is None


@pytest.mark.parametrize("text", ["diabetes", "no reflexes at the ankle since 2019", "CIDP"])
def test_a_stated_disease_is_one(text: str) -> None:
    assert stated_disease(text) == text
