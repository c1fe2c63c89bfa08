"""ScienceMode4 (Hasomed P24, I24): packets and their bytes. Pure: bytes in, packets out."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import IntEnum

import fastcrc

from drivers.base import LimitExceeded

START, STOP, ESCAPE, KEY = 0xF0, 0x0F, 0x81, 0x55
STEP_MA, MOST_MA = 0.5, 150.0
LONGEST_US = 4095
_OVERHEAD = 10
_LONGEST = 700
_LEAST = 12


class Command(IntEnum):
    """Commands; the answer to one has the number after it."""

    LOW_LEVEL_INIT = 0
    CHANNEL_CONFIG = 2
    LOW_LEVEL_STOP = 4
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
"""Results that say that the current did not flow."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet: its command, its number (0 to 63), what it carries."""

    command: int
    number: int
    body: bytes = b""


def encode(packet: Packet) -> bytes:
    """The packet's bytes."""
    payload = _stuffed(struct.pack(">H", packet.number << 10 | packet.command) + packet.body)
    head = struct.pack(">HH", len(payload) + _OVERHEAD, fastcrc.crc16.xmodem(payload))
    return bytes((START,)) + b"".join(_escaped(byte) for byte in head) + payload + bytes((STOP,))


def point(current_ma: float, width_us: int) -> bytes:
    """One stretch of a pulse: ``current_ma`` in whole steps of 0.5 for ``width_us``. Raises LimitExceeded otherwise."""
    steps = current_ma / STEP_MA
    if not (math.isfinite(steps) and abs(steps - round(steps)) < 1e-6 and abs(current_ma) <= MOST_MA):
        raise LimitExceeded(f"{current_ma:g} mA are no whole steps of {STEP_MA:g} mA up to {MOST_MA:g} mA.")
    if not 0 <= width_us <= LONGEST_US:
        raise LimitExceeded(f"A stretch of {width_us} us is outside 0 to {LONGEST_US} us.")
    return struct.pack(">I", width_us << 20 | (round(2 * current_ma) + 300) << 10)


def channel_config(channel: int, points: bytes, *, execute: bool) -> bytes:
    """Body of CHANNEL_CONFIG: ``points`` on yellow ``channel`` 0 to 3, given at once if ``execute``."""
    return bytes((execute << 7 | channel << 5 | len(points) // 4 - 1,)) + points


class PacketReader:
    """Bytes to packets; what is damaged, too long or none is dropped and counted in ``bad``."""

    def __init__(self) -> None:
        self._rest = b""
        self.bad = 0

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that ``data`` completes."""
        packets = []
        *ended, self._rest = (self._rest + data).split(bytes((STOP,)))
        for part in ended:
            at = part.rfind(bytes((START,)))
            packet = _decoded(part[at + 1 :]) if at >= 0 else None
            if packet:
                packets.append(packet)
            else:
                self.bad += 1
        if len(self._rest) > _LONGEST:
            self._rest, self.bad = b"", self.bad + 1
        return packets


def _decoded(inside: bytes) -> Packet | None:
    """The packet between START and STOP, None where it is none. Neither byte occurs in it but escaped."""
    if len(inside) < _LEAST - 2 or any(inside[at] != ESCAPE for at in (0, 2, 4, 6)):
        return None
    length, crc = struct.unpack(">HH", bytes(inside[at] ^ KEY for at in (1, 3, 5, 7)))
    payload = inside[8:]
    if length != len(payload) + _OVERHEAD or crc != fastcrc.crc16.xmodem(payload):
        return None
    plain = _unstuffed(payload)
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
