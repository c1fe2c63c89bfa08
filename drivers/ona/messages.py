"""Messages of the Open Needle Amplifier protocol, version 1: conversion of bodies to values. No I/O.

Names are those of the protocol's table. A body that is too short or has impossible values raises MalformedError.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from enum import IntEnum, IntFlag
from typing import Any

from drivers.base import Button, Outcome, Pulse, Status

UNKNOWN_IMPEDANCE = 0xFFFF

Unwrap = Callable[[int], int]


class MalformedError(ValueError):
    """Frame with a good CRC whose body does not follow the protocol."""


class Reply(IntEnum):
    """Types of the frames from device to host."""

    INFO = 0x01
    SAMPLES = 0x02
    STIM = 0x03
    STATUS = 0x04
    ACK = 0x05
    BUTTON = 0x06


class CommandKind(IntEnum):
    """Types of the commands from host to device."""

    HELLO = 0x81
    START = 0x82
    STOP = 0x83
    STIM_SET = 0x84
    STIM_ENABLE = 0x85
    HEARTBEAT = 0x86
    STIM_ONCE = 0x87


class Capability(IntFlag):
    """Abilities of a device beyond measuring."""

    STIMULATES = 1
    MEASURES_IMPEDANCE = 2
    STIM_ONCE = 4
    BUTTONS = 8


class StimFlag(IntFlag):
    """Outcome of a pulse."""

    COMPLIANCE = 1
    OPEN_CIRCUIT = 2
    ONCE = 4


STATES = {0: "idle", 1: "streaming", 2: "enabled", 3: "fault"}
FAULTS = {0: "none", 1: "host lost", 2: "over-current", 3: "open circuit", 4: "over-temperature", 5: "battery"}

_STIM = struct.Struct("<IIIIHHB")
_STATUS = struct.Struct("<IBBBBH")
_ACK = struct.Struct("<BB")
_BUTTON = struct.Struct("<IBB")


def fields(layout: struct.Struct, body: bytes) -> tuple[Any, ...]:
    """Return the numbers at the start of ``body``. Raises MalformedError where it is too short."""
    if len(body) < layout.size:
        raise MalformedError(f"its message is cut short, {len(body)} bytes where {layout.size} are due")
    return layout.unpack_from(body)


def parse_stim(body: bytes, unwrap: Unwrap) -> tuple[Pulse, StimFlag]:
    """Convert STIM to a Pulse and its flags. A pulse with an open circuit or without current was not delivered."""
    sample, offset_ns, requested_ua, delivered_ua, width_us, impedance, bits = fields(_STIM, body)
    flags = StimFlag(bits & 0x7)
    failed = StimFlag.OPEN_CIRCUIT in flags or (requested_ua > 0 and delivered_ua == 0)
    pulse = Pulse(
        sample=unwrap(sample),
        offset_ns=offset_ns,
        current_ma=delivered_ua / 1000,
        requested_ma=requested_ua / 1000,
        width_ms=width_us / 1000,
        impedance_kohm=_impedance_kohm(impedance),
        outcome=Outcome.NOT_DELIVERED if failed else Outcome.DELIVERED,
        compliance=StimFlag.COMPLIANCE in flags,
        single=StimFlag.ONCE in flags,
    )
    return pulse, flags


def is_single_pulse(body: bytes) -> bool:
    """Return whether STIM reports a pulse of STIM_ONCE; False where the body is cut short."""
    return len(body) >= _STIM.size and bool(body[_STIM.size - 1] & StimFlag.ONCE)


def parse_status(body: bytes, unwrap: Unwrap, channels: int) -> Status:
    """Convert STATUS; a battery above 100 % is not known, channels beyond the eighth count as attached."""
    sample, state, fault, lead_off, battery, impedance = fields(_STATUS, body)
    return Status(
        sample=unwrap(sample),
        state=STATES.get(state, f"state {state}"),
        fault=FAULTS.get(fault, "other"),
        lead_off=tuple(bool(lead_off >> channel & 1) for channel in range(channels)),
        battery_percent=battery if battery <= 100 else None,
        impedance_kohm=_impedance_kohm(impedance),
    )


def parse_button(body: bytes, unwrap: Unwrap) -> Button:
    """Convert BUTTON to a Button."""
    sample, button, action = fields(_BUTTON, body)
    if button > 7 or action > 1:
        raise MalformedError(f"button {button}, action {action}")
    return Button(unwrap(sample), button, pressed=action == 1)


def parse_ack(body: bytes) -> tuple[int, int]:
    """Convert ACK to (sequence number of the command, result)."""
    command_seq, result = fields(_ACK, body)
    return command_seq, result


def _impedance_kohm(impedance_10ohm: int) -> float | None:
    return None if impedance_10ohm == UNKNOWN_IMPEDANCE else impedance_10ohm / 100
