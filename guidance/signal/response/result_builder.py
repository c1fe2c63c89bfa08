"""Results built from analyses: what is reported of a sweep, and why not."""

from __future__ import annotations

import numpy as np

from drivers.base import Pulse
from guidance.signal.response import late_response as late
from guidance.signal.response.analysis import ALPHA, Analysis, inside_window
from guidance.signal.response.components import SweepFrame
from guidance.signal.response.measures import begin_of, peak_to_peak, still_running
from guidance.signal.response.separation import SeparatedSweep
from guidance.signal.response.sweep_result import Doubt, LateResult, SweepResult
from guidance.signal.sweep.basis import Array

_DEFAULT_CRITERION_UV = 100.0
"""The response that matters where the protocol names no criterion, in uV: that of the motor threshold."""


class ResultBuilder:
    """Builds results from analyses of one channel's sweeps."""

    def __init__(self, window_ms: tuple[float, float], criterion_uv: float | None) -> None:
        """Report no response below ``criterion_uv`` (None: no limit) as detected; ``window_ms`` is the first window."""
        self._window_ms, self._criterion_uv = window_ms, criterion_uv

    @property
    def relevant_uv(self) -> float:
        """A response of this size matters: a sweep in which it could hide is contaminated."""
        return self._criterion_uv or _DEFAULT_CRITERION_UV

    def result(
        self, frame: SweepFrame, analysis: Analysis, separated: SeparatedSweep, uv: Array, *, last: bool = False
    ) -> SweepResult:
        """Build the result of ``separated`` and of ``uv`` (n,), the sweep without the expected artefact; ``last``:
        no longer sweep will follow.
        """
        pulse = analysis.pulse
        inside = inside_window(frame, analysis.components)
        if analysis.late_ms is not None:
            inside &= frame.times < analysis.late_ms
        amplitude_uv, amplitude_sd_uv = peak_to_peak(separated, inside)
        significant = analysis.p_value < ALPHA and analysis.doubt is None
        detected = significant and amplitude_uv >= (self._criterion_uv or 0.0)
        blinded = not significant and analysis.unresolved_uv > self.relevant_uv
        doubt = analysis.doubt or (_hidden_by(analysis) if blinded else None)
        begin = begin_of(separated, frame.times, inside) if detected else None
        running = significant and still_running(separated, amplitude_uv, inside, frame.times)
        return SweepResult(
            detected=detected,
            p_value=None if analysis.doubt else analysis.chance,
            amplitude_uv=amplitude_uv,
            amplitude_sd_uv=amplitude_sd_uv,
            latency_ms=begin.ms - pulse.offset_ns / 1e6 if begin and begin.is_onset else None,
            contaminated=doubt is not None,
            why=_why(analysis, doubt) if doubt else None,
            times_ms=frame.times,
            uv=np.where(frame.times < analysis.components.conditions.blind_ms, 0.0, uv - separated.nuisance),
            unfinished=not last and significant and (running or not analysis.is_surely_known),
            late=self._late(frame, analysis, separated, pulse),
            doubt=doubt,
            significant=significant,
        )

    def _late(
        self, frame: SweepFrame, analysis: Analysis, separated: SeparatedSweep, pulse: Pulse
    ) -> LateResult | None:
        """Return the late response; None where the window has no room for one."""
        if not late.may_come(self._window_ms):
            return None
        if analysis.late_ms is None:
            return LateResult(detected=False, p_value=analysis.late_p_value, amplitude_uv=None, latency_ms=None)
        amplitude_uv, _ = peak_to_peak(separated, frame.times >= analysis.late_ms)
        detected = amplitude_uv >= (self._criterion_uv or 0.0)
        latency_ms = analysis.late_ms - pulse.offset_ns / 1e6
        return LateResult(detected, analysis.late_p_value, amplitude_uv, latency_ms if detected else None)


def _hidden_by(analysis: Analysis) -> Doubt:
    """Return why a response that matters could hide."""
    return Doubt.NOISE if analysis.is_noisy else analysis.amplifier_doubt or Doubt.ARTEFACT


def _why(analysis: Analysis, doubt: Doubt) -> str:
    """Return the reason as a clause for the operator."""
    conditions = analysis.components.conditions
    hidden = f"a response of {analysis.unresolved_uv:.0f} uV could hide in it"
    return {
        Doubt.OVERLOAD: f"the amplifier was overloaded for {conditions.end_ms:.1f} ms: {hidden}",
        Doubt.BLANKING: f"the amplifier is blanked for {conditions.blanked_ms:.1f} ms: {hidden}",
        Doubt.ARTEFACT: "the artefact has changed and is learned anew" if analysis.doubt else f"artefact: {hidden}",
        Doubt.CONTRAST: "it may be artefact: no sweep at a comparable current was without it; vary the current",
        Doubt.BURST: "a contraction, a heartbeat or a moved cable may be in the window",
        Doubt.NOISE: hidden,
        Doubt.SAMPLES: "samples lost",
    }[doubt]


def unknown_result(why: str) -> SweepResult:
    """Return the result of a sweep that cannot be judged, with the reason ``why``."""
    return SweepResult(
        detected=False, p_value=None, amplitude_uv=None, amplitude_sd_uv=None, latency_ms=None,
        contaminated=True, why=why, times_ms=np.zeros(0), uv=np.zeros(0), doubt=Doubt.SAMPLES,
    )  # fmt: skip
