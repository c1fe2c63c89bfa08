"""The sessions of a case: counted once, of one patient alone, and what does not hold is left out with the reason."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from guidance.dose.drugs import load
from guidance.journal.encryption import key_of_passphrase, protect
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.signal import SIGNAL_NAME
from guidance.journal.visits import write_label
from guidance.treatment.intervals import BegunSession, interval_sentences
from guidance.treatment.people import People, first_difference
from guidance.treatment.plan import Author, OutsideSession, add_outside_session, new_plan
from guidance.treatment.sessions import CaseSessions, sessions_of
from guidance.treatment.sheet import sheet_from_toml
from tests.support.made_course import (
    EARLY_PATIENT,
    FIRST,
    LABEL,
    SHEET,
    TODAY,
    exercise_visit,
    made_course,
    toxin_session,
)
from tests.support.scripted_procedure import femoral_block

BOTOX = "onabotulinumtoxinA"


def begun(weeks: float, product: str | None = BOTOX, **changes: bool) -> BegunSession:
    now = FIRST + timedelta(weeks=weeks)
    return BegunSession(now, load(), **{"toxin": True, **changes}, product=product, indication="spasticity")


def spoken(store: Path, at: BegunSession) -> str:
    return " ".join(interval_sentences(sessions_of(store, LABEL, at.now), at))


def test_toxin_exercises_and_units_of_a_case_are_read_from_its_records(tmp_path: Path) -> None:
    made_course(tmp_path)
    found = sessions_of(tmp_path, LABEL, TODAY)
    assert not found.left_out
    assert [each.kind for each in found.sessions] == [
        "botulinum", "botulinum", "biofeedback", "botulinum", "biofeedback", "botulinum"
    ]  # fmt: skip
    assert [dict(each.units) for each in found.toxin][1] == {"fds": 60.0, "fcr": 50.0}
    assert [(visit.rest_uv, visit.relax_s) for visit in found.exercises] == [(12.0, 6.0), (7.0, 3.0)]


def test_a_muscle_that_never_relaxed_has_no_time(tmp_path: Path) -> None:
    exercise_visit(tmp_path, 1.0, rest_uv=12.0, relax_s=None, score=50.0)
    found = sessions_of(tmp_path, LABEL, TODAY)
    assert [visit.relax_s for visit in found.exercises] == [None]


def test_two_patients_under_one_label_are_never_mixed(tmp_path: Path) -> None:
    toxin_session(tmp_path, 0.0, {"fds": 50}, birth_date="1951-07-23")
    wrong = toxin_session(tmp_path, 13.0, {"fds": 60}, birth_date="1970-01-01")
    found = sessions_of(tmp_path, LABEL, TODAY)
    assert [each.total_units for each in found.sessions] == [50.0]
    assert "another date of birth" in found.left_out[wrong.name]
    assert "1970" not in found.left_out[wrong.name], "no identifier is shown"


def test_the_patient_of_the_plan_decides_whose_sessions_count(tmp_path: Path) -> None:
    new_plan(tmp_path, LABEL, sheet_from_toml(SHEET, "s"), People(EARLY_PATIENT), Author("Dr A", None, FIRST))
    first = toxin_session(tmp_path, 0.0, {"fds": 50}, record_number="another")
    assert "another record number than the plan" in sessions_of(tmp_path, LABEL, TODAY).left_out[first.name]


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        ({"record_number": "1"}, {"record_number": "2"}, "record number"),
        ({"record_number": "1", "patient": "A. Ny"}, {"record_number": "1", "patient": "Ny, A."}, None),
        ({"patient": "A. Ny"}, {"patient": "a.  ny"}, None),
        ({"patient": "A. Ny"}, {"patient": "B. Ny"}, "name"),
        ({"record_number": "not done: none"}, {"record_number": "2"}, None),
        ({}, {"patient": "A"}, None),
    ],
)
def test_case_sheets_of_different_patients_differ_in_a_number_first(
    one: dict[str, str], other: dict[str, str], what: str | None
) -> None:
    assert first_difference(one, other) == what


def damage(folder: Path, how: str) -> Path:
    """Damage the record in ``folder``; return the folder to look for."""
    if how == "copied in part":
        (folder / SIGNAL_NAME).unlink()
    elif how == "no seal":
        (folder / "seal.json").unlink()
    elif how == "chain":
        path = folder / EVENTS_NAME
        path.write_bytes(path.read_bytes().replace(b'"units": 50.0', b'"units": 10.0'))
    elif how == "clock":
        return folder.rename(folder.with_name(folder.name.replace("2026", "2031")))
    elif how == "twice":
        copy = folder.with_name(f"{folder.name}-1")
        shutil.copytree(folder, copy)
        return copy
    return folder


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("copied in part", "copied in part: signal.bdf"),
        ("no seal", "no seal"),
        ("chain", "chain does not hold"),
        ("clock", "is dated 2031"),
        ("twice", "counts once"),
    ],
)
def test_a_record_that_does_not_hold_is_left_out_and_the_guard_speaks_of_it(tmp_path: Path, how: str, why: str) -> None:
    toxin_session(tmp_path, 0.0, {"fcr": 30})
    damaged = damage(toxin_session(tmp_path, 13.0, {"fds": 50}), how)
    found = sessions_of(tmp_path, LABEL, TODAY)
    assert why in found.left_out[damaged.name]
    assert sum(each.total_units for each in found.sessions) == (80.0 if how == "twice" else 30.0)
    assert "NOT COUNTED" in spoken(tmp_path, begun(52))


def test_a_record_of_another_version_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = toxin_session(tmp_path, 0.0, {"fds": 50})
    monkeypatch.setattr("guidance.note.usable_record.VERSION", 2)
    assert "of version 1; this program reads version 2" in sessions_of(tmp_path, LABEL, TODAY).left_out[folder.name]


def test_a_simulated_session_is_not_mixed_with_those_of_a_patient(tmp_path: Path) -> None:
    toxin_session(tmp_path, 0.0, {"fds": 50})
    procedure = femoral_block()
    procedure.began = FIRST + timedelta(days=3)
    simulated = procedure.record_in(tmp_path, simulated=True)
    write_label(simulated, LABEL)
    assert "was simulated" in sessions_of(tmp_path, LABEL, TODAY).left_out[simulated.name]


@pytest.mark.parametrize(
    ("weeks", "words"),
    [
        (45.0, "TOXIN TOO SOON: 6.0 weeks since the last one; not before 12 weeks, 2027-01-04 [sourced: botox-child]."),
        (51.0, "Last toxin of this case: 12.0 weeks ago; the interval of 12 weeks is over [sourced: botox-child]."),
        (40.0, "TOXIN TOO SOON: 7 days since"),
    ],
)
def test_the_guard_speaks_of_the_interval_with_its_source(tmp_path: Path, weeks: float, words: str) -> None:
    made_course(tmp_path)
    assert words in spoken(tmp_path, begun(weeks))


def test_units_of_one_product_add_up_over_twelve_weeks_and_no_others(tmp_path: Path) -> None:
    toxin_session(tmp_path, 0.0, {"fds": 90})
    toxin_session(tmp_path, 4.0, {"fds": 200, "fcr": 120})
    assert f"{BOTOX} in the last 12 weeks: 410 U" in spoken(tmp_path, begun(8.0))
    assert "UNITS AT THE LIMIT" in spoken(tmp_path, begun(8.0))
    assert f"{BOTOX} in the last 12 weeks: 320 U, 80 % of 400 U; 80 U are left." in spoken(tmp_path, begun(13.0))
    other = spoken(tmp_path, begun(8.0, "abobotulinumtoxinA"))
    assert "Another product in the last 12 weeks, whose units are not added" in other
    assert "UNITS AT" not in other
    assert "TOXIN TOO SOON" in other, "the interval counts from any product"


def test_an_interval_that_no_source_names_is_stated_as_missing(tmp_path: Path) -> None:
    toxin_session(tmp_path, 0.0, {"fds": 50})
    at = BegunSession(FIRST + timedelta(weeks=2), load(), toxin=True, product=None, indication=None)
    words = spoken(tmp_path, at)
    assert "The drug table has no interval for it" in words
    assert "The product of today is not known" in words


def test_a_toxin_session_recorded_elsewhere_counts(tmp_path: Path) -> None:
    author = Author("Dr A", None, FIRST)
    new_plan(tmp_path, LABEL, sheet_from_toml(SHEET, "s"), People(), author)
    add_outside_session(tmp_path, LABEL, OutsideSession(date(2026, 1, 5), BOTOX, {"fds": 80.0}), author)
    assert "TOXIN TOO SOON: 20 days" in spoken(tmp_path, begun(2.0))
    assert "80 U onabotulinumtoxinA (flexor digitorum superficialis 80)" in spoken(tmp_path, begun(2.0))


def test_local_anaesthetic_of_the_last_day_is_named_with_what_counts_it(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.began = FIRST
    write_label(procedure.record_in(tmp_path), LABEL)
    at = BegunSession(FIRST + timedelta(hours=5), load(), anaesthetic=True)
    assert "50 mg ropivacaine, 5.0 h ago" in spoken(tmp_path, at)
    assert "--given 'ropivacaine 50mg 300min ago'" in spoken(tmp_path, at)
    assert not spoken(tmp_path, BegunSession(FIRST + timedelta(hours=25), load(), anaesthetic=True))


def test_a_session_later_than_now_puts_the_clock_in_doubt(tmp_path: Path) -> None:
    toxin_session(tmp_path, 0.1, {"fds": 50})
    assert "CLOCK" in spoken(tmp_path, begun(0.0))


def test_encrypted_case_sheets_are_not_compared_in_silence(tmp_path: Path) -> None:
    folder = toxin_session(tmp_path, 0.0, {"fds": 50}, birth_date="1951-07-23")
    protect(folder, key_of_passphrase("correct horse battery"))
    words = spoken(tmp_path, begun(2.0))
    assert "1 session has an encrypted case sheet, so it was not compared whose they are" in words
    assert "50 U" in words, "the units are in the record, which names nobody"


def test_no_session_gives_no_sentence() -> None:
    assert interval_sentences(CaseSessions(), begun(0.0)) == ()
