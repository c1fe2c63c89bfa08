"""What a note says of a needle that was guided by its own EMG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guidance.contracts.events import Activity, Proximity
from tests.guidance.journal.made import Happening
from tests.guidance.note.test_note import missing, note_of, said

TECHNIQUE = "Technique of localisation"
SHARES = {"none": 0.0, "far": 0.0, "approach": 0.1, "target": 0.9, "close": 0.0}

AT_REST: dict[str, Any] = {"valid": False, "why": "at-rest", "zone": None, "rise_time_us": None}


def near(happening: Happening, t: float, **changes: Any) -> None:
    told: dict[str, Any] = {"zone": "target", "zone_probability": SHARES, "valid": True, "why": None}
    told |= {"rise_time_us": (243.0, 300.0, 370.0)} | changes
    happening.add(t, Proximity(round(t * 1e4), None, None, None, by="needle-emg", **told))


def activity(happening: Happening, t: float, phase: str | None, pattern: str) -> None:
    happening.add(t, Activity(phase, pattern, 26.0, 4, 0.23, 7.1, fits=True, text="."))


def test_each_injection_is_told_with_the_rise_and_the_pattern_by_then(tmp_path: Path) -> None:
    happening = Happening("botulinum-fcr")
    near(happening, 2.0)
    activity(happening, 2.5, "slight", "mixed")
    happening.entry(3.0, "injection", volume_ml=0.5)
    near(happening, 5.0, rise_time_us=(900.0, 1000.0, 1100.0), zone="approach")
    told = said(note_of(happening, tmp_path), TECHNIQUE)
    assert told.startswith("By the needle's own EMG, from 09:26:55 to 09:26:58.")
    assert "At the injection at 09:26:56: the crispest unit rose in 0.30 ms (90 % interval 0.24 to 0.37 ms)" in told
    assert "zone target; that tells of a unit's territory, not of which muscle it is" in told
    assert "the EMG: mixed while slight effort was asked for, 26 potentials a second" in told
    assert "1.00 ms" not in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (AT_REST, "no unit told how near the tip was (at rest)"),
        ({"rise_time_us": None, "place": "end-plate"}, "signs of the end-plate zone"),
        ({"rise_time_us": None}, "zone target"),
    ],
)  # fmt: skip
def test_where_no_injection_was_entered_it_is_what_was_there_at_last(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    happening = Happening("botulinum-fcr")
    near(happening, 2.0, **changes)
    activity(happening, 2.0, "rest", "silent")
    told = said(note_of(happening, tmp_path), TECHNIQUE)
    assert f"At last, at 09:26:55: {words}; the EMG: silent while rest was asked for" in told


def test_what_the_emg_showed_long_before_an_injection_is_not_told_of_it(tmp_path: Path) -> None:
    happening = Happening("botulinum-fcr")
    near(happening, 2.0)
    happening.entry(30.0, "injection", volume_ml=0.5)
    assert "At the injection at 09:27:23: no unit told how near the tip was." in said(
        note_of(happening, tmp_path), TECHNIQUE
    )


def test_it_answers_by_what_a_pain_injection_was_led(tmp_path: Path) -> None:
    happening = Happening("piriformis")
    assert "technique" in missing(note_of(happening, tmp_path / "a"))
    near(happening, 2.0)
    assert "technique" not in missing(note_of(happening, tmp_path / "b"))


def test_a_block_led_by_stimulation_speaks_of_no_emg_of_the_needle(tmp_path: Path) -> None:
    happening = Happening()
    happening.pulse(2.0, 0.5, responded=True)
    assert "own EMG" not in said(note_of(happening, tmp_path), TECHNIQUE)
