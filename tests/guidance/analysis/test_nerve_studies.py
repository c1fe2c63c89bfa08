"""Sensory conduction, F waves and the H reflex against simulated studies with truth, and what makes them unfit."""

from __future__ import annotations

import numpy as np
import pytest

from guidance.analysis.late_waves import measure_f_waves, measure_h_reflex
from guidance.analysis.nerve_references import f_reference, h_reference, sensory_reference
from guidance.analysis.nerve_rows import f_rows, h_rows, sensory_rows
from guidance.analysis.reading import RecordedSignal
from guidance.analysis.sensory import SensoryResult, measure_sensory
from guidance.analysis.sites import StimulationSite, parse_sites
from guidance.analysis.study_context import StudyContext
from guidance.common.errors import UsageError
from tests.worlds.nerve_studies import f_waves, h_reflex, sensory, study

RING = StimulationSite("median", "wrist", 140.0, "sensory", "ring")
F_ULNAR = StimulationSite("ulnar", "wrist", None, "f")
H_CALF = StimulationSite("tibial", "knee", None, "h")
PATIENT = StudyContext()


@pytest.mark.parametrize("seed", range(6))
def test_a_sensory_potential_is_measured_close_to_its_truth(seed: int) -> None:
    signal, truth = sensory(seed, height_uv=20.0)
    result = measure_sensory(signal, RING)
    assert result.onset_ms == pytest.approx(truth.onset_ms, abs=0.15)
    assert result.peak_ms == pytest.approx(truth.peak_ms, abs=0.15)
    assert result.amplitude_uv == pytest.approx(20.0, rel=0.25)
    assert result.velocity_m_s == pytest.approx(140.0 / truth.onset_ms, rel=0.06)


def test_without_a_potential_little_noise_shows_its_absence_and_much_noise_shows_nothing() -> None:
    silent = measure_sensory(sensory(1, height_uv=1e-6, noise_uv=1.0)[0], RING)
    noisy = measure_sensory(sensory(1, height_uv=1e-6, noise_uv=20.0)[0], RING)
    assert (silent.is_absent, silent.onset_ms) == (True, None)
    assert (noisy.is_absent, noisy.onset_ms) == (False, None)
    assert "average more stimuli" in noisy.why
    (row,) = sensory_rows(silent, PATIENT)
    assert row.value.startswith("absent: no response of ")


def clipped(signal: RecordedSignal) -> RecordedSignal:
    """Return ``signal`` with an artefact that holds the input at its limit for 6 ms."""
    uv = signal.uv.copy()
    for pulse in signal.blocks[0].pulses:
        uv[pulse.sample : pulse.sample + round(0.006 * signal.info.sample_rate_hz)] = 5000.0
    return study(uv, signal.info.sample_rate_hz, [pulse.sample for pulse in signal.blocks[0].pulses])


@pytest.mark.parametrize(
    ("signal", "word"),
    [
        (sensory(1, sample_rate_hz=2000.0)[0], "sampled at 2000 Hz"),
        (sensory(1, stimuli=4)[0], "4 of 4 stimuli"),
        (clipped(sensory(1)[0]), "are clipped between"),
        (study(np.zeros(20_000), 20_000.0, []), "no stimulus is marked"),
        (study(np.full(20_000, np.nan), 20_000.0, [5000, 8000]), "0 of 2 stimuli"),
        (sensory(1, artefact_uv=60_000.0, height_uv=4.0)[0], "artefact"),
    ],
    ids=["slow", "short", "clipped", "unmarked", "lost", "artefact"],
)
def test_an_unfit_sensory_recording_is_not_assessable_in_one_sentence(signal: RecordedSignal, word: str) -> None:
    result = measure_sensory(signal, RING)
    assert (result.onset_ms, result.is_absent) == (None, False)
    assert word in result.why
    (row,) = sensory_rows(result, PATIENT)
    assert row.value.startswith("not assessable: ")


def test_an_impossible_distance_gives_no_velocity() -> None:
    result = measure_sensory(sensory(1, height_uv=20.0)[0], StimulationSite("median", "wrist", None, "sensory"))
    assert "--distance-mm" in result.velocity_why


@pytest.mark.parametrize(("limb", "nerve"), [("arm", "ulnar"), ("leg", "tibial")])
def test_f_waves_are_measured_close_to_their_truth(limb: str, nerve: str) -> None:
    signal, truth = f_waves(3, limb)
    result = measure_f_waves(signal, StimulationSite(nerve, "wrist", None, "f"))
    assert result.least_ms == pytest.approx(float(truth.there.min()), abs=0.5)
    assert result.dispersion_ms == pytest.approx(float(np.ptp(truth.there)), abs=0.5)
    assert result.persistence_percent == pytest.approx(100 * len(truth.there) / 20)


