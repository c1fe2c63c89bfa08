"""The command ``plan`` as its user meets it: a plan over four toxin sessions and two biofeedback visits."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from pypdf import PdfReader

from guidance.cli.case_course import with_earlier_sessions
from guidance.engine.settings import Mode, Settings
from guidance.journal.event_reader import read_events
from guidance.journal.visits import read_label
from guidance.protocol import load
from guidance.treatment.overview import planned_doses
from guidance.treatment.plan import load_plan
from guidance.treatment.sessions import sessions_of
from tests.support.case_sheets import sheet_file
from tests.support.command_line import Done, command
from tests.support.files import write_edf
from tests.support.made_course import LABEL, SHEET, TODAY, made_course, toxin_session
from tests.support.streams import Stream

BY = ("--by", "Dr Ahorn")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with the made course and its plan, made by the command."""
    place = tmp_path / "store"
    made_course(place)
    (tmp_path / "plan.toml").write_text(SHEET, encoding="utf-8")
    assert plan("new", place, LABEL, "--sheet", tmp_path / "plan.toml", *BY).status == 0
    return place


def plan(name: str, store: Path, *arguments: str | Path) -> Done:
    return command("plan", name, *arguments, "--store", store)


def test_the_plan_sets_planned_doses_beside_the_last_session_and_the_limit(store: Path) -> None:
    shown = plan("show", store, LABEL)
    row = next(line for line in shown.out.splitlines() if "Fingers flexed" in line)
    assert row.split("  ")[1:2] == ["flexor digitorum superficialis"]
    assert [cell for cell in row.split() if cell[:1] in "0123456789+"] == ["50", "40", "+10", "50"]
    assert shown.out.count("Botulinum toxin, ") == 4
    assert shown.out.count("Biofeedback, ") == 2
    values = json.loads(plan("show", store, LABEL, "--json").out)
    assert [sum(each["units"].values()) for each in values["sessions"]] == [100, 110, 0, 90, 0, 70]


def test_units_beyond_a_limit_are_named(store: Path, tmp_path: Path) -> None:
    (tmp_path / "more.toml").write_text(SHEET.replace("units = 50", "units = 450", 1), encoding="utf-8")
    assert plan("revise", store, LABEL, "--sheet", tmp_path / "more.toml", "--why", "to test", *BY).status == 0
    shown = plan("show", store, LABEL).out
    assert "OVER THE LIMIT: flexor digitorum superficialis, 450 U planned, at most 50 U." in shown
    assert "OVER THE LIMIT: 500 U planned in all, at most 400 U for spasticity." in shown
    assert "Plan changed: to test" in shown


def test_units_of_another_product_are_not_compared(store: Path, tmp_path: Path) -> None:
    other = SHEET.replace('product = "onabotulinumtoxinA"', 'product = "abobotulinumtoxinA"')
    (tmp_path / "other.toml").write_text(other, encoding="utf-8")
    plan("revise", store, LABEL, "--sheet", tmp_path / "other.toml", "--why", "supply", *BY)
    doses = planned_doses(load_plan(store, LABEL), sessions_of(store, LABEL, TODAY))
    assert [dose.last for dose in doses] == [None, None]


def test_progress_is_drawn_in_the_terminal_and_on_paper(store: Path, tmp_path: Path) -> None:
    scored = plan("score", store, LABEL, "--set", "mas.finger-flexors=1+", "--on", "2026-11-02", *BY)
    assert scored.status == 0
    text = plan("progress", store, LABEL).out
    for title in ("Modified Ashworth", "Toxin in all muscles", "Muscle at rest", "Time to relax", "Range of motion"):
        assert title in text
    assert "2026-04-13       110 U  " + "█" * 24 in text
    out = tmp_path / "course.pdf"
    assert plan("progress", store, LABEL, "--to", out).status == 0
    pages = PdfReader(io.BytesIO(out.read_bytes())).pages
    assert "Treatment plan arm-7" in pages[0].extract_text()
    assert sum(len(page.images) for page in pages) == 1
    assert plan("progress", store, LABEL, "--to", out).status == 2, "nothing is overwritten"


def test_the_patients_page_has_plain_words_and_no_names(store: Path, tmp_path: Path) -> None:
    text = plan("page", store, LABEL).out
    assert "I want to open my hand so that it can be washed." in text
    assert "you reached 3 of 3 trials" in text
    assert "not planned before 2027-01-04, 12 weeks after the last one" in text
    assert "not a medical device" in text
    assert not {"Ahorn", LABEL, "MAS", "GAS", "EMG", "safe", "cure"} & set(text.replace(",", " ").split())
    out = tmp_path / "page.pdf"
    assert plan("page", store, LABEL, "--to", out).status == 0
    printed = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(out.read_bytes())).pages)
    assert "When to stop, and when to call us" in printed
    refused = plan("page", store, LABEL, "--to", tmp_path / "page.doc")
    assert (refused.status, refused.is_one_sentence) == (2, True)


