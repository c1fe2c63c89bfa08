"""What a procedure has counted and kept for the screen: totals, the newest quality, the last sixty sweeps."""

from __future__ import annotations

from collections import Counter, deque

import numpy as np

from drivers.base import Block, Pulse
from guidance.events import Response
from guidance.signal.align import Alignment
from guidance.signal.monitor import Quality
from guidance.signal.path import Answer
from guidance.snapshot import SweepView

KEPT_SWEEPS = 60


class Tally:
    """Counts and keeps; decides nothing."""

    def __init__(self) -> None:
        """All counts begin at 0."""
        self.stimuli = self.responses = self.detections = 0
        self.samples = self.lost_samples = self.bad_frames = 0
        self.doubts: Counter[str] = Counter()
        """How often a sweep of the main channel could not tell, by its reason."""
        self.last_pulse: Pulse | None = None
        self.last_alignment: Alignment | None = None
        self.quality: tuple[Quality, ...] = ()
        self.sweeps: deque[SweepView] = deque(maxlen=KEPT_SWEEPS)
        self.told: dict[str, str] = {}
        """The newest words of each note that the operator made."""

    def count_block(self, block: Block) -> None:
        """Add the samples of ``block`` and what was lost before it."""
        self.samples += len(block.samples)
        self.lost_samples += block.lost_before
        self.bad_frames += block.bad_frames

    def count_pulse(self, pulse: Pulse, alignment: Alignment | None = None) -> None:
        """Count a pulse, delivered or not, and how it was found."""
        self.stimuli += 1
        self.last_pulse, self.last_alignment = pulse, alignment

    def keep(self, answer: Answer, response: Response) -> None:
        """Count an answer; the main channel's sweep is kept for drawing."""
        self.responses += 1
        if answer.channel:
            return
        self.detections += response.detected
        if response.doubt:
            self.doubts[response.doubt] += 1
        times = answer.evoked.times_ms
        self.sweeps.append(
            SweepView(
                pulse_index=self.stimuli,
                start_ms=float(times[0]) if len(times) else 0.0,
                step_ms=float(times[1] - times[0]) if len(times) > 1 else 1.0,
                uv=answer.evoked.uv.astype(np.float32),
                detected=response.detected,
                contaminated=response.contaminated,
                amplitude_uv=response.amplitude_uv,
                latency_ms=response.latency_ms,
                p_value=response.p_value,
                current_ma=answer.pulse.current_ma,
                judged=response.judged,
                note=response.note or response.why,
            )
        )
