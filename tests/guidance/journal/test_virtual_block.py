"""The note of a whole procedure on the simulated patient, run in virtual time by the real session and engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from guidance.note.case_sheet import CaseSheet, case_from_file, load_case
from guidance.note.compose import SIMULATION, compose
from guidance.note.event_query import read_stream
from guidance.note.page import NotePage
from guidance.note.pulses import last_place, pulses_of
from tests.guidance.journal.virtual_block import VirtualBlock
from tests.guidance.session.virtual import VirtualBench
from tests.support.case_sheets import NOW, PATIENT, sheet_file
from tests.support.some import some


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A procedure that began with a case sheet."""
    place = tmp_path_factory.mktemp("virtual")
    with pytest.MonkeyPatch.context() as patch:
        return VirtualBlock(VirtualBench(place, patch), case_from_file(sheet_file(place), NOW)).run()


@pytest.fixture
def page(folder: Path) -> NotePage:
    return compose(read_stream(folder), load_case(folder, None))


def text_of(page: NotePage, label: str) -> str:
    items = [item for section in page.sections for item in section.items if item.label == label]
    return " ".join(recorded.text for recorded in items[0].sentences)


def test_the_case_sheet_is_beside_the_record_and_its_names_are_nowhere_in_it(folder: Path) -> None:
    assert load_case(folder, None).get("patient") == PATIENT
    for name in ("events.jsonl", "signal.bdf", "seal.json"):
        assert PATIENT.encode() not in (folder / name).read_bytes()


def test_the_note_holds_all_that_was_recorded_and_only_the_rest_is_missing(folder: Path) -> None:
    missing = {key for key, _ in compose(read_stream(folder), CaseSheet()).missing}
    recorded = {
        "technique",
        "minimum_current",
        "no_response_below",
        "drug",
        "volume_ml",
        "epinephrine",
        "aspiration",
        "pain",
    }
    assert not recorded & missing
    assert {"patient", "side", "consent", "resistance", "complications"} <= missing


def test_minimum_current_and_no_response_below_agree_with_the_pulses(folder: Path, page: NotePage) -> None:
    stream = read_stream(folder)
    place = last_place(stream, pulses_of(stream))
    assert place is not None
    assert place.lowest is not None
    assert text_of(page, "Minimum current and its duration").startswith(f"{place.lowest.current_ma:.2f} mA at 0.1 ms.")
    assert all((pulse.current_ma or 0.0) < (place.lowest.current_ma or 0.0) for pulse in some(place.below))
    (verified,) = stream.entries("verification")
    assert verified["fields"]["absent_answered"] == 0
    below = text_of(page, "No response below")
    assert below.startswith("No response to 2 pulses at 0.28 mA, 0.1 ms. Verified at ")


def test_doses_aspirations_and_pain_are_those_that_were_entered(page: NotePage) -> None:
    assert text_of(page, "Volume (mL)").startswith("15 mL in 3 aliquots")
    assert "ropivacaine 75 mg, 35.8 % of the limit" in text_of(page, "Drug and concentration")
    assert text_of(page, "Aspiration").startswith("Aspirated 3 times without blood")
    assert "noted at" in text_of(page, "Pain or paraesthesia")


def test_the_note_states_that_the_patient_was_simulated(page: NotePage) -> None:
    assert SIMULATION in page.banners
