"""Radiculopathy from needle EMG: a root is suggested by two of its muscles that different nerves supply.

The muscles of each root are those that were abnormal in most patients with a surgically verified lesion of that one
root (Tsao 2003, Muscle Nerve 27:60-64, table 1, read in a published summary, reliasmedia.com 27928). The nerve of each
muscle is textbook anatomy without a source read. Muscles of the arm have no table here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guidance.analysis.findings import NOT_ASSESSABLE, NOT_SUGGESTED, SEEN, SUGGESTED, Evidence, ReportFinding
from guidance.analysis.needle import NeedleStudy
from guidance.analysis.nerve_references import sensory_reference
from guidance.analysis.pathology import NerveStudies
from guidance.analysis.reference_values import motor_reference
from guidance.analysis.sensory import SensoryResult
from guidance.analysis.study_context import StudyContext

NAME = "radiculopathy pattern"
_ROOTS = {
    "adductor longus": ("obturator", ("L3", "L4")),
    "vastus lateralis": ("femoral", ("L3", "L4")),
    "vastus medialis": ("femoral", ("L3", "L4")),
    "rectus femoris": ("femoral", ("L4",)),
    "tensor fasciae latae": ("superior gluteal", ("L5",)),
    "tibialis anterior": ("deep fibular", ("L5",)),
    "extensor hallucis longus": ("deep fibular", ("L5",)),
    "extensor digitorum brevis": ("deep fibular", ("L5",)),
    "peroneus longus": ("superficial fibular", ("L5",)),
    "tibialis posterior": ("tibial", ("L5",)),
    "biceps femoris": ("sciatic", ("S1",)),
    "gastrocnemius": ("tibial", ("S1",)),
    "gluteus maximus": ("inferior gluteal", ("S1",)),
}
"""Nerve and roots of each muscle."""
_SIGNS = frozenset({"neurogenic pattern", "fibrillation activity", "positive sharp wave activity"})
_NEEDED = "two muscles of one root that different nerves supply are needed"


@dataclass(frozen=True, slots=True)
class StudiedMuscle:
    """A muscle with a known root: its nerve, its roots, and the abnormal signs in it."""

    name: str
    nerve: str
    roots: tuple[str, ...]
    signs: tuple[str, ...]


def radiculopathy(
    studies: Sequence[NeedleStudy],
    nerves: NerveStudies = NerveStudies(),  # noqa: B008 (frozen)
    context: StudyContext = StudyContext(),  # noqa: B008 (frozen)
) -> ReportFinding:
    """Return the finding from all needle ``studies``, with motor and sensory conduction as evidence."""
    muscles = [muscle for each in studies for muscle in _studied(each)]
    candidates = {root for muscle in muscles for root in muscle.roots if len(_nerves(muscles, root)) > 1}
    if not candidates:
        return ReportFinding(NAME, NOT_ASSESSABLE, why=f"{_NEEDED}{_without_table(studies)}")
    findings = [_of_root(root, muscles, nerves, context) for root in sorted(candidates)]
    return max(findings, key=lambda each: (each.word == SUGGESTED, len(each.evidence_for)))


def _studied(study: NeedleStudy) -> list[StudiedMuscle]:
    """Return the muscle of ``study``, if its roots are known and its motor units could be assessed."""
    known = _ROOTS.get((study.muscle or "").casefold())
    words = {finding.name: finding.word for finding in study.findings}
    if known is None or words.get("neurogenic pattern", NOT_ASSESSABLE) == NOT_ASSESSABLE:
        return []
    signs = tuple(name for name, word in words.items() if name in _SIGNS and word in {SUGGESTED, SEEN})
    return [StudiedMuscle(str(study.muscle), *known, signs)]


def _nerves(muscles: Sequence[StudiedMuscle], root: str) -> set[str]:
    return {muscle.nerve for muscle in muscles if root in muscle.roots}


def _of_root(root: str, muscles: Sequence[StudiedMuscle], nerves: NerveStudies, context: StudyContext) -> ReportFinding:
    evidence = Evidence()
    inside = [muscle for muscle in muscles if root in muscle.roots]
    for muscle in muscles:
        of_root = f"{muscle.name} ({muscle.nerve} nerve, {' and '.join(muscle.roots)})"
        state = f"shows {' and '.join(muscle.signs)}" if muscle.signs else "shows no neurogenic sign"
        evidence.take(f"{of_root} {state}", speaks_for=bool(muscle.signs) == (root in muscle.roots))
    for site in nerves.motor:
        if site.velocity_m_s is not None:
            known = motor_reference(site.site.nerve, context.age).velocity_m_s
            usual = known.holds(site.velocity_m_s) == "within"
            holds = "within" if usual else "outside"
            evidence.take(f"motor conduction of the {site.site.nerve} nerve is {holds} its range", speaks_for=usual)
    _take_sensory(evidence, nerves.sensory, context)
    abnormal = {muscle.nerve for muscle in inside if muscle.signs}
    finding = evidence.finding(NAME)
    word = finding.word if len(abnormal) > 1 else NOT_SUGGESTED
    lead = (f"root {root}: {len(abnormal)} of {len({m.nerve for m in inside})} nerves to it supply an abnormal muscle",)
    return ReportFinding(
        NAME, word, (*lead, *finding.evidence_for) if len(abnormal) > 1 else finding.evidence_for,
        finding.evidence_against, undecided=finding.undecided,
    )  # fmt: skip


def _take_sensory(evidence: Evidence, sensory: Sequence[SensoryResult], context: StudyContext) -> None:
    """Add the sensory responses: a root, unlike plexus and nerve, leaves them as they are."""
    if not sensory:
        evidence.undecided.append(
            "no sensory conduction was studied: only a normal sensory response distinguishes a root from a nerve"
        )
    for each in sensory:
        low = sensory_reference(each.site, context).amplitude_uv.low
        if each.amplitude_uv is not None and low is not None:
            is_usual = each.amplitude_uv >= low
            holds = "reaches" if is_usual else "is below"
            evidence.take(f"the {each.site.nerve} sensory response {holds} its lower limit", speaks_for=is_usual)
        elif each.is_absent:
            evidence.take(f"the {each.site.nerve} sensory response is absent", speaks_for=False)
        else:
            evidence.undecided.append(f"the {each.site.nerve} sensory response has no reference, or was not measured")


def _without_table(studies: Sequence[NeedleStudy]) -> str:
    names = [str(each.muscle) for each in studies if each.muscle and each.muscle.casefold() not in _ROOTS]
    return f"; the roots of {' and '.join(names)} are not in this program's table" if names else ""
