"""A protocol as a procedure runs with it: plain values, drawn from a sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from guidance.citations import UNSOURCED, ProtocolError, Sourced, cited
from guidance.protocol.sheet import (
    USES,
    BiofeedbackProtocol,
    BotulinumProtocol,
    EffortPhase,
    PainInjectionProtocol,
    Sheet,
    TargetTable,
    Use,
)

T = TypeVar("T")

DEFAULT_CRITERION_UV = 100.0
DEFAULT_LOWER_BOUND_MA = 0.2
DEFAULT_TARGET_MA = 0.5
"""The event stream's bounds where a protocol names none."""


USUAL_NOTES = ("redirect", "contact", "pain", "paraesthesia", "blood")
"""What an operator may note by one key where a protocol names nothing else."""


@dataclass(frozen=True, slots=True)
class MuscleWindow:
    """When the M-wave and the H-reflex of ``muscle`` are to be expected, in ms after the pulse; None where no source
    says so.
    """

    muscle: str
    m_ms: tuple[float, float] | None
    h_ms: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Change:
    """What a site's own file says instead: the key's old and new value in words, by whom, and why.

    ``loosens``: it widens a limit, which needs the reason.
    """

    key: str
    old: str
    new: str
    author: str
    reason: str | None = None
    loosens: bool = False


@dataclass(frozen=True, slots=True)
class NeedleEmgPlan:
    """How a needle is guided by its own EMG: the movement that the patient makes (None: not known), and the efforts
    asked for in their order; the longest rise of a potential from inside a unit's territory, and below which
    amplitude a slower one is outside.
    """

    activation: str | None
    phases: tuple[EffortPhase, ...]
    rise_time_us: float
    outside_below_uv: float


@dataclass(frozen=True, slots=True)
class Protocol:
    """One procedure. ``criterion_uv`` is None where the protocol names none: motor threshold is then where the expected
    response reaches 100 uV, and every response that stands out of the noise counts as detected.

    ``stimulation`` is ``required``, ``optional`` or ``never``; where it is never, all currents and rates are 0.
    ``muscles`` are those whose response is sought. ``unsourced`` has the keys of what no source bears out, ``assumed``
    what the program takes where the protocol says that a value is missing, ``changes`` what the site changed; ``notes``
    what the operator notes by one key, in their order.
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


def protocol_of(sheet: Sheet, file: str, changes: tuple[Change, ...] = ()) -> Protocol:
    """The protocol that ``sheet`` of ``file`` describes. Raises ProtocolError where it lacks a value that it needs."""
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
    )


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
    """The values of stimulation."""
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
