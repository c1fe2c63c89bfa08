"""What the screen shows against the mix-ups of a busy room: patient, side, muscle, current, sound."""

from __future__ import annotations

import pytest

from guidance.contracts.snapshot import SoundView
from guidance.ui.widgets.checks import Checks
from guidance.ui.widgets.states import StatesLine
from guidance.ui.widgets.title import Title
from tests.guidance.ui.painting import drawn
from tests.support.screens import build_live, build_snapshot


@pytest.mark.hazard("wrong-patient")
def test_the_patient_is_on_the_checks_and_in_the_title_of_every_page() -> None:
    snapshot = build_snapshot(patient="Ada Byron")
    assert "Ada Byron" in drawn(Checks(), snapshot, width=120)
    assert "Ada Byron" in drawn(Title(), snapshot, width=180)


@pytest.mark.hazard("wrong-patient")
def test_a_patient_who_is_not_named_is_shown_as_not_recorded() -> None:
    text = drawn(Checks(), build_snapshot(patient=None, patient_kg=None), width=120)
    assert "not recorded: enter it in the case sheet" in text


@pytest.mark.hazard("wrong-side")
def test_the_side_is_on_the_checks_and_in_the_title_of_every_page() -> None:
    snapshot = build_snapshot(side="left")
    assert "left" in drawn(Checks(), snapshot, width=120)
    assert "left" in drawn(Title(), snapshot, width=180)


@pytest.mark.hazard("wrong-side")
def test_a_side_that_is_not_entered_is_shown_as_not_recorded() -> None:
    assert "not recorded: press s" in drawn(Checks(), build_snapshot(side=None), width=120)


@pytest.mark.hazard("muted-sound")
def test_a_muted_sound_is_in_words_on_every_page() -> None:
    sound = SoundView("muted", "tempo", 0.8, 0.3)
    assert "sound muted" in drawn(StatesLine(), build_live(sound=sound), width=180)
