"""The files in ``protocols/`` as they are written: a sheet for each procedure, every number with its source.

Tables whose entries have names (``[accept.deltoid]``) are merged by these names with a site's own file.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from guidance.citations import Cited, Document, Sourced, Strict, Text
from guidance.protocol import ranges as r

Use = Literal["required", "optional", "never"]
Exercise = Literal["relax", "contract-hold", "work-rest", "antagonist-quiet"]
EffortPhase = Literal["rest", "slight", "full"]
Product = Literal["onabotulinumtoxinA", "abobotulinumtoxinA", "incobotulinumtoxinA", "rimabotulinumtoxinB"]


class Muscle(Cited):
    """A muscle whose response is sought, and when its M-wave and H-reflex are to be expected after the pulse."""

    name: Text
    m_latency_ms: Sourced[r.LatencySpan]
    h_latency_ms: Sourced[r.LatencySpan]


class TargetTable(Strict):
    """What the needle is led to: the nerve, and the muscles that show it."""

    nerve: Sourced[Text]
    muscles: dict[r.ProtocolKey, Muscle] = Field(default_factory=dict)


class Accepted(Cited):
    """A response that ends the search."""

    response: Text


class Refused(Cited):
    """A response that does not: what it means, and what to do."""

    response: Text
    means: Text
    do: Text


class ProcedureStep(Cited):
    """Something to do, in its turn."""

    do: Text


class StimulusPlan(Strict):
    """How to stimulate. ``max_current_ma`` and ``max_rate_hz`` are limits."""

    start_current_ma: Sourced[r.Milliamps]
    max_current_ma: Sourced[r.Milliamps]
    width_ms: Sourced[r.WidthMs]
    rate_hz: Sourced[r.RateHz]
    max_rate_hz: Sourced[r.RateHz]


class ProximityTable(Strict):
    """Thresholds for a pulse of 0.1 ms: the target is reached at or below ``target_ma``; ``lower_bound_ma`` and less is
    too close. ``target_from_ma``: a threshold lower than that needs no further search.
    """

    lower_bound_ma: Sourced[r.Milliamps]
    target_from_ma: Sourced[r.Milliamps] | None = None
    target_ma: Sourced[r.Milliamps]


class ResponseWindow(Strict):
    """Where a response is looked for after the pulse; before ``direct_before_ms`` it can be none of a nerve's."""

    window_ms: Sourced[r.Window]
    direct_before_ms: Sourced[r.LatencyMs]
    criterion_uv: Sourced[r.Microvolts] | None = None


class NeedleTable(Strict):
    """The needle, and how deep the target lies."""

    gauge: Sourced[r.NeedleGauge]
    length_mm: Sourced[r.LengthSpan]
    depth_mm: Sourced[r.DepthSpan]


class InjectionTable(Strict):
    """How much is injected; the upper end is a limit."""

    volume_ml: Sourced[r.VolumeSpan]


class NeedleEmgFindings(Strict):
    """What the needle's EMG shows inside the muscle: the patient contracts it, and its potentials are near.

    ``phases`` are the efforts that the patient is asked for, in their order.
    """

    activation: Sourced[Text]
    phases: Sourced[tuple[EffortPhase, ...]]
    rise_time_us: Sourced[r.Microseconds]
    outside_below_uv: Sourced[r.Microvolts]
    twitch: Sourced[Text]


class ProductDose(Strict):
    """Units of one product. They are never converted to those of another."""

    start_u: Sourced[r.ToxinUnits]
    range_u: Sourced[r.UnitSpan]
    sites: Sourced[r.CountSpan]
    other_range_u: Sourced[r.UnitSpan] | None = None


class DoseLimits(Strict):
    """The most of one product at one site, in one muscle, in one limb or region, in one session; and how soon again."""

    site_max_u: Sourced[r.ToxinUnits]
    muscle_max_u: Sourced[r.ToxinUnits]
    region_max_u: Sourced[r.ToxinUnits]
    session_max_u: Sourced[r.ToxinUnits]
    interval_weeks: Sourced[r.Weeks]


class CalibrationPlan(Strict):
    """What comes before an exercise: rest, then the largest effort several times. The rest's limit is its mean and
    ``rest_sd`` standard deviations.
    """

    rest_s: Sourced[r.Seconds]
    rest_sd: Sourced[r.Deviations]
    efforts: Sourced[r.Times]
    effort_s: Sourced[r.Seconds]


class TrainingPlan(Strict):
    """A biofeedback exercise. After a trial its line follows what was reached, by no more than ``adapt`` at once."""

    exercise: Exercise
    trials: Sourced[r.Times]
    adapt: Sourced[r.FactorSpan]
    task: Sourced[Text]
    threshold_percent: Sourced[r.Percent]
    hold_s: Sourced[r.SecondSpan]
    work_s: Sourced[r.Seconds]
    rest_s: Sourced[r.Seconds]
    smoothing_ms: Sourced[r.SmoothingMs]


class _Sheet(Document):
    id: r.Id
    title: Text
    also: tuple[Text, ...] = ()
    target: TargetTable
    response: ResponseWindow
    steps: tuple[ProcedureStep, ...] = ()
    notes: Annotated[tuple[r.ProtocolKey, ...], Field(max_length=6)] = ()


class NerveBlock(_Sheet):
    """A nerve block: no injection without a response to stimulation."""

    kind: Literal["block"]
    stimulus: StimulusPlan
    proximity: ProximityTable
    accept: dict[r.ProtocolKey, Accepted] = Field(default_factory=dict)
    refuse: dict[r.ProtocolKey, Refused] = Field(default_factory=dict)
    needle: NeedleTable
    injection: InjectionTable


class BotulinumProtocol(_Sheet):
    """Botulinum toxin into one muscle, found by its EMG, or by stimulation through the same needle."""

    kind: Literal["botulinum"]
    emg: NeedleEmgFindings
    stimulus: StimulusPlan
    proximity: ProximityTable
    accept: dict[r.ProtocolKey, Accepted] = Field(default_factory=dict)
    refuse: dict[r.ProtocolKey, Refused] = Field(default_factory=dict)
    needle: NeedleTable
    dose: dict[Product, ProductDose]
    limits: dict[Product, DoseLimits]


class PainInjectionProtocol(_Sheet):
    """An injection into a muscle against pain, found by its EMG, or by stimulation through the same needle."""

    kind: Literal["injection"]
    emg: NeedleEmgFindings
    stimulus: StimulusPlan
    proximity: ProximityTable
    accept: dict[r.ProtocolKey, Accepted] = Field(default_factory=dict)
    refuse: dict[r.ProtocolKey, Refused] = Field(default_factory=dict)
    needle: NeedleTable
    injection: InjectionTable


class BiofeedbackProtocol(_Sheet):
    """An exercise with the muscle's EMG; nothing is stimulated and nothing injected."""

    kind: Literal["biofeedback"]
    calibration: CalibrationPlan
    training: TrainingPlan


Sheet = NerveBlock | BotulinumProtocol | PainInjectionProtocol | BiofeedbackProtocol


KINDS: dict[str, type[NerveBlock | BotulinumProtocol | PainInjectionProtocol | BiofeedbackProtocol]] = {
    "block": NerveBlock,
    "botulinum": BotulinumProtocol,
    "injection": PainInjectionProtocol,
    "biofeedback": BiofeedbackProtocol,
}
USES: dict[str, Use] = {"block": "required", "botulinum": "optional", "injection": "optional", "biofeedback": "never"}
"""Whether a procedure of this kind stimulates."""