def test_f_waves_that_never_come_have_a_persistence_of_nothing() -> None:
    result = measure_f_waves(f_waves(3, persistence=0.0)[0], F_ULNAR)
    assert (result.persistence_percent, result.least_ms) == (0.0, None)
    (row,) = f_rows(result)
    assert row.holds == "below"


@pytest.mark.parametrize(
    ("signal", "word"),
    [
        (f_waves(1, stimuli=5)[0], "5 of 5 stimuli"),
        (f_waves(1, noise_uv=60.0)[0], "was the muscle at rest"),
        (f_waves(1, sample_rate_hz=1000.0)[0], "sampled at 1000 Hz"),
        (
            study(np.random.default_rng(1).normal(0, 4, 120_000), 10_000.0, list(range(5000, 115_000, 5000))),
            "no direct",
        ),
    ],
    ids=["few", "effort", "slow", "no M"],
)
def test_unfit_f_waves_are_not_assessable(signal: RecordedSignal, word: str) -> None:
    result = measure_f_waves(signal, F_ULNAR)
    assert result.persistence_percent is None
    assert word in result.why


def test_few_stimuli_give_a_chronodispersion_marked_as_too_small() -> None:
    rows = list(f_rows(measure_f_waves(f_waves(3)[0], F_ULNAR)))
    assert any("at least: 50 stimuli" in row.value for row in rows)
    assert {row.reference for row in rows} == {"at least 45 %", "at most 30.7 ms", "no reference", "at most 5.7 ms"}


@pytest.mark.parametrize("seed", range(4))
def test_an_h_reflex_is_measured_close_to_its_truth(seed: int) -> None:
    signal, truth = h_reflex(seed)
    result = measure_h_reflex(signal, H_CALF)
    assert result.latency_ms == pytest.approx(truth.onset_ms, abs=0.5)
    assert result.h_to_m_percent == pytest.approx(100 * truth.h_uv / truth.m_uv, abs=3.0)
    assert any("of the largest M recorded" in row.value for row in h_rows(result, PATIENT))


def test_an_absent_h_reflex_is_absent() -> None:
    result = measure_h_reflex(h_reflex(1, h_share=0.0)[0], H_CALF)
    assert (result.is_absent, result.latency_ms) == (True, None)


def test_the_limit_of_the_h_latency_depends_on_age_and_that_of_the_dorsal_sural_nerve_on_height_too() -> None:
    assert (h_reference(H_CALF, 30).high, h_reference(H_CALF, 70).high) == (35.0, 36.0)
    dorsal = StimulationSite("dorsal sural", "ankle", None, "sensory")
    old, young = (sensory_reference(dorsal, StudyContext(age=age, height_cm=175)) for age in (75, 25))
    assert (old.amplitude_uv.low or 0) < (young.amplitude_uv.low or 0)
    assert sensory_reference(dorsal, StudyContext(age=25)).amplitude_uv.low is None


@pytest.mark.parametrize(("distance_mm", "limit"), [(80.0, 2.5), (100.0, None), (None, None)])
def test_a_latency_has_a_range_only_at_the_distance_of_its_source(
    distance_mm: float | None, limit: float | None
) -> None:
    palm = StimulationSite("median", "palm", distance_mm, "mixed")
    assert sensory_reference(palm, PATIENT).peak_ms.high == limit


def test_f_waves_of_another_place_have_no_reference() -> None:
    assert f_reference(StimulationSite("ulnar", "elbow", None, "f")).least_ms.high is None


def test_a_number_without_a_published_range_has_no_reference() -> None:
    rows = list(sensory_rows(SensoryResult(RING, 20, 20, 2.5, 3.2, 20.0, 50.0), PATIENT))
    assert {row.reference for row in rows} == {"no reference"}


def test_sites_are_read_with_their_kind_and_recording_place_and_distances_skip_late_waves() -> None:
    sites = parse_sites(["f:ulnar@wrist", "sensory:median@wrist/Ring", "median@wrist"], [140.0, 70.0], 3)
    assert [(site.kind, site.recorded, site.distance_mm) for site in sites] == [
        ("f", "", None), ("sensory", "ring", 140.0), ("motor", "", 70.0),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["x:median@wrist", "f:sural@ankle", "sensory:median", "h:tibial@"])
def test_a_malformed_site_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_sites([text], [], 1)
