"""BITalino of PLUX on a serial port, Bluetooth's or a cable's: 1000 Hz and 10 bits, for biofeedback.

Source: the frames and commands of the maker's API (PyPI ``bitalino``, which reads the same simulation). Tested on a
simulation, on no hardware.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from drivers.base import Calibrated, Channel, DeviceInfo, DeviceLost, DeviceRefused, OptionRefused, Samples
from drivers.toolkit.address import parse_address
from drivers.toolkit.streaming import StreamingAmplifier
from drivers.transport.port import open_port
from drivers.transport.reader import Port

BAUD = 115_200
SAMPLE_RATE_HZ = 1000.0
STOP, VERSION, RATE_1000_HZ = b"\x00", b"\x07", b"\xc3"
_START = 0x01
_MIDDLE = 512
_PAUSE_S = 0.1
"""The maker's API pauses so long before every command."""
_REPLY_S = 2.0
_SEQUENCE = 16
_FRAME_BYTES = {1: 3, 2: 4, 3: 6, 4: 7}
"""Bytes of a frame by its number of channels; channels 5 and 6 have 6 bits only and are not used."""
_CERTAIN = 3
"""So many frames in a row with a right checksum and sequence begin the stream: 4 bits of checksum alone let one of 16
wrong places pass."""


def _step(state: int, byte: int) -> int:
    for bit in range(7, -1, -1):
        state <<= 1
        state ^= 0b10011 if state & 0x10 else 0
        state ^= byte >> bit & 1
    return state


_STEPS = [[_step(state, byte) for byte in range(256)] for state in range(16)]


def checksum(frame: bytes) -> int:
    """Return the CRC-4 (x^4 + x + 1) of ``frame``, whose last four bits count as 0."""
    state = 0
    for byte in (*frame[:-1], frame[-1] & 0xF0):
        state = _STEPS[state][byte]
    return state


@dataclass(frozen=True, slots=True)
class Frame:
    """One sample of each channel, with so many samples ``lost`` before it."""

    values: tuple[int, ...]
    lost: int


