"""Simulated Quattrocento, written from the maker's configuration protocol v1.7 and not from the driver.

Each frame has IN1 to IN8 (16 channels each), MULTIPLE IN1 to 4 (64 each) as far as they are active, 16 auxiliary
channels and 8 accessory ones: sample counter, trigger, unused, buffer, unused.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.drivers.pty_device import TcpDevice

RATES_HZ = (512.0, 2048.0, 5120.0, 10240.0)
TRIGGER_EVERY, TRIGGER_LENGTH = 500, 20


def crc(data: bytes) -> int:
    """Return the maker's checksum, bit by bit: least significant bit first, 0x8C for each bit that differs."""
    state = 0
    for byte in data:
        for bit in range(8):
            differs = (state ^ byte >> bit) & 1
            state = state >> 1 ^ (0x8C if differs else 0)
    return state


def wave(samples: NDArray[np.int64], column: int) -> NDArray[np.int64]:
    """Return the steps of an input in ``column`` of the frame."""
    return (samples * 3 + column * 7) % 2000 - 1000


class FakeQuattrocento(TcpDevice):
    """A device that streams once a valid command of 40 bytes has its last bit of ACQ_SETT set."""

    def __init__(self, first_count: int = 65_500) -> None:
        self.commands: list[bytes] = []
        self.first_count, self.channels = first_count, 120
        self._partial = b""
        super().__init__(10240.0, streaming=False)

    def reply_to(self, data: bytes) -> bytes:
        self._partial += data
        while len(self._partial) >= 40:
            command, self._partial = self._partial[:40], self._partial[40:]
            if command[39] == crc(command[:39]) and command[0] & 0x80:
                self._obey(command)
        return b""

    def _obey(self, command: bytes) -> None:
        self.commands.append(command)
        group = command[0] >> 1 & 3
        self.channels = (group + 1) * (2 * 16 + 64) + 16 + 8
        self.sample_rate_hz = RATES_HZ[command[0] >> 3 & 3]
        self.streaming = bool(command[0] & 1)
        self.sent = 0
        self.restart_clock()

    def bytes_of(self, first: int, count: int) -> bytes:
        samples = np.arange(first, first + count)
        frames = np.zeros((count, self.channels), np.int64)
        for column in range(self.channels - 24):
            frames[:, column] = wave(samples, column)
        counter = (samples + self.first_count) % 65_536
        frames[:, -8] = np.where(counter < 32_768, counter, counter - 65_536)
        frames[:, -7] = np.where(samples % TRIGGER_EVERY >= TRIGGER_EVERY - TRIGGER_LENGTH, 31_767, 0)
        frames[:, -5] = 20_000
        return frames.astype("<i2").tobytes()
