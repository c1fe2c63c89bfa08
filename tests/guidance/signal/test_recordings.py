"""Real recordings: labelled responses are found and measured, pulses are found, and nothing else is."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from drivers.recording import Recording
from guidance.engine.settings import Mode
from tests.support.recorded_streams import STREAMS, Score, replayed, score
from tests.support.shared import shared
from tests.support.streams import settings

WINDOW_MS = (13.0, 50.0)
LISTEN = settings(Mode.LISTEN, window_ms=(2.0, 4.0))
RECRUITMENT = "mep_human_recruitment_7intensities"
MEP = (RECRUITMENT, "mep_human_repetition_TA_raw", "mep_human_sicf1p4_TA_raw", "mep_human_suprathreshold_FDI")


@cache
def scored(name: str) -> Score:
    return score(name, WINDOW_MS)


@pytest.mark.parametrize("name", MEP)
def test_every_labelled_response_is_found_and_measured(name: str) -> None:
    shared(f"{STREAMS}/{name}.edf")
    result = scored(name)
    assert result.positives >= 20
    assert result.hits == result.positives
    assert float(np.median(result.errors)) <= 0.10


def test_nothing_labelled_silent_is_found_in_the_recruitment_stream() -> None:
    shared(f"{STREAMS}/{RECRUITMENT}.edf")
    assert (scored(RECRUITMENT).false, scored(RECRUITMENT).negatives) == (0, 10)


def test_the_pulses_of_spinal_stimulation_are_found_by_their_artefact() -> None:
    path = shared(f"{STREAMS}/artifact_tscs_cervical_4k.edf")
    recording = Recording(path)
    annotated = np.array([pulse.sample for pulse in recording.pulses])
    stimuli, _ = replayed(path, LISTEN)
    apart = np.abs(annotated[:, None] - np.array([stimulus.sample for stimulus in stimuli])[None, :])
    within = 1e-3 * recording.info.sample_rate_hz
    assert len(annotated) == 3922
    assert (apart.min(axis=1) <= within).sum() >= 0.99 * len(annotated)
    assert (apart.min(axis=0) > within).sum() <= 0.01 * len(annotated)


def test_no_pulse_is_found_in_voluntary_activity() -> None:
    assert replayed(shared(f"{STREAMS}/voluntary_emg_4k.edf"), LISTEN) == ([], [])
