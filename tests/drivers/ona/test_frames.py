from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ona.frames import MAX_ENCODED, FrameReader, OnaFrame, encode, int24
from tests.drivers.ona import fake_ona

KNOWN = range(1, 7)
FRAMES = [
    OnaFrame(1, 254, b""),
    OnaFrame(2, 255, bytes(300)),
    OnaFrame(5, 0, b"\x01\x00"),
    OnaFrame(3, 1, bytes(range(1, 256)) * 2),
]
STREAM = b"".join(encode(frame.type, frame.seq, frame.body) for frame in FRAMES)


def counts(reader: FrameReader) -> tuple[int, int, int, int]:
    return reader.bad, reader.lost, reader.unknown, reader.repeated


def test_the_crc_is_ibm_3740_and_stands_after_the_body_little_endian() -> None:
    assert fake_ona.crc16(b"123456789") == 0x29B1
    payload = fake_ona.unstuff(encode(ord("1"), ord("2"), b"3456789")[:-1])
    assert payload == b"123456789\xb1\x29"


@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=900))
def test_both_ways_agree_with_a_codec_written_from_the_page(frame_type: int, seq: int, body: bytes) -> None:
    encoded = encode(frame_type, seq, body)
    assert (encoded.count(0), encoded[-1]) == (1, 0)
    payload = fake_ona.unstuff(encoded[:-1])
    assert payload[:-2] == bytes((frame_type, seq)) + body
    assert fake_ona.crc16(payload[:-2]) == int.from_bytes(payload[-2:], "little")
    assert FrameReader([frame_type]).feed(fake_ona.frame(frame_type, seq, body)) == [OnaFrame(frame_type, seq, body)]


def test_a_payload_of_254_bytes_may_end_with_or_without_an_empty_group() -> None:
    payload = b"\x02\x01" + b"\x07" * 250
    payload += fake_ona.crc16(payload).to_bytes(2, "little")
    for encoded in (b"\xff" + payload, b"\xff" + payload + b"\x01"):
        assert FrameReader(KNOWN).feed(encoded + b"\0") == [OnaFrame(2, 1, b"\x07" * 250)]


def test_a_body_too_long_for_a_frame_is_a_program_error() -> None:
    longest = MAX_ENCODED - 4 - 5 - 1
    assert len(encode(1, 1, b"\x01" * longest)) == MAX_ENCODED
    with pytest.raises(ValueError, match="1025"):
        encode(1, 1, b"\x01" * (longest + 1))


@pytest.mark.parametrize("before", [b"", b"garbage\0"], ids=["clean", "garbage before"])
@pytest.mark.parametrize("after", [b"", b"\x05trail"], ids=["whole", "trailing bytes"])
@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_frames_come_out_whole_however_they_arrive(before: bytes, after: bytes, size: int) -> None:
    reader = FrameReader(KNOWN)
    data = before + STREAM + after
    out = [frame for at in range(0, len(data), size) for frame in reader.feed(data[at : at + size])]
    assert out == FRAMES
    assert counts(reader) == (1 if before else 0, 0, 0, 0)


@given(st.lists(st.sampled_from([*range(len(FRAMES))]) | st.binary(max_size=1500), max_size=8), st.data())
def test_the_cuts_change_neither_frames_nor_counts(parts: list[int | bytes], data: st.DataObject) -> None:
    stream = b"".join(part if isinstance(part, bytes) else fake_ona.frame(2, part, b"\0\x07") for part in parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    whole, pieces = FrameReader(KNOWN), FrameReader(KNOWN)
    expected = whole.feed(stream)
    out = [f for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) for f in pieces.feed(stream[a:b])]
    assert out == expected
    assert counts(pieces) == counts(whole)


@pytest.mark.parametrize("cut", range(1, len(encode(2, 1, b"\0\x09\0"))))
def test_a_frame_cut_short_costs_only_itself(cut: int) -> None:
    reader = FrameReader(KNOWN)
    cut_short = encode(2, 1, b"\0\x09\0")[:cut]
    frames = reader.feed(encode(2, 0) + cut_short + b"\0" + encode(2, 2))
    kept = [frame.seq for frame in frames]
    if cut == len(encode(2, 1, b"\0\x09\0")) - 1:
        assert kept == [0, 1, 2]
    else:
        assert (kept, reader.bad, reader.lost) == ([0, 2], 1, 1)


