"""A simulated person in an exercise follows the prompts or a script; the stimulator is never used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drivers.simulated.patient import Patient
from guidance.biofeedback.phases import ExercisePhase
from guidance.session.simulated_subject import Effort, SimulatedSubject, read_script
from tests.support.command_line import command

WORK, PAUSE = ExercisePhase("work", 5.0, "TENSE", ""), ExercisePhase("pause", 5.0, "REST", "")


def test_a_following_subject_contracts_and_relaxes_on_prompt() -> None:
    will = SimulatedSubject(None, follows=True, exercise="work-rest")
    assert [*will.words(0.0, PAUSE)] == ["contract 0 0", "contract 0 1"]
    assert [*will.words(1.0, PAUSE)] == []
    assert [*will.words(2.0, WORK)] == ["contract 0.7 0", "contract 0 1"]
    effort = ExercisePhase("effort", 4.0, "TENSE", "", channel=1)
    assert [*will.words(3.0, effort)] == ["contract 0 0", "contract 1 1"]
    assert [*SimulatedSubject(None, follows=True, exercise="relax").words(0.0, WORK)] == [
        "contract 0 0",
        "contract 0 1",
    ]


def test_a_script_is_followed_by_its_times(tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text("# seconds, efforts\n2.5 0.6 0.1\n0 0\n", encoding="utf-8")
    script = read_script(str(path))
    assert script == (Effort(0.0, (0.0,)), Effort(2.5, (0.6, 0.1)))
    will = SimulatedSubject(script, follows=False, exercise="relax")
    assert [*will.words(1.0, WORK)] == ["contract 0"]
    assert [*will.words(3.0, WORK)] == ["contract 0.6 0", "contract 0.1 1"]


def test_a_subject_without_a_script_is_not_steered() -> None:
    assert [*SimulatedSubject(None, follows=False, exercise="relax").words(0.0, WORK)] == []


def test_a_muscle_of_the_simulated_person_works_alone() -> None:
    patient = Patient(5, sample_rate_hz=2000, channels=2)
    patient.voluntary.tone = 0.0
    patient.voluntary.commanded_effort = 0.0
    patient.voluntary.commanded_efforts[1] = 0.9
    assert patient.voluntary.effort(1.0, 0) == 0.0
    assert patient.voluntary.effort(1.0, 1) == 0.9
    rest = patient.advance(8000)
    assert rest[2000:, 1].std() > 2 * rest[2000:, 0].std()


@pytest.mark.slow
def test_a_visit_on_the_simulated_person_through_the_driver(tmp_path: Path) -> None:
    """Takes a minute and a half in real time. The stimulator's output is never enabled."""
    store, events = tmp_path / "store", tmp_path / "events.jsonl"
    done = command("biofeedback", "--device", "sim:3", "--protocol", "contract-hold", "--trials", "1", "--effort",
                   "follow", "--headless", "--sound", "none", "--store", store, "--events", events)  # fmt: skip
    assert done.status == 0
    lines = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    assert [line["reached"] for line in lines if line["kind"] == "trial"] == [True]
    assert not [line for line in lines if line["kind"] in ("command", "stimulus")]
    name = next(store.iterdir()).name
    assert "a simulated person, not you" in command("biofeedback-summary", name, "--store", store).out
    again = json.loads(command("replay", name, "--store", store, "--json").out)
    assert [row["differences"] for row in again["rows"]][:2] == [[], []]
