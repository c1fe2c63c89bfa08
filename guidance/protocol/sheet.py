"""The files in ``protocols/``: one sheet per procedure, every number with its source.

Tables with named entries (``[accept.deltoid]``) are merged by name with a site's own file.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from guidance.citations import Cited, Document, Sourced, Strict, Text
from guidance.protocol import ranges as r

Use = Literal["required", "optional", "never"]
Exercise = Literal["relax", "contract-hold", "work-rest", "antagonist-quiet", "discriminate"]
EffortPhase = Literal["rest", "slight", "full"]
Product = Literal[
    "onabotulinumtoxinA", "abobotulinumtoxinA", "incobotulinumtoxinA", "rimabotulinumtoxinB", "daxibotulinumtoxinA"
]
Agent = Literal["phenol", "alcohol"]
"""A neurolytic agent; its rules stand in the drug table."""
Indication = Literal["spasticity", "cervical dystonia", "other"]
"""What a toxin is given for: the drug table has one session limit for each product and indication."""
BleedingDepth = Literal["superficial", "deep", "neuraxial-like"]
"""How a bleeding at the target can be treated: superficial is compressible; deep is not; neuraxial-like is in or near
the spinal canal."""


class Muscle(Cited):
    """A target muscle, with the expected latencies of its M-wave and H-reflex after the pulse."""

    name: Text
    m_latency_ms: Sourced[r.LatencySpan]
    h_latency_ms: Sourced[r.LatencySpan]


class TargetTable(Strict):
    """The target of the needle: the nerve, and the muscles that respond."""

    nerve: Sourced[Text]
    muscles: dict[r.ProtocolKey, Muscle] = Field(default_factory=dict)


class Accepted(Cited):
    """A response that ends the search, and the muscles that contract in it."""

    response: Text
    muscles: tuple[r.ProtocolKey, ...] = ()


class Refused(Cited):
    """A response that does not end the search: what it means, and what to do."""

    response: Text
    means: Text
    do: Text


class Risk(Cited):
    """What may go wrong at this place in particular, and how often where a source says so."""

    text: Text


class AnticoagulationTable(Strict):
    """Whether the guideline's intervals for anticoagulants apply, by the depth of the target."""

    depth: Sourced[BleedingDepth]


class ProcedureStep(Cited):
    """One step of the procedure."""

    do: Text


class StimulusPlan(Strict):
    """The stimulation parameters; ``max_current_ma`` and ``max_rate_hz`` are limits."""

    start_current_ma: Sourced[r.Milliamps]
    max_current_ma: Sourced[r.Milliamps]
    width_ms: Sourced[r.WidthMs]
    rate_hz: Sourced[r.RateHz]
    max_rate_hz: Sourced[r.RateHz]


class ProximityTable(Strict):
    """Motor thresholds for a pulse of 0.1 ms.

    The target is reached at or below ``target_ma``; at or below ``lower_bound_ma`` the tip is too close. A threshold
    below ``target_from_ma`` needs no further search.
    """

    lower_bound_ma: Sourced[r.Milliamps]
    target_from_ma: Sourced[r.Milliamps] | None = None
    target_ma: Sourced[r.Milliamps]


class ResponseWindow(Strict):
    """The response window after the pulse; a response before ``direct_before_ms`` did not come through a nerve."""

    window_ms: Sourced[r.Window]
    direct_before_ms: Sourced[r.LatencyMs]
    criterion_uv: Sourced[r.Microvolts] | None = None


class NeedleTable(Strict):
    """The needle, and the depth of the target."""

    gauge: Sourced[r.NeedleGauge]
    length_mm: Sourced[r.LengthSpan]
    depth_mm: Sourced[r.DepthSpan]


class InjectionTable(Strict):
    """The volume to inject; its upper end is a limit."""

    volume_ml: Sourced[r.VolumeSpan]


class NeurolyticRange(Strict):
    """The concentration and volume of a neurolytic agent at this nerve."""

    percent: Sourced[r.SolutionSpan]
    volume_ml: Sourced[r.VolumeSpan]


class NeedleEmgFindings(Strict):
    """Signs in the needle's EMG that the tip is inside the muscle that the patient contracts.

    ``phases`` are the requested efforts, in order.
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
    """The most units of one product at a site, in a muscle and in a region.

    The limit of a session and the shortest interval stand in the drug table, by product and indication.
    """

    site_max_u: Sourced[r.ToxinUnits]
    muscle_max_u: Sourced[r.ToxinUnits]
    region_max_u: Sourced[r.ToxinUnits]


class CalibrationPlan(Strict):
    """The calibration before an exercise: rest, then the largest effort several times.

    The limit of rest is the mean at rest plus ``rest_sd`` standard deviations.
    """

    rest_s: Sourced[r.Seconds]
    rest_sd: Sourced[r.Deviations]
    efforts: Sourced[r.Times]
    effort_s: Sourced[r.Seconds]


class TrainingPlan(Strict):
    """A biofeedback exercise. After each trial its line follows the result, by a factor within ``adapt``.

    The line of ``relax`` is the limit of rest, so it has no ``threshold_percent``; ``discriminate`` has
    ``levels_percent`` of the largest effort instead of a line.
    """

    exercise: Exercise
    trials: Sourced[r.Times]
    adapt: Sourced[r.FactorSpan]
    task: Sourced[Text]
    threshold_percent: Sourced[r.Percent]
    hold_s: Sourced[r.SecondSpan]
    work_s: Sourced[r.Seconds]
    rest_s: Sourced[r.Seconds]
    smoothing_ms: Sourced[r.SmoothingMs]
    levels_percent: Sourced[r.Levels] | None = None


class _Sheet(Document):
    id: r.Id
    title: Text
    also: tuple[Text, ...] = ()
    target: TargetTable
    response: ResponseWindow
    steps: tuple[ProcedureStep, ...] = ()
    notes: Annotated[tuple[r.ProtocolKey, ...], Field(max_length=6)] = ()


class NerveBlock(_Sheet):
    """A nerve block: no injection without a response to stimulation.

    With a table ``neurolysis`` the injection is one of its agents, which destroys nerve fibres, and no anaesthetic.
    """

    kind: Literal["block"]
    stimulus: StimulusPlan
    proximity: ProximityTable
    accept: dict[r.ProtocolKey, Accepted] = Field(default_factory=dict)
    refuse: dict[r.ProtocolKey, Refused] = Field(default_factory=dict)
    needle: NeedleTable
    injection: InjectionTable
    anticoagulation: AnticoagulationTable | None = None
    neurolysis: dict[Agent, NeurolyticRange] = Field(default_factory=dict)
    risks: dict[r.ProtocolKey, Risk] = Field(default_factory=dict)


class BotulinumProtocol(_Sheet):
    """Botulinum toxin into one muscle, located by its EMG or by stimulation through the same needle."""

    kind: Literal["botulinum"]
    indication: Indication
    emg: NeedleEmgFindings
    stimulus: StimulusPlan
    proximity: ProximityTable
    accept: dict[r.ProtocolKey, Accepted] = Field(default_factory=dict)
    refuse: dict[r.ProtocolKey, Refused] = Field(default_factory=dict)
    needle: NeedleTable
    dose: dict[Product, ProductDose]
    limits: dict[Product, DoseLimits]
    risks: dict[r.ProtocolKey, Risk] = Field(default_factory=dict)


class PainInjectionProtocol(_Sheet):
    """An injection into a muscle against pain, located by its EMG or by stimulation through the same needle."""

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
