"""Stimulating channels of an Intan RHS: their parameters before a run, while armed, for a pulse, and at the end.

While RHX runs, every upload makes it leave its continuous mode for a moment (read in its source). ``UploadedPulses``
uploads for every new current; ``PreparedPulses`` uploads before the run alone.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.base import DeviceRefused, Limits, Pulse
from drivers.rhx import stimulus
from drivers.rhx.commands import RhxCommands
from drivers.rhx.samples import Mark

STEPS = 255
MAX_PULSE_RATE_HZ = 10.0
MARK_S = 1.0
"""Longest time from a trigger to its mark in the stream: RHX read commands up to 0.3 s late, and its samples come in
portions of 30 ms."""

Setting = dict[str, str]


def limits_of(step_ua: float, sample_rate_hz: float) -> Limits:
    """Return the limits of a channel with this step size, at a sampling rate of ``sample_rate_hz``."""
    step_ma = step_ua / 1000
    return Limits(STEPS * step_ma, step_ma, max(0.05, 1e3 / sample_rate_hz), 5.0, MAX_PULSE_RATE_HZ)


@dataclass(frozen=True, slots=True)
class Wiring:
    """What stimulates: ``channels`` that the address names, ``outputs`` that could, those to ``disable`` at arming."""

    channels: tuple[str, ...]
    outputs: tuple[str, ...]
    disable: tuple[str, ...] = ()

    @property
    def others(self) -> tuple[str, ...]:
        """Outputs that must not be enabled."""
        return tuple(name for name in self.outputs if name not in self.channels)


class Output(ABC):
    """Stimulating channels on one RHX. Every method may raise DeviceRefused and DeviceLost.

    ``found``: the parameters that an earlier user left, by channel, once they are read. ``notes``: sentences for the
    operator on what was found.
    """

    def __init__(self, commands: RhxCommands, wiring: Wiring, limits: Limits) -> None:
        self._commands, self.wiring, self.limits = commands, wiring, limits
        self.found: dict[str, Setting] = {}
        self.notes: tuple[str, ...] = ()

    def prepare(self) -> None:
        """Read what an earlier user left, switch off what is on, and set what must be set before a run begins."""
        notes = []
        for channel in self.wiring.channels:
            found = dict(zip(stimulus.ALL, self._read(channel), strict=True))
            if found[stimulus.ENABLED].lower() == "true":
                notes.append(
                    f"{channel.upper()} was still enabled for stimulation, as a program leaves it that ends without "
                    "closing; it was switched off."
                )
                self._switch([channel], on=False)
            self.found.setdefault(channel, found)
        if others := self._enabled_others():
            notes.append(_refusal(others))
        self.notes = tuple(notes)
        self._set_before_run()

    def restore(self) -> None:
        """Switch the channels off and put back what an earlier user left, except that they stay off."""
        for channel, found in self.found.items():
            values = {**found, stimulus.ENABLED: "false"}
            self._commands.change(stimulus.of_channel(channel, values), upload=[channel])

    @abstractmethod
    def arm(self) -> None:
        """Let the channels give pulses; refuse where another one is enabled."""

    @abstractmethod
    def disarm(self) -> None:
        """Let the channels give no more pulses."""

    @abstractmethod
    def make_ready(self, current_ma: float, width_ms: float) -> str:
        """Set the next pulse and read it back; return the key that gives it."""

    @abstractmethod
    def note_trigger(self, current_ma: float, width_ms: float) -> None:
        """Note that the pulse was triggered."""

    @abstractmethod
    def pulse(self, channel: str, mark: Mark, sample_rate_hz: float) -> Pulse:
        """Return the pulse that ``mark`` shows, with the current that was set and read back for it."""

    @abstractmethod
    def _set_before_run(self) -> None:
        """Set what RHX keeps from the start of a run on."""

    def _read(self, channel: str) -> list[str]:
        return self._commands.values([f"{channel}.{name}" for name in stimulus.ALL])

    def _switch(self, channels: Sequence[str], *, on: bool) -> None:
        values: dict[str, str | float] = {f"{channel}.{stimulus.ENABLED}": str(on).lower() for channel in channels}
        self._commands.change(values, upload=channels)

    def _enabled_others(self) -> list[str]:
        others = [name for name in self.wiring.others if name not in self.wiring.disable]
        states = self._commands.values([f"{name}.{stimulus.ENABLED}" for name in others])
        return stimulus.enabled_among(others, states)


class UploadedPulses(Output):
    """One channel; every new current or width is uploaded while RHX runs."""

    def __init__(self, commands: RhxCommands, wiring: Wiring, limits: Limits) -> None:
        super().__init__(commands, wiring, limits)
        (self._channel,) = wiring.channels
        self._set: tuple[float, float] | None = None
        self._may_be_on = False
        self._triggered: deque[tuple[float, float, float]] = deque()
        self._lock = threading.Lock()

    def arm(self) -> None:
        """Set every parameter, enable the channel, upload, and read all of it back in one request."""
        self._may_be_on, self._set = True, None
        if self.wiring.disable:
            self._switch(self.wiring.disable, on=False)
        others = self.wiring.others
        values = {**stimulus.SINGLE_PULSE, stimulus.ENABLED: "true"}
        also = [f"{name}.{stimulus.ENABLED}" for name in others]
        states = self._commands.change(stimulus.of_channel(self._channel, values), upload=[self._channel], also=also)
        if enabled := stimulus.enabled_among(others, states):
            self.disarm()
            raise DeviceRefused(_refusal(enabled))

    def disarm(self) -> None:
        """Switch the channel off, unless it is known to be off."""
        if self._may_be_on:
            self._switch([self._channel], on=False)
        self._may_be_on = False

    def make_ready(self, current_ma: float, width_ms: float) -> str:
        """Set both phases, upload and read back, unless they are as set last."""
        if self._set != (current_ma, width_ms):
            self._set = None
            phases = stimulus.both_phases(current_ma, width_ms)
            self._commands.change(stimulus.of_channel(self._channel, phases), upload=[self._channel])
            self._set = current_ma, width_ms
        return stimulus.KEY

    def note_trigger(self, current_ma: float, width_ms: float) -> None:
        """Note that the pulse was triggered, until its mark comes."""
        with self._lock:
            self._triggered.append((time.monotonic(), current_ma, width_ms))

    def pulse(self, channel: str, mark: Mark, sample_rate_hz: float) -> Pulse:
        """Return the pulse of ``mark``.

        Its current is not known where two triggers may have given it, or where its width is another than was set.
        """
        del channel
        set_ma, set_ms = self._setting_of_mark()
        width_ms = mark.width / sample_rate_hz * 1e3
        fits = set_ms is None or abs(width_ms - set_ms) <= 1.5e3 / sample_rate_hz
        current_ma = set_ma if fits else None
        return _pulse(mark, current_ma, width_ms)

    def _setting_of_mark(self) -> tuple[float | None, float | None]:
        """Return current and width that were set for the next mark; None where that is not known."""
        with self._lock:
            oldest_s = time.monotonic() - MARK_S
            while self._triggered and self._triggered[0][0] < oldest_s:
                self._triggered.popleft()
            waiting = {(current_ma, width_ms) for _, current_ma, width_ms in self._triggered}
            if self._triggered:
                self._triggered.popleft()
            elif self._set is not None:
                waiting = {self._set}
        return waiting.pop() if len(waiting) == 1 else (None, None)

    def _set_before_run(self) -> None:
        """Set amplitudes above 0, the channel off: where they are 0 as a run begins, its stream shows no pulse.

        The first upload takes 0.4 s; it is made here, so that none takes so long after arming.
        """
        least = dict.fromkeys(stimulus.AMPLITUDES, round(self.limits.current_step_ma * 1000, 3))
        values = {**stimulus.SINGLE_PULSE, **least, stimulus.ENABLED: "false"}
        self._commands.change(stimulus.of_channel(self._channel, values), upload=[self._channel])


class PreparedPulses(Output):
    """Several channels wired together, the first with one step of current, the next with two, and so on.

    All is uploaded before the run, the channels enabled; while RHX runs nothing is.
    """

    def __init__(self, commands: RhxCommands, wiring: Wiring, limits: Limits) -> None:
        super().__init__(commands, wiring, limits)

    def arm(self) -> None:
        """Check that no other output is enabled; the channels themselves have been since the start."""
        if enabled := self._enabled_others():
            raise DeviceRefused(_refusal(enabled))

    def disarm(self) -> None:
        """Do nothing: what is not triggered gives no pulse, and an upload is to be avoided."""

    def make_ready(self, current_ma: float, width_ms: float) -> str:
        """Return the key of the channel that gives this current."""
        del width_ms
        return f"f{round(current_ma / self.limits.current_step_ma)}"

    def note_trigger(self, current_ma: float, width_ms: float) -> None:
        """Do nothing: the channel of a mark states its current."""

    def pulse(self, channel: str, mark: Mark, sample_rate_hz: float) -> Pulse:
        """Return the pulse of ``mark`` with the current of ``channel``."""
        number = self.wiring.channels.index(channel) + 1
        return _pulse(mark, round(number * self.limits.current_step_ma, 6), mark.width / sample_rate_hz * 1e3)

    def _set_before_run(self) -> None:
        if self.wiring.disable:
            self._switch(self.wiring.disable, on=False)
        for number, channel in enumerate(self.wiring.channels, 1):
            phases = stimulus.both_phases(number * self.limits.current_step_ma, self.limits.min_width_ms)
            values = {**stimulus.SINGLE_PULSE, **phases, "source": f"keypressf{number}", stimulus.ENABLED: "true"}
            self._commands.change(stimulus.of_channel(channel, values), upload=[channel])


def _pulse(mark: Mark, current_ma: float | None, width_ms: float) -> Pulse:
    return Pulse(
        sample=mark.sample,
        current_ma=None if mark.compliance else current_ma,
        requested_ma=current_ma,
        width_ms=width_ms,
        compliance=mark.compliance,
    )


def _refusal(enabled: Sequence[str]) -> str:
    named = stimulus.names(enabled)
    return (
        f"RHX has other outputs enabled that the same trigger may fire: {named}. It is not armed: switch them off in "
        f"RHX, or add disable={','.join(enabled)} to the address."
    )
