"""Simulated P24 that uses ScienceMode4, with its own framing and CRC, written from the protocol's description."""

from __future__ import annotations

import struct

from tests.drivers.stimulators.wire import Given, now_s


def crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value


def stuff(data: bytes) -> bytes:
    out = bytearray()
    for byte in data:
        out += bytes((0x81, byte ^ 0x55)) if byte in (0xF0, 0x0F, 0x81) else bytes((byte,))
    return bytes(out)


def unstuff(data: bytes) -> bytes:
    out, escaped = bytearray(), False
    for byte in data:
        if escaped:
            out.append(byte ^ 0x55)
        elif byte != 0x81:
            out.append(byte)
        escaped = byte == 0x81 and not escaped
    return bytes(out)


def frame(command: int, number: int, body: bytes = b"") -> bytes:
    payload = stuff(struct.pack(">H", number << 10 | command) + body)
    head = struct.pack(">HH", len(payload) + 10, crc(payload))
    return b"\xf0" + b"".join(bytes((0x81, byte ^ 0x55)) for byte in head) + payload + b"\x0f"


class SimP24:
    """Simulated P24. ``result`` is its reply to a pulse; ``given`` holds the first phases of the pulses.

    ``mid_level``: an earlier client left its mid level running. ``keeps_mid_level``: it acknowledges stop and runs on.
    """

    def __init__(self, device_id: str = "P24-000042") -> None:
        self.device_id = device_id
        self.given: list[Given] = []
        self.points: list[tuple[int, float]] = []
        self.result = 0
        self.silent = self.initialised = self.keeps_mid_level = False
        self.mid_level = False
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        self._rest += data
        reply = b""
        while len(self._rest) >= 9 and len(self._rest) >= (
            length := (self._rest[2] ^ 0x55) << 8 | self._rest[4] ^ 0x55
        ):
            part, self._rest = self._rest[:length], self._rest[length:]
            reply += self._take(part)
        return b"" if self.silent else reply

    def _take(self, part: bytes) -> bytes:
        payload = part[9:-1]
        (check,) = struct.unpack(">H", bytes(part[i] ^ 0x55 for i in (6, 8)))
        if (part[0], part[-1]) != (0xF0, 0x0F) or check != crc(payload):
            return b""
        plain = unstuff(payload)
        (word,) = struct.unpack_from(">H", plain)
        return self._obey(word & 0x3FF, word >> 10, plain[2:])

    def _obey(self, command: int, number: int, body: bytes) -> bytes:
        if command == 52:
            return frame(53, number, b"\0" + self.device_id.encode().ljust(10, b"\0"))
        if command == 68:
            return frame(69, number, bytes((0, 1, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1)))
        if command in (34, 62):
            return frame(command + 1, number, self._stop_mid_level() if command == 34 else self._status())
        if command in (0, 4):
            self.initialised = command == 0
            return frame(command + 1, number, b"\0")
        if command == 2:
            return frame(3, number, bytes((self._give(body), body[0] >> 4 & 7, 0)))
        return frame(67, number, b"\0")

    def _status(self) -> bytes:
        status = 3 if self.mid_level else int(self.initialised)
        return bytes((0, status, 6 if status else 0))

    def _stop_mid_level(self) -> bytes:
        result = 0 if self.mid_level else 7
        self.mid_level &= self.keeps_mid_level
        return bytes((result,))

    def _give(self, body: bytes) -> int:
        if not self.initialised:
            return 7
        words = struct.unpack(f">{(body[0] & 0xF) + 1}I", body[1:])
        self.points = [(word >> 20, ((word >> 10 & 0x3FF) - 300) / 2) for word in words]
        if body[0] >> 7 and not self.result:
            self.given.append(Given(now_s(), self.points[0][1], self.points[0][0] / 1e3))
        return self.result
