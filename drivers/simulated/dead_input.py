"""Converter that can hang: it then gives zeros, its last sample, or its last buffer repeatedly."""

from __future__ import annotations

HUNG_BUFFER_S = 0.2


class Converter:
    """Converter that passes samples on until it hangs.

    A sample of all channels has ``width`` bytes; the buffer has ``buffer_samples`` samples.
    """

    def __init__(self, width: int, buffer_samples: int) -> None:
        """Start with an empty buffer: until something is read, the converter hangs at zero."""
        self._width, self._bytes = width, width * buffer_samples
        self._buffer = b""
        self._at = 0

    def read(self, raw: bytes, how: str) -> bytes:
        """Return the output for ``raw``; ``how`` the converter hangs: off (not at all), zero, held or repeat."""
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
