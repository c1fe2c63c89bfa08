"""Waveform blocks of Intan RHX's TCP output: conversion of bytes to words, microvolts and pulses. No I/O.

A block is ``08 7A F0 2E`` and 128 frames, each a timestamp (u32) and one u16 a requested band, little-endian.
Source: github.com/Intan-Technologies/Intan-RHX, tcpdisplay.cpp and tcpdataoutputthread.cpp. Compliance (bit 15 of a
stimulus word) follows Intan's manual and was tested on no hardware.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.base import Samples

MAGIC = b"\x08\x7a\xf0\x2e"
FRAMES = 128
UV_PER_STEP = 0.195
_MIDDLE = 32_768
_MAGNITUDE, _NEGATIVE, _COMPLIANCE = 0xFF, 0x100, 0x8000
_SECOND_PHASE_S = 0.005
"""Longest time from the first phase to the second of the same pulse; the next pulse comes later."""

WireWords = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Frames:
    """Contiguous frames: ``first`` is the timestamp of the first, ``words`` of shape (frames, bands)."""

    first: int
    words: WireWords


class BlockReader:
    """Decoder of blocks whose frames have ``bands`` words; the result does not depend on how the bytes were cut.

    ``bad`` counts the places where the bytes were not a block.
    """

    def __init__(self, bands: int) -> None:
        frame = np.dtype([("time", "<u4"), ("words", "<u2", (bands,))])
        self._block = np.dtype([("magic", "S4"), ("frames", frame, (FRAMES,))])
        self.block_bytes = self._block.itemsize
        self._rest = b""
        self._in_step = True
        self.bad = 0

    def feed(self, data: bytes) -> list[Frames]:
        """Return the blocks that ``data`` completes, in order."""
        self._rest += data
        found, at, size = [], 0, self._block.itemsize
        while True:
            start = self._rest.find(MAGIC, at)
            if start != at and len(self._rest) - at >= len(MAGIC):
                self._note_bad()
            if start < 0:
                at = max(at, len(self._rest) - len(MAGIC) + 1)
                break
            at = start
            if len(self._rest) - at < size:
                break
            frames = self._frames(at)
            at += size if frames else 1
            if frames:
                self._in_step = True
                found.append(frames)
            else:
                self._note_bad()
        self._rest = self._rest[at:]
        return found

    def _note_bad(self) -> None:
        self.bad += self._in_step
        self._in_step = False

    def _frames(self, at: int) -> Frames | None:
        """Return the block at ``at``; None where its timestamps are not consecutive, so that it is not a block."""
        frames = np.frombuffer(self._rest, self._block, 1, at)["frames"][0]
        times = frames["time"]
        if (np.diff(times) != 1).any():
            return None
        return Frames(int(times[0]), frames["words"].copy())


def microvolts(words: WireWords) -> Samples:
    """Convert amplifier words to float32 microvolts of the same shape."""
    return np.asarray((words.astype(np.float32) - _MIDDLE) * np.float32(UV_PER_STEP), np.float32)


@dataclass(frozen=True, slots=True)
class Mark:
    """A pulse in the stream: its first ``sample``, the samples of its first phase, and whether it met a voltage limit.

    Its current is not in the stream: RHX shows there the amplitude that was set when the run began.
    """

    sample: int
    width: int
    compliance: bool


@dataclass(frozen=True, slots=True)
class _Phase:
    first: int
    polarity: int
    compliance: bool


class StimulusMarks:
    """Detector of pulses in the stimulus words of a channel.

    A pulse is returned once its first phase is over. A phase of the other polarity that follows soon belongs to it.
    """

    def __init__(self, sample_rate_hz: float) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._first: _Phase | None = None
        self._last: tuple[int, int] | None = None
        self._polarity = 0

    def feed(self, words: WireWords, first_sample: int) -> list[Mark]:
        """Return the pulses whose first phase ends within ``words``, the first of which is ``first_sample``."""
        polarity = np.where(words & _MAGNITUDE, np.where(words & _NEGATIVE, -1, 1), 0)
        changes = np.flatnonzero(np.diff(polarity, prepend=self._polarity))
        marks = []
        for at in changes.tolist():
            marks += self._change(first_sample + at, int(polarity[at]), int(words[at]))
        if len(polarity):
            self._polarity = int(polarity[-1])
        return marks

    def _change(self, sample: int, polarity: int, word: int) -> list[Mark]:
        """Record that the output has ``polarity`` (0: off) from ``sample`` on; return the pulse that this ends."""
        ended, self._first = self._first, None
        if ended:
            self._last = sample, ended.polarity
        is_second = self._last is not None and polarity == -self._last[1] and self._is_soon(sample, self._last[0])
        if polarity and not is_second:
            self._first = _Phase(sample, polarity, bool(word & _COMPLIANCE))
        return [Mark(ended.first, sample - ended.first, ended.compliance)] if ended else []

    def _is_soon(self, sample: int, after: int) -> bool:
        return sample - after <= _SECOND_PHASE_S * self._sample_rate_hz


def rising_edges(words: WireWords, bit: int, was_high: bool) -> tuple[list[int], bool]:
    """Return where ``bit`` of the digital-in ``words`` rises, and whether it is high at their end."""
    high = (words >> bit & 1).astype(bool)
    edges = np.flatnonzero(high & ~np.concatenate(([was_high], high[:-1])))
    return edges.tolist(), bool(high[-1]) if len(high) else was_high