@pytest.mark.parametrize(
    "encoded",
    [b"", b"\x02\x01", b"\x04\x01\x01\x01", b"\x09\x01\x02", encode(2, 0, b"abc")[:-2] + b"x", b"\x01" * 1025],
    ids=["empty", "two bytes", "three bytes", "bad COBS", "bad CRC", "over 1024 bytes"],
)
def test_what_is_no_frame_is_dropped_and_counted_once(encoded: bytes) -> None:
    reader = FrameReader(KNOWN)
    frames = reader.feed(encode(2, 7) + encoded + b"\0" + encode(2, 8))
    assert [frame.seq for frame in frames] == [7, 8]
    assert counts(reader) == (1, 0, 0, 0)


def test_the_sequence_is_counted_modulo_256_over_all_types() -> None:
    reader = FrameReader(KNOWN)
    stream = [(1, 254), (0x70, 255), (2, 0), (2, 3), (2, 3 + 256 - 1)]
    frames = reader.feed(b"".join(encode(frame_type, seq % 256) for frame_type, seq in stream))
    assert [frame.seq for frame in frames] == [254, 0, 3, 2]
    assert counts(reader) == (0, 2 + 254, 1, 0)


def test_a_frame_that_comes_twice_is_returned_once() -> None:
    reader = FrameReader(KNOWN)
    once = encode(2, 9, b"abc")
    assert len(reader.feed(once + once + encode(2, 10))) == 2
    assert counts(reader) == (0, 0, 0, 1)


def test_resync_forgets_the_sequence_and_keeps_the_counts() -> None:
    reader = FrameReader(KNOWN)
    reader.feed(encode(2, 9) + b"\0half a frame")
    reader.resync()
    assert [frame.seq for frame in reader.feed(encode(2, 77))] == [77]
    assert counts(reader) == (1, 0, 0, 0)


def test_endless_garbage_is_one_bad_frame_and_takes_no_memory() -> None:
    reader = FrameReader(KNOWN)
    for _ in range(1000):
        assert reader.feed(b"\x55" * 777) == []
        assert len(reader._rest) <= MAX_ENCODED
    assert reader.bad == 1
    assert reader.feed(b"\x55\0" + encode(2, 0)) == [OnaFrame(2, 0, b"")]
    assert reader.bad == 1


@given(st.lists(st.binary(max_size=3000), max_size=10))
def test_random_bytes_never_raise(chunks: list[bytes]) -> None:
    reader = FrameReader(KNOWN)
    for chunk in chunks:
        reader.feed(chunk)
        assert len(reader._rest) <= MAX_ENCODED


def test_one_flipped_bit_in_a_hundred_bytes_lets_no_wrong_frame_through() -> None:
    rng = random.Random(7)
    sent = [OnaFrame(2, seq % 256, rng.randbytes(60)) for seq in range(2000)]
    stream = bytearray(b"".join(encode(frame.type, frame.seq, frame.body) for frame in sent))
    for at in range(len(stream)):
        if rng.random() < 0.01:
            stream[at] ^= 1 << rng.randrange(8)
    reader = FrameReader(KNOWN)
    frames = reader.feed(bytes(stream))
    assert 800 < len(frames) < 1400
    assert set(frames) <= set(sent)
    first, last = sent.index(frames[0]), sent.index(frames[-1])
    assert len(frames) + reader.lost == last - first + 1


@given(st.lists(st.binary(min_size=3, max_size=3), max_size=50))
def test_24_bit_samples_are_little_endian_and_signed(values: list[bytes]) -> None:
    expected = [int.from_bytes(value, "little", signed=True) for value in values]
    out = int24([b"".join(values[:7]), b"".join(values[7:])])
    assert out.dtype == np.int32
    assert out.tolist() == expected
