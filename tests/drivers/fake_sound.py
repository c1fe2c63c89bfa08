"""Fake of sounddevice whose sound card is the test; it has only the parts that the driver uses."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray


class PortAudioError(Exception):
    pass


class FakeSound:
    """Fake sound system. ``record`` delivers samples, ``unplug`` ends the stream, ``refuses`` are rates it rejects."""

    PortAudioError = PortAudioError
    default = SimpleNamespace(device=(1, 1))

    def __init__(self, refuses: tuple[float, ...] = ()) -> None:
        self.names = ["HDMI out", "Line In", "USB Audio CODEC", "USB Microphone"]
        self.refuses = refuses
        self.stream: FakeStream | None = None

    def query_devices(self) -> list[dict[str, Any]]:
        return [{"name": name, "max_input_channels": 0 if "out" in name else 2} for name in self.names]

    def InputStream(self, **options: Any) -> FakeStream:  # noqa: N802 - sounddevice's own name
        if options["samplerate"] in self.refuses or options["device"] >= len(self.names):
            raise PortAudioError("Invalid sample rate")
        self.stream = FakeStream(**options)
        return self.stream

    def unplug(self) -> None:
        assert self.stream is not None
        self.stream.finished_callback()
        self.names = self.names[:1]

    def plug(self) -> None:
        self.names = FakeSound().names


class FakeStream:
    def __init__(
        self, device: int, channels: int, samplerate: float, dtype: str, callback: Callable[..., None],
        finished_callback: Callable[[], None], **_: str,
    ) -> None:  # fmt: skip
        self.device, self.channels, self.samplerate, self.dtype = device, channels, samplerate, dtype
        self.callback, self.finished_callback = callback, finished_callback
        self.running = False
        self.counted = 0

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def abort(self, **_: bool) -> None:
        self.running = False

    def close(self, **_: bool) -> None:
        self.running = False

    def record(self, samples: NDArray[np.float32], *, overflow: bool = False, lost: int = 0) -> None:
        """Deliver ``samples``, after ``lost`` ones that were dropped."""
        assert self.running
        self.counted += lost
        times = SimpleNamespace(inputBufferAdcTime=100 + self.counted / self.samplerate)
        self.counted += len(samples)
        self.callback(samples, len(samples), times, SimpleNamespace(input_overflow=overflow))
        samples[:] = np.nan  # PortAudio uses its buffer again
