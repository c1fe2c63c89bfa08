"""Units entered at the bedside fill the table of the note; where record and case sheet differ, the note says so."""

from __future__ import annotations

from pathlib import Path

from guidance.alarms.board import AlarmBoard
from guidance.contracts.commands import ToxinAliquot
from guidance.dose.drugs import load as load_drugs
from guidance.dose.toxin_session import ToxinGuard, toxin_plan
from guidance.note.case_sheet import CaseSheet
from tests.guidance.note.note_pages import note_of
from tests.support.case_sheets import TOXIN_SHEET, sheet
from tests.support.scripted_procedure import ScriptedProcedure


def session(*doses: str) -> ScriptedProcedure:
    guard = ToxinGuard(toxin_plan(load_drugs(), "botox", "botulinum-fds"), AlarmBoard())
    procedure = ScriptedProcedure("botulinum-fds")
    entries = [*guard.begin(), *(entry for text in doses for entry in guard.obey(ToxinAliquot(text)))]
    for number, entry in enumerate(entries):
        procedure.add(1.0 + number, entry)
    return procedure


def test_recorded_units_fill_muscles_units_and_product(tmp_path: Path) -> None:
    page = note_of(session("fds 30", "fcr 20", "fds 10"), tmp_path, CaseSheet())
    (table,) = [section.table for section in page.sections if section.table]
    units = table.header.index("Units")
    assert [(row[0], row[units], row[-1]) for row in table.rows] == [
        ("flexor digitorum superficialis", "40", "10 %"),
        ("flexor carpi radialis", "20", "5 %"),
    ]
    assert "muscles.fds.units" not in {key for key, _ in page.missing}
    assert "muscles.fds.side" in {key for key, _ in page.missing}
    opening = " ".join(part.text for part in page.opening)
    assert "60 units of onabotulinumtoxinA, 15 % of the limit for spasticity, 400 U" in opening


def test_units_that_differ_from_the_case_sheet_are_a_contradiction(tmp_path: Path) -> None:
    page = note_of(session("fds 40", "fcr 20"), tmp_path, sheet(TOXIN_SHEET))
    assert page.contradictions == (
        "TWO DOSES: the record has 40 U in flexor digitorum superficialis, but the case sheet has 30 U.",
    )


def test_units_that_agree_are_none(tmp_path: Path) -> None:
    assert note_of(session("fds 30", "fcr 20"), tmp_path, sheet(TOXIN_SHEET)).contradictions == ()


def test_a_muscle_under_another_short_name_counts_once(tmp_path: Path) -> None:
    text = TOXIN_SHEET + '[muscles.pt]\nname = "Pronator teres"\nunits = 25\n'
    page = note_of(session("fds 30", "fcr 20", "pronator teres 25"), tmp_path, sheet(text))
    (table,) = [section.table for section in page.sections if section.table]
    assert len(table.rows) == 3
    assert page.contradictions == ()
    assert "75 units of" in " ".join(part.text for part in page.opening)


def test_units_of_the_case_sheet_that_the_record_lacks_are_a_contradiction(tmp_path: Path) -> None:
    page = note_of(session("fds 30"), tmp_path, sheet(TOXIN_SHEET))
    assert page.contradictions == (
        "UNITS NOT ON RECORD: the case sheet has 20 U in flexor carpi radialis, but the record holds none there.",
    )


def test_refused_units_stand_among_the_other_entries_and_not_in_the_table(tmp_path: Path) -> None:
    page = note_of(session("fds 300"), tmp_path, CaseSheet())
    assert not [section.table for section in page.sections if section.table]
    assert "its limit is 50 U" in str(page)