def test_a_recorded_procedure_is_hung_on_a_plan_and_moved_only_on_request(store: Path) -> None:
    folder = toxin_session(store, 45.0, {"fds": 20})
    (folder / "case-label").write_text("other", encoding="utf-8")
    refused = plan("session", store, LABEL, folder.name, *BY)
    assert (refused.status, "--relabel" in refused.err) == (2, True)
    assert plan("session", store, LABEL, folder.name, "--relabel", *BY).status == 0
    assert read_label(folder) == LABEL
    line = load_plan(store, LABEL).lines[-1]
    assert (line.kind, line.fields["procedure"], line.fields["before"]) == ("session", folder.name, "other")


def test_a_session_from_elsewhere_needs_day_product_and_muscles(store: Path) -> None:
    where = ("--on", "2026-11-30", "--product", "botox", "--muscle", "fds 30", "--muscle", "fcr 20")
    done = plan("session", store, LABEL, *where, *BY)
    assert (done.status, done.out) == (0, "2026-11-30: 50 U onabotulinumtoxinA.\n")
    for missing in (where[:4], where[2:], (where[0], where[1], *where[4:]), (*where[:5], "nonsense 3")):
        assert plan("session", store, LABEL, *missing, *BY).status == 2
    assert plan("session", store, LABEL, *BY).status == 2


def test_a_plan_that_does_not_hold_is_listed_with_its_fault(store: Path) -> None:
    path = store / "plans" / LABEL / "plan.jsonl"
    path.write_bytes(path.read_bytes().replace(b"washed", b"closed"))
    listed = plan("list", store)
    assert (listed.status, "does not hold: line 2" in listed.out) == (0, True)
    for name in ("show", "progress", "page"):
        done = plan(name, store, LABEL)
        assert (done.status, done.is_one_sentence) == (1, True)


def test_a_plan_that_is_not_there_is_reported(store: Path) -> None:
    done = plan("show", store, "nobody")
    assert (done.status, done.is_one_sentence) == (2, True)


def test_the_guard_speaks_when_a_session_of_the_case_begins(tmp_path: Path, store: Path) -> None:
    run = ("demo", "--headless", "--no-audio", "--duration", "0.5", "--store", store, "--case-label", LABEL)
    toxin = command(*run, "--protocol", "botulinum-fds", "--product", "botox")
    assert "Last toxin, 2026-10-12: 70 U onabotulinumtoxinA" in toxin.err
    newest = max(path.name for path in store.iterdir() if path.name != "plans")
    assert read_label(store / newest) == LABEL
    assert LABEL not in (store / newest / "events.jsonl").read_text(encoding="utf-8")
    recorded = earlier_sessions(store / newest)
    assert [line.removeprefix("needle-guidance: ") for line in toxin.err.splitlines() if line.endswith(recorded[1])]
    assert recorded[1].startswith("Last toxin, 2026-10-12: 70 U onabotulinumtoxinA")
    other = sheet_file(tmp_path)
    toxin_session(store, 40.0, {"fds": 10}, birth_date="1990-01-01")
    refused = command(*run, "--case", other)
    assert (refused.status, "two patients under one label" in refused.err) == (2, True)


def earlier_sessions(folder: Path) -> list[str]:
    """Return what the event stream in ``folder`` says of earlier sessions."""
    entries = (event for event in read_events(folder) if event["kind"] == "entry")
    return [event["fields"]["text"] for event in entries if event["what"] == "earlier-sessions"]


def test_a_plan_that_does_not_hold_is_reported_when_a_session_begins(store: Path) -> None:
    path = store / "plans" / LABEL / "plan.jsonl"
    path.write_bytes(path.read_bytes().replace(b"washed", b"closed"))
    run = ("demo", "--headless", "--no-audio", "--duration", "0.5", "--store", store, "--case-label", LABEL)
    before = {path for path in store.iterdir() if path.is_dir()}
    done = command(*run, "--protocol", "botulinum-fds")
    (begun,) = {path for path in store.iterdir() if path.is_dir()} - before
    assert "The plan of this case does not hold or cannot be read" in done.err
    assert any(text.startswith("The plan of this case does not hold") for text in earlier_sessions(begun))
    assert LABEL not in (begun / "events.jsonl").read_text(encoding="utf-8")


def test_on_a_screen_the_guard_speaks_as_cautions_and_is_recorded_too(store: Path) -> None:
    settings = Settings(load("botulinum-fds"), Mode.LISTEN, headless=False)
    found = with_earlier_sessions(settings, LABEL, str(store), None, None)
    assert found.settings.cautions == found.remarks
    assert any(text.startswith("Last toxin, 2026-10-12") for text in found.remarks)


def test_an_analysis_is_added_to_the_plan_of_its_case(store: Path, tmp_path: Path) -> None:
    wave = 5.0 * np.random.default_rng(0).standard_normal(20000)
    recording = write_edf(tmp_path / "rest.edf", Stream(10000.0, (wave,)))
    done = command("analyse", recording, "--muscle", "biceps", "--case-label", LABEL, "--store", store)
    assert done.status == 0
    (line,) = load_plan(store, LABEL).analyses
    assert (line.author, line.fields["files"]) == (None, ["rest.edf"])
    assert "Analysis of rest.edf: Impression:" in plan("show", store, LABEL).out
    refused = command("analyse", recording, "--case-label", "nobody", "--store", store)
    assert (refused.status, refused.is_one_sentence) == (2, True)
