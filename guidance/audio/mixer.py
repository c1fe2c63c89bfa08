"""The mixer of guidance, the needle's EMG and alarms, block by block.

``render`` runs in the callback of the sound device: it copies from prepared tables and computes on preallocated
arrays. All other methods may run in another thread; the next block applies what they set as a whole. The samples do
not depend on the block size.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from guidance.audio.alarm_bursts import BURSTS, Burst, render
from guidance.audio.waveforms import FADE, SAMPLE_RATE_HZ, Waveform

MOST_FRAMES = 8192
"""Most samples of a block."""

DUCKED = 0.2
"""Gain of all other sounds while an alarm burst sounds."""

LEAST_VOLUME = 0.1
_UP = (np.arange(FADE, dtype=np.float32) + 1) / FADE
_DOWN = 1 - _UP
_SILENCE = np.zeros(FADE, np.float32)


class LoopedTable:
    """A table of samples that is repeated or played once; a new table replaces it with a crossfade.

    A table starts softly by itself; one that starts midway, or repeats without a pause (its last sample is not 0),
    fades in.
    """

    def __init__(self) -> None:
        self._table, self._at, self._repeats = _SILENCE, 0, True
        self._old, self._old_at, self._faded = _SILENCE, 0, FADE
        self._old_repeats, self._midway = True, False
        self._next: tuple[Waveform, bool, bool] | None = None
        self._room, self._part = np.zeros(MOST_FRAMES, np.float32), np.zeros(FADE, np.float32)

    def play(self, table: Waveform, *, repeats: bool = True, in_step: bool = False) -> None:
        """Play ``table`` from its start, or ``in_step`` with the beat of the last one, so that no beat is early."""
        self._next = (table, repeats, in_step)

    def render(self, out: Waveform) -> None:
        """Add the next ``len(out)`` samples to ``out``."""
        if self._next is not None and self._faded == FADE:
            self._switch(*self._next)
        room = self._room[: len(out)]
        self._at = _copy(self._table, self._at, room, repeats=self._repeats)
        if self._faded < FADE:
            self._fade(room)
        out += room

    def _switch(self, table: Waveform, repeats: bool, in_step: bool) -> None:
        self._next = None
        self._old, self._old_at, self._old_repeats, self._faded = self._table, self._at, self._repeats, 0
        self._table, self._repeats = table, repeats
        self._at = self._at if in_step and self._at < len(table) else 0
        self._midway = self._at > 0 or (repeats and bool(table[-1]))

    def _fade(self, room: Waveform) -> None:
        n = min(FADE - self._faded, len(room))
        part = self._part[:n]
        self._old_at = _copy(self._old, self._old_at, part, repeats=self._old_repeats)
        if self._midway:
            room[:n] *= _UP[self._faded : self._faded + n]
        part *= _DOWN[self._faded : self._faded + n]
        room[:n] += part
        self._faded += n


class AlarmBurst:
    """The burst of the gravest alarm, repeated after its pause, and the gain of all other sounds."""

    def __init__(self) -> None:
        self._bursts = {priority: render(burst) for priority, burst in BURSTS.items()}
        self._voice = LoopedTable()
        self._next: tuple[str | None, bool] | None = None
        self._burst: Burst | None = None
        self._passed = False
        self._left = self._sounding = 0
        self._duck = 1.0

    def sound(self, priority: str | None, *, passed: bool) -> None:
        """Sound alarms of ``priority`` from now on, None for none; ``passed``: the condition no longer holds."""
        self._next = (priority, passed)

    def render(self, out: Waveform, duck: Waveform) -> None:
        """Add the next samples to ``out``, and fill ``duck`` with the gain of all other sounds."""
        if self._next is not None:
            self._switch(*self._next)
        at = 0
        while at < len(out):
            n = len(out) - at if self._burst is None else min(len(out) - at, max(self._left, 1))
            if self._burst is not None and self._left == 0:
                self._begin(self._burst)
                n = min(len(out) - at, self._left)
            self._voice.render(out[at : at + n])
            self._fill(duck[at : at + n])
            self._left -= n
            at += n

    def _switch(self, priority: str | None, passed: bool) -> None:
        self._next = None
        burst = None if priority is None else BURSTS[priority]
        if burst is not self._burst:
            self._burst, self._left, self._sounding = burst, 0, 0
            self._voice.play(_SILENCE)
        elif burst is not None and passed != self._passed and not self._sounding:
            change = burst.passed_pause_s - burst.pause_s
            self._left = max(self._left + round((change if passed else -change) * SAMPLE_RATE_HZ), 1)
        self._passed = passed

    def _begin(self, burst: Burst) -> None:
        table = self._bursts[_priority(burst)]
        self._voice.play(table, repeats=False)
        pause_s = burst.passed_pause_s if self._passed else burst.pause_s
        self._sounding, self._left = len(table), len(table) + round(pause_s * SAMPLE_RATE_HZ)

    def _fill(self, duck: Waveform) -> None:
        """Fill ``duck`` with steps of 1 / FADE towards ``DUCKED`` while a burst sounds, and back to 1 after it."""
        at = 0
        while at < len(duck):
            n = min(len(duck) - at, self._sounding) if self._sounding else len(duck) - at
            self._duck = _approach(duck[at : at + n], self._duck, DUCKED if self._sounding else 1.0)
            self._sounding = max(self._sounding - n, 0)
            at += n


class Mixer:
    """The mixer of all voices. ``monitor`` fills an array with the next samples of the EMG."""

    def __init__(self, monitor: Callable[[Waveform], None] | None = None) -> None:
        self.cue, self.tick, self.response, self.alarm = LoopedTable(), LoopedTable(), LoopedTable(), AlarmBurst()
        self.volume, self.monitor_volume = 1.0, 0.0
        self._monitor = monitor
        self._gain, self._monitor_gain = 1.0, 0.0
        self._duck, self._gains, self._emg = (np.zeros(MOST_FRAMES, np.float32) for _ in range(3))

    def render(self, out: Waveform) -> None:
        """Fill ``out`` (at most MOST_FRAMES samples) with the next samples."""
        n = len(out)
        out[:] = 0.0
        for voice in (self.cue, self.tick, self.response):
            voice.render(out)
        gains = self._gains[:n]
        self._gain = _approach(gains, self._gain, max(self.volume, LEAST_VOLUME))
        out *= gains
        if self._monitor is not None:
            self._mix_monitor(out, gains)
        duck, emg = self._duck[:n], self._emg[:n]
        emg[:] = 0.0
        self.alarm.render(emg, duck)
        out *= duck
        out += emg
        np.clip(out, -1.0, 1.0, out=out)

    def hush(self) -> None:
        """Silence all voices without a click."""
        self.alarm.sound(None, passed=False)
        self.monitor_volume = 0.0
        for voice in (self.cue, self.tick, self.response):
            voice.play(_SILENCE)

    def _mix_monitor(self, out: Waveform, gains: Waveform) -> None:
        emg = self._emg[: len(out)]
        emg[:] = 0.0
        if self._monitor is not None:
            self._monitor(emg)
        self._monitor_gain = _approach(gains, self._monitor_gain, self.monitor_volume)
        emg *= gains
        out += emg


def _approach(out: Waveform, now: float, goal: float) -> float:
    """Fill ``out`` with steps of 1 / FADE from ``now`` towards ``goal``; return the last value."""
    step = 1.0 / FADE if goal > now else -1.0 / FADE
    np.add(np.multiply(_COUNT[: len(out)], step, out=out), now, out=out)
    (np.minimum if goal > now else np.maximum)(out, goal, out=out)
    return float(out[-1])


_COUNT = np.arange(1, MOST_FRAMES + 1, dtype=np.float32)


def _copy(table: Waveform, at: int, out: Waveform, *, repeats: bool) -> int:
    """Fill ``out`` from ``table`` at ``at``, repeated or with silence after its end; return the next place."""
    done = 0
    while done < len(out):
        if at >= len(table):
            if not repeats:
                out[done:] = 0.0
                return at
            at = 0
        n = min(len(table) - at, len(out) - done)
        out[done : done + n] = table[at : at + n]
        at, done = at + n, done + n
    return at


def _priority(burst: Burst) -> str:
    return next(priority for priority, known in BURSTS.items() if known is burst)
