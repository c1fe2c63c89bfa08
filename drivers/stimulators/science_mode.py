"""Packets of ScienceMode4 (Hasomed P24, I24): encoding and decoding. No I/O."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import IntEnum

import fastcrc

from drivers.base import LimitExceeded

START, STOP, ESCAPE, KEY = 0xF0, 0x0F, 0x81, 0x55
STEP_MA, MAX_CURRENT_MA = 0.5, 150.0
LONGEST_US = 4095
_OVERHEAD, _HEAD = 10, 9
_LEAST, _LONGEST = 12, 1100


class CommandNumber(IntEnum):
    """Commands; the reply to a command has the number after it."""

    LOW_LEVEL_INIT = 0
    CHANNEL_CONFIG = 2
    LOW_LEVEL_STOP = 4
    MID_LEVEL_STOP = 34
    DEVICE_ID = 52
    STIM_STATUS = 62
    GENERAL_ERROR = 66
    UNKNOWN = 67
    VERSION = 68


ERRORS = {
    1: "transfer error", 2: "parameter error", 3: "protocol error", 4: "stimulation timeout", 7: "not initialised",
    8: "high voltage error", 10: "electrode error", 11: "invalid command", 16: "pulse timeout", 21: "busy",
    28: "pulse with too low a current",
}  # fmt: skip
UNDELIVERED = {10, 28}
"""Results that mean that the current did not flow."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet: its command, its number (0 to 63) and its body."""

    command: int
    number: int
    body: bytes = b""


def encode(packet: Packet) -> bytes:
    """Return the packet's bytes."""
    payload = _stuffed(struct.pack(">H", packet.number << 10 | packet.command) + packet.body)
    head = struct.pack(">HH", len(payload) + _OVERHEAD, fastcrc.crc16.xmodem(payload))
    return bytes((START,)) + b"".join(_escaped(byte) for byte in head) + payload + bytes((STOP,))


def point(current_ma: float, width_us: int) -> bytes:
    """Encode one part of a pulse: ``current_ma`` for ``width_us``.

    Raises LimitExceeded where the current is not a whole number of steps of 0.5 mA, or a value is too large.
    """
    steps = current_ma / STEP_MA
    if not (math.isfinite(steps) and abs(steps - round(steps)) < 1e-6 and abs(current_ma) <= MAX_CURRENT_MA):
        raise LimitExceeded(
            f"{current_ma:g} mA is not a whole number of steps of {STEP_MA:g} mA up to {MAX_CURRENT_MA:g} mA."
        )
    if not 0 <= width_us <= LONGEST_US:
        raise LimitExceeded(f"A phase of {width_us} us is outside 0 to {LONGEST_US} us.")
    return struct.pack(">I", width_us << 20 | (round(2 * current_ma) + 300) << 10)


def channel_config(channel: int, points: bytes, *, execute: bool) -> bytes:
    """Return the body of CHANNEL_CONFIG: ``points`` on yellow ``channel`` 0 to 3, given at once if ``execute``."""
    return bytes((execute << 7 | channel << 5 | len(points) // 4 - 1,)) + points


class PacketReader:
    """Decoder of bytes into packets; invalid ones are dropped and counted in ``bad``.

    A packet's length, not STOP, decides where it ends: START and STOP may occur within the four bytes of its head.
    """

    def __init__(self) -> None:
        self._rest = b""
        self.bad = 0

    def feed(self, data: bytes) -> list[Packet]:
        """Return the packets that ``data`` completes."""
        self._rest += data
        packets = []
        while (length := self._frame()) is not None:
            frame, self._rest = self._rest[:length], self._rest[length:]
            packet = _decoded(frame)
            if packet:
                packets.append(packet)
            else:
                self.bad += 1
                self._rest = frame[1:] + self._rest
        return packets

    def _frame(self) -> int | None:
        """Return the length of the frame at the start of the unread bytes; None where more bytes are needed."""
        at = self._rest.find(START)
        self._rest = self._rest[at:] if at >= 0 else b""
        if len(self._rest) < _HEAD:
            return None
        length = (self._rest[2] ^ KEY) << 8 | self._rest[4] ^ KEY
        if not _LEAST <= length <= _LONGEST:
            return 1
        return length if len(self._rest) >= length else None


def _decoded(frame: bytes) -> Packet | None:
    """Return the packet in ``frame``, None where it is invalid."""
    if len(frame) < _LEAST or frame[-1] != STOP or any(frame[at] != ESCAPE for at in (1, 3, 5, 7)):
        return None
    (crc,) = struct.unpack(">H", bytes(frame[at] ^ KEY for at in (6, 8)))
    payload = frame[_HEAD:-1]
    plain = _unstuffed(payload) if crc == fastcrc.crc16.xmodem(payload) else None
    if plain is None or len(plain) < 2:
        return None
    (word,) = struct.unpack_from(">H", plain)
    return Packet(word & 0x3FF, word >> 10, plain[2:])


def _escaped(byte: int) -> bytes:
    return bytes((ESCAPE, byte ^ KEY))


def _stuffed(data: bytes) -> bytes:
    return b"".join(_escaped(byte) if byte in (START, STOP, ESCAPE) else bytes((byte,)) for byte in data)


def _unstuffed(data: bytes) -> bytes | None:
    out = bytearray()
    following = iter(data)
    for byte in following:
        if byte != ESCAPE:
            out.append(byte)
            continue
        escaped = next(following, None)
        if escaped is None:
            return None
        out.append(escaped ^ KEY)
    return bytes(out)
