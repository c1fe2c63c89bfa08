"""Playing and saving single sounds, and the check of the sound device: whether it plays and can be recorded."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guidance.audio.output import SETTLED_CALLS, AudioOutput
from guidance.audio.waveforms import SAMPLE_RATE_HZ, Waveform, raised
from guidance.common.errors import UserError

_AFTER_S = 0.3
"""Silence after a sound, so that its end is played."""

_MICROPHONE_OPENS_S, _MICROPHONE_LATE_S = 3.0, 1.0
"""Longest time until a microphone opens, and until it has recorded the whole pattern."""

_CODE = (1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0)
_BIT_S, _TONE_HZ, _TONE_LEVEL = 0.08, 997.0, 0.2
_STEP_S = 0.01
_ALIKE = 0.7
"""Least correlation of the recording's level with the pattern."""


@dataclass(frozen=True, slots=True)
class SoundCheck:
    """The result: ``state`` is ``heard``, ``not heard``, ``nothing to hear with`` or ``lost`` (then with ``why``)."""

    state: str
    why: str | None = None
    latency_ms: float | None = None
    underruns: int = 0


class _RenderedSound:
    def __init__(self, samples: Waveform) -> None:
        self._samples, self.at, self.length = samples, 0, len(samples)
        self.runs = False

    def render(self, out: Waveform) -> None:
        if not self.runs:
            out[:] = 0.0
            return
        part = self._samples[self.at : self.at + len(out)]
        out[: len(part)] = part
        out[len(part) :] = 0.0
        self.at += len(out)


def write(samples: Waveform, path: Path) -> None:
    """Write ``samples`` as a WAV file at ``path``. Raises UserError if that fails."""
    import soundfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, SAMPLE_RATE_HZ, subtype="PCM_16", format="WAV")
    except (OSError, soundfile.SoundFileError) as fault:
        raise UserError(f"{path} cannot be written ({fault}); name a folder you may write to.") from None


def play(samples: Waveform, device: str | None) -> SoundCheck:
    """Play ``samples`` to their end. Raises UserError without a sound device."""
    with _libraries_silent():
        return _play_on(_RenderedSound(samples), device)


def _play_on(sound: _RenderedSound, device: str | None) -> SoundCheck:
    output = AudioOutput(sound.render, device)
    try:
        while sound.at < sound.length + _AFTER_S * SAMPLE_RATE_HZ:
            output.tend()
            sound.runs = output.timing.calls > SETTLED_CALLS
            if output.lost is not None:
                raise UserError(output.lost)
            time.sleep(0.02)
        return SoundCheck("not heard", None, output.latency_ms, output.underruns)
    finally:
        output.close()


@contextlib.contextmanager
def _libraries_silent() -> Iterator[None]:
    """Keep the output of sound libraries on standard error off the terminal."""
    saved, none = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(none, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(none)


def check_sound(device: str | None) -> SoundCheck:
    """Play a tone in a pattern; check whether a microphone or a monitor of the loudspeaker records it.

    An idle sound system may drop the first seconds, so a pattern that is not recorded is played once more.
    """
    check = _checked(device)
    return _checked(device) if check.state == "not heard" else check


def _checked(device: str | None) -> SoundCheck:
    recorded: list[NDArray[np.float32]] = []
    stream = _open_microphone(recorded)
    try:
        if stream is not None:
            _wait_until(lambda: bool(recorded), _MICROPHONE_OPENS_S)
        check = play(pattern(), device)
        contains = bool(recorded) and _wait_until(lambda: _contains_pattern(_joined(recorded)), _MICROPHONE_LATE_S)
    except UserError as fault:
        return SoundCheck("lost", str(fault))
    finally:
        if stream is not None:
            stream.close()
    return replace(check, state="heard" if contains else "not heard" if recorded else "nothing to hear with")


def _wait_until(wanted: Callable[[], bool], within_s: float) -> bool:
    """Wait until ``wanted`` is true; return False if it is not in time."""
    until = time.monotonic() + within_s
    while not (done := wanted()) and time.monotonic() < until:
        time.sleep(0.05)
    return done


def _joined(recorded: list[NDArray[np.float32]]) -> NDArray[np.float64]:
    return np.concatenate(recorded)[:, 0].astype(float)


def _open_microphone(recorded: list[NDArray[np.float32]]) -> Any:
    """Open a microphone that appends to ``recorded``; return None without one."""
    try:
        import sounddevice
    except (OSError, ImportError):
        return None
    try:
        stream = sounddevice.InputStream(
            samplerate=SAMPLE_RATE_HZ, channels=1, callback=lambda recording, *_: recorded.append(recording.copy())
        )
        stream.start()
    except (sounddevice.PortAudioError, ValueError):
        return None
    return stream


def pattern() -> Waveform:
    """Return the tone in its pattern of on and off."""
    n = round(_BIT_S * SAMPLE_RATE_HZ)
    tone = _TONE_LEVEL * np.sin(2 * np.pi * _TONE_HZ * np.arange(n) / SAMPLE_RATE_HZ) * raised(n, n // 10)
    return np.concatenate([tone * bit for bit in _CODE]).astype(np.float32)


def _contains_pattern(recording: NDArray[np.float64]) -> bool:
    """Return whether ``recording`` contains the pattern, at any level and lag."""
    hop = round(_STEP_S * SAMPLE_RATE_HZ)
    frames = recording[: len(recording) // hop * hop].reshape(-1, hop)
    wave = np.exp(-2j * np.pi * _TONE_HZ * np.arange(hop) / SAMPLE_RATE_HZ)
    level = np.abs(frames @ wave)
    code = np.repeat(np.array(_CODE, float), round(_BIT_S / _STEP_S))
    if len(level) < len(code) or not level.any():
        return False
    windows = np.lib.stride_tricks.sliding_window_view(level, len(code))
    return any(np.std(part) > 0 and np.corrcoef(part, code)[0, 1] > _ALIKE for part in windows)
