"""What the muscle does against its line, as one word that changes rarely: the cue of screen and sound."""

from __future__ import annotations

import math

from guidance.biofeedback.trial_sequence import TrialSequence
from guidance.contracts.events import Cue
from guidance.cue import Mapping, Tone

EXERCISE = Mapping(
    "a slow beep while the exercise is done, a quicker and lower one while it is not, silence between",
    {
        "unknown": Tone("silence", None),
        "exercise-quiet": Tone("silence", None),
        "exercise-on": Tone("beep", 392.0, (1.0,)),
        "exercise-off": Tone("beep", 294.0, (3.0,)),
        "exercise-unknown": Tone("double-tick", 900.0, (0.4,)),
    },
)
"""What is heard; silent until the first cue."""

LEAVES = 0.9
"""A muscle above its line counts as below again at this share of it, so that a cue does not chatter (unsourced)."""


class Feedback:
    """Follows a course; one word a step."""

    def __init__(self, muscles: int) -> None:
        self._above = [False] * muscles

    def word(self, sequence: TrialSequence, envelope_uv: tuple[float, ...]) -> str:
        """The cue for ``envelope_uv`` of each muscle (NaN where not known)."""
        needed = [at for at in sequence.plan.calibrated if sequence.lines_uv[at] is not None]
        if sequence.phase.name != "work" or sequence.paused or sequence.over or not needed:
            return "exercise-quiet"
        if any(math.isnan(envelope_uv[at]) for at in needed):
            return "exercise-unknown"
        for at in needed:
            line_uv = sequence.lines_uv[at] or math.inf
            self._above[at] = envelope_uv[at] > (LEAVES * line_uv if self._above[at] else line_uv)
        works = self._above[0] == sequence.plan.wants_above
        quiet = not any(self._above[at] for at in needed[1:])
        return "exercise-on" if works and quiet else "exercise-off"


def cue(word: str) -> Cue:
    """The record of the cue ``word``."""
    tone = EXERCISE.tones[word]
    return Cue(word, tone.beep_rates_hz[0] if tone.beep_rates_hz else None, tone.pitch_hz)
