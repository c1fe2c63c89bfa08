"""Settled records of motor unit potentials: each revises the first answer to its potential, if there was one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from guidance.contracts.events import MotorUnit
from guidance.needle_emg.decomposition import Firing

_SAME_MS = 2.5
"""A first answer and a settled firing within this time are one potential; its peaks lie so far apart at most."""


class SettledRecords:
    """The first answers that wait for their settled record."""

    def __init__(self, channel: str, sample_rate_hz: float, work_rate_hz: float) -> None:
        """Settle potentials of ``channel``, sampled at the first rate and decomposed at the second."""
        self._channel, self._work_rate_hz = channel, work_rate_hz
        self._same = round(_SAME_MS * sample_rate_hz / 1e3)
        self._waiting: list[MotorUnit] = []

    def await_settling(self, first_answer: MotorUnit) -> None:
        """Keep ``first_answer`` until it is settled."""
        self._waiting.append(first_answer)

    def settle(self, firings: Sequence[Firing], settled_to: int) -> list[MotorUnit]:
        """Return the records of ``firings``, and of the first answers before sample ``settled_to`` that are of none.

        Of each pair within 2.5 ms the nearest are joined first.
        """
        pairs = sorted(
            (abs(firing.sample - first.sample), at, index)
            for at, firing in enumerate(firings)
            for index, first in enumerate(self._waiting)
            if abs(firing.sample - first.sample) <= self._same
        )
        joined: dict[int, int] = {}
        for _, at, index in pairs:
            if at not in joined and index not in joined.values():
                joined[at] = index
        records = [
            self._record(firing, self._waiting[joined[at]] if at in joined else None)
            for at, firing in enumerate(firings)
        ]
        unjoined = [first for index, first in enumerate(self._waiting) if index not in joined.values()]
        self._waiting = [first for first in unjoined if first.sample >= settled_to - self._same]
        records += [
            replace(first, unit=None, firing_hz=None, settled=True, settles=first.sample, change=None)
            for first in unjoined
            if first.sample < settled_to - self._same
        ]
        return sorted(records, key=lambda record: record.sample)

    def _record(self, firing: Firing, first: MotorUnit | None) -> MotorUnit:
        unit = firing.unit.number if firing.unit else None
        firing_hz = firing.unit.firing_hz(self._work_rate_hz) if firing.unit else None
        if first is None:
            return MotorUnit(
                firing.sample, self._channel, unit, None, None, None, None, None, None, firing_hz, settled=True
            )
        settled = replace(first, sample=firing.sample, unit=unit, firing_hz=firing_hz, settled=True, change=None)
        return replace(settled, settles=first.sample)
