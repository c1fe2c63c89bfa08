"""Dead inputs: one value held, one block repeated, or less than the converter resolves. No patient gives that."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from drivers.base import Samples
from guidance.signal.sweep.ring_buffer import RingBuffer

HELD_S = 0.3
"""One value for so long. Amplifiers blank for up to some tens of ms after a stimulus. A coarse converter with a noise
of 0.2 of its steps leaves the code in 1 % of the samples, and never holds one for so long at 4000 samples a second
(p 1e-6); with less it may, and can then not be distinguished from a dead one.
"""

LEAST_BLOCK_S, MOST_BLOCK_S = 0.1, 2.0
"""Lengths of a block that may repeat: a buffer of the device or its driver. Shorter ones repeat within it."""

COPIES = 3
"""So many times the same block, sample for sample: noise of one step does not do that twice."""

QUIET_S, QUIET_STEPS = 1.0, 0.1
"""An RMS below so many steps of the converter for so long: fewer than 1 % of the samples leave one code. A coarse
converter (10 bits) comes so low only where the noise of a living input is below 0.2 of its steps: it is then of no use
for responses, and is reported too.
"""

CLEAR_S = 1.0
"""An input lives again so long after the last evidence: one that flickers stays dead."""

_SLOT_S = 0.05
"""The signal is judged in steps of so many s, which bounds how late a dead input is seen (a judgement, unsourced)."""

_PROBED = 32
"""So many places of a step are compared before the whole of it: a living signal differs in nearly all of them."""

_MOST_LAGS = 8
"""So many candidates for a repeated block are compared in full, which bounds the time of a step."""

_AT_RANGE = 0.999
"""From this share of the range on a value is at the limit of the input, and so no dead input."""

_HELD = "it has held one value for 300 ms"
_REPEATS = "it repeats one block of samples over and over"
_QUIET = "it is quieter than its own resolution"


@dataclass(frozen=True, slots=True)
class Change:
    """From sample ``due`` on it is known that the input is dead (``why``, a clause), or lives again (None)."""

    due: int
    why: str | None


class DeadInputDetector:
    """Watches channel 0 in slots of 50 ms on a fixed grid, so that no finding depends on how the stream was cut."""

    def __init__(self, sample_rate_hz: float, step_uv: float | None, range_uv: float | None) -> None:
        """Take ``step_uv``, the converter's resolution, and ``range_uv``, its limit; None where not known. At the limit
        an input is saturated, not dead.
        """
        self._slot = max(1, round(_SLOT_S * sample_rate_hz))
        probed = np.linspace(1, self._slot - 1, _PROBED).astype(int) if self._slot > 1 else ()
        self._probed: list[int] = np.unique(probed).tolist()
        self._held_enough, self._clear = round(HELD_S * sample_rate_hz), round(CLEAR_S * sample_rate_hz)
        self._lags = round(LEAST_BLOCK_S * sample_rate_hz), round(MOST_BLOCK_S * sample_rate_hz)
        self._quiet_uv = None if step_uv is None else QUIET_STEPS * step_uv
        self._limit_uv = np.inf if range_uv is None else _AT_RANGE * range_uv
        self._next = self._held = 0
        self._value = np.nan
        self._sums: deque[tuple[float, float]] = deque(maxlen=round(QUIET_S / _SLOT_S))
        self._why: str | None = None
        self._evidence = 0
        self._changes: deque[Change] = deque(maxlen=64)

    def advance(self, history: RingBuffer) -> list[Change]:
        """Follow channel 0 of ``history`` to its end and return all changes. Call it at least every 1.5 s of signal."""
        found = []
        while self._next + self._slot <= history.end:
            if history.start > self._next + self._slot:  # a long gap: nothing of it is held
                self._next += (history.start - self._next) // self._slot * self._slot
            self._next += self._slot
            change = self._update(self._evidence_in(history), self._next)
            if change:
                self._changes.append(change)
                found.append(change)
        return found

    def why_dead(self, due: int) -> str | None:
        """Return why the input was known to be dead by sample ``due``; None if it was not."""
        return next((change.why for change in reversed(self._changes) if change.due <= due), None)

    def alive_since(self, sample: int) -> int:
        """Return the sample at which the input last came back to life before ``sample``; 0 if it never was dead."""
        backs = (change.due for change in reversed(self._changes) if change.due <= sample and change.why is None)
        return next(backs, 0)

    def _update(self, why: str | None, due: int) -> Change | None:
        if why is not None:
            self._evidence = due
            if self._why is None:
                self._why = why
                return Change(due, why)
        elif self._why is not None and due - self._evidence >= self._clear:
            self._why = None
            return Change(due, None)
        return None

    def _evidence_in(self, history: RingBuffer) -> str | None:
        """Return the evidence of death that the current slot completes, a clause; None without any."""
        slot = history.window(self._next - self._slot, self._next)[:, 0]
        there = slot[~np.isnan(slot)]
        held = self._hold(there) if len(there) else 0
        self._sum(slot if len(there) == len(slot) else there[:0])
        if held >= self._held_enough:
            return _HELD
        if self._is_quiet():
            return _QUIET
        return _REPEATS if self._repeats(history) else None

    def _hold(self, there: Samples) -> int:
        """Count how long the newest value has been held; the longest hold that touches this slot, 0 at the limit."""
        before, value = self._held, self._value
        changed = np.flatnonzero(there != there[-1])
        if not len(changed):
            self._held = len(there) + (before if there[-1] == value else 0)
            longest = self._held
        else:
            self._held = len(there) - 1 - int(changed[-1])
            led = int(np.argmax(there != there[0])) if there[0] == value else 0
            longest = max(before + led if led else 0, self._held)
        self._value = float(there[-1])
        return 0 if abs(value if len(changed) else self._value) >= self._limit_uv else longest

    def _sum(self, slot: Samples) -> None:
        """Keep mean and mean square about it of the slot; a slot with a gap begins the second anew."""
        if self._quiet_uv is None:
            return
        if not len(slot):
            self._sums.clear()
            return
        exact = slot.astype(float)
        self._sums.append((float(exact.mean()), float(exact.var())))

    def _is_quiet(self) -> bool:
        """Return whether the RMS about the mean of the last second is below the converter's resolution."""
        if self._quiet_uv is None or len(self._sums) < (self._sums.maxlen or 0):
            return False
        means, variances = np.array(self._sums).T
        at_limit = bool(abs(means).max() >= self._limit_uv)
        return not at_limit and float(variances.mean() + means.var()) < self._quiet_uv**2

    def _repeats(self, history: RingBuffer) -> bool:
        """Return whether the newest samples are the last of ``COPIES`` equal blocks."""
        if self._held >= self._slot:
            return False  # one value is equal to itself
        end, (least, most) = self._next, self._lags
        first = max(end - most - self._slot, history.start, 0)
        past = history.window(first, end)[:, 0]
        probe = past[-self._slot :]
        starts = len(past) - self._slot - least
        if starts < 0:
            return False
        at = np.flatnonzero(past[: starts + 1] == probe[0])
        for index in self._probed:
            if not len(at):
                return False
            at = at[past[at + index] == probe[index]]
        lags = (len(past) - self._slot - at[::-1])[:_MOST_LAGS]
        return any(_equal_blocks(history, end, int(lag)) for lag in lags)


