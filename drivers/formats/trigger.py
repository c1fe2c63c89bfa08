"""Pulses in a trigger line: a recorded voltage, a current monitor, or a channel of codes.

The line rests most of the time, at any level, and a pulse is a departure from rest. What does not stand out of the
noise is refused: a wrong number of pulses is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.formats.loaded import Annotation, Values
from drivers.formats.pulses import is_pulse

_MOST_CODES = 64
"""A line with more distinct values is an analogue one (a judgement: 8-bit trigger codes use few of their values)."""
_NOISE_RUNS = 10
"""So many times more departures of any size than large ones are noise of the last bits, not codes (a judgement)."""
_SMALL = 0.1
"""Share of the largest departure below which a value belongs to the noise at rest."""
_OVER_NOISE = 10.0
"""A pulse stands out of the noise at rest by so many standard deviations: in an hour at 10 kHz noise never does."""
_LEAST_SHARE = 0.2
"""Share of the largest departure that a pulse reaches: a current monitor shows currents of different size."""
_TOP_SHARE = 0.5
"""Noise that reaches this share of the largest departure leaves no room for a threshold."""
_MOST_ON = 0.5
"""Largest share of the time away from rest: beyond it nobody can say which level is rest."""


@dataclass(frozen=True, slots=True)
class TriggerLine:
    """A channel of a file that carries pulses or codes; ``read`` returns its values (samples,) in any unit.

    ``is_coded``: its values are codes, and each code is a kind of pulse. ``position`` returns the time in seconds after
    the recording's first sample of a stored sample.
    """

    label: str
    read: Callable[[], Values]
    position: Callable[[int], float]
    is_coded: bool = False


@dataclass(frozen=True, slots=True)
class TriggerPulses:
    """Samples at which pulses begin, and ``refused``: a clause why none can be found (None: they were)."""

    samples: tuple[int, ...]
    refused: str | None = None


def trigger_annotations(
    path: object, lines: Iterable[TriggerLine], written: Sequence[Annotation]
) -> tuple[list[Annotation], tuple[str, ...]]:
    """Return the pulses on trigger lines as annotations ``trigger LABEL`` (and the code), and sentences on the lines.

    A file that states its pulses by annotations needs none. A line without a pulse is nothing to mention.
    """
    if any(is_pulse(annotation) for annotation in written):
        return [], ()
    found: list[Annotation] = []
    notes: list[str] = []
    for line in lines:
        values = line.read()
        pulses = find_trigger_pulses(values)
        if pulses.refused:
            notes.append(f"no pulse is read from the trigger line '{line.label}' of {path}: {pulses.refused}")
        for sample in pulses.samples:
            code = f" {values[sample]:g}" if line.is_coded else ""
            found.append(Annotation(line.position(sample), f"trigger {line.label}{code}"))
    return found, tuple(notes)


def find_trigger_pulses(line: Values) -> TriggerPulses:
    """Return where pulses begin in ``line`` (samples,), in any unit; a line that never leaves its rest has none."""
    if not len(line) or not np.isfinite(line).all():
        return TriggerPulses((), "it has values that are no numbers")
    levels, counts = np.unique(line, return_counts=True)
    if len(levels) == 1:
        return TriggerPulses(())
    rest = _rest(line, levels, counts)
    away = np.abs(line - rest)
    top = float(away.max())
    if len(levels) <= _MOST_CODES and _begins(away > 0).size <= _NOISE_RUNS * _begins(away > top / 2).size:
        return _checked(away > 0)
    noise = max(1.4826 * float(np.median(away)), float(np.sqrt(np.mean(away[away < _SMALL * top] ** 2))))
    if _OVER_NOISE * noise > _TOP_SHARE * top:
        return TriggerPulses((), "its levels cannot be distinguished from its noise")
    high = max(_LEAST_SHARE * top, _OVER_NOISE * noise)
    return _checked(_above(away, high, high / 2))


def _rest(line: Values, levels: Values, counts: NDArray[np.intp]) -> float:
    """Return the level of rest: of two levels that are as frequent the first, else the median."""
    if len(levels) == 2:
        return float(line[0] if counts.min() > 0.4 * len(line) else levels[counts.argmax()])
    return float(np.median(line))


def _checked(on: NDArray[np.bool_]) -> TriggerPulses:
    if on.mean() > _MOST_ON:
        return TriggerPulses((), "it is away from its rest for more than half of the time")
    return TriggerPulses(tuple(_begins(on).tolist()))


def _begins(on: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return where runs of True begin."""
    return np.flatnonzero(on & ~np.concatenate(([False], on[:-1])))


def _above(away: Values, high: float, low: float) -> NDArray[np.bool_]:
    """Return where ``away`` has reached ``high`` and not fallen below ``low`` since: ringing is one pulse."""
    state = np.where(away >= high, 1, np.where(away < low, 0, -1))
    last = np.maximum.accumulate(np.where(state >= 0, np.arange(len(state)), 0))
    held: NDArray[np.bool_] = state[last] == 1
    return held
