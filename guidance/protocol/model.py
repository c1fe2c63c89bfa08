"""A protocol as a procedure runs with it: plain values taken from a sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from guidance.citations import UNSOURCED, ProtocolError, Sourced, cited
from guidance.protocol.sheet import (
    USES,
    Agent,
    BiofeedbackProtocol,
    BleedingDepth,
    BotulinumProtocol,
    EffortPhase,
    NerveBlock,
    PainInjectionProtocol,
    Sheet,
    TargetTable,
    Use,
)

T = TypeVar("T")

DEFAULT_CRITERION_UV = 100.0
DEFAULT_LOWER_BOUND_MA = 0.2
DEFAULT_TARGET_MA = 0.5
"""Defaults for protocols without their own: the bounds that the specification of the event stream gives."""

USUAL_NOTES = ("redirect", "contact", "pain", "paraesthesia", "blood")
"""The one-key notes of a protocol that lists none."""


@dataclass(frozen=True, slots=True)
class MuscleWindow:
    """The expected latencies of the M-wave and H-reflex of ``muscle``, in ms after the pulse; None without a source."""

    muscle: str
    m_ms: tuple[float, float] | None
    h_ms: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Change:
    """A change by the site's own file: the key's old and new value as text, the author, and the reason.

    ``loosens`` is true if the change widens a limit, which needs a reason.
    """

    key: str
    old: str
    new: str
    author: str
    reason: str | None = None
    loosens: bool = False


@dataclass(frozen=True, slots=True)
class NeedleEmgPlan:
    """Parameters for guidance by the needle's own EMG.

    ``activation`` is the patient's movement (None: not known), ``phases`` the requested efforts in order.
    ``rise_time_us`` is the longest rise time of a potential from inside a motor unit's territory; a slower potential
    below ``outside_below_uv`` comes from outside.
    """

    activation: str | None
    phases: tuple[EffortPhase, ...]
    rise_time_us: float
    outside_below_uv: float


@dataclass(frozen=True, slots=True)
class AgentRange:
    """A neurolytic ``agent`` that this protocol allows, its concentration in %, and its volume in mL; None without a
    source.
    """

    agent: Agent
    percent: tuple[float, float] | None
    volume_ml: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Protocol:
    """The values of one procedure.

    ``criterion_uv`` is None if the protocol gives none: the motor threshold is then the current at which the expected
    response reaches 100 uV, and every response that stands out of the noise counts as detected. ``stimulation`` is
    ``required``, ``optional`` or ``never``; if never, all currents and rates are 0. ``muscles`` are the target muscles.
    ``unsourced`` lists the keys without a source, ``assumed`` the defaults used for missing values, ``changes`` the
    site's changes, ``notes`` the operator's one-key notes in order. The upper end of ``volume_ml`` is a limit;
    ``agents`` are the neurolytic agents, none in another protocol than one of neurolysis; ``bleeding_depth`` decides
    whether the intervals for anticoagulants apply.
    """

    id: str
    title: str
    window_ms: tuple[float, float]
    start_current_ma: float
    max_current_ma: float
    width_ms: float
    rate_hz: float
    max_rate_hz: float
    lower_bound_ma: float
    target_ma: float
    criterion_uv: float | None = None
    kind: str = "block"
    stimulation: Use = "required"
    muscles: tuple[MuscleWindow, ...] = ()
    direct_before_ms: float | None = None
    unsourced: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = USUAL_NOTES
    needle_emg: NeedleEmgPlan | None = None
    volume_ml: tuple[float, float] | None = None
    agents: tuple[AgentRange, ...] = ()
    bleeding_depth: BleedingDepth | None = None


def protocol_of(sheet: Sheet, file: str, changes: tuple[Change, ...] = ()) -> Protocol:
    """Build the protocol from ``sheet`` of ``file``. Raises ProtocolError if a needed value is missing."""
    response = sheet.response
    return Protocol(
        id=sheet.id,
        title=sheet.title,
        window_ms=_needed(response.window_ms, "response.window_ms", file),
        **_pulses(sheet, file),
        criterion_uv=response.criterion_uv.value if response.criterion_uv else None,
        kind=sheet.kind,
        stimulation=USES[sheet.kind],
        muscles=_windows(sheet.target),
        direct_before_ms=response.direct_before_ms.value,
        unsourced=tuple(path for path, item in cited(sheet) if item.certainty == UNSOURCED),
        assumed=_assumed(sheet),
        changes=changes,
        notes=sheet.notes or USUAL_NOTES,
        needle_emg=_needle_emg(sheet, file),
        volume_ml=sheet.injection.volume_ml.value if isinstance(sheet, NerveBlock | PainInjectionProtocol) else None,
        agents=_agents(sheet),
        bleeding_depth=_bleeding_depth(sheet),
    )


def _agents(sheet: Sheet) -> tuple[AgentRange, ...]:
    table = sheet.neurolysis if isinstance(sheet, NerveBlock) else {}
    return tuple(AgentRange(agent, entry.percent.value, entry.volume_ml.value) for agent, entry in table.items())


def _bleeding_depth(sheet: Sheet) -> BleedingDepth | None:
    anticoagulation = sheet.anticoagulation if isinstance(sheet, NerveBlock) else None
    return anticoagulation.depth.value if anticoagulation else None


_NO_PULSES = {
    "start_current_ma": 0.0,
    "max_current_ma": 0.0,
    "width_ms": 0.0,
    "rate_hz": 0.0,
    "max_rate_hz": 0.0,
    "lower_bound_ma": DEFAULT_LOWER_BOUND_MA,
    "target_ma": DEFAULT_TARGET_MA,
}


def _pulses(sheet: Sheet, file: str) -> dict[str, float]:
    """Return the stimulation values."""
    if isinstance(sheet, BiofeedbackProtocol):
        return _NO_PULSES
    stimulus, near = sheet.stimulus, sheet.proximity
    values = {name: _needed(getattr(stimulus, name), f"stimulus.{name}", file) for name in type(stimulus).model_fields}
    values["lower_bound_ma"] = _needed(near.lower_bound_ma, "proximity.lower_bound_ma", file)
    return values | {"target_ma": near.target_ma.value or DEFAULT_TARGET_MA}


def _needle_emg(sheet: Sheet, file: str) -> NeedleEmgPlan | None:
    if not isinstance(sheet, BotulinumProtocol | PainInjectionProtocol):
        return None
    emg = sheet.emg
    return NeedleEmgPlan(
        activation=emg.activation.value,
        phases=_needed(emg.phases, "emg.phases", file),
        rise_time_us=_needed(emg.rise_time_us, "emg.rise_time_us", file),
        outside_below_uv=_needed(emg.outside_below_uv, "emg.outside_below_uv", file),
    )


def _assumed(sheet: Sheet) -> tuple[str, ...]:
    if isinstance(sheet, BiofeedbackProtocol) or sheet.proximity.target_ma.value is not None:
        return ()
    return (f"target {DEFAULT_TARGET_MA:g} mA assumed ({sheet.proximity.target_ma.missing})",)


def _needed(item: Sourced[T], key: str, file: str) -> T:
    if item.value is None:
        raise ProtocolError(f"{file}: {key} is missing ({item.missing}), and no procedure can run without it.")
    return item.value


def _windows(target: TargetTable) -> tuple[MuscleWindow, ...]:
    return tuple(
        MuscleWindow(muscle.name, muscle.m_latency_ms.value, muscle.h_latency_ms.value)
        for muscle in target.muscles.values()
    )
