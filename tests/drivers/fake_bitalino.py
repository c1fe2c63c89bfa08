"""Simulated BITalino, written from the reference and not from the driver: frames of 1 to 4 analogue inputs."""

from __future__ import annotations

from pathlib import Path

from tests.drivers.pty_device import PtyDevice


def ramp(sample: int, place: int) -> int:
    """Return the value of the input in ``place`` of the frame (0: the first that is active) at ``sample``."""
    return (sample + 100 * place) % 1000


def frame(number: int, values: list[int]) -> bytes:
    """Return the frame of sample ``number`` with 10-bit ``values``.

    From its last byte to its first the bits are: number, checksum, four inputs and outputs, then the values in turn.
    """
    size = {1: 3, 2: 4, 3: 6, 4: 7}[len(values)]
    bits = (f"{number % 16:04b}00000000" + "".join(f"{value:010b}" for value in values)).ljust(8 * size, "0")
    whole = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))[::-1]
    remainder = 0
    for bit in f"{int.from_bytes(whole, 'big'):0{8 * size}b}":
        remainder = remainder << 1
        if remainder & 16:
            remainder ^= 0b10011
        remainder ^= bit == "1"
    return whole[:-1] + bytes([whole[-1] | remainder])


class FakeBitalino(PtyDevice):
    """A ramp on each active input; silent until it is started."""

    def __init__(self, folder: Path, version: bytes = b"BITalino_v5.2\n") -> None:
        self.inputs, self.version = 1, version
        super().__init__(folder, 1000.0, streaming=False)

    def bytes_of(self, first: int, count: int) -> bytes:
        samples = range(first, first + count)
        return b"".join(frame(n, [ramp(n, place) for place in range(self.inputs)]) for n in samples)

    def reply_to(self, data: bytes) -> bytes:
        reply = b""
        for command in data:
            if command == 0x07 and not self.streaming:
                reply += self.version
            elif command & 3 == 1:
                self.inputs, self.streaming, self.sent = (command >> 2).bit_count(), True, 0
                self.restart_clock()
            elif command in {0x00, 0xFF}:
                self.streaming = False
        return reply
