"""From visit to visit: rest, time to relax, symptom score and home programme on the page to take home."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guidance.journal.store import procedures
from guidance.journal.visits import read_visit
from guidance.protocol import library
from guidance.protocol.library import text_of
from tests.support.biofeedback_signals import exercise, person_signal
from tests.support.command_line import Done, command
from tests.support.event_rules import faults
from tests.support.files import write_edf
from tests.support.streams import Stream

RATE_HZ = 500.0
SHORT = {"rest_s": 8.0, "work_s": 5.0, "pause_s": 4.0}


@pytest.fixture(autouse=True)
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a site's own exercises that end within a minute."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.setattr(library, "site_folder", lambda: site)
    for name in ("relax", "discriminate"):
        text = text_of(name).replace(f'id = "{name}"', f'id = "brief-{name}"')
        calibration, _, training = text.partition("[training]")
        calibration = calibration.replace("rest_s = { value = 20.0", "rest_s = { value = 8.0")
        lines = [_shortened(line) for line in training.splitlines()]
        (site / f"brief-{name}.toml").write_text(calibration + "[training]" + "\n".join(lines), encoding="utf-8")


def _shortened(line: str) -> str:
    for key, seconds in (("work_s", 5.0), ("rest_s", 4.0)):
        if line.startswith(f"{key} ="):
            return f'{key} = {{ value = {seconds}, source = "unsourced", certainty = "unsourced" }}'
    return line


def recording_of(folder: Path, name: str, trials: int, effort_s: float) -> Path:
    plan = exercise(name, trials=trials, effort_s=effort_s)
    signal = person_signal(plan, RATE_HZ)
    return write_edf(folder / f"{name}.edf", Stream(RATE_HZ, (signal[:, 0],)))


def visit(recording: Path, store: Path, protocol: str, trials: int, *options: str | Path) -> Done:
    fixed = ("--protocol", protocol, "--trials", str(trials), "--sound", "none", "--headless", "--fast")
    return command("biofeedback", "--file", recording, *fixed, "--store", store, *options)


def newest(store: Path) -> Path:
    return max(procedures(store), key=lambda folder: folder.name)


def test_the_page_shows_rest_time_to_relax_and_symptoms_from_visit_to_visit(tmp_path: Path) -> None:
    store, recording = tmp_path / "store", recording_of(tmp_path, "relax", 2, 0.0)
    events = tmp_path / "events.jsonl"
    first = visit(recording, store, "brief-relax", 2, "--case-label", "a", "--symptom-before", "6",
                  "--symptom-after", "4", "--events", events)  # fmt: skip
    assert (first.status, first.err.count("\n")) == (0, 1)
    assert "s recorded in" in first.err
    lines = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    assert faults(lines) == []
    assert [line["reached"] for line in lines if line["kind"] == "trial"] == [True, True]
    assert [line["fields"] for line in lines if line["kind"] == "entry" and line["what"] == "symptom"] == [
        {"when": "before", "score": 6},
        {"when": "after", "score": 4},
    ]
    second = visit(recording, store, "brief-relax", 2, "--case-label", "a")
    assert "at rest 1.97 uV, time to relax 0.0 s." in second.err
    page = command("biofeedback-summary", newest(store).name, "--store", store).out
    assert "- At rest your muscle showed " in page
    assert "- Your muscle came to rest after 0." in page
    assert "| Visit | At rest | Time to relax | Symptom before, after |" in page
    assert "6 before, 4 after |" in page
    assert "not recorded before, not recorded after |" in page
    again = json.loads(command("replay", newest(store).name, "--store", store, "--json").out)
    assert [row["differences"] for row in again["rows"]] == [[], [], []]


def test_the_home_programme_has_the_numbers_of_the_visit_and_what_the_therapist_adds(tmp_path: Path) -> None:
    store = tmp_path / "store"
    visit(recording_of(tmp_path, "relax", 1, 0.0), store, "brief-relax", 1)
    name = newest(store).name
    page = command("biofeedback-summary", name, "--store", store).out
    assert "## To practise at home" in page
    assert "2. Stay loose for 5 seconds, then rest for 4 seconds." in page
    assert "Times a day: ____ (your therapist fills this in)." in page
    assert "Stop if it hurts" in page
    advised = command(
        "biofeedback-summary", name, "--store", store, "--times-a-day", "3", "--home", "Lying down first."
    )
    assert "Times a day: 3." in advised.out
    assert "From your therapist: Lying down first." in advised.out


def test_the_page_of_discrimination_shows_the_error_with_the_bar_and_by_feel(tmp_path: Path) -> None:
    store = tmp_path / "store"
    done = visit(recording_of(tmp_path, "discriminate", 6, 4.0), store, "brief-discriminate", 6)
    assert (done.status, done.err.count("\n")) == (0, 1)
    assert "s recorded in" in done.err
    seen = read_visit(newest(store))
    assert seen is not None
    assert [by_feel for _, by_feel in seen.level_errors] == [False] * 3 + [True] * 3
    page = command("biofeedback-summary", newest(store).name, "--store", store).out
    assert "- With the bar you were " in page
    assert "- By feel you were " in page
    assert "distinguishing levels of effort" in page
    assert "The line began" not in page


def test_a_score_after_the_visit_is_refused_where_the_visit_is_not_over(tmp_path: Path) -> None:
    done = command("biofeedback", "--device", "sim:1", "--headless", "--symptom-after", "3", "--store", tmp_path / "s")
    assert (done.status, done.is_one_sentence) == (2, True)
    assert "--symptom-after is for a recorded signal" in done.err
    assert command("biofeedback", "--file", "x.edf", "--symptom-before", "11").status == 2


NO_LINE = "threshold_percent = { missing ="
A_LINE = 'threshold_percent = { value = 40.0, source = "unsourced", certainty = "unsourced", note ='
LEVELS = "levels_percent = { value = [25.0, 50.0, 75.0]"
ONE_LEVEL = "levels_percent = { value = [25.0]"


@pytest.mark.parametrize(
    ("name", "before", "after", "sentence"),
    [
        ("relax", NO_LINE, A_LINE, "whose line is the limit of rest"),
        ("discriminate", NO_LINE, A_LINE, "must be missing in the exercise discriminate"),
        ("discriminate", 'exercise = "discriminate"', 'exercise = "contract-hold"', "levels_percent: must be missing"),
        (
            "contract-hold",
            'exercise = "contract-hold"',
            'exercise = "discriminate"',
            "levels_percent: must have a value",
        ),
        ("discriminate", LEVELS, ONE_LEVEL, "levels_percent"),
    ],
)
def test_a_sites_sheet_with_the_wrong_line_is_refused_in_a_sentence(
    name: str, before: str, after: str, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "ours.toml"
    assert before in text_of(name)
    path.write_text(text_of(name).replace(before, after), encoding="utf-8")
    done = command("protocols", "validate", path)
    assert done.status == 1
    assert sentence in done.out + done.err
