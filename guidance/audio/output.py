"""The sound device: opens it, feeds its callback, monitors it, and opens it again after a loss.

A small buffer gives a short delay, but a busy machine may not fill it in time. The buffer starts small and grows after
repeated underruns, which are counted.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from guidance.audio.mixer import MOST_FRAMES
from guidance.audio.waveforms import SAMPLE_RATE_HZ, Waveform

BLOCK = 128
"""Samples of a block: 2.7 ms."""

LATENCIES_S = (0.0107, 0.016, 0.0214, 0.032, 0.0427)
"""Buffer at first, and after each increase."""

RETRY_S = 1.0
"""A lost device is tried again after this long."""

STALLED_S, STARTS_S, SETTLED_CALLS = 0.25, 2.5, 75
"""Longest time without a callback once settled, and before; the callbacks until a device has settled."""

_OFTEN, _WITHIN_S = 3, 10.0
"""This many underruns within this time increase the buffer."""

_PRIORITY, _NICE = 10, -11
_BREAKS = "The sound is interrupted again and again: this machine is too busy. Close other programs."
_NO_DEVICE = "No sound device responds ({}). Connect one; watch the screen meanwhile."
_NO_LIBRARY = "PortAudio is not installed, so there is no sound (Debian: libportaudio2). Watch the screen."


@dataclass(slots=True)
class Timing:
    """The last callback, and when the first sample of its block leaves, in ns of the monotonic clock."""

    called_ns: int = 0
    leaves_ns: int = 0
    calls: int = 0
    underflows: int = 0


class AudioOutput:
    """The output of what ``render`` fills. ``lost`` is a sentence about why there is no sound, or None.

    ``underruns`` counts how often samples were missing. ``render`` runs in PortAudio's own thread, not in a
    BackgroundWorker: the device decides when it is due.
    """

    def __init__(
        self, render: Callable[[Waveform], None], device: str | None = None, *, latency_s: float | None = None,
        block: int = BLOCK,
    ) -> None:  # fmt: skip
        """Play on ``device`` (its name, None: the system's default); ``latency_s`` fixes the buffer."""
        self._render, self._device, self._block = render, device, block
        self._latencies = LATENCIES_S if latency_s is None else (latency_s,)
        self._step = 0
        self._stream: Any = None
        self._mono = np.zeros(MOST_FRAMES, np.float32)
        self._retry_at = 0.0
        self._last_calls, self._last_called_at = 0, 0.0
        self._lapses: deque[float] = deque(maxlen=_OFTEN)
        self.timing = Timing()
        self.underruns = 0
        self.lost: str | None = None

    @property
    def latency_ms(self) -> float | None:
        """Latency that the device reports; None without a device."""
        return None if self._stream is None else float(self._stream.latency) * 1e3

    @property
    def block_ns(self) -> int:
        """Length of a block in ns."""
        return round(self._block / SAMPLE_RATE_HZ * 1e9)

    def tend(self) -> None:
        """Open the device if it is closed, check that it still plays, and increase its buffer where needed."""
        now = time.monotonic()
        if self._stream is None:
            if now >= self._retry_at:
                self._open(now)
            return
        timing = self.timing
        if timing.calls != self._last_calls:
            self._last_calls, self._last_called_at = timing.calls, now
        silent_s = now - self._last_called_at
        settled = timing.calls > SETTLED_CALLS
        if not self._stream.active or silent_s > (STALLED_S if settled else STARTS_S):
            self._restart(now, settled=settled)
        elif timing.underflows:
            timing.underflows, underflows = 0, timing.underflows
            if self._lapse(underflows, now):
                self._reopen(now)
        elif self.lost is not None and now - self._lapses[-1] > _WITHIN_S:
            self.lost = None

    def close(self) -> None:
        """Stop playing."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        import sounddevice

        with contextlib.suppress(sounddevice.PortAudioError):
            stream.abort()
        with contextlib.suppress(sounddevice.PortAudioError):
            stream.close()

    def _open(self, now: float) -> None:
        self._retry_at = now + RETRY_S
        try:
            import sounddevice
        except (OSError, ImportError):
            self.lost = _NO_LIBRARY
            return
        try:
            if self.lost is not None:
                _rescan(sounddevice)
            self.timing = Timing()
            self._last_calls, self._last_called_at = 0, now
            self._stream = self._started(sounddevice)
        except (sounddevice.PortAudioError, ValueError) as fault:
            self._stream, self.lost = None, _NO_DEVICE.format(_reason(fault))
        else:
            self.lost = _BREAKS if self.lost == _BREAKS else None

    def _started(self, sounddevice: Any) -> Any:
        stream = sounddevice.OutputStream(
            samplerate=SAMPLE_RATE_HZ,
            blocksize=self._block,
            device=self._device,
            channels=_channels(sounddevice, self._device),
            dtype="float32",
            latency=self._latencies[self._step],
            callback=self._callback(self.timing),
        )
        try:
            stream.start()
        except sounddevice.PortAudioError:
            stream.close()
            raise
        return stream

    def _callback(self, timing: Timing) -> Callable[[Any, int, Any, Any], None]:
        render, mono = self._render, self._mono

        def called(out: Any, frames: int, times: Any, status: Any) -> None:
            now_ns = time.monotonic_ns()
            if not timing.calls:
                hasten(_PRIORITY)
            if timing.calls > SETTLED_CALLS:
                timing.underflows += bool(status.output_underflow)
            part = mono[:frames]
            render(part)
            out[:] = part[:, None]
            timing.leaves_ns = now_ns + round(max(times.outputBufferDacTime - times.currentTime, 0.0) * 1e9)
            timing.called_ns = now_ns
            timing.calls += 1

        return called

    def _restart(self, now: float, *, settled: bool) -> None:
        """Restart: some sound systems stall for seconds after an underrun."""
        if settled:
            self._lapse(1, now)
            self._reopen(now)
        else:
            self.close()
            self.lost = _NO_DEVICE.format("it does not play")

    def _lapse(self, count: int, now: float) -> bool:
        """Count ``count`` underruns; return whether to try a larger buffer."""
        self.underruns += count
        self._lapses.append(now)
        if len(self._lapses) < _OFTEN or now - self._lapses[0] > _WITHIN_S:
            return False
        if self._step + 1 == len(self._latencies):
            self.lost = _BREAKS
            return False
        self._step += 1
        self._lapses.clear()
        return True

    def _reopen(self, now: float) -> None:
        self.close()
        self._open(now)


def _rescan(sounddevice: Any) -> None:
    """Make PortAudio list the devices again, which it does only at its start."""
    sounddevice._terminate()  # noqa: SLF001 - there is no public way
    sounddevice._initialize()  # noqa: SLF001


def _channels(sounddevice: Any, device: str | None) -> int:
    return max(1, min(2, int(sounddevice.query_devices(device, "output")["max_output_channels"])))


def hasten(priority: int) -> None:
    """Give this thread, and those it starts, real-time ``priority`` where the system allows it."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(priority))


def _reason(fault: Exception) -> str:
    text = str(fault.args[0] if fault.args else fault)
    return text.partition("[")[0].strip().rstrip(".").lower() or "no reason given"
