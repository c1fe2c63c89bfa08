"""A simulated OpenBCI Cyton, written from the reference: 250 packets of 33 bytes a second, 8 channels of 24 bits."""

from __future__ import annotations

from pathlib import Path

from tests.drivers.pty_device import PtyDevice

RATE_HZ = 250.0
UV_PER_STEP = 4.5 / (2**23 - 1) / 24 * 1e6


def counts(sample: int, channel: int) -> int:
    """Return the converter's number: a saw tooth with both signs."""
    return (sample * 1000 + channel * 77_777) % 1_000_000 - 500_000


class FakeCyton(PtyDevice):
    """Simulated Cyton that replies to v, d, ?, b and s, and to nothing else."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, RATE_HZ, streaming=False)

    def bytes_of(self, first: int, count: int) -> bytes:
        out = bytearray()
        for sample in range(first, first + count):
            values = b"".join(counts(sample, channel).to_bytes(3, "big", signed=True) for channel in range(8))
            out += bytes((0xA0, sample % 256)) + values + bytes(6) + b"\xc0"
        return bytes(out)

    def reply_to(self, data: bytes) -> bytes:
        reply = b""
        for letter in data:
            if letter in b"vd?":
                reply += b"OpenBCI V3 8-16 channel\r\nOn Board ADS1299 Device ID: 0x3E\r\n$$$"
            elif letter in b"bs":
                self.streaming = letter == ord("b")
                self.restart_clock()
        return reply