class BitalinoFrames:
    """Decoder of frames of ``channels`` (1 to 4); the result does not depend on how the bytes were cut.

    ``bad`` counts the places where the bytes were no frame. Four bits number the samples: a loss of 16 on the line
    itself goes unnoticed; damaged bytes are counted.
    """

    def __init__(self, channels: int) -> None:
        self._channels, self._size = channels, _FRAME_BYTES[channels]
        self._rest = b""
        self._expected: int | None = None
        self._in_step = False
        self._skipped = self.bad = 0

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that ``data`` completes, in order."""
        self._rest += data
        found, at = [], 0
        while len(self._rest) - at >= self._size * (1 if self._in_step else _CERTAIN):
            if self._is_frame(at):
                found.append(self._frame(self._rest[at : at + self._size]))
                at += self._size
                continue
            self.bad += self._in_step
            self._in_step = False
            self._skipped += 1
            at += 1
        self._rest = self._rest[at:]
        return found

    def _is_frame(self, at: int) -> bool:
        count = 1 if self._in_step else _CERTAIN
        frames = [self._rest[at + i * self._size : at + (i + 1) * self._size] for i in range(count)]
        numbers = [frame[-1] >> 4 for frame in frames]
        follow = all((after - before) % _SEQUENCE == 1 for before, after in pairwise(numbers))
        return follow and all(checksum(frame) == frame[-1] & 0x0F for frame in frames)

    def _frame(self, frame: bytes) -> Frame:
        number = frame[-1] >> 4
        lost = 0 if self._expected is None else self._lost((number - self._expected) % _SEQUENCE)
        self._expected, self._in_step, self._skipped = (number + 1) % _SEQUENCE, True, 0
        return Frame(_analogue(frame, self._channels), lost)

    def _lost(self, ahead: int) -> int:
        """Return the samples lost: ``ahead`` of the number expected, or 16s more where so many bytes were damaged."""
        return ahead + _SEQUENCE * max(round((self._skipped / self._size - ahead) / _SEQUENCE), 0)


class BitalinoBoard(StreamingAmplifier, Calibrated):
    """A board at ``bitalino:PORT?channels=1,2&uv_per_lsb=UV``: analogue inputs 1 to 4, A1 by default.

    ``uv_per_lsb`` is the uV of one converter step at the electrode; without it, samples are in steps.
    """

    def __init__(self, rest: str) -> None:
        self._address = parse_address("bitalino", rest, ("channels", "uv_per_lsb"))
        self._inputs = _inputs(str(self._address), self._address.text("channels") or "1")
        self._uv_per_lsb = self._address.number("uv_per_lsb")
        self._port: Port | None = None
        self._reader = BitalinoFrames(len(self._inputs))
        super().__init__(str(self._address))

    def rescaled(self, factor: float) -> str:
        """Return the address with a step of ``factor`` times its microvolts."""
        return str(self._address.changed(uv_per_lsb=f"{(self._uv_per_lsb or 1.0) * factor:.6g}"))

    def _connect(self) -> DeviceInfo:
        self._port = open_port(self._address.target, BAUD, name=str(self._address))
        self._send(STOP)  # an earlier program may have left it streaming
        time.sleep(_PAUSE_S)
        self._port.read()
        reach_uv = _MIDDLE * (self._uv_per_lsb or 1.0)
        return DeviceInfo(
            model="BITalino",
            serial="",
            address=str(self._address),
            sample_rate_hz=SAMPLE_RATE_HZ,
            channels=tuple(Channel(f"A{number}", reach_uv * 0.99, self._uv_per_lsb) for number in self._inputs),
            firmware=self._version(self._port),
            scale_known=self._uv_per_lsb is not None,
        )

    def _version(self, port: Port) -> str:
        """Return the firmware's name. Raises DeviceRefused where no BITalino replies."""
        self._send(VERSION)
        reply, until_s = b"", time.monotonic() + _REPLY_S
        while b"\n" not in reply and time.monotonic() < until_s:
            reply += b"".join(data for _, data in port.read(0.05))
        name = reply.decode("ascii", "replace").strip()
        if "BITalino" not in name:
            raise DeviceRefused(f"No BITalino replies at {self._address}: switch it on, pair it, and check the port.")
        return name[name.index("BITalino") :]

    def _begin(self) -> None:
        self._send(RATE_1000_HZ)
        self._send(bytes([sum(1 << number - 1 for number in self._inputs) << 2 | _START]))
        self._reader = BitalinoFrames(len(self._inputs))

    def _pump(self, timeout_s: float) -> None:
        if self._port is None:
            raise DeviceLost(f"{self._address} is not connected.")
        for arrived_ns, data in self._port.read(timeout_s):
            bad = self._reader.bad
            rows: list[tuple[int, ...]] = []
            for frame in self._reader.feed(data):
                if frame.lost:
                    self.emit_samples(self._microvolts(rows), arrived_ns)
                    self.emit_gap(frame.lost)
                    rows = []
                rows.append(frame.values)
            self.emit_samples(self._microvolts(rows), arrived_ns)
            self.emit_damage(self._reader.bad - bad)

    def _stop(self) -> None:
        self._send(STOP)

    def _release(self) -> None:
        if self._port is not None:
            with contextlib.suppress(DeviceLost):
                self._port.close()
        self._port = None

    def _send(self, command: bytes) -> None:
        if self._port is None:
            raise DeviceLost(f"{self._address} is not connected.")
        time.sleep(_PAUSE_S)
        self._port.write(command)

    def _microvolts(self, rows: list[tuple[int, ...]]) -> Samples:
        values = np.array(rows, np.float32).reshape(-1, len(self._inputs))
        return np.asarray((values - _MIDDLE) * np.float32(self._uv_per_lsb or 1.0), np.float32)


def _inputs(address: str, typed: str) -> list[int]:
    """Parse inputs such as ``1,2``; return them in order. Raises OptionRefused."""
    names = typed.split(",")
    if not all(name in {"1", "2", "3", "4"} for name in names) or len(set(names)) < len(names):
        raise OptionRefused(f"{address}: channels={typed} are not analogue inputs 1 to 4, each once, with commas.")
    return sorted(map(int, names))


def _analogue(frame: bytes, count: int) -> tuple[int, ...]:
    """Return the 10-bit values of the ``count`` inputs of a frame, which lie from its end on."""
    values = [(frame[-2] & 0x0F) << 6 | frame[-3] >> 2]
    if count > 1:
        values.append((frame[-3] & 0x03) << 8 | frame[-4])
    if count > 2:
        values.append(frame[-5] << 2 | frame[-6] >> 6)
    if count > 3:
        values.append((frame[-6] & 0x3F) << 4 | frame[-7] >> 4)
    return tuple(values)
