"""Header of an Intan .rhd or .rhs file: rate, channels, and the layout of its data blocks.

Layouts: "RHD2000 Application Note: Data File Formats" and "RHS2000 Data File Formats" of Intan Technologies, version 3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drivers.base import DeviceRefused

RHD_MAGIC, RHS_MAGIC = b"\x02\x27\x91\xc6", b"\xac\x27\x91\xd6"

AMPLIFIER, AUXILIARY, SUPPLY, ADC, DIGITAL_IN, DIGITAL_OUT = "amplifier", "auxiliary", "supply", "adc", "in", "out"
DAC, DC, STIMULUS = "dac", "dc", "stimulus"
_RHD_KINDS = (AMPLIFIER, AUXILIARY, SUPPLY, ADC, DIGITAL_IN, DIGITAL_OUT)
_RHS_KINDS = (AMPLIFIER, "", "", ADC, DAC, DIGITAL_IN, DIGITAL_OUT)
_NO_TEXT = 0xFFFFFFFF
_MOST_CHANNELS = 4096
"""More channels than any Intan controller has (1024): a damaged count must not fill the memory."""


@dataclass(frozen=True, slots=True)
class IntanChannel:
    """One enabled channel: ``native`` is its name in the hardware, such as ``A-000``, ``order`` the bit of a port."""

    native: str
    custom: str
    order: int
    kind: str


@dataclass(frozen=True, slots=True)
class IntanHeader:
    """Facts of the header; it ends at byte ``end``. ``stim_step_ma`` is 0 for an RHD file."""

    is_rhs: bool
    version: tuple[int, int]
    sample_rate_hz: float
    channels: tuple[IntanChannel, ...]
    adc_v: tuple[float, int]
    stim_step_ma: float
    temperatures: int
    has_dc: bool
    end: int

    def of(self, kind: str) -> tuple[IntanChannel, ...]:
        """Return the channels of ``kind``."""
        return tuple(channel for channel in self.channels if channel.kind == kind)

    @property
    def block_samples(self) -> int:
        """Samples of a channel in one data block."""
        return 128 if self.is_rhs or self.version >= (2, 0) else 60

    def block_dtype(self) -> np.dtype[np.void]:
        """Return the layout of one data block."""
        samples, count = self.block_samples, {kind: len(self.of(kind)) for kind in (*_RHD_KINDS, DAC)}
        shapes: list[tuple[str, str, tuple[int, ...]]] = [("time", "<i4", (samples,))]
        shapes.append((AMPLIFIER, "<u2", (count[AMPLIFIER], samples)))
        if self.is_rhs:
            shapes += [(DC, "<u2", (count[AMPLIFIER], samples))] if self.has_dc else []
            shapes += [(STIMULUS, "<u2", (count[AMPLIFIER], samples))]
        else:
            shapes += [(AUXILIARY, "<u2", (count[AUXILIARY], samples // 4)), (SUPPLY, "<u2", (count[SUPPLY], 1))]
            shapes += [("temperature", "<i2", (self.temperatures, 1))]
        shapes += [(ADC, "<u2", (count[ADC], samples))]
        shapes += [(DAC, "<u2", (count[DAC], samples))] if self.is_rhs else []
        shapes += [(kind, "<u2", (samples,)) for kind in (DIGITAL_IN, DIGITAL_OUT) if count[kind]]
        return np.dtype([shape for shape in shapes if 0 not in shape[2]])


class _Reader:
    """Fields of the header, one after the other. Raises struct.error where it ends too soon."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.at = 0

    def numbers(self, form: str) -> tuple[float, ...]:
        found = struct.unpack_from(f"<{form}", self._raw, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def whole(self) -> int:
        return int(self.numbers("h")[0])

    def text(self) -> str:
        (length,) = struct.unpack_from("<I", self._raw, self.at)
        self.at += 4
        if length == _NO_TEXT:
            return ""
        if self.at + length > len(self._raw):
            raise struct.error("a text ends after the header")
        self.at += length
        return self._raw[self.at - length : self.at].decode("utf-16-le", "replace")


def read_header(path: Path, raw: bytes) -> IntanHeader:
    """Return the header at the start of ``raw``. Raises DeviceRefused where it is cut short or damaged."""
    try:
        return _header(_Reader(raw), raw.startswith(RHS_MAGIC))
    except (struct.error, ValueError, IndexError) as error:
        raise DeviceRefused(f"the header of {path} is cut short or damaged; copy the recording again") from error


def _header(reader: _Reader, is_rhs: bool) -> IntanHeader:
    major, minor = (int(value) for value in reader.numbers("4xhh"))
    version = (major, minor)
    (rate_hz,) = reader.numbers("f")
    reader.numbers("h8f" if is_rhs else "h6f")  # filters wanted and had
    reader.numbers("hff")  # notch; impedance test
    step_a = reader.numbers("hhfff")[2] if is_rhs else 0.0
    for _ in range(3):
        reader.text()  # notes
    temperatures = reader.whole() if not is_rhs and version >= (1, 1) else 0
    has_dc = bool(reader.whole()) if is_rhs else False
    mode = reader.whole() if is_rhs or version >= (1, 3) else 0
    if is_rhs or version >= (2, 0):
        reader.text()  # reference channel
    channels = tuple(_channels(reader, is_rhs))
    adc_v = (312.5e-6, 32768) if is_rhs else {1: (152.59e-6, 32768), 13: (312.5e-6, 32768)}.get(mode, (50.354e-6, 0))
    return IntanHeader(
        is_rhs, version, float(rate_hz), channels, adc_v, float(step_a) * 1e3, temperatures, has_dc, reader.at
    )


def _channels(reader: _Reader, is_rhs: bool) -> Iterator[IntanChannel]:
    """Yield the enabled channels of all ports, in the order of the data."""
    count = 0
    for _ in range(reader.whole()):
        reader.text(), reader.text()  # name and prefix of the port
        is_enabled, channels, _ = (int(value) for value in reader.numbers("hhh"))
        count += channels
        if not 0 <= count <= _MOST_CHANNELS:
            raise ValueError("more channels than a controller has")
        for _ in range(channels if is_enabled else 0):
            native, custom = reader.text(), reader.text()
            order, _, kind, enabled = (int(value) for value in reader.numbers("hhhh"))
            reader.numbers("7hff" if is_rhs else "6hff")  # place on the chip, trigger, impedance
            if enabled:
                yield IntanChannel(native, custom, order, (_RHS_KINDS if is_rhs else _RHD_KINDS)[kind])
