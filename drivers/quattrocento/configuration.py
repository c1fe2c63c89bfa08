"""Configuration of a Quattrocento: its inputs, rates and filters, and the 40 bytes that set them. No I/O.

Source: the maker's "Quattrocento configuration protocol" v1.7 for every field. It leaves the checksum open: polynomial,
initial value and scale are those of the maker's example as two public clients hold it (PyPI
``biosignal-device-interface``, and the LSL application of the University of Freiburg).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import fastcrc

from drivers.base import OptionRefused
from drivers.toolkit.address import Address, choice_option, parse_address

PORT = 23456
UV_PER_STEP = 5 / 2**16 / 150 * 1e6
"""Microvolts of one step at an input: 5 V over 16 bits, behind a gain of 150."""
RANGE_UV = 2**15 * UV_PER_STEP
TRIGGER_HIGH = 31_767
"""Value of the trigger channel while the TRIGGER connector is high; 0 while it is low."""

_OPTIONS = ("channels", "rate_hz", "mode", "highpass_hz", "lowpass_hz", "trigger")
_RATES_HZ = ("512", "2048", "5120", "10240")
_HIGH_PASSES_HZ = ("0.7", "10", "100", "200")
_LOW_PASSES_HZ = ("130", "500", "900", "4400")
_MODES = ("monopolar", "differential", "bipolar")
_FIXED, _ACQUIRE = 0x80, 0x01
_PLAIN_INPUTS, _PLAIN_CHANNELS = 8, 16
_MULTIPLE_INPUTS, _MULTIPLE_CHANNELS = 4, 64
_AUXILIARY, _ACCESSORY = 16, 8
_INPUT = re.compile(r"(in|multiple)([1-8])-([1-9]\d?)")


@dataclass(frozen=True, slots=True)
class QuattrocentoSetup:
    """What is recorded and how. ``channels`` are names such as ``in1-3`` (input IN1, its third channel).

    ``group`` (0 to 3) is the smallest set of inputs that has all channels. ``trigger``: each rising edge of the TRIGGER
    connector is a stimulus.
    """

    address: Address
    host_port: str
    channels: tuple[str, ...]
    group: int
    sample_rate_hz: float
    rate_code: int
    input_code: int
    trigger: bool

    @property
    def frame_channels(self) -> int:
        """Number of 16-bit values that the device sends for one sample."""
        plain, multiple = _inputs_of(self.group)
        return plain * _PLAIN_CHANNELS + multiple * _MULTIPLE_CHANNELS + _AUXILIARY + _ACCESSORY

    @property
    def counter_column(self) -> int:
        """Column of the sample counter in a frame; the trigger is in the next."""
        return self.frame_channels - _ACCESSORY

    @property
    def columns(self) -> list[int]:
        """Columns of the channels in a frame: first IN1 to IN8, then MULTIPLE IN1 to IN4, as far as they are sent."""
        plain, _ = _inputs_of(self.group)
        return [_column(kind, number, channel, plain) for kind, number, channel in map(_parsed, self.channels)]

    def command(self, *, acquire: bool) -> bytes:
        """Return the 40 bytes that set all of this and start (``acquire``) or stop the transfer.

        The trigger output stays off, and the analogue output repeats the first channel of IN1 at gain 1.
        """
        settings = _FIXED | self.rate_code << 3 | self.group << 1 | (_ACQUIRE if acquire else 0)
        inputs = bytes((0, 0, self.input_code)) * (_PLAIN_INPUTS + _MULTIPLE_INPUTS)
        body = bytes((settings, 0, 0)) + inputs
        return body + bytes((fastcrc.crc8.maxim_dow(body),))


def parse_setup(rest: str) -> QuattrocentoSetup:
    """Parse ``HOST:PORT?channels=in1-1,multiple1-5&rate_hz=10240``. Raises OptionRefused."""
    address = parse_address("quattrocento", rest, _OPTIONS)
    text, options = str(address), address.options
    channels = _channels(text, options.get("channels", "in1-1"))
    rate = choice_option(text, options, "rate_hz", _RATES_HZ) or _RATES_HZ[-1]
    passed = [edge for edge in _LOW_PASSES_HZ if float(edge) < float(rate) / 2]
    low_pass = choice_option(text, options, "lowpass_hz", passed) or passed[-1]
    high_pass = choice_option(text, options, "highpass_hz", _HIGH_PASSES_HZ) or "10"
    mode = choice_option(text, options, "mode", _MODES) or "monopolar"
    codes = (_HIGH_PASSES_HZ.index(high_pass) << 4, _LOW_PASSES_HZ.index(low_pass) << 2, _MODES.index(mode))
    return QuattrocentoSetup(
        address,
        _host_port(text, address.target),
        channels,
        group=max(_group_of(*_parsed(name)[:2]) for name in channels),
        sample_rate_hz=float(rate),
        rate_code=_RATES_HZ.index(rate),
        input_code=sum(codes),
        trigger=choice_option(text, options, "trigger", ("0", "1")) == "1",
    )


def _inputs_of(group: int) -> tuple[int, int]:
    """Return how many of the inputs IN1 to IN8, and of MULTIPLE IN1 to IN4, a group has."""
    return 2 * (group + 1), group + 1


def _group_of(kind: str, number: int) -> int:
    return (number - 1) // 2 if kind == "in" else number - 1


def _column(kind: str, number: int, channel: int, plain: int) -> int:
    if kind == "in":
        return (number - 1) * _PLAIN_CHANNELS + channel - 1
    return plain * _PLAIN_CHANNELS + (number - 1) * _MULTIPLE_CHANNELS + channel - 1


def _parsed(name: str) -> tuple[str, int, int]:
    match = _INPUT.fullmatch(name)
    if match is None:
        return "", 0, 0
    return match[1], int(match[2]), int(match[3])


def _channels(address: str, typed: str) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in typed.split(","))
    for name in names:
        kind, number, channel = _parsed(name)
        inputs = {"in": (_PLAIN_INPUTS, _PLAIN_CHANNELS), "multiple": (_MULTIPLE_INPUTS, _MULTIPLE_CHANNELS)}
        most, most_channels = inputs.get(kind, (0, 0))
        if not (1 <= number <= most and 1 <= channel <= most_channels):
            raise OptionRefused(
                f"{address}: '{name}' is not a channel; write in1-1 to in8-16 or multiple1-1 to multiple4-64, several "
                "with commas."
            )
    if len(set(names)) < len(names):
        raise OptionRefused(f"{address}: a channel stands twice in channels=; name each once.")
    return names


def _host_port(address: str, target: str) -> str:
    host, _, port = target.partition(":")
    if not host or (port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= 65_535)):
        raise OptionRefused(f"{address} is not an address; write quattrocento:HOST or quattrocento:HOST:PORT.")
    return f"{host}:{port or PORT}"
