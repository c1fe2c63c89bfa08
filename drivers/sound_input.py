"""A sound input as an amplifier: the analogue or loudspeaker output of any EMG machine.

Tested on PulseAudio's null sink and its monitor, on no EMG machine.
"""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from drivers.base import Calibrated, Channel, DeviceInfo, DeviceLost, DeviceNotFound, DeviceRefused, Samples
from drivers.toolkit.address import name_option, parse_address
from drivers.toolkit.streaming import SILENCE_S, StreamingAmplifier

MAX_CHUNKS = 4096
STALLED_S = 1.0
"""A sound card that has started never pauses this long."""
_OPTIONS = ("channels", "rate_hz", "full_scale_uv", "front_end")
_SAMPLE_RATES_HZ = (48_000.0, 44_100.0)
_NEARLY = 0.999
"""Share of full scale from which on a sample counts as clipped."""
_CLOSES_S = 2.0
"""Longest wait for the sound system to close a stream."""


@dataclass(frozen=True, slots=True, eq=False)
class SoundChunk:
    """Samples of shape (samples, channels), full scale 1, the first recorded at ``adc_s`` of the card's clock.

    ``overflow``: the card dropped samples before them.
    """

    arrived_ns: int
    samples: Samples
    adc_s: float
    overflow: bool


