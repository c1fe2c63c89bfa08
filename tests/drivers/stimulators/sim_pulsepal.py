"""PulsePal 2, firmware 21, as its published firmware reads its port; what it puts out as pulses of volts.

Stray bytes between commands are swallowed, as the firmware does: some clients send more than one command takes. What
the command that programs all at once (73) carries is taken and not looked at: clients differ over its order.
"""

from __future__ import annotations

import struct

from tests.drivers.stimulators.wire import Given, now_s

CHANNELS = 4
WIDE, MIDDLE = range(4, 12), (2, 3, 17)
LENGTHS = {72: 0, 73: 178, 77: 1, 79: 3, 80: 0, 81: 0, 82: 2, 89: 6}


def volts(code: int) -> float:
    return code / 65_535 * 20 - 10


class SimPulsePal:
    """``given`` holds pulses in V x 1 mA a volt; ``stored`` parameters by (code, channel); ``fixed`` V by channel."""

    def __init__(self, firmware: int = 21) -> None:
        self.firmware = firmware
        self.given: list[Given] = []
        self.stored: dict[tuple[int, int], int] = {}
        self.fixed: dict[int, float] = {}
        self.commands: list[int] = []
        self.refuses = self.silent = False
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        self._rest += data
        said = b""
        while (answer := self._one()) is not None:
            said += answer
        return b"" if self.silent else said

    def _one(self) -> bytes | None:
        """The answer to the next whole command; None where there is none yet."""
        at = self._rest.find(b"\xd5")
        if at < 0:
            self._rest = b""
            return None
        self._rest = self._rest[at:]
        length = self._length()
        if length is None or len(self._rest) < 2 + length:
            return None
        code, body = self._rest[1], self._rest[2 : 2 + length]
        self._rest = self._rest[2 + length :]
        self.commands.append(code)
        return self._obey(code, body)

    def _length(self) -> int | None:
        rest = self._rest
        if len(rest) < 3:
            return LENGTHS.get(rest[1]) if len(rest) == 2 else None
        if rest[1] == 74:
            return 2 + (4 if rest[2] in WIDE else 2 if rest[2] in MIDDLE else 1)
        if rest[1] == 78:
            return 1 + rest[2]
        if rest[1] in (75, 76):
            return 4 + 6 * struct.unpack_from("<I", rest, 2)[0] if len(rest) >= 6 else None
        return LENGTHS.get(rest[1], 0)

    def _obey(self, code: int, body: bytes) -> bytes:
        if code == 72:
            return b"K" + struct.pack("<I", self.firmware)
        if code == 74:
            self.stored[body[0], body[1]] = int.from_bytes(body[2:], "little")
            return b"\0" if self.refuses else b"\1"
        if code == 79:
            self.fixed[body[0]] = volts(int.from_bytes(body[1:], "little"))
        if code in (80, 81):
            self.fixed = dict.fromkeys(self.fixed, 0.0)
        for channel in range(1, CHANNELS + 1) if code == 77 else ():
            if body[0] >> (channel - 1) & 1:
                self._play(channel)
        return b"\1" if code in (73, 75, 76, 79, 82) else b""

    def _play(self, channel: int) -> None:
        """A pulse train as far as these tests set one: single phase, from its start, gap by gap."""
        cycles = self.stored.get((4, channel), 20)
        period = cycles + self.stored.get((7, channel), 200)
        train = self.stored.get((10, channel), 20_000)
        height = volts(self.stored.get((2, channel), 49_152))
        for _ in range(max(-(-train // period), 1)):
            self.given.append(Given(now_s(), height, cycles / 20))
