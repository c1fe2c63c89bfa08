"""The sound of a page: its signal through the EMG monitor, played by a process of its own.

A process of its own, because the libraries of the sound system write to the terminal that shows the screen.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from guidance.audio.emg import EmgMonitor
from guidance.audio.emg_band import emg_band
from guidance.audio.waveforms import SAMPLE_RATE_HZ, Waveform
from guidance.contracts.lesson import Trace

_BLOCK_S = 0.01
_LEAST_S = 1.5
"""A shorter signal is repeated until it is this long."""
_STOP_S = 1.0


def rendered(trace: Trace) -> Waveform:
    """Return ``trace`` as the EMG monitor plays it, at the loudspeaker's rate; its largest value is full scale."""
    rate_hz = trace.sample_rate_hz
    repeats = max(int(np.ceil(_LEAST_S * rate_hz / len(trace.uv))), 1)
    uv = np.tile(trace.uv.astype(float), repeats)
    monitor = EmgMonitor(rate_hz, emg_band(rate_hz), max(float(np.abs(uv).max()), 1.0))
    step, block = round(_BLOCK_S * rate_hz), round(_BLOCK_S * SAMPLE_RATE_HZ)
    out = np.zeros((len(uv) // step, block), np.float32)
    for number, part in enumerate(out):
        monitor.feed(number * step, uv[number * step : (number + 1) * step], awaiting=False)
        monitor.fill(part)
    return out.reshape(-1)


class LessonSound:
    """The player of a page's sound; one at a time."""

    def __init__(self) -> None:
        """Begin in silence."""
        self._process: subprocess.Popen[str] | None = None
        self.state = ""

    def start(self, page: int) -> None:
        """Play the sound of ``page``, instead of any that plays."""
        self.stop()
        words = [sys.executable, "-m", "guidance", "learn", "--sound", str(page)]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this program itself, with a number
                words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )
        except OSError as fault:
            self.state = f"no sound: {fault.strerror}"
            return
        self.state = "playing"

    def poll(self) -> str:
        """Return what the sound does: empty, ``playing``, or why there is none."""
        if self._process is not None and self._process.poll() is not None:
            _, errors = self._process.communicate()
            is_lost = self._process.returncode != 0
            self.state = f"no sound, the page works without it: {_last_sentence(errors)}" if is_lost else ""
            self._process = None
        return self.state

    def stop(self) -> None:
        """Stop the sound that plays, if any."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.communicate(timeout=_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.communicate()
        self._process, self.state = None, ""


def _last_sentence(errors: str) -> str:
    lines = [line for line in errors.splitlines() if line.strip()]
    return lines[-1].removeprefix("needle-guidance: ") if lines else "the player ended."
