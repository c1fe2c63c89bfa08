"""Simulated PulsePal 2: it reads its port as the published firmware does and records pulses of volts.

Stray bytes between commands are dropped, as in the firmware: some clients send more than a command takes. The content
of the command that programs everything at once (73) is read and ignored: clients differ over its order.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tests.drivers.stimulators.wire import Given, now_s

CHANNELS = 4
WIDE, MIDDLE = range(4, 12), (2, 3, 17)
LENGTHS = {72: 0, 73: 178, 77: 1, 79: 3, 80: 0, 81: 0, 82: 2, 89: 6, 92: 0, 93: 0}
CYCLE_S = 50e-6
DEFAULTS = {2: 49_152, 3: 16_384, 4: 20, 5: 20, 6: 20, 7: 200, 10: 20_000, 17: 32_768}
SETTINGS_ORDER = (4, 5, 6, 7, 8, 9, 10, 11, 2, 3, 17, 1, 14, 15, 16)
"""Parameters in the order in which firmware 22 sends all it holds, each for channels 1 to 4; links and modes follow."""


def volts(code: int) -> float:
    return code / 65_535 * 20 - 10


class SimPulsePal:
    """``given`` holds pulses in V x 1 mA a volt; ``stored`` parameters by (code, channel); ``fixed`` V by channel.

    ``loops`` are the channels in continuous loop mode: it outlives abort, disconnect and client, and a channel once
    triggered in it plays on. ``reversed_loop`` is the development firmware that reads state and channel (from 0) of
    that command the other way round, and sends all its settings at command 92. ``deaf_to`` are codes not acknowledged,
    ``forgets`` parameter codes acknowledged and not stored.
    """

    def __init__(self, firmware: int = 21, *, reversed_loop: bool = False) -> None:
        self.firmware, self.reversed_loop = firmware, reversed_loop
        self.stored: dict[tuple[int, int], int] = {}
        self.fixed: dict[int, float] = {}
        self.loops: set[int] = set()
        self.commands: list[int] = []
        self.deaf_to: set[int] = set()
        self.forgets: set[int] = set()
        self.refuses = self.silent = False
        self._given: list[Given] = []
        self._playing: dict[int, float] = {}
        self._rest = b""

    @property
    def given(self) -> list[Given]:
        """Pulses given so far, including those of channels that play on."""
        for channel in self._playing:
            self._given += self._played_on(channel)
        return self._given

    def press(self, trigger_input: int) -> None:
        """Give a pulse of volts at a trigger input (1 or 2): every channel linked to it plays."""
        for channel in range(1, CHANNELS + 1):
            if self._value(11 + trigger_input, channel):
                self._play(channel)

    def feed(self, data: bytes) -> bytes:
        self._rest += data
        replies = b""
        while (reply := self._one()) is not None:
            replies += reply
        return b"" if self.silent else replies

    def _one(self) -> bytes | None:
        """Return the reply to the next whole command; None where there is none yet."""
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
        if code == (92 if self.reversed_loop else 93) and (self.reversed_loop or self.firmware >= 22):
            return self._settings()
        if code == 74 and body[0] not in self.forgets:
            self.stored[body[0], body[1]] = int.from_bytes(body[2:], "little")
        if code == 79:
            self.fixed[body[0]] = volts(int.from_bytes(body[1:], "little"))
        if code in (80, 81):
            self.fixed = dict.fromkeys(self.fixed, 0.0)
            for channel in list(self._playing):
                self._stop(channel)
        if code == 82:
            self._loop(*body)
        for channel in range(1, CHANNELS + 1) if code == 77 else ():
            if body[0] >> (channel - 1) & 1:
                self._play(channel)
        return self._acknowledgement(code)

    def _acknowledgement(self, code: int) -> bytes:
        if code in self.deaf_to:
            return b""
        if code == 74:
            return b"\0" if self.refuses else b"\1"
        return b"\1" if code in (73, 75, 76, 79, 82) else b""

    def _loop(self, first: int, second: int) -> None:
        """Set loop mode of a channel; switching it on starts the channel too."""
        channel, on = (second + 1, first) if self.reversed_loop else (first, second)
        if on:
            self.loops.add(channel)
            self._play(channel)
        else:
            self._stop(channel)
            self.loops.discard(channel)

    def _settings(self) -> bytes:
        """Return all settings but loop mode, in the order of firmware 22."""
        data = b""
        for code in SETTINGS_ORDER:
            layout = "<I" if code in WIDE else "<H" if code in MIDDLE else "<B"
            data += b"".join(struct.pack(layout, self._value(code, channel)) for channel in range(1, CHANNELS + 1))
        links = (self._value(code, channel) for code in (12, 13) for channel in range(1, CHANNELS + 1))
        return data + bytes(links) + bytes(self._value(128, channel) for channel in (1, 2))

    def _value(self, code: int, channel: int) -> int:
        return self.stored.get((code, channel), DEFAULTS.get(code, 0))

    def _stop(self, channel: int) -> None:
        if channel in self._playing:
            self._given += self._played_on(channel)
            del self._playing[channel]

    def _play(self, channel: int) -> None:
        """Play a train as these tests set one: single phase, from its start, gap by gap; endless in loop mode."""
        if channel in self._playing:
            return
        if channel in self.loops:
            self._playing[channel] = now_s()
            return
        period = self._value(4, channel) + self._value(7, channel)
        for _ in range(max(-(-self._value(10, channel) // period), 1)):
            self._given.append(self._pulse(channel, now_s()))

    def _played_on(self, channel: int) -> Iterator[Given]:
        """Return the pulses of a channel in loop mode since the last call."""
        period_s = (self._value(4, channel) + self._value(7, channel)) * CYCLE_S
        while self._playing[channel] <= now_s():
            yield self._pulse(channel, self._playing[channel])
            self._playing[channel] += period_s

    def _pulse(self, channel: int, at_s: float) -> Given:
        return Given(at_s, volts(self._value(2, channel)), self._value(4, channel) / 20)
