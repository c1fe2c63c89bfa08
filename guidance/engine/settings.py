"""Settings of a procedure: the protocol, and what the command line gives instead."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from guidance import cue as cues
from guidance.dose.neurolytic import NeurolyticPlan
from guidance.dose.plan import DosePlan
from guidance.dose.toxin_session import ToxinPlan
from guidance.protocol import DEFAULT_CRITERION_UV, Protocol
from guidance.stop_moment import StopPlan


class Mode(StrEnum):
    """Owner of the current: the controller, the operator, or an external stimulator that is only listened to."""

    AUTO = "auto"
    MANUAL = "manual"
    LISTEN = "listen"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one procedure; a value that is not None stands in place of the protocol's.

    The first ``silent_pulses`` are known to be below threshold. With ``probe_widths`` the controller interleaves pulses
    of other widths, as evidence of distance. ``sounds`` names a mapping of guidance/cue.py. ``marker`` is the label of
    the channel that shows the pulses of a stimulator on another clock. ``patient`` and ``side`` are in the operator's
    words. ``stop_plan``: the stimulator is armed only after the stop moment; ``stop_left_out``: why there is none.
    ``cautions``: what the patient's disease changes in the meaning of a threshold.
    """

    protocol: Protocol
    mode: Mode
    window_ms: tuple[float, float] | None = None
    criterion_uv: float | None = None
    current_ma: float | None = None
    width_ms: float | None = None
    pulse_rate_hz: float | None = None
    max_current_ma: float | None = None
    headless: bool = True
    silent_pulses: int = 0
    dose: DosePlan | NeurolyticPlan | None = None
    toxin: ToxinPlan | None = None
    patient: str | None = None
    side: str | None = None
    probe_widths: bool = False
    sounds: str = cues.USUAL
    marker: str | None = None
    stop_plan: StopPlan | None = None
    stop_left_out: str | None = None
    cautions: tuple[str, ...] = ()

    @property
    def window(self) -> tuple[float, float]:
        """The window in which a response is sought, in ms after the pulse."""
        return self.window_ms or self.protocol.window_ms

    @property
    def named_criterion_uv(self) -> float | None:
        """The criterion in uV that an option or the protocol names; a smaller response is then not called detected."""
        return self.criterion_uv or self.protocol.criterion_uv

    @property
    def recorded(self) -> dict[str, Any]:
        """The settings that a replay needs to run in the same way; what is not set is None."""
        recorded = {
            "window_ms": self.window,
            "criterion_uv": self.named_criterion_uv,
            "current_ma": self.current_ma,
            "silent_pulses": self.silent_pulses,
            "probe_widths": self.probe_widths,
        }
        return recorded | {"marker": self.marker} if self.marker else recorded

    @property
    def threshold_criterion_uv(self) -> float:
        """The peak-to-peak size in uV of the response that defines the motor threshold."""
        return self.named_criterion_uv or DEFAULT_CRITERION_UV
