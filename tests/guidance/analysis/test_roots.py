"""A root is suggested by two of its muscles that different nerves supply, and never by one muscle."""

from __future__ import annotations

import pytest

from guidance.analysis.conduction import ConductionResult, with_velocities
from guidance.analysis.findings import ReportFinding
from guidance.analysis.needle import NeedleStudy
from guidance.analysis.pathology import NerveStudies
from guidance.analysis.roots import radiculopathy
from guidance.analysis.sensory import SensoryResult
from guidance.analysis.sites import StimulationSite
from guidance.analysis.study_context import StudyContext

SURAL = StimulationSite("sural", "calf", 140.0, "sensory", "ankle")


def muscle(name: str, neurogenic: str, *seen: str) -> NeedleStudy:
    findings = (ReportFinding("neurogenic pattern", neurogenic), *(ReportFinding(each, "seen") for each in seen))
    return NeedleStudy(name, (), None, None, (), findings)


ABNORMAL, NORMAL = "suggested", "not suggested"


@pytest.mark.parametrize(
    "studies",
    [
        [],
        [muscle("tibialis anterior", ABNORMAL)],
        [muscle("tibialis anterior", ABNORMAL), muscle("extensor hallucis longus", ABNORMAL)],
        [muscle("tibialis anterior", ABNORMAL), muscle("gastrocnemius", ABNORMAL)],
        [muscle("tibialis anterior", ABNORMAL), muscle("tibialis posterior", "not assessable")],
        [muscle("deltoid", ABNORMAL), muscle("biceps brachii", ABNORMAL)],
    ],
    ids=["none", "one muscle", "one nerve", "two roots", "too few units", "no table"],
)
def test_without_two_muscles_of_one_root_by_different_nerves_it_is_not_assessable(studies: list[NeedleStudy]) -> None:
    finding = radiculopathy(studies)
    assert finding.word == "not assessable"
    assert "two muscles of one root that different nerves supply" in finding.why


def test_two_abnormal_muscles_of_one_root_by_different_nerves_suggest_it() -> None:
    studies = [muscle("Tibialis anterior", ABNORMAL), muscle("tibialis posterior", NORMAL, "fibrillation activity")]
    finding = radiculopathy([*studies, muscle("gastrocnemius", NORMAL)])
    assert finding.word == "suggested"
    assert finding.evidence_for[0].startswith("root L5: 2 of 2 nerves")
    assert any("no sensory conduction" in sentence for sentence in finding.undecided)


def test_one_abnormal_muscle_beside_a_normal_one_of_its_root_suggests_no_root() -> None:
    finding = radiculopathy([muscle("tibialis anterior", ABNORMAL), muscle("tibialis posterior", NORMAL)])
    assert finding.word == "not suggested"


def test_abnormal_muscles_of_other_roots_speak_against_one_root() -> None:
    studies = [muscle(name, ABNORMAL) for name in ("tibialis anterior", "tibialis posterior", "gastrocnemius")]
    finding = radiculopathy([*studies, muscle("vastus medialis", ABNORMAL)])
    assert len(finding.evidence_against) == 2


def test_slow_motor_conduction_speaks_against_a_root() -> None:
    def site(latency_ms: float, place: str, mm: float | None = None) -> ConductionResult:
        return ConductionResult(StimulationSite("tibial", place, mm), 10, 10, latency_ms, 8.0)

    studies = [muscle("tibialis anterior", ABNORMAL), muscle("tibialis posterior", ABNORMAL)]
    finding = radiculopathy(studies, NerveStudies(with_velocities([site(4.0, "ankle"), site(24.0, "knee", 400.0)])))
    assert any("outside its range" in sentence for sentence in finding.evidence_against)


@pytest.mark.parametrize(
    ("sural", "word"),
    [
        (SensoryResult(SURAL, 20, 20, 2.5, 3.3, 15.0), "reaches its lower limit"),
        (SensoryResult(SURAL, 20, 20, 2.5, 3.3, 3.0), "is below its lower limit"),
        (SensoryResult(SURAL, 20, 20, is_absent=True), "is absent"),
    ],
)
def test_a_sensory_response_is_evidence_for_or_against_a_root(sural: SensoryResult, word: str) -> None:
    studies = [muscle("tibialis anterior", ABNORMAL), muscle("tibialis posterior", ABNORMAL)]
    finding = radiculopathy(studies, NerveStudies(sensory=[sural]), StudyContext(age=25))
    evidence = finding.evidence_for if "reaches" in word else finding.evidence_against
    assert any(word in sentence for sentence in evidence)
    assert not any("no sensory conduction" in sentence for sentence in finding.undecided)