class SoundInput(StreamingAmplifier, Calibrated):
    """The input at ``sound:NAME?channels=N&rate_hz=HZ&full_scale_uv=UV``; NAME is its number or part of its name.

    Without a name it is the system's default input. ``full_scale_uv`` is the uV of full scale at the electrode; without
    it, samples are in full scales. A card that overflows drops samples; the card's clock shows how many.
    ``front_end`` names the machine whose output is recorded, for screen, record and note.
    """

    def __init__(self, rest: str) -> None:
        self._address = parse_address("sound", rest, _OPTIONS)
        self._channels = self._address.count("channels", 1, 64)
        self._full_scale_uv = self._address.number("full_scale_uv")
        self._sample_rate_hz = self._address.number("rate_hz")
        self._front_end = name_option(str(self._address), self._address.options, "front_end")
        self._chunks: queue.SimpleQueue[SoundChunk | None] = queue.SimpleQueue()
        self._sound = library()
        self._stream: Any = None
        super().__init__(str(self._address))

    def rescaled(self, factor: float) -> str:
        """Return the address with a full scale of ``factor`` times its microvolts."""
        return str(self._address.changed(full_scale_uv=f"{(self._full_scale_uv or 1.0) * factor:.6g}"))

    def _connect(self) -> DeviceInfo:
        number, name = choose_input(inputs(self._sound), self._address.target)
        self._name = name
        self._stream = self._open(number)
        reach_uv = (self._full_scale_uv or 1.0) * _NEARLY
        return DeviceInfo(
            model=f"{self._front_end} by sound input {name}" if self._front_end else f"sound input {name}",
            serial="",
            address=str(self._address),
            sample_rate_hz=float(self._stream.samplerate),
            channels=tuple(Channel(f"input {i + 1}", reach_uv) for i in range(self._channels)),
            scale_known=self._full_scale_uv is not None,
        )

    def _open(self, number: int) -> Any:
        """Open a stream at the requested rate, or at the first rate that the card accepts. Raises DeviceRefused."""
        why = ""
        for sample_rate_hz in (self._sample_rate_hz,) if self._sample_rate_hz else _SAMPLE_RATES_HZ:
            try:
                return self._sound.InputStream(
                    device=number, channels=self._channels, samplerate=sample_rate_hz, dtype="float32", latency="low",
                    callback=self._on_samples, finished_callback=lambda: self._chunks.put(None),
                )  # fmt: skip
            except (self._sound.PortAudioError, ValueError) as error:
                why = str(error)
        raise DeviceRefused(
            f"The sound input {self._name} does not open with {self._channels} channel(s)"
            f"{f' at {self._sample_rate_hz:g} Hz' if self._sample_rate_hz else ''} ({why}); correct channels= or "
            "rate_hz=, or close the program that uses it."
        )

    def _on_samples(self, samples: Any, _count: int, times: Any, status: Any) -> None:
        """Queue samples from the card; runs in PortAudio's own thread, which replaces a ReaderThread."""
        if self._chunks.qsize() < MAX_CHUNKS:
            adc_s = float(times.inputBufferAdcTime)
            self._chunks.put(SoundChunk(time.monotonic_ns(), samples.copy(), adc_s, bool(status.input_overflow)))

    def _begin(self) -> None:
        self._stream.stop()
        while not self._chunks.empty():
            self._chunks.get()
        self._last: SoundChunk | None = None
        self.silence_s = SILENCE_S
        try:
            self._stream.start()
        except self._sound.PortAudioError as error:
            raise DeviceLost(f"The sound input {self._name} does not start ({error}); connect it again.") from error

    def _pump(self, timeout_s: float) -> None:
        chunk = self._next(timeout_s)
        while chunk is not None:
            if self._last is not None and chunk.overflow:
                self.emit_gap(lost_between(self._last, chunk, self.info.sample_rate_hz))
            self.emit_samples(chunk.samples * np.float32(self._full_scale_uv or 1.0), chunk.arrived_ns)
            self._last, self.silence_s = chunk, STALLED_S
            chunk = self._next(0.0)

    def _next(self, timeout_s: float) -> SoundChunk | None:
        """Return the next chunk, None where there is none yet. Raises DeviceLost at the end of the stream."""
        try:
            chunk = self._chunks.get(timeout=timeout_s) if timeout_s > 0 else self._chunks.get_nowait()
        except queue.Empty:
            return None
        if chunk is None:
            raise DeviceLost(f"The sound input {self._name} has ended: it was unplugged or its sound system stopped.")
        return chunk

    def _release(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            closing = threading.Thread(target=_close, args=(stream,), daemon=True)
            closing.start()
            closing.join(_CLOSES_S)


def _close(stream: Any) -> None:
    """Close ``stream`` in a thread of its own, because the call never returns where the sound server has died."""
    stream.abort(ignore_errors=True)
    stream.close(ignore_errors=True)


def library() -> Any:
    """Return sounddevice. Raises DeviceRefused where PortAudio is missing."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise DeviceRefused("Sound inputs need PortAudio: on Debian, apt-get install libportaudio2.") from error
    return sounddevice


def inputs(sound: Any) -> dict[int, str]:
    """Return number and name of every sound input, the system's default first."""
    own = sound.default.device[0]
    found = {i: str(d["name"]) for i, d in enumerate(sound.query_devices()) if d["max_input_channels"] > 0}
    return dict(sorted(found.items(), key=lambda item: item[0] != own))


def choose_input(known: dict[int, str], wanted: str) -> tuple[int, str]:
    """Return the input named by ``wanted``: a number, a name, part of a name, or nothing for the system's default.

    Raises DeviceNotFound, and DeviceRefused where several match.
    """
    if wanted.isascii() and wanted.isdigit():
        found = {int(wanted): known[int(wanted)]} if int(wanted) in known else {}
    elif wanted:
        exact = {number: name for number, name in known.items() if name == wanted}
        found = exact or {number: name for number, name in known.items() if wanted.lower() in name.lower()}
    else:
        found = dict(list(known.items())[:1])
    listed = ", ".join(f"{number} {name}" for number, name in known.items()) or "none"
    if not found:
        what = f"There is no sound input '{wanted}'" if wanted else "This system has no default sound input"
        raise DeviceNotFound(f"{what}; there are: {listed}.")
    if len(found) > 1:
        raise DeviceRefused(f"'{wanted}' matches several sound inputs; give the number of one: {listed}.")
    return next(iter(found.items()))


def lost_between(before: SoundChunk, after: SoundChunk, sample_rate_hz: float) -> int:
    """Return the samples dropped between two chunks, at least 1.

    They are counted by the card's clock, or by this computer's clock where the card reports no time.
    """
    if before.adc_s > 0 and after.adc_s > before.adc_s:
        passed = (after.adc_s - before.adc_s) * sample_rate_hz - len(before.samples)
    else:
        passed = (after.arrived_ns - before.arrived_ns) / 1e9 * sample_rate_hz - len(after.samples)
    return max(round(passed), 1)
