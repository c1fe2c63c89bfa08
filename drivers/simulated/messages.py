"""Bodies of ONA frames as a device sends them, and the numbers of the protocol (version 1)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum

PROTOCOL = 1
INFO, SAMPLES, STIM, STATUS, ACK, BUTTON = range(0x01, 0x07)
HELLO, START, STOP, STIM_SET, STIM_ENABLE, HEARTBEAT, STIM_ONCE = range(0x81, 0x88)

SET_BODY = struct.Struct("<IHI")
ONCE_BODY = struct.Struct("<IH")
BODY_BYTES = {
    HELLO: 0,
    START: 0,
    STOP: 0,
    STIM_SET: SET_BODY.size,
    STIM_ENABLE: 1,
    HEARTBEAT: 0,
    STIM_ONCE: ONCE_BODY.size,
}

COMPLIANCE, OPEN_CIRCUIT, SINGLE_PULSE = 1, 2, 4
DEVICE_DROPPED = 0x80
UNKNOWN_IMPEDANCE = 0xFFFF
SAMPLES_OVERHEAD = 16
CAPABILITIES = 0b1111


class Result(IntEnum):
    """``result`` of an ACK."""

    DONE = 0
    UNKNOWN_COMMAND = 1
    MALFORMED = 2
    OUT_OF_RANGE = 3
    NOT_IN_THIS_STATE = 4
    FAULT = 5


class DeviceState(IntEnum):
    """``state`` of a STATUS."""

    IDLE = 0
    STREAMING = 1
    STIMULATING = 2
    FAULT = 3


class StatusFault(IntEnum):
    """``fault`` of a STATUS."""

    NONE = 0
    HOST_LOST = 1
    OVER_CURRENT = 2
    OPEN_CIRCUIT = 3
    OVER_TEMPERATURE = 4
    BATTERY = 5
    OTHER = 255


@dataclass(frozen=True, slots=True)
class Info:
    """Content of an INFO frame; ``channels`` are (scale_nv_per_lsb, range_uv, name)."""

    sample_rate_hz: int
    channels: tuple[tuple[float, float, str], ...]
    model: str
    serial: str
    firmware: str
    stim_max_ua: int = 6000
    stim_step_ua: int = 10
    width_min_us: int = 50
    width_max_us: int = 1000
    rate_max_mhz: int = 10_000
    capabilities: int = CAPABILITIES
    protocol: int = PROTOCOL

    def wrong(self, how: str) -> Info:
        """Return the same INFO with the error named by ``how``; see WRONG_INFO."""
        return WRONG_INFO[how](self)

    def body(self) -> bytes:
        """Return the frame's body."""
        head = struct.pack(
            "<BBIIHHHII",
            self.protocol,
            len(self.channels),
            self.sample_rate_hz,
            self.stim_max_ua,
            self.stim_step_ua,
            self.width_min_us,
            self.width_max_us,
            self.rate_max_mhz,
            self.capabilities,
        )
        channels = b"".join(struct.pack("<ff", scale, top) + _text(name) for scale, top, name in self.channels)
        return head + channels + _text(self.model) + _text(self.serial) + _text(self.firmware)


WRONG_INFO: dict[str, Callable[[Info], Info]] = {
    "zero-channels": lambda info: replace(info, channels=()),
    "zero-rate": lambda info: replace(info, sample_rate_hz=0),
    "absurd-rate": lambda info: replace(info, sample_rate_hz=4_000_000_000),
    "protocol": lambda info: replace(info, protocol=9),
    "widths": lambda info: replace(info, width_min_us=2000),
}


def _text(text: str) -> bytes:
    raw = text.encode()[:255]
    return bytes([len(raw)]) + raw


def samples(first_sample: int, count: int, channels: int, flags: int, raw: bytes) -> bytes:
    """Return the body of SAMPLES; ``raw`` holds its 24-bit numbers."""
    return struct.pack("<IBBB", first_sample % 2**32, count, channels, flags) + raw


@dataclass(frozen=True, slots=True)
class StimReport:
    """One pulse as a STIM frame reports it."""

    sample: int
    offset_ns: int
    requested_ua: int
    delivered_ua: int
    width_us: int
    impedance_kohm: float | None
    flags: int

    def body(self) -> bytes:
        """Return the frame's body."""
        return struct.pack(
            "<IIIIHHB",
            self.sample % 2**32,
            self.offset_ns,
            self.requested_ua,
            self.delivered_ua,
            self.width_us,
            _tens_of_ohms(self.impedance_kohm),
            self.flags,
        )


def status(sample: int, state: tuple[int, int, int, int], impedance_kohm: float | None) -> bytes:
    """Return the body of STATUS; ``state`` is (state, fault, lead_off, battery_percent)."""
    return struct.pack("<IBBBBH", sample % 2**32, *state, _tens_of_ohms(impedance_kohm))


def ack(command_seq: int, result: Result) -> bytes:
    """Return the body of the ACK of the command with ``command_seq``."""
    return bytes((command_seq, result))


def button(sample: int, index: int, *, pressed: bool) -> bytes:
    """Return the body of BUTTON: button ``index`` was pressed or released."""
    return struct.pack("<IBB", sample % 2**32, index, pressed)


def _tens_of_ohms(impedance_kohm: float | None) -> int:
    if impedance_kohm is None:
        return UNKNOWN_IMPEDANCE
    return min(round(impedance_kohm * 100), UNKNOWN_IMPEDANCE - 1)
