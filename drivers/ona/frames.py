"""Frames of the Open Needle Amplifier protocol, version 1: conversion of bytes to frames and back. No I/O.

A frame is ``COBS(type:u8 seq:u8 body crc:u16) 0x00``. The CRC is CRC-16/IBM-3740, little-endian, over all before it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from cobs import cobs
from fastcrc import crc16
from numpy.typing import NDArray

MAX_ENCODED = 1024
MIN_PAYLOAD = 4


@dataclass(frozen=True, slots=True)
class OnaFrame:
    """One frame with a good CRC: its type, its sequence number (0..255) and its body."""

    type: int
    seq: int
    body: bytes


def encode(frame_type: int, seq: int, body: bytes = b"") -> bytes:
    """Return the bytes of one frame, its closing zero included. Raises ValueError beyond 1024 bytes."""
    payload = bytes((frame_type, seq)) + body
    encoded: bytes = cobs.encode(payload + crc16.ibm_3740(payload).to_bytes(2, "little")) + b"\0"
    if len(encoded) > MAX_ENCODED:
        raise ValueError(f"a frame of {len(encoded)} bytes is longer than the protocol's {MAX_ENCODED}")
    return encoded


def int24(chunks: Sequence[bytes]) -> NDArray[np.int32]:
    """Convert little-endian signed 24-bit numbers, the joined ``chunks``, to int32 of shape (bytes // 3,).

    Each number is read as the upper three bytes of a 32-bit number that overlaps its neighbour; the shift extends the
    sign.
    """
    raw = b"".join((b"\0", *chunks))
    overlapping = np.ndarray((len(raw) // 3,), "<i4", raw, strides=(3,))
    return np.asarray(overlapping >> 8, np.int32)


class FrameReader:
    """Decoder of one direction of a byte stream into frames; the result does not depend on how the bytes were cut.

    ``bad`` counts the frames dropped (COBS, fewer than 4 bytes, CRC, over 1024 bytes), ``lost`` the frames missing in
    ``seq``, ``unknown`` the good frames of a type not in ``known``, ``repeated`` the frames that came twice in a row.
    """

    def __init__(self, known: Collection[int]) -> None:
        self._known = frozenset(known)
        self.bad = self.lost = self.unknown = self.repeated = 0
        self.resync()

    def resync(self) -> None:
        """Forget the unfinished frame and the sequence, as on a newly opened port; the counts go on."""
        self._rest = b""
        self._overlong = False
        self._last: OnaFrame | None = None

    def feed(self, data: bytes) -> list[OnaFrame]:
        """Return the frames of known types that ``data`` completes, in order. Never raises, whatever the bytes."""
        *encoded, self._rest = (self._rest + data).split(b"\0")
        if self._overlong and encoded:
            del encoded[0]
            self._overlong = False
        frames = [frame for chunk in encoded if (frame := self._frame(chunk)) is not None]
        self._bound_rest()
        return frames

    def _bound_rest(self) -> None:
        """Keep at most one frame's bytes; of an overlong one keep only the fact that it is overlong."""
        if self._overlong:
            self._rest = b""
        elif len(self._rest) > MAX_ENCODED:
            self.bad += 1
            self._overlong, self._rest = True, b""

    def _frame(self, encoded: bytes) -> OnaFrame | None:
        """Return the frame in ``encoded`` (without its zero); None for one that was only counted."""
        payload = _checked(encoded)
        if payload is None:
            self.bad += 1
            return None
        frame = OnaFrame(payload[0], payload[1], payload[2:-2])
        if not self._in_sequence(frame):
            self.repeated += 1
            return None
        if frame.type not in self._known:
            self.unknown += 1
            return None
        return frame

    def _in_sequence(self, frame: OnaFrame) -> bool:
        """Count the frames missing before ``frame``; return False where it repeats the one before it."""
        last, self._last = self._last, frame
        if last is None:
            return True
        missing = (frame.seq - last.seq - 1) % 256
        if missing == 255 and frame == last:
            return False
        self.lost += missing
        return True


def _checked(encoded: bytes) -> bytes | None:
    """Return the payload with its CRC, or None where the frame is invalid."""
    if len(encoded) > MAX_ENCODED:
        return None
    try:
        payload: bytes = cobs.decode(encoded)
    except cobs.DecodeError:
        return None
    if len(payload) < MIN_PAYLOAD:
        return None
    return payload if crc16.ibm_3740(payload[:-2]) == int.from_bytes(payload[-2:], "little") else None
