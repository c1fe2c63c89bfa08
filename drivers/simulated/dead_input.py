"""A converter that hangs: instead of the patient it gives zeros, its last sample, or its last buffer over and over."""

from __future__ import annotations

HUNG_BUFFER_S = 0.2


class Converter:
    """Passes samples on until it hangs; ``width`` bytes are a sample of all channels, ``kept`` samples its buffer."""

    def __init__(self, width: int, kept: int) -> None:
        """Nothing has been read yet: its buffer is empty, and hangs at zero."""
        self._width, self._bytes = width, width * kept
        self._buffer = b""
        self._at = 0

    def read(self, raw: bytes, how: str) -> bytes:
        """What comes out in place of ``raw``; ``how`` it hangs: off, zero, held or repeat."""
        if how == "off":
            self._buffer, self._at = (self._buffer + raw)[-self._bytes :], 0
            return raw
        if how == "zero" or not self._buffer:
            return bytes(len(raw))
        if how == "held":
            return self._buffer[-self._width :] * (len(raw) // self._width)
        first, self._at = self._at, self._at + len(raw)
        rounds = self._at // len(self._buffer) + 1
        return (self._buffer * rounds)[first : self._at]
