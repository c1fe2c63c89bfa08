"""The real recordings: what the closing note of the first issue promises of them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from guidance.protocol import load
from guidance.settings import Mode, Settings
from tests.benchmarks.bench_recordings import STREAMS, Score, found_pulses, replayed, score
from tests.shared import shared

WINDOW_MS = (13.0, 50.0)
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
    annotated, hits, false = found_pulses()
    assert annotated == 3922
    assert hits >= 0.99 * annotated
    assert false <= 0.01 * annotated


def test_no_pulse_is_found_in_voluntary_activity() -> None:
    stimuli, responses = replayed(shared(f"{STREAMS}/voluntary_emg_4k.edf"), Settings(load("generic-block"), Mode.LISTEN))
    assert (stimuli, responses) == ([], [])
