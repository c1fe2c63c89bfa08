"""Published ranges of sensory and mixed conduction, F waves and the H reflex, by age and height where published.

A range of sensory latencies holds for the distance of its study; with another one, or none, there is no reference.
Amplitudes of sensory potentials spread so widely that two standard deviations below the mean are often no number: no
lower bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from guidance.analysis.reference_values import ReferenceRange
from guidance.analysis.sites import MIXED, SENSORY, StimulationSite
from guidance.analysis.study_context import StudyContext

_NONE = ReferenceRange(None, None, "")
_WITHIN_MM = 5.0
"""A distance this close to the study's counts as the same (a judgement)."""


@dataclass(frozen=True, slots=True)
class SensoryReference:
    """The ranges of one sensory or mixed study, valid at ``distance_mm`` (None: latencies have no range)."""

    distance_mm: float | None = None
    onset_ms: ReferenceRange = _NONE
    peak_ms: ReferenceRange = _NONE
    amplitude_uv: ReferenceRange = _NONE
    velocity_m_s: ReferenceRange = _NONE


_PALM = SensoryReference(
    80.0, ReferenceRange(None, 2.0, "buschbacher-palm"), ReferenceRange(None, 2.5, "buschbacher-palm")
)
"""1.6 +- 0.2 ms to the onset, 2.1 +- 0.2 ms to the peak, both nerves."""

_SENSORY: dict[tuple[str, str, str], SensoryReference] = {
    (MIXED, "median", ""): _PALM,
    (MIXED, "ulnar", ""): _PALM,
    (SENSORY, "median", "thumb"): SensoryReference(
        100.0, ReferenceRange(None, 2.5, "berkson-2006"), ReferenceRange(None, 3.1, "berkson-2006")
    ),
    (SENSORY, "radial", "thumb"): SensoryReference(100.0, ReferenceRange(None, 2.4, "berkson-2006")),
    (SENSORY, "radial", "snuffbox"): SensoryReference(140.0, peak_ms=ReferenceRange(None, 3.5, "radial-14")),
    (SENSORY, "median", "index"): SensoryReference(velocity_m_s=ReferenceRange(46.4, None, "czech-2015")),
    (SENSORY, "ulnar", "little"): SensoryReference(velocity_m_s=ReferenceRange(46.2, None, "czech-2015")),
    (SENSORY, "lateral antebrachial cutaneous", ""): SensoryReference(
        100.0, ReferenceRange(None, 2.1, "lacn-2000"), ReferenceRange(None, 2.5, "lacn-2000"),
        ReferenceRange(5.0, None, "lacn-2000"),
    ),
}  # fmt: skip
"""By kind, nerve and where it was recorded; from means 2.1 and 2.0 +- 0.2, 2.7 +- 0.2 ms (thumb), 3.1 +- 0.4 ms
(two SD, radial), 55.8 +- 4.7 and +- 4.8 m/s (fingers), and 97th and 3rd percentiles (lateral antebrachial)."""

_SURAL_AGES = range(20, 30)
_DORSAL_SURAL_AGES = range(21, 81)


def sensory_reference(site: StimulationSite, context: StudyContext) -> SensoryReference:
    """Return the ranges that hold for ``site`` in a patient of this ``context``; those of no study where none does."""
    if site.nerve == "sural" and context.age in _SURAL_AGES:
        return SensoryReference(amplitude_uv=ReferenceRange(8.3, None, "kim-2022"))
    if site.nerve == "dorsal sural":
        return _dorsal_sural(context)
    known = _SENSORY.get((site.kind, site.nerve, site.recorded)) or _SENSORY.get((site.kind, site.nerve, ""))
    if known is None:
        return SensoryReference()
    is_other = known.distance_mm is not None and (
        site.distance_mm is None or abs(site.distance_mm - known.distance_mm) > _WITHIN_MM
    )
    if is_other:
        return SensoryReference(amplitude_uv=known.amplitude_uv, velocity_m_s=known.velocity_m_s)
    return known


def _dorsal_sural(context: StudyContext) -> SensoryReference:
    """Return the limits by age in years and height in cm: the exponential of a regression less 1.96 SD."""
    age, height_cm = context.age, context.height_cm
    if age is None or height_cm is None or age not in _DORSAL_SURAL_AGES:
        return SensoryReference()
    amplitude = math.exp(3.712515 - 0.0000956 * age**2 - 0.0115883 * height_cm - 1.96 * 0.51137)
    velocity = math.exp(4.354374 - 0.0021081 * age - 0.0023354 * height_cm - 1.96 * 0.11161)
    return SensoryReference(
        amplitude_uv=ReferenceRange(round(amplitude, 2), None, "dorsal-sural"),
        velocity_m_s=ReferenceRange(round(velocity, 1), None, "dorsal-sural"),
    )


@dataclass(frozen=True, slots=True)
class FReference:
    """The ranges of F waves after a stimulus at wrist or ankle."""

    least_ms: ReferenceRange = _NONE
    dispersion_ms: ReferenceRange = _NONE
    persistence_percent: ReferenceRange = _NONE


_F_WAVES = {
    "median": FReference(ReferenceRange(None, 28.2, "f-median"), ReferenceRange(None, 10.6, "f-median"),
                         ReferenceRange(40.0, None, "f-median")),
    "ulnar": FReference(ReferenceRange(None, 30.7, "f-2004"), ReferenceRange(None, 5.7, "f-2004"),
                        ReferenceRange(45.0, None, "f-2004")),
    "tibial": FReference(ReferenceRange(None, 55.2, "f-2004"), ReferenceRange(None, 8.3, "f-2004"),
                         ReferenceRange(87.0, None, "f-2004")),
}  # fmt: skip
"""Two standard deviations from the means: least latency 24.8 +- 1.7, 26.5 +- 2.1, 47.0 +- 4.1 ms; dispersion 5 +- 2.8,
3.9 +- 0.9, 5.5 +- 1.4 ms; persistence 83 +- 19 and 97 +- 5 %, of the median nerve 40 to 100 %."""

_F_PLACES = frozenset({"wrist", "ankle"})
F_BY_HEIGHT = "F latencies grow with height; the ranges are not split by it"


def f_reference(site: StimulationSite) -> FReference:
    """Return the ranges of the F waves of ``site``; none for a stimulus elsewhere than at wrist or ankle."""
    return _F_WAVES.get(site.nerve, FReference()) if site.place.casefold() in _F_PLACES else FReference()


_OLD = 60
_H_YOUNGER, _H_OLDER = ReferenceRange(None, 35.0, "h-1999"), ReferenceRange(None, 36.0, "h-1994")
"""97th percentile of 251 people; 30.8 +- 2.6 ms in people of 60 to 88 years."""


def h_reference(site: StimulationSite, age: int | None) -> ReferenceRange:
    """Return the range of the H latency in ms at ``age``: of the calf, or of the forearm's flexor carpi radialis."""
    if site.nerve == "median":
        return ReferenceRange(None, 18.4, "fcr")
    return _H_OLDER if age is not None and age >= _OLD else _H_YOUNGER