def is_constant(history: RingBuffer, channel: int, first: int, stop: int) -> bool:
    """Return whether ``channel`` holds one value from ``first`` to ``stop``. Lost samples hold none."""
    part = history.window(first, stop)[:, channel]
    return len(part) > 1 and bool((part == part[0]).all())


def is_repeat(history: RingBuffer, channel: int, first: int, stop: int, within: int) -> bool:
    """Return whether samples ``first`` to ``stop`` of ``channel`` equal some of the ``within`` samples before them."""
    since = max(first - within, history.start, 0)
    past, sought = history.window(since, stop)[:, channel], history.window(first, stop)[:, channel]
    at = np.flatnonzero(past[: max(first - since, 0)] == sought[0]) if len(sought) else np.zeros(0, int)
    for index in range(1, len(sought)):
        if not len(at):
            return False
        at = at[past[at + index] == sought[index]]
    return bool(len(at))


def _equal_blocks(history: RingBuffer, end: int, lag: int) -> bool:
    """Return whether the last ``COPIES`` blocks of ``lag`` samples before ``end`` are equal. A gap equals nothing."""
    if end - COPIES * lag < 0:
        return False
    copies = history.window(end - COPIES * lag, end)[:, 0]
    return bool(np.array_equal(copies[lag:], copies[:-lag]))
