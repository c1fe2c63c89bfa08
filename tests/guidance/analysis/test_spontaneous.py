"""Simulated activity is classified correctly; a small version of ``bench_spontaneous``."""

from __future__ import annotations

import numpy as np
import pytest

from guidance.analysis.artefact_jumps import jumps
from guidance.analysis.needle import pieces_of
from guidance.analysis.reading import RestEpoch, read
from guidance.analysis.rest_activity import grade, spontaneous_findings
from guidance.analysis.spontaneous import ABNORMAL, classify
from tests.support.needle_recordings import recorded, write
from tests.worlds.innocent import innocent
from tests.worlds.spontaneous import CLASSES, RATE_HZ, SECONDS, TUNE, piece

PIECES = 5


@pytest.mark.parametrize("label", CLASSES)
def test_simulated_activity_is_mostly_named_right(label: str) -> None:
    index = CLASSES.index(label)
    made = [piece(label, 5.0, np.random.default_rng([9, index, at]), TUNE[at % len(TUNE)]) for at in range(PIECES)]
    called = [classify(uv, RATE_HZ).label for uv in made]
    assert called.count(label) >= PIECES - 1, called


@pytest.mark.parametrize("kind", ["ecg", "movement", "stimulated", "tone"])
def test_what_comes_from_no_resting_muscle_is_called_no_abnormal_activity(kind: str) -> None:
    uv = innocent(kind, 2)
    size = round(SECONDS * RATE_HZ)
    assert not {classify(uv[at : at + size], RATE_HZ).label for at in range(0, len(uv), size)} & ABNORMAL


def test_a_wave_that_the_end_of_the_piece_cuts_is_no_fasciculation() -> None:
    uv = innocent("movement", 1238)
    size = round(SECONDS * RATE_HZ)
    assert classify(uv[2 * size : 3 * size], RATE_HZ).label not in ABNORMAL


def test_steep_end_plate_spikes_are_taken_for_no_artefacts_of_stimuli() -> None:
    uv = piece("end-plate", 5.0, np.random.default_rng([502, CLASSES.index("end-plate"), 0, 3]), "gammas")
    assert len(jumps(uv, RATE_HZ))
    assert classify(uv, RATE_HZ).label == "end-plate"


def test_activity_beside_a_motor_unit_in_the_same_epoch_stays_undecided() -> None:
    (finding,) = spontaneous_findings(("fibrillation", "motor unit", "silent"), [(0.0, 6.0)])
    assert (finding.word, "motor unit" in finding.why) == ("undecided", True)


@pytest.mark.parametrize("noise_uv", [2.0, 10.0])
def test_noise_and_voluntary_units_are_never_called_abnormal(noise_uv: float) -> None:
    for label in ("silent", "motor unit"):
        for at in range(PIECES):
            uv = piece(label, noise_uv, np.random.default_rng([8, CLASSES.index(label), at]))
            assert classify(uv, RATE_HZ).label not in ABNORMAL


def test_the_healthy_record_has_no_abnormal_activity(tmp_path: object) -> None:
    uv, sample_rate_hz = recorded("healthy")
    path = write(tmp_path / "healthy.edf", uv, sample_rate_hz)  # type: ignore[operator]
    assert not set(pieces_of(read(str(path)))) & ABNORMAL


def test_short_activity_and_simulated_training_speak_against_a_finding() -> None:
    (finding,) = spontaneous_findings(("fibrillation", "silent", "silent"), [(0.0, 2.5)])
    assert finding.word == "seen"
    assert any("2 s in all" in sentence for sentence in finding.evidence_against)
    assert any("simulated" in sentence for sentence in finding.evidence_against)


def test_activity_outside_an_epoch_marked_as_rest_stays_undecided_and_names_the_option() -> None:
    marks: tuple[list[RestEpoch], ...] = ([], [(2.0, 6.0)], [(0.5, 2.0)])
    for marked in marks:
        (finding,) = spontaneous_findings(("fibrillation", "silent", "silent"), marked)
        assert finding.word == "undecided"
        assert "--rest" in finding.why


def test_silence_at_rest_is_no_finding_and_effort_is_not_rest() -> None:
    assert spontaneous_findings(("silent",) * 3)[0].word == "not suggested"
    assert spontaneous_findings(("motor unit", "unclear"))[0].word == "not assessable"


@pytest.mark.parametrize(
    ("areas", "begins"),
    [
        ([["fibrillation"]], "not graded: it is in 1 of 1 "),
        ([["fibrillation"], ["silent"], []], "not graded: it is in 1 of 2 "),
        ([["fibrillation"], ["silent", "fibrillation"], ["silent"]], "grade 1+: in 2 of 3 "),
        ([["fibrillation"]] * 3 + [["silent"]], "grade 2+: in 3 of 4 "),
        ([["fibrillation"]] * 4, "grade 3+: in 4 of 4 "),
    ],
)
def test_fibrillation_is_graded_by_the_marked_places_that_show_it(areas: list[list[str]], begins: str) -> None:
    assert grade("fibrillation", areas).startswith(begins)


def test_a_firm_finding_of_fibrillation_carries_its_grade() -> None:
    (finding,) = spontaneous_findings(("fibrillation", "fibrillation", "silent"), [(0.0, 2.0), (2.0, 4.0)])
    assert any(sentence.startswith("grade 1+") for sentence in finding.evidence_for)
