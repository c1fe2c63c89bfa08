"""The cue of screen and sound: whether the muscle is on the right side of its line."""

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
"""The sound of each cue; silent until the first one."""

LEAVES = 0.9
"""A muscle above its line counts as below at this share of the line, so that the cue does not chatter (unsourced)."""


class Feedback:
    """The cue of a trial sequence, step by step."""

    def __init__(self, muscles: int) -> None:
        self._above = [False] * muscles

    def word(self, sequence: TrialSequence, envelope_uv: tuple[float, ...]) -> str:
        """Return the cue for ``envelope_uv`` of each muscle (NaN where not known)."""
        needed = [at for at in sequence.plan.calibrated if sequence.lines_uv[at] is not None]
        if sequence.phase.name != "work" or sequence.paused or sequence.over or not needed:
            return "exercise-quiet"
        goal = sequence.plan.goal_of(sequence.phase.trial or 1)
        if goal is not None and goal.is_hidden:
            return "exercise-quiet"
        if any(math.isnan(envelope_uv[at]) for at in needed):
            return "exercise-unknown"
        for at in needed:
            line_uv = sequence.lines_uv[at] or math.inf
            self._above[at] = envelope_uv[at] > (LEAVES * line_uv if self._above[at] else line_uv)
        works = self._above[0] == sequence.plan.wants_above
        works = works and envelope_uv[0] <= (sequence.upper_uv or math.inf)
        relaxed = not any(self._above[at] for at in needed[1:])
        return "exercise-on" if works and relaxed else "exercise-off"


def cue(word: str) -> Cue:
    """Return the record of the cue ``word``."""
    tone = EXERCISE.tones[word]
    return Cue(word, tone.beep_rates_hz[0] if tone.beep_rates_hz else None, tone.pitch_hz)
