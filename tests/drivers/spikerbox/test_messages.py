"""Framing of the Backyard Brains family: messages that cut frames, cuts anywhere, noise, recorded bytes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers.spikerbox.messages import CLOSING, MAX_MESSAGE, OPENING, ByteReader, DeviceMessage
from tests.drivers.spikerbox.fake_spikerbox import frames
from tests.support.shared import shared

MESSAGE = OPENING + b"HWT:MUSCLESS;" + CLOSING
ReadResult = tuple[NDArray[np.int32], list[int], list[tuple[str, str]]]


def read_chunks(reader: ByteReader, chunks: Iterable[bytes], channels: int = 1) -> ReadResult:
    """Return all samples, the index and length of every gap, and the messages."""
    values, gaps, messages, at = [np.zeros((0, channels), np.int32)], [], [], 0
    for chunk in chunks:
        for found in reader.feed(chunk):
            if isinstance(found, DeviceMessage):
                messages.append((found.name, found.value))
                continue
            gaps += [at, found.lost] if found.lost else []
            values.append(found.values)
            at += len(found.values)
    return np.concatenate(values), gaps, messages


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    edges = np.cumsum([0, *sizes])
    return [data[a:b] for a, b in zip(edges, [*edges[1:], len(data)], strict=True)]


def test_seven_bits_a_byte_are_put_together() -> None:
    values, gaps, _ = read_chunks(ByteReader(2), [frames([[0, 1023], [16383, 512]])], 2)
    assert values.tolist() == [[0, 1023], [16383, 512]]
    assert gaps == []


def test_a_message_that_cuts_a_frame_is_read_and_the_frame_dropped() -> None:
    reader = ByteReader(1)
    values, gaps, messages = read_chunks(reader, [frames([[700], [701]]) + b"\x85" + MESSAGE + frames([[720], [721]])])
    assert values[:, 0].tolist() == [700, 701, 720, 721]
    assert messages == [("HWT", "MUSCLESS")]
    assert gaps == [2, 13]  # (25 bytes of message + 1 of the frame) / 2
    assert (reader.torn, reader.skipped) == (1, 1)


def test_several_words_in_one_message_are_separated() -> None:
    body = OPENING + b"HWT:HUMANSB;FWV:1.0; HWV:2;junk" + CLOSING
    assert read_chunks(ByteReader(1), [body])[2] == [("HWT", "HUMANSB"), ("FWV", "1.0"), ("HWV", "2")]


def test_garbage_before_the_first_frame_is_no_gap() -> None:
    values, gaps, _ = read_chunks(ByteReader(1), [b"StartUp!\r\n\x81", frames([[5], [6]])])
    assert values[:, 0].tolist() == [5, 6]
    assert gaps == []


def test_an_opening_that_never_closes_is_given_up() -> None:
    reader = ByteReader(1)
    noise = OPENING + b"x" * (MAX_MESSAGE + 20)
    values, gaps, messages = read_chunks(reader, [frames([[1]]), noise, frames([[2]] * 3)])
    assert values[-3:, 0].tolist() == [2, 2, 2]
    assert not messages
    assert gaps


@pytest.mark.parametrize("missing", range(1, 9))
def test_missing_bytes_harm_no_frame_but_the_one_they_are_missing_from(missing: int) -> None:
    data = frames([[i, 1000 - i] for i in range(20)])
    values, _, _ = read_chunks(ByteReader(2), [data[:42], data[42 + missing :]], 2)
    wrong = [row for row in values.tolist() if row[1] != 1000 - row[0]]
    assert len(wrong) <= 1  # two halves may make a frame: the protocol has no checksum
    assert len(values) - len(wrong) >= 20 - 1 - -(-missing // 4)


def test_a_frame_that_lost_a_byte_is_a_gap() -> None:
    data = frames([[i, 1000 - i] for i in range(20)])
    values, gaps, _ = read_chunks(ByteReader(2), [data[:42], data[43:]], 2)
    assert gaps == [10, 1]
    assert len(values) == 19


@settings(max_examples=200, deadline=None)
@given(
    channels=st.integers(1, 4),
    parts=st.lists(
        st.one_of(
            st.integers(1, 12).map(lambda n: ("frames", n)),
            st.just(("message", 0)),
            st.binary(max_size=12).map(lambda b: ("noise", b)),
            st.sampled_from([b"\xff", b"\xff\xff", OPENING, OPENING[:4], CLOSING]).map(lambda b: ("noise", b)),
        ),
        max_size=12,
    ),
    sizes=st.lists(st.integers(0, 40), max_size=40),
)
def test_whole_byte_by_byte_and_cut_anywhere_are_the_same(
    channels: int, parts: list[tuple[str, object]], sizes: list[int]
) -> None:
    data = b""
    for kind, what in parts:
        if kind == "frames":
            assert isinstance(what, int)
            data += frames([[(i * 37 + c * 11) % 16384 for c in range(channels)] for i in range(what)])
        else:
            data += MESSAGE if kind == "message" else bytes(what)  # type: ignore[call-overload]
    readers = [ByteReader(channels) for _ in range(3)]
    ways = [[data], [data[i : i + 1] for i in range(len(data))], cut(data, sizes)]
    results = [read_chunks(reader, way, channels) for reader, way in zip(readers, ways, strict=True)]
    for values, gaps, messages in results[1:]:
        assert np.array_equal(values, results[0][0])
        assert (gaps, messages) == results[0][1:]
    assert len({(reader.torn, reader.skipped) for reader in readers}) == 1


@settings(max_examples=100, deadline=None)
@given(noise=st.lists(st.binary(max_size=400), max_size=20))
def test_noise_is_survived_and_not_kept(noise: list[bytes]) -> None:
    reader = ByteReader(1)
    for chunk in noise:
        reader.feed(chunk)
        assert len(reader._rest) <= MAX_MESSAGE + len(OPENING) + len(CLOSING) + 8
    values, _, _ = read_chunks(reader, [b"\x00" * 300, frames([[77]] * 4)])
    assert values[-4:, 0].tolist() == [77] * 4


def test_the_shields_ramp_has_no_step_but_where_a_message_cut_it() -> None:
    data = shared("transcripts/byb_spikershield_complete.bin").read_bytes()
    two_channels = data.index(b"\xff\xff") + len(MESSAGE) + 18754  # where the second conf took effect
    one, one_gaps, messages = read_chunks(ByteReader(1), [data[:two_channels]])
    assert messages == [("HWT", "MUSCLESS")]
    assert one_gaps == [18849, 13]
    steps = np.diff(one[:, 0]) % 1023
    assert set(np.flatnonzero(steps > 3)) == {18848}
    assert steps[18848] == 15
    two, two_gaps, messages = read_chunks(ByteReader(2), [data[two_channels:]], 2)
    assert messages == [("HWT", "MUSCLESS")]
    assert two_gaps[1] == 7
    assert len(two_gaps) == 2
    steps = np.diff(two[:, 0]) % 1023
    misread = 6098  # in the capture: 1 between 125 and 131, the firmware read 129 while it changed
    assert set(np.flatnonzero(steps > 5)) == {two_gaps[0] - 1, misread - 1, misread}
    assert np.ptp(two[:, 1]) > 400  # the sine on input 2
    assert (len(one), len(two)) == (18849 + 9377, 2372 + 7057)
