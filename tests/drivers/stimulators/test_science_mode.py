"""ScienceMode4 frames: golden frames byte for byte, and any other bytes on the line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import LimitExceeded
from drivers.stimulators.science_mode import Packet, PacketReader, channel_config, encode, point

POINTS = point(20.0, 200) + point(0.0, 100) + point(-20.0, 200)
GOLDEN = {
    "status": (Packet(62, 1), "F0 81 55 81 59 81 4E 81 0C 04 3E 0F"),
    "mid-level init": (Packet(30, 4, b"\0"), "F0 81 55 81 58 81 36 81 4A 10 1E 00 0F"),
    "mid-level update": (
        Packet(32, 5, bytes.fromhex("01 23 00 50") + POINTS),
        "F0 81 55 81 49 81 CD 81 BC 14 20 01 23 00 50 0C 85 50 00 06 44 B0 00 0C 84 10 00 0F",
    ),
    "channel config": (
        Packet(2, 9, channel_config(0, POINTS, execute=True)),
        "F0 81 55 81 4C 81 A6 81 95 24 02 82 0C 85 50 00 06 44 B0 00 0C 84 10 00 0F",
    ),
    "low-level stop": (Packet(4, 10), "F0 81 55 81 59 81 9A 81 9E 28 04 0F"),
}
PACKETS = st.builds(Packet, st.integers(0, 1023), st.integers(0, 63), st.binary(max_size=60))


@pytest.mark.parametrize("name", GOLDEN)
def test_a_packet_is_the_golden_frame_byte_for_byte(name: str) -> None:
    packet, frame = GOLDEN[name]
    assert encode(packet) == bytes.fromhex(frame)
    assert PacketReader().feed(bytes.fromhex(frame)) == [packet]


@given(st.lists(PACKETS, max_size=4), st.integers(1, 40), st.binary(max_size=5))
def test_packets_come_through_however_the_bytes_are_cut(packets: list[Packet], size: int, trailing: bytes) -> None:
    data = b"".join(map(encode, packets)) + trailing
    reader = PacketReader()
    read = [packet for at in range(0, len(data), size) for packet in reader.feed(data[at : at + size])]
    assert read[: len(packets)] == packets


def test_a_head_that_holds_a_stop_or_a_start_byte_is_no_end() -> None:
    numbers = [Packet(53, number, bytes((value,))) for number in range(64) for value in range(64)]
    heads = [packet for packet in numbers if {0x0F, 0xF0} & set(encode(packet)[1:9])]
    assert len(heads) > 10
    assert PacketReader().feed(b"".join(map(encode, heads))) == heads


@given(PACKETS, st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_packet_is_dropped_and_the_next_is_read(packet: Packet, where: int, flip: int) -> None:
    good, reader = Packet(63, 7, b"\0\1\2"), PacketReader()
    damaged = bytearray(encode(packet))
    damaged[where % len(damaged)] ^= flip
    read = reader.feed(bytes(damaged)) + reader.feed(b"\x0f" * 1200 + encode(good))
    assert good in read
    assert packet not in read or packet == good


@given(st.binary(max_size=3000))
def test_noise_raises_nothing_and_is_not_kept(noise: bytes) -> None:
    reader = PacketReader()
    reader.feed(noise)
    assert len(reader._rest) <= 1100


@pytest.mark.parametrize("current_ma", [0.3, 150.5, -151.0, float("nan"), float("inf")])
def test_a_current_that_is_not_a_step_of_half_a_milliampere_is_refused(current_ma: float) -> None:
    with pytest.raises(LimitExceeded):
        point(current_ma, 100)


@pytest.mark.parametrize("width_us", [-1, 4096])
def test_a_width_that_does_not_fit_is_refused(width_us: int) -> None:
    with pytest.raises(LimitExceeded):
        point(1.0, width_us)
