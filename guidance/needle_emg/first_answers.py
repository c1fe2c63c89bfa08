"""The newest first answers to potentials, by the motor unit that the decomposition took each for, and their averages.

The first answer is due within 30 ms of the peak, long before a firing is settled. It needs no sorter of its own: the
templates of the decomposition, as the last turn left them, name it. Where the settled label differs, the answer moves
to the settled unit, so that only its first second counts for the wrong one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guidance.contracts.events import MotorUnit
from guidance.needle_emg.decomposed_unit import DecomposedUnit
from guidance.needle_emg.measure import FINE_HZ, PotentialMeasures, finer, measure, rise_us
from guidance.needle_emg.potential_detector import Potential
from guidance.signal.sweep.basis import Array

GRID_HZ = FINE_HZ
"""Rate of the grid on which the potentials of a unit are averaged."""

_FROM_MS, _TO_MS = -7.0, 9.0
"""Range of an averaged wave about the firing."""

_GRID_S = np.arange(_FROM_MS, _TO_MS, 1e3 / GRID_HZ) / 1e3
_CENTRE = round(-_FROM_MS * GRID_HZ / 1e3)

_MOST_AVERAGED = 24
"""The newest potentials of a unit that are averaged: two seconds at 12 Hz. It bounds the work at each of them."""


@dataclass(slots=True, eq=False)
class FirstAnswer:
    """A ``potential`` and the ``unit`` that it was taken for, None where it is like none.

    ``at`` is the sample, with its fraction, at which the unit's main peak lies: potentials are averaged about it.
    """

    potential: Potential
    unit: DecomposedUnit | None
    at: float
    _wave: tuple[Array, NDArray[np.bool_]] | None = None

    def settle(self, unit: DecomposedUnit | None, at: float) -> None:
        """Take the potential for ``unit`` instead, with its main peak at sample ``at``."""
        if unit is not self.unit:
            self.unit, self.at, self._wave = unit, at, None

    def wave(self, sample_rate_hz: float) -> tuple[Array, NDArray[np.bool_]]:
        """Return the wave about the firing at GRID_HZ, 0 outside the detected wave, and where it was detected."""
        if self._wave is None:
            fine, fine_hz = finer(self.potential.wave, sample_rate_hz)
            begins = self.potential.sample - self.potential.centre
            places = ((self.at - begins) / sample_rate_hz + _GRID_S) * fine_hz
            wave = np.interp(places, np.arange(len(fine)), fine, left=0.0, right=0.0)
            self._wave = wave, (places >= 0) & (places <= len(fine) - 1)
        return self._wave


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """The mean ``wave`` (n,) in uV of ``count`` potentials at GRID_HZ, with its main peak near ``centre``."""

    wave: Array
    centre: int
    noise_uv: float
    count: int

    def measures(self) -> PotentialMeasures:
        """Measure the mean."""
        return measure(self.wave, GRID_HZ, self.noise_uv, self.centre)

    def rise_us(self) -> float:
        """Measure the rise time alone."""
        return rise_us(self.wave, GRID_HZ, self.noise_uv, self.centre)


class FirstAnswers:
    """The first answers of the newest ``seconds``."""

    def __init__(self, sample_rate_hz: float, seconds: float) -> None:
        """Keep the answers of the newest ``seconds``."""
        self._sample_rate_hz, self._kept = sample_rate_hz, seconds * sample_rate_hz
        self._newest: deque[FirstAnswer] = deque()

    def add(self, potential: Potential, unit: DecomposedUnit | None, at: float) -> None:
        """Add the answer that ``potential`` is of ``unit``, whose main peak lies at sample ``at``."""
        self._newest.append(FirstAnswer(potential, unit, at))

    def drop_old(self, now: int) -> None:
        """Forget what is too old at sample ``now``."""
        while self._newest and self._newest[0].potential.sample < now - self._kept:
            self._newest.popleft()

    def settle(self, records: Iterable[MotorUnit], units: Iterable[DecomposedUnit]) -> None:
        """Move the answers that ``records`` settle to the unit of their number among ``units``, or to none."""
        known = {unit.number: unit for unit in units}
        by_sample = {answer.potential.sample: answer for answer in self._newest}
        for record in records:
            answer = by_sample.get(record.settles) if record.settles is not None else None
            if answer is not None:
                answer.settle(known.get(record.unit) if record.unit is not None else None, float(record.sample))

    def potentials(self, since: float = -np.inf) -> list[Potential]:
        """Return the potentials from sample ``since`` on, in order."""
        return [answer.potential for answer in self._newest if answer.potential.sample >= since]

    def units(self, since: float = -np.inf) -> list[DecomposedUnit]:
        """Return the units with an answer from sample ``since`` on, each once."""
        units = (answer.unit for answer in self._newest if answer.potential.sample >= since)
        return list(dict.fromkeys(unit for unit in units if unit is not None))

    def of(self, unit: DecomposedUnit) -> list[FirstAnswer]:
        """Return the newest answers that are of ``unit`` and that nothing overlaps."""
        own = [answer for answer in self._newest if answer.unit is unit and not answer.potential.is_mixed]
        return own[-_MOST_AVERAGED:]


def averages(answers: Sequence[FirstAnswer], sample_rate_hz: float, parts: int) -> list[Average]:
    """Return the mean of ``answers``, and those of as many ``parts`` as they are dealt out to, at most one each."""
    waves, known = (np.stack(each) for each in zip(*(one.wave(sample_rate_hz) for one in answers), strict=True))
    noise_uv = float(np.median([answer.potential.noise_uv for answer in answers]))
    late_s = float(np.median([answer.potential.sample - answer.at for answer in answers])) / sample_rate_hz
    centre = round(late_s * GRID_HZ) + _CENTRE
    chosen = [slice(None), *(slice(at, None, parts) for at in range(parts))]
    return [_average(waves[part], known[part], centre, noise_uv) for part in chosen]


def _average(waves: Array, known: NDArray[np.bool_], centre: int, noise_uv: float) -> Average:
    mean = waves.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return Average(mean, centre, noise_uv / len(waves) ** 0.5, len(waves))
