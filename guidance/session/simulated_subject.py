"""The effort of a simulated person in an exercise: it follows the prompts, or a script."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from guidance.biofeedback.phases import ExercisePhase
from guidance.common.errors import UsageError
from guidance.common.folders import text_of_file

FOLLOW = "follow"
_FULL, _WORKS, _LIGHT = 1.0, 0.7, 0.2


@dataclass(frozen=True, slots=True)
class Effort:
    """Effort of each muscle, 0 to 1, from ``t`` seconds of device time on."""

    t: float
    shares: tuple[float, ...]


def read_script(path: str) -> tuple[Effort, ...]:
    """Read the script in the file ``path``.

    Each line is ``SECONDS EFFORT [EFFORT]``, efforts 0 to 1; # begins a comment. Raises UsageError naming the line.
    """
    try:
        text = text_of_file(Path(path))
    except (OSError, UnicodeDecodeError) as fault:
        raise UsageError(f"The script {path} cannot be read ({fault}).") from None
    lines = ((number, line.partition("#")[0].split()) for number, line in enumerate(text.splitlines(), 1))
    script = tuple(_effort(path, number, words) for number, words in lines if words)
    if not script:
        raise UsageError(f"The script {path} has no lines; a line looks like: 0 0.0")
    return tuple(sorted(script, key=lambda effort: effort.t))


def _effort(path: str, number: int, words: list[str]) -> Effort:
    try:
        t, *shares = (float(word) for word in words)
    except ValueError:
        t, shares = math.nan, []
    if not (math.isfinite(t) and t >= 0 and 1 <= len(shares) <= 2 and all(0 <= share <= 1 for share in shares)):
        raise UsageError(
            f"Line {number} of {path} is not valid; write seconds, and one or two efforts from 0 to 1: 12.5 0.6"
        )
    return Effort(t, tuple(shares))


class SimulatedSubject:
    """Steering commands for the simulated person during an exercise; none without a script or ``follows``."""

    def __init__(self, script: tuple[Effort, ...] | None, *, follows: bool, exercise: str) -> None:
        """Follow ``script``, or the prompts of ``exercise`` where there is none and ``follows`` is set."""
        self._script, self._follows, self._exercise = list(script or ()), follows and not script, exercise
        self._last_phase: ExercisePhase | None = None

    def words(self, t: float, phase: ExercisePhase) -> Iterator[str]:
        """Emit the steering commands for device time ``t`` (s) in ``phase``."""
        while self._script and self._script[0].t <= t:
            yield from _contract(self._script.pop(0).shares)
        if self._follows and phase is not self._last_phase:
            self._last_phase = phase
            yield from _contract(self._efforts_for(phase))

    def _efforts_for(self, phase: ExercisePhase) -> tuple[float, float]:
        if phase.name == "effort":
            return (_FULL, 0.0) if phase.channel == 0 else (0.0, _FULL)
        if phase.name == "ready" and phase.prompt == "TENSE":
            return (_LIGHT, 0.0)
        works = phase.name == "work" and self._exercise != "relax"
        return (_WORKS if works else 0.0, 0.0)


def _contract(shares: tuple[float, ...]) -> Iterator[str]:
    if len(shares) == 1:
        yield f"contract {shares[0]:g}"
    else:
        yield from (f"contract {share:g} {channel}" for channel, share in enumerate(shares))
