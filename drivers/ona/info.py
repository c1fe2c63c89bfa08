"""INFO of the Open Needle Amplifier protocol, version 1: the device's identity, and whether it can be used."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, replace
from typing import Any

from drivers.base import Channel, DeviceInfo, DeviceRefused, Limits
from drivers.formats.loaded import channel_names
from drivers.ona.messages import Capability, MalformedError, fields

PROTOCOL = 1
MIN_SAMPLE_RATE_HZ = 100
MAX_SAMPLE_RATE_HZ = 1_000_000

_INFO = struct.Struct("<BBIIHHHII")
_CHANNEL = struct.Struct("<ff")


@dataclass(frozen=True, slots=True)
class Description:
    """Content of INFO: the device's identity and abilities, and each channel's uV per step of its samples."""

    info: DeviceInfo
    scale_uv: tuple[float, ...]


class _Body:
    """Body of INFO, read from its start. Raises MalformedError where it ends too early."""

    def __init__(self, body: bytes) -> None:
        self._rest = body

    def numbers(self, layout: struct.Struct) -> tuple[Any, ...]:
        """Read the numbers of ``layout``."""
        numbers = fields(layout, self._rest)
        self._rest = self._rest[layout.size :]
        return numbers

    def text(self) -> str:
        """Read a length and UTF-8 text; leave out characters that cannot be printed."""
        (length,) = self.numbers(struct.Struct("<B"))
        (text,) = self.numbers(struct.Struct(f"<{length}s"))
        return "".join(letter for letter in text.decode("utf-8", "replace") if letter.isprintable())


def parse_info(body: bytes, address: str) -> Description:
    """Convert INFO to a Description. Raises DeviceRefused with the reason where the device cannot be used."""
    try:
        protocol = body[0] if body else None
        if protocol != PROTOCOL:
            raise MalformedError(f"it uses version {protocol} of the protocol, this program version {PROTOCOL}")
        return _description(_Body(body), address)
    except MalformedError as error:
        raise DeviceRefused(f"The amplifier at {address} cannot be used: {error}.") from error


def _description(body: _Body, address: str) -> Description:
    _, count, sample_rate_hz, *limits, bits = body.numbers(_INFO)
    if not count:
        raise MalformedError("it names no channels")
    if not MIN_SAMPLE_RATE_HZ <= sample_rate_hz <= MAX_SAMPLE_RATE_HZ:
        raise MalformedError(f"it names a sample rate of {sample_rate_hz} Hz")
    channels, scale_uv = zip(*(_channel(body, number) for number in range(1, count + 1)), strict=True)
    names = channel_names([channel.name for channel in channels])
    info = DeviceInfo(
        channels=tuple(replace(channel, name=name) for channel, name in zip(channels, names, strict=True)),
        model=body.text(),
        serial=body.text(),
        firmware=body.text(),
        address=address,
        sample_rate_hz=float(sample_rate_hz),
        limits=_limits(*limits, single_pulses=bool(bits & Capability.STIM_ONCE))
        if bits & Capability.STIMULATES
        else None,
        measures_impedance=bool(bits & Capability.MEASURES_IMPEDANCE),
        has_buttons=bool(bits & Capability.BUTTONS),
        reports_state=bool(bits & Capability.STIMULATES),
    )
    return Description(info, scale_uv)


def _channel(body: _Body, number: int) -> tuple[Channel, float]:
    """Read the next channel and its scale in uV; a range that is not a positive number counts as not known."""
    scale_nv, range_uv = body.numbers(_CHANNEL)
    if not (math.isfinite(scale_nv) and scale_nv > 0):
        raise MalformedError(f"it names a scale of {scale_nv} nV for channel {number}")
    known_range = range_uv if math.isfinite(range_uv) and range_uv > 0 else None
    scale_uv = scale_nv / 1000
    return Channel(body.text() or f"channel {number}", known_range, scale_uv), scale_uv


def _limits(max_ua: int, step_ua: int, min_us: int, max_us: int, max_mhz: int, *, single_pulses: bool) -> Limits:
    if not 0 < step_ua <= max_ua:
        raise MalformedError(f"it names currents up to {max_ua} uA in steps of {step_ua} uA")
    if not 0 < min_us <= max_us:
        raise MalformedError(f"it names pulse widths from {min_us} to {max_us} us")
    return Limits(
        max_current_ma=max_ua / 1000,
        current_step_ma=step_ua / 1000,
        min_width_ms=min_us / 1000,
        max_width_ms=max_us / 1000,
        max_rate_hz=max_mhz / 1000,
        single_pulses=single_pulses,
    )
