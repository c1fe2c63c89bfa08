"""Nerve conduction from marked stimuli, and the patterns that follow from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from guidance.analysis.conduction import ConductionResult, measure_conduction, with_velocities
from guidance.analysis.findings import ReportFinding
from guidance.analysis.nerves import findings_of, rows_of
from guidance.analysis.pathology import NerveStudies
from guidance.analysis.reading import read
from guidance.analysis.reference_values import motor_reference
from guidance.analysis.sites import StimulationSite
from tests.support.files import write_edf
from tests.support.streams import evoked
from tests.worlds.nerve_studies import study

LATENCY_MS, SIZE_UV = 4.2, 8000.0


def site(
    nerve: str, latency_ms: float, mv: float = 8.0, place: str = "wrist", mm: float | None = None
) -> ConductionResult:
    return ConductionResult(StimulationSite(nerve, place, mm), 10, 10, latency_ms, mv)


def word(findings: list[ReportFinding], name: str) -> str:
    return next(finding.word for finding in findings if finding.name.startswith(name))


def test_a_late_median_and_a_normal_ulnar_nerve_suggest_carpal_tunnel() -> None:
    results = with_velocities([site("median", 5.6), site("median", 9.6, place="elbow", mm=220.0), site("ulnar", 2.8)])
    assert results[1].velocity_m_s == pytest.approx(55.0)
    findings = findings_of(NerveStudies(results))
    assert word(findings, "carpal") == "suggested"
    assert word(findings, "neuropathy") == "not suggested"
    carpal = next(f for f in findings if f.name.startswith("carpal"))
    assert any("(U)" in sentence for sentence in carpal.evidence_for)


def test_normal_nerves_suggest_nothing() -> None:
    findings = findings_of(NerveStudies(with_velocities([site("median", 3.3), site("ulnar", 2.7)])))
    assert (word(findings, "carpal"), word(findings, "neuropathy")) == ("not suggested", "not suggested")


def test_two_slow_and_small_nerves_suggest_neuropathy() -> None:
    results = [site("median", 4.9, 2.0), site("median", 12.0, 1.8, "elbow", 230.0),
             site("ulnar", 4.0, 2.5), site("ulnar", 11.0, 2.2, "elbow", 220.0)]  # fmt: skip
    assert word(findings_of(NerveStudies(with_velocities(results))), "neuropathy") == "suggested"


def test_a_nerve_without_response_is_reported_with_its_reason() -> None:
    silent = ConductionResult(StimulationSite("median", "wrist"), 0, 0, None, None, why="no stimulus is marked")
    assert rows_of([silent])[0].value == "not assessable: no stimulus is marked"
    assert word(findings_of(NerveStudies([silent])), "carpal") == "not assessable"


def test_a_file_with_marked_stimuli_gives_its_latency_and_amplitude(tmp_path: Path) -> None:
    path = write_edf(tmp_path / "median.edf", evoked(SIZE_UV, 8, sample_rate_hz=10_000.0, latency_ms=LATENCY_MS))
    results = measure_conduction(read(str(path)), StimulationSite("median", "wrist"))
    assert results.why == ""
    assert results.latency_ms == pytest.approx(LATENCY_MS, abs=0.7)
    assert results.amplitude_mv == pytest.approx(SIZE_UV / 1e3, rel=0.15)


def test_a_file_without_marked_stimuli_is_not_assessable(tmp_path: Path) -> None:
    bare = replace(evoked(SIZE_UV, 3), pulses=())
    results = measure_conduction(read(str(write_edf(tmp_path / "bare.edf", bare))), StimulationSite("median", "wrist"))
    assert "no stimulus is marked" in results.why


@pytest.mark.parametrize(
    ("latency_ms", "duration_ms", "word"),
    [(3.0, 12.0, "a wave follows each stimulus from the first one on"), (4.0, 20.0, "10 uncertain: a contraction"),
     (1.6, 12.0, "distinguished from the artefact after 0 of 10 stimuli")],
)  # fmt: skip
def test_one_current_from_the_first_stimulus_is_not_assessable_and_never_called_no_response(
    latency_ms: float, duration_ms: float, word: str
) -> None:
    stream = evoked(SIZE_UV, 10, sample_rate_hz=10_000.0, latency_ms=latency_ms, duration_ms=duration_ms)
    signal = study(stream.channels[0], stream.sample_rate_hz, [pulse.sample for pulse in stream.pulses])
    result = measure_conduction(signal, StimulationSite("median", "wrist"))
    (row,) = rows_of([result])
    assert row.value.startswith("not assessable: ")
    assert word in row.value
    assert "begin the recording below threshold and increase the current" in row.value
    assert "no response" not in row.value


@pytest.mark.parametrize(
    ("nerve", "latest_ms", "slowest_m_s"), [("median", 4.7, 47.0), ("ulnar", 3.6, 50.0), ("tibial", 6.1, 39.0),
                                            ("peroneal", 6.4, 34.0)],
)  # fmt: skip
def test_motor_limits_are_those_of_adults(nerve: str, latest_ms: float, slowest_m_s: float) -> None:
    known = motor_reference(nerve, None)
    assert (known.latency_ms.high, known.velocity_m_s.low) == (latest_ms, slowest_m_s)
    distal, proximal = with_velocities([
        ConductionResult(StimulationSite(nerve, "wrist"), 10, 10, latest_ms + 0.1, 20.0),
        ConductionResult(StimulationSite(nerve, "elbow", 200.0), 10, 10,
                         latest_ms + 0.1 + 200.0 / (slowest_m_s - 1), 20.0),
    ])  # fmt: skip
    rows = {row.measure.rpartition(", ")[2]: row for row in rows_of([proximal, distal])}
    assert rows["velocity"].holds == "below"
    late = [row for row in rows_of([distal]) if row.measure.endswith("onset latency")]
    assert [row.holds for row in late] == ["above"]


def two_sites(wrist_ms: float, elbow_ms: float, mm: float = 200.0) -> list[ConductionResult]:
    wrist = site("median", wrist_ms, place="wrist", mm=70.0)
    return with_velocities([wrist, site("median", elbow_ms, place="elbow", mm=mm)])


def test_a_possible_velocity_is_that_of_the_proximal_site() -> None:
    wrist, elbow = two_sites(3.5, 7.5)
    assert (wrist.velocity_m_s, elbow.velocity_m_s) == (None, 50.0)


@pytest.mark.parametrize(
    ("elbow_ms", "mm", "reason"),
    [
        (3.7, 200.0, "a velocity of 1000 m/s cannot be true"),
        (3.5, 200.0, "both sites have the same latency"),
        (3.4 + 100.0 / 1.0, 200.0, ""),
        (7.5, 2.0, "a distance of 2 mm cannot be true"),
        (7.5, 5000.0, "a distance of 5000 mm cannot be true"),
    ],
)
def test_an_impossible_velocity_is_not_assessable_and_no_evidence(elbow_ms: float, mm: float, reason: str) -> None:
    results = two_sites(3.5, elbow_ms, mm)
    assert results[1].velocity_m_s is None
    assert reason in results[1].velocity_why + results[1].why
    assert any("not assessable" in row.value for row in rows_of(results))
    assert not any("velocity" in text for each in findings_of(NerveStudies(results)) for text in each.evidence_for)


def test_swapped_files_are_noticed_and_nothing_is_taken_from_them() -> None:
    results = two_sites(7.5, 3.5)
    assert all("swapped" in each.why and each.latency_ms is None for each in results)
    assert all(each.word == "not assessable" for each in findings_of(NerveStudies(results)))


@pytest.mark.parametrize(("latency_ms", "mv"), [(0.2, 8.0), (60.0, 8.0), (3.5, 900.0), (3.5, 0.0001)])
def test_an_impossible_latency_or_amplitude_is_not_assessable(latency_ms: float, mv: float) -> None:
    (result,) = with_velocities([site("median", latency_ms, mv)])
    assert result.latency_ms is None
    assert "cannot be true" in result.why
