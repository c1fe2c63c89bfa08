"""Carpal tunnel syndrome by comparison studies, axonal loss and demyelination."""

from __future__ import annotations

import pytest

from guidance.analysis.comparison import combined_index_ms, comparison_rows, differences
from guidance.analysis.conduction import ConductionResult, with_velocities
from guidance.analysis.findings import ReportFinding
from guidance.analysis.late_waves import FWaveResult
from guidance.analysis.nerves import findings_of, rows_of
from guidance.analysis.pathology import NerveStudies
from guidance.analysis.sensory import SensoryResult
from guidance.analysis.sites import StimulationSite
from guidance.analysis.study_context import StudyContext

COLD = StudyContext(temperature_c=27.0)


def snap(nerve: str, recorded: str, peak_ms: float | None, mm: float = 140.0, kind: str = "sensory") -> SensoryResult:
    onset = None if peak_ms is None else peak_ms - 0.6
    size = None if peak_ms is None else 20.0
    return SensoryResult(StimulationSite(nerve, "wrist", mm, kind, recorded), 20, 20, onset, peak_ms, size)


def cmap(
    nerve: str, place: str, latency_ms: float, mv: float = 10.0, mm: float | None = None, recorded: str = ""
) -> ConductionResult:
    return ConductionResult(StimulationSite(nerve, place, mm, "motor", recorded), 10, 10, latency_ms, mv)


def named(findings: list[ReportFinding], name: str) -> ReportFinding:
    return next(finding for finding in findings if finding.name == f"{name} pattern")


def ring(difference_ms: float) -> list[SensoryResult]:
    return [snap("median", "ring", 3.0 + difference_ms), snap("ulnar", "ring", 3.0)]


def palm(difference_ms: float) -> list[SensoryResult]:
    return [snap("median", "", 2.1 + difference_ms, 80.0, "mixed"), snap("ulnar", "", 2.1, 80.0, "mixed")]


def thumb(difference_ms: float) -> list[SensoryResult]:
    return [snap("median", "thumb", 2.7 + difference_ms, 100.0), snap("radial", "thumb", 2.7, 100.0)]


def test_two_late_comparisons_suggest_carpal_tunnel_although_motor_conduction_is_usual() -> None:
    motor = [cmap("median", "wrist", 3.7), cmap("ulnar", "wrist", 2.9)]
    finding = named(findings_of(NerveStudies(motor, [*ring(0.8), *palm(0.6)])), "carpal tunnel")
    assert finding.word == "suggested"
    assert any("as it is early" in sentence for sentence in finding.undecided)


def test_one_late_comparison_alone_stays_undecided() -> None:
    finding = named(findings_of(NerveStudies(sensory=ring(0.8))), "carpal tunnel")
    assert (finding.word, finding.why) == ("undecided", "one comparison alone; study another")


def test_small_differences_speak_against_it_and_middle_ones_ask_for_more() -> None:
    small = named(findings_of(NerveStudies(sensory=[*ring(0.0), *palm(-0.1)])), "carpal tunnel")
    assert (small.word, len(small.evidence_against)) == ("not suggested", 2)
    middle = named(findings_of(NerveStudies(sensory=ring(0.3))), "carpal tunnel")
    assert middle.word == "not suggested"
    assert any("other comparisons decide" in sentence for sentence in middle.undecided)


def test_the_combined_index_is_the_sum_of_three_and_has_no_reference() -> None:
    found = differences([], [*ring(0.3), *palm(0.2), *thumb(0.4)])
    assert combined_index_ms(found) == pytest.approx(0.9)
    index = list(comparison_rows(found))[-1]
    assert (index.value, index.reference) == ("0.90 ms", "no reference")
    assert combined_index_ms(differences([], [*ring(0.3), *palm(0.2)])) is None


def test_the_lumbrical_is_compared_with_the_interosseous_and_not_taken_for_the_thenar() -> None:
    motor = [cmap("median", "wrist", 4.9, recorded="lumbrical"), cmap("ulnar", "wrist", 3.2, recorded="interosseous"),
             cmap("median", "wrist", 3.5), cmap("median", "elbow", 7.5, mm=220.0)]  # fmt: skip
    results = with_velocities(motor)
    assert [each.velocity_m_s for each in results] == [None, None, None, 55.0]
    (found,) = differences(results, [])
    assert found.ms == pytest.approx(1.7)
    rows = {row.measure: row for row in rows_of(results)}
    assert rows["lumbrical less interosseous"].holds == "above"
    assert rows["median at wrist to lumbrical, onset latency"].reference == "no reference"


def test_nerves_at_different_distances_or_without_a_response_are_not_compared() -> None:
    apart = [snap("median", "ring", 3.6, 140.0), snap("ulnar", "ring", 3.0, 120.0)]
    missing = [snap("median", "ring", None), snap("ulnar", "ring", 3.0)]
    assert "distances" in differences([], apart)[0].why
    assert "not measured" in differences([], missing)[0].why
    assert named(findings_of(NerveStudies(sensory=apart)), "carpal tunnel").word == "not assessable"


SLOW = with_velocities([
    cmap("median", "wrist", 6.5, 8.0), cmap("median", "elbow", 14.5, 7.0, 220.0),
    cmap("ulnar", "wrist", 5.2, 9.0), cmap("ulnar", "elbow", 13.0, 8.0, 220.0),
])  # fmt: skip


def test_slow_nerves_with_large_responses_suggest_demyelination_and_leave_axonal_loss_open() -> None:
    findings = findings_of(NerveStudies(SLOW))
    assert named(findings, "demyelinating").word == "suggested"
    assert named(findings, "axonal").word == "undecided"


def test_small_responses_with_usual_velocities_suggest_axonal_loss() -> None:
    motor = with_velocities([
        cmap("median", "wrist", 3.8, 1.5), cmap("median", "elbow", 8.0, 1.4, 220.0),
        cmap("ulnar", "wrist", 3.0, 2.0), cmap("ulnar", "elbow", 6.9, 1.9, 220.0),
    ])  # fmt: skip
    findings = findings_of(NerveStudies(motor))
    assert (named(findings, "demyelinating").word, named(findings, "axonal").word) == ("not suggested", "suggested")


def test_a_block_and_late_f_waves_count_as_demyelination() -> None:
    motor = [cmap("median", "wrist", 3.8, 10.0), cmap("median", "elbow", 7.8, 3.0), cmap("ulnar", "wrist", 3.0, 9.0)]
    late = FWaveResult(StimulationSite("ulnar", "wrist", None, "f"), 20, 20, 45.0, 47.0, 3.0, 100.0)
    finding = named(findings_of(NerveStudies(motor, [], [late])), "demyelinating")
    assert finding.word == "suggested"
    assert any("(block)" in sentence for sentence in finding.evidence_for)


def test_in_a_cold_limb_slow_conduction_is_undecided() -> None:
    assert named(findings_of(NerveStudies(SLOW), COLD), "demyelinating").word == "undecided"
    late = [cmap("median", "wrist", 5.6), cmap("ulnar", "wrist", 2.8)]
    assert named(findings_of(NerveStudies(late)), "carpal tunnel").word == "suggested"
    assert named(findings_of(NerveStudies(late), COLD), "carpal tunnel").word == "undecided"


def test_one_nerve_shows_neither() -> None:
    findings = findings_of(NerveStudies([cmap("median", "wrist", 3.8)]))
    assert {named(findings, name).word for name in ("demyelinating", "axonal")} == {"not assessable"}
