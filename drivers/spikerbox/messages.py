"""Conversion of bytes of the Backyard Brains family to samples and messages. No I/O.

A frame is two bytes a channel, seven bits in each; only the first byte of a frame has bit 7 set. There is no counter
and no checksum. A message, ``FF FF 01 01 80 FF NAME:value; FF FF 01 01 81 FF``, may cut a frame, and that frame is
dropped. The device also skips the samples due meanwhile; their number is estimated from the length of the message.
Source: Spike Recorder (github.com/BackyardBrains/Spike-Recorder), ArduinoSerial.cpp; the makers' firmware.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

OPENING = b"\xff\xff\x01\x01\x80\xff"
CLOSING = b"\xff\xff\x01\x01\x81\xff"
_ESCAPE = b"\xff\xff"
MAX_MESSAGE = 256
"""Most bytes between opening and closing; an opening followed by more counts as noise."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Converter steps, int32 of shape (samples, channels), after ``lost`` missing samples."""

    values: NDArray[np.int32]
    lost: int


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """One ``NAME:value`` from the device, between the samples before and after it."""

    name: str
    value: str


ReadItem = Counts | DeviceMessage


class ByteReader:
    """Decoder of frames of ``channels`` signals; the result does not depend on how the bytes were cut.

    ``torn`` counts frames that were cut, ``skipped`` the bytes outside frames and messages.
    """

    def __init__(self, channels: int) -> None:
        self._frame = 2 * channels
        self._rest = b""
        self._lost_bytes = 0
        self._begun = False
        self.torn = self.skipped = 0

    def feed(self, data: bytes) -> list[ReadItem]:
        """Return the samples and messages that ``data`` completes, in order; at most a message is kept back."""
        self._rest += data
        found: list[ReadItem] = []
        while (at := self._rest.find(_ESCAPE)) >= 0:
            end = self._message_end(at)
            if end is None:
                return found + self._samples(at, ended=True)
            found += self._samples(at, ended=True)
            if end:
                found += _messages(self._rest[len(OPENING) : end - at - len(CLOSING)])
                self._drop(end - at)
            else:
                self.skipped += 1
                self._drop(1)
        return found + self._samples(len(self._rest), ended=False)

    def _message_end(self, at: int) -> int | None:
        """Return where the message that opens at ``at`` ends; 0 where it is not a message, None if not known yet."""
        head = self._rest[at : at + len(OPENING)]
        if not OPENING.startswith(head):
            return 0
        closing = self._rest.find(CLOSING, at + len(OPENING), at + len(OPENING) + MAX_MESSAGE + len(CLOSING))
        if closing >= 0:
            return closing + len(CLOSING)
        too_long = len(self._rest) - at > len(OPENING) + MAX_MESSAGE + len(CLOSING)
        return 0 if too_long else None

    def _samples(self, end: int, *, ended: bool) -> list[ReadItem]:
        """Return the frames up to ``end`` and drop their bytes; ``ended``: a frame cut at ``end`` is not continued."""
        if not end:
            return []
        raw = np.frombuffer(self._rest, np.uint8, end)
        starts = np.flatnonzero(raw & 0x80)
        whole = np.append(starts[1:], end) - starts >= self._frame
        used = end
        if not ended and len(starts) and not whole[-1]:
            used = int(starts[-1])
            starts, whole = starts[:-1], whole[:-1]
        self.torn += int((~whole).sum())
        self.skipped += used - int(whole.sum()) * self._frame
        found = self._whole(raw, starts[whole])
        kept_to = int(starts[whole][-1]) + self._frame if found else 0
        self._rest = self._rest[used:]
        self._lost_bytes += (used - kept_to) * self._begun
        return found

    def _whole(self, raw: NDArray[np.uint8], starts: NDArray[np.intp]) -> list[ReadItem]:
        """Return the whole frames at ``starts``, split into runs where bytes are missing between them."""
        if not len(starts):
            return []
        words = raw[starts[:, None] + np.arange(self._frame)].astype(np.int32) & 0x7F
        values = words[:, ::2] << 7 | words[:, 1::2]
        lost = np.diff(starts, prepend=0) - self._frame
        lost[0] = (starts[0] + self._lost_bytes) * self._begun
        self._lost_bytes, self._begun = 0, True
        cuts = [0, *(np.flatnonzero(lost[1:]) + 1).tolist(), len(starts)]
        return [Counts(values[a:b], self._samples_in(int(lost[a]))) for a, b in pairwise(cuts)]

    def _samples_in(self, lost_bytes: int) -> int:
        """Return how many samples ``lost_bytes`` would have carried; fewer bytes than a frame still cut one."""
        return -(-lost_bytes // self._frame) if lost_bytes < self._frame else round(lost_bytes / self._frame)

    def _drop(self, count: int) -> None:
        self._rest = self._rest[count:]
        self._lost_bytes += count * self._begun


def _messages(body: bytes) -> list[ReadItem]:
    """Return every ``NAME:value;`` in ``body``; other text is left out."""
    words = body.decode("ascii", "replace").split(";")
    parts = [word.strip().partition(":") for word in words]
    return [DeviceMessage(name, value) for name, colon, value in parts if colon]
