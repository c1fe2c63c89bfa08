"""Host of a simulated device, with a clock of its own: it sends commands and collects the frames returned."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from drivers.ona.frames import FrameReader, OnaFrame, encode
from drivers.simulated import messages as ona
from drivers.simulated.device import OnaDevice
from drivers.simulated.messages import Result
from drivers.simulated.patient import Patient

MS = 1_000_000
SECOND = 1000 * MS
STIM_FIELDS = ("sample", "offset_ns", "requested_ua", "delivered_ua", "width_us", "impedance", "flags")
STATUS_FIELDS = ("sample", "state", "fault", "lead_off", "battery", "impedance")


class Host:
    """Host that sends commands to ``device`` and lets time pass in steps of 2 ms."""

    def __init__(
        self, device: OnaDevice | None = None, *, seed: int = 1, channels: int = 2, rate: int = 10_000
    ) -> None:
        patient = Patient(seed, channels=channels, sample_rate_hz=rate, scenario="hold", start_mm=1.0)
        self.device = device or OnaDevice(patient)
        self.reader = FrameReader(range(256))
        self.now_ns = 5 * SECOND
        self.frames: list[OnaFrame] = []
        self.raw = b""
        self._seq = 0

    def take(self, data: bytes) -> list[OnaFrame]:
        self.raw += data
        frames = self.reader.feed(data)
        self.frames += frames
        return frames

    def send(self, kind: int, body: bytes = b"") -> Result:
        """Send a command; return the result in its ACK."""
        seq = self._seq
        self._seq = (seq + 1) % 256
        frames = self.take(self.device.feed(encode(kind, seq, body), self.now_ns))
        (reply,) = [f for f in frames if f.type == ona.ACK and f.body[0] == seq]
        return Result(reply.body[1])

    def set(self, current_ua: int, width_us: int = 100, rate_mhz: int = 0) -> Result:
        return self.send(ona.STIM_SET, struct.pack("<IHI", current_ua, width_us, rate_mhz))

    def once(self, current_ua: int, width_us: int = 100) -> Result:
        return self.send(ona.STIM_ONCE, struct.pack("<IH", current_ua, width_us))

    def enable(self, on: int = 1) -> Result:
        return self.send(ona.STIM_ENABLE, bytes([on]))

    def start(self, *, enabled: bool = False, current_ua: int = 1000, rate_mhz: int = 0) -> None:
        assert self.send(ona.START) is Result.DONE
        if enabled:
            assert self.set(current_ua, 100, rate_mhz) is Result.DONE
            assert self.enable() is Result.DONE

    def run(self, ms: float, *, beat: bool = True) -> None:
        """Let ``ms`` pass, with a HEARTBEAT every 200 ms."""
        end = self.now_ns + int(ms * MS)
        beat_ns = self.now_ns + 200 * MS
        while self.now_ns < end:
            self.now_ns = min(self.now_ns + 2 * MS, end)
            if beat and self.now_ns >= beat_ns:
                self.send(ona.HEARTBEAT)
                beat_ns += 200 * MS
            self.take(self.device.tick(self.now_ns))

    def stims(self) -> list[dict[str, int]]:
        return [dict(zip(STIM_FIELDS, struct.unpack("<IIIIHHB", f.body), strict=True)) for f in self._of(ona.STIM)]

    def statuses(self) -> list[dict[str, int]]:
        return [dict(zip(STATUS_FIELDS, struct.unpack("<IBBBBH", f.body), strict=True)) for f in self._of(ona.STATUS)]

    def sample_heads(self) -> list[tuple[int, int, int, int]]:
        """Return (first_sample, count, channels, flags) of every SAMPLES frame."""
        return [struct.unpack("<IBBB", f.body[:7]) for f in self._of(ona.SAMPLES)]

    def lsb(self) -> NDArray[np.int64]:
        """Return all samples (samples, channels) as the numbers sent."""
        raw = np.frombuffer(b"".join(f.body[7:] for f in self._of(ona.SAMPLES)), np.uint8).reshape(-1, 3)
        value = raw.astype(np.int64) @ np.array([1, 1 << 8, 1 << 16])
        return np.asarray((value - ((value >> 23) << 24)).reshape(-1, self.device.patient.channels))

    def _of(self, kind: int) -> Iterator[OnaFrame]:
        return (frame for frame in self.frames if frame.type == kind)
