"""Sentences of the note on a needle that was guided by its own EMG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guidance.contracts.events import Activity, Proximity
from tests.guidance.note.note_pages import missing, note_of, sentences, text_of
from tests.support.scripted_procedure import ScriptedProcedure

TECHNIQUE = "Technique of localisation"
SHARES = {"none": 0.0, "far": 0.0, "approach": 0.1, "target": 0.9, "close": 0.0}

AT_REST: dict[str, Any] = {"valid": False, "why": "at-rest", "zone": None, "rise_time_us": None}


def near(procedure: ScriptedProcedure, t: float, **changes: Any) -> None:
    text: dict[str, Any] = {"zone": "target", "zone_probability": SHARES, "valid": True, "why": None}
    text |= {"rise_time_us": (243.0, 300.0, 370.0)} | changes
    procedure.add(t, Proximity(round(t * 1e4), None, None, None, by="needle-emg", **text))


def activity(procedure: ScriptedProcedure, t: float, phase: str | None, pattern: str) -> None:
    procedure.add(t, Activity(phase, pattern, 26.0, 4, 0.23, 7.1, fits=True, text="."))


def test_each_injection_is_stated_with_rise_time_and_pattern_before_it(tmp_path: Path) -> None:
    procedure = ScriptedProcedure("botulinum-fcr")
    near(procedure, 2.0)
    activity(procedure, 2.5, "slight", "mixed")
    procedure.entry(3.0, "injection", volume_ml=0.5)
    near(procedure, 5.0, rise_time_us=(900.0, 1000.0, 1100.0), zone="approach")
    text = text_of(note_of(procedure, tmp_path), TECHNIQUE)
    assert text.startswith("Guided by the EMG of the needle from 09:26:55 to 09:26:58.")
    assert "At the injection at 09:26:56: shortest rise time 0.30 ms (90 % interval 0.24 to 0.37 ms)" in text
    assert "zone target; this shows how near the tip is to a motor unit, not to which muscle that unit belongs" in text
    assert "EMG pattern: mixed while slight effort was requested, 26 potentials per second" in text
    assert "1.00 ms" not in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (AT_REST, "nearness to a motor unit not known (at rest)"),
        ({"rise_time_us": None, "place": "end-plate"}, "signs of the end-plate zone"),
        ({"rise_time_us": None}, "zone target"),
    ],
)  # fmt: skip
def test_without_an_injection_the_last_state_is_stated(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    procedure = ScriptedProcedure("botulinum-fcr")
    near(procedure, 2.0, **changes)
    activity(procedure, 2.0, "rest", "silent")
    text = text_of(note_of(procedure, tmp_path), TECHNIQUE)
    assert f"At the last estimate at 09:26:55: {words}; EMG pattern: silent while rest was requested" in text


def test_an_old_estimate_is_not_used_for_an_injection(tmp_path: Path) -> None:
    procedure = ScriptedProcedure("botulinum-fcr")
    near(procedure, 2.0)
    procedure.entry(30.0, "injection", volume_ml=0.5)
    assert "At the injection at 09:27:23: nearness to a motor unit not known." in text_of(
        note_of(procedure, tmp_path), TECHNIQUE
    )


def test_a_sentence_names_an_event_once(tmp_path: Path) -> None:
    procedure = ScriptedProcedure("botulinum-fcr")
    near(procedure, 2.0)
    assert sentences(note_of(procedure, tmp_path), TECHNIQUE)[0].events == (1,)


def test_needle_emg_fills_the_technique_of_a_pain_injection(tmp_path: Path) -> None:
    procedure = ScriptedProcedure("piriformis")
    assert "technique" in missing(note_of(procedure, tmp_path / "a"))
    near(procedure, 2.0)
    assert "technique" not in missing(note_of(procedure, tmp_path / "b"))


def test_a_block_guided_by_stimulation_does_not_mention_needle_emg(tmp_path: Path) -> None:
    procedure = ScriptedProcedure()
    procedure.pulse(2.0, 0.5, responded=True)
    assert "EMG of the needle" not in text_of(note_of(procedure, tmp_path), TECHNIQUE)
