"""Blocks of Intan RHX: recorded bytes, cuts anywhere, damage; and pulses from stimulus words."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.rhx.samples import FRAMES, MAGIC, BlockReader, StimulusMarks, WireWords, microvolts, rising_edges
from tests.support.shared import shared


def block(first: int, bands: int = 2) -> bytes:
    frames = np.zeros(FRAMES, [("time", "<u4"), ("words", "<u2", (bands,))])
    frames["time"] = (first + np.arange(FRAMES, dtype=np.uint64)).astype(np.uint32)
    frames["words"] = (frames["time"][:, None] * 3 + np.arange(bands)).astype(np.uint16)
    return MAGIC + frames.tobytes()


def read_chunks(reader: BlockReader, chunks: Iterable[bytes]) -> tuple[list[int], WireWords]:
    found = [frames for chunk in chunks for frames in reader.feed(chunk)]
    return [f.first for f in found], np.concatenate([f.words for f in found] or [np.zeros((0, 1), np.uint16)])


def test_thirty_blocks_that_rhx_sent_are_read_without_a_gap() -> None:
    data = shared("transcripts/rhx_capture_a010_wide_high.bin").read_bytes()
    reader = BlockReader(2)
    firsts, words = read_chunks(reader, (data[i : i + 999] for i in range(0, len(data), 999)))
    assert firsts == [128 * i for i in range(30)]
    assert words[:3].tolist() == [[32732, 32733], [32771, 32773], [32765, 32767]]
    assert reader.bad == 0
    assert np.abs(microvolts(words)).max() < 1000


def test_a_word_is_0195_microvolts_about_its_middle() -> None:
    uv = microvolts(np.array([[32_768, 32_769, 0]], np.uint16))
    assert uv.dtype == np.float32
    assert uv[0].tolist() == pytest.approx([0.0, 0.195, -6389.76])


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(
        st.one_of(st.integers(0, 50), st.binary(max_size=30), st.just(MAGIC), st.just(MAGIC[:3])), max_size=6
    ),
    sizes=st.lists(st.integers(0, 1500), max_size=20),
)
def test_whole_and_cut_anywhere_are_the_same(parts: list[int | bytes], sizes: list[int]) -> None:
    data = b"".join(part if isinstance(part, bytes) else block(part * FRAMES) for part in parts)
    edges = np.cumsum([0, *sizes]).tolist()
    ways = [[data], [data[i : i + 1] for i in range(len(data))]]
    ways.append([data[a:b] for a, b in zip(edges, [*edges[1:], len(data)], strict=True)])
    readers = [BlockReader(2) for _ in ways]
    results = [read_chunks(reader, way) for reader, way in zip(readers, ways, strict=True)]
    assert all(firsts == results[0][0] and np.array_equal(words, results[0][1]) for firsts, words in results)
    assert len({reader.bad for reader in readers}) == 1


@pytest.mark.parametrize("cut", [1, 4, 500, 1000])
def test_a_torn_block_costs_itself_alone(cut: int) -> None:
    reader = BlockReader(2)
    firsts, _ = read_chunks(reader, [block(0), block(128)[:cut], block(256), block(384)])
    assert firsts == [0, 256, 384]
    assert reader.bad == 1


@settings(max_examples=50, deadline=None)
@given(noise=st.lists(st.binary(max_size=2000), max_size=8))
def test_noise_is_survived_and_not_kept(noise: list[bytes]) -> None:
    reader = BlockReader(2)
    for chunk in noise:
        reader.feed(chunk)
        assert len(reader._rest) <= len(block(0))
    assert read_chunks(reader, [b"\0" * 1100, block(0), block(128)])[0] == [0, 128]


def words_of(*phases: tuple[int, int]) -> WireWords:
    return np.concatenate([np.full(count, word, np.uint16) for count, word in phases])


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(0, 400), max_size=8))
def test_a_biphasic_pulse_is_one_pulse_wherever_it_is_cut(cuts: list[int]) -> None:
    words = words_of((100, 256), (6, 256 | 200), (6, 200), (200, 256), (3, 256 | 50), (3, 50), (100, 256))
    marks, pulses, edges = (
        StimulusMarks(30_000.0),
        [],
        sorted({0, len(words), *(c for c in cuts if c < len(words))}),
    )
    for a, b in pairwise(edges):
        pulses += marks.feed(words[a:b], 1000 + a)
    assert [pulse.sample for pulse in pulses] == [1100, 1312]
    assert [pulse.width for pulse in pulses] == [6, 3]


def test_a_gap_between_the_phases_makes_no_second_pulse() -> None:
    words = words_of((10, 256), (6, 256 | 9), (3, 256), (6, 9), (10, 256))
    assert [p.sample for p in StimulusMarks(30_000.0).feed(words, 0)] == [10]


def test_a_voltage_limit_is_shown_with_the_pulse() -> None:
    words = words_of((10, 256), (6, 0x8000 | 256 | 100), (6, 100), (10, 256))
    (mark,) = StimulusMarks(30_000.0).feed(words, 0)
    assert mark.compliance


def test_an_edge_is_reported_once_though_cut() -> None:
    words = np.array([2, 0, 0, 2, 2, 2, 0, 2], np.uint16)
    edges, high = rising_edges(words[:4], 1, was_high=True)
    more, high = rising_edges(words[4:], 1, high)
    assert (edges, more, high) == ([3], [3], True)
