from __future__ import annotations

import math
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import Channel, DeviceRefused, LimitExceeded, Limits
from drivers.ona.info import parse_info
from drivers.ona.pulses import single_body, train_body
from tests.drivers.ona.fake_ona import info_body

LIMITS = Limits(5.0, 0.01, 0.05, 1.0, 10.0)


def test_info_names_the_device_and_what_it_can_do() -> None:
    description = parse_info(info_body(), "ona:X")
    info = description.info
    assert (info.model, info.serial, info.firmware, info.address) == ("Fake", "S-1", "1.2.3", "ona:X")
    assert info.sample_rate_hz == 20_000.0
    assert info.channels == (Channel("needle", 400_000.0, 0.05), Channel("surface", 5000.0, 0.1))
    assert description.scale_uv == pytest.approx((0.05, 0.1))
    assert info.limits == LIMITS
    assert info.measures_impedance
    assert info.has_buttons


@pytest.mark.parametrize("bit", range(4))
def test_each_capability_is_a_bit_of_its_own(bit: int) -> None:
    info = parse_info(info_body(capabilities=1 << bit), "ona:X").info
    assert (info.limits is not None, info.measures_impedance, info.has_buttons) == (bit == 0, bit == 1, bit == 3)
    with_single = parse_info(info_body(capabilities=1 | 1 << bit), "ona:X").info.limits
    assert with_single is not None
    assert with_single.single_pulses == (bit == 2)


def test_names_are_utf_8_without_what_cannot_be_printed() -> None:
    channels = [(1.0, 1.0, "Näedel\x1b[31m"), (1.0, math.nan, ""), (1.0, 0.0, "x")]
    info = parse_info(info_body(channels), "ona:X").info
    assert info.channels == (
        Channel("Näedel[31m", 1.0, 0.001),
        Channel("channel 2", None, 0.001),
        Channel("x", None, 0.001),
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (info_body(protocol=2), "version 2 of the protocol, this program version 1"),
        (b"", "version None"),
        (info_body(channels=[]), "no channels"),
        (info_body(sample_rate_hz=0), "sample rate of 0 Hz"),
        (info_body(sample_rate_hz=99), "sample rate of 99 Hz"),
        (info_body(sample_rate_hz=1_000_001), "sample rate of 1000001 Hz"),
        (info_body([(0.0, 1.0, "a")]), "scale of 0.0 nV for channel 1"),
        (info_body([(1.0, 1.0, "a"), (-2.0, 1.0, "b")]), "scale of -2.0 nV for channel 2"),
        (info_body([(math.nan, 1.0, "a")]), "scale of nan nV"),
        (info_body([(math.inf, 1.0, "a")]), "scale of inf nV"),
        (info_body(limits=(0, 10, 50, 1000, 1)), "currents up to 0 uA in steps of 10 uA"),
        (info_body(limits=(5000, 0, 50, 1000, 1)), "in steps of 0 uA"),
        (info_body(limits=(5000, 10, 51, 50, 1)), "widths from 51 to 50 us"),
        (info_body(limits=(5000, 10, 0, 50, 1)), "widths from 0 to 50 us"),
    ],
)
def test_a_device_that_cannot_be_used_is_refused_in_words(body: bytes, words: str) -> None:
    with pytest.raises(DeviceRefused, match=f"ona:X cannot be used: .*{words}"):
        parse_info(body, "ona:X")


def test_limits_of_a_device_that_does_not_stimulate_are_not_read() -> None:
    assert parse_info(info_body(limits=(0, 0, 0, 0, 0), capabilities=0), "ona:X").info.limits is None


@pytest.mark.parametrize("size", range(1, len(info_body())))
def test_info_cut_short_is_refused(size: int) -> None:
    with pytest.raises(DeviceRefused, match="cut short"):
        parse_info(info_body()[:size], "ona:X")


@given(st.binary(max_size=200))
def test_random_info_is_refused_at_most(body: bytes) -> None:
    with suppress(DeviceRefused):
        parse_info(b"\x01" + body, "ona:X")


@given(st.integers(0, 500), st.integers(50, 1000), st.integers(0, 10_000))
def test_whole_steps_arrive_exactly(steps: int, width_us: int, rate_mhz: int) -> None:
    body = train_body(LIMITS, steps * 0.01, width_us / 1000, rate_mhz / 1000)
    assert struct.unpack("<IHI", body) == (steps * 10, width_us, rate_mhz)


@given(st.floats(0.01, 5.0))
def test_a_current_is_rounded_down_to_the_step_and_never_up(current_ma: float) -> None:
    (current_ua, _) = struct.unpack("<IH", single_body(LIMITS, current_ma, 0.1))
    assert current_ua % 10 == 0
    assert current_ma * 1000 - 10 < current_ua <= current_ma * 1000 * (1 + 2e-9)


@pytest.mark.parametrize(
    ("current_ma", "width_ms", "pulse_rate_hz", "words"),
    [
        (5.001, 0.1, 1.0, r"current of 5.001 mA is outside .* \(0 to 5 mA\)"),
        (-0.01, 0.1, 1.0, "current of -0.01 mA"),
        (math.nan, 0.1, 1.0, "current of nan mA"),
        (math.inf, 0.1, 1.0, "current of inf mA"),
        (0.009, 0.1, 1.0, "below the stimulator's smallest, 0.01 mA"),
        (1.0, 0.0499, 1.0, r"pulse width of 0.0499 ms is outside .* \(0.05 to 1 ms\)"),
        (1.0, 1.001, 1.0, "pulse width of 1.001 ms"),
        (1.0, math.nan, 1.0, "pulse width of nan ms"),
        (1.0, 0.1, 10.001, r"rate of 10.001 Hz is outside .* \(0 to 10 Hz\)"),
        (1.0, 0.1, -1.0, "rate of -1 Hz"),
        (1.0, 0.1, math.nan, "rate of nan Hz"),
    ],
)
def test_a_value_out_of_range_is_raised_and_never_clipped(
    current_ma: float, width_ms: float, pulse_rate_hz: float, words: str
) -> None:
    with pytest.raises(LimitExceeded, match=f"{words}.*; nothing was changed"):
        train_body(LIMITS, current_ma, width_ms, pulse_rate_hz)


def test_channels_of_one_name_have_distinct_names() -> None:
    info = parse_info(info_body([(1.0, 1.0, "EMG"), (1.0, 1.0, "EMG")]), "ona:X").info
    assert [channel.name for channel in info.channels] == ["EMG", "EMG #2"]
