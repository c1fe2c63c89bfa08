"""Ten million random bytes to every decoder: no exception, bounded memory, and the next good frame is read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from drivers.ona.frames import FrameReader
from drivers.rhx.samples import BlockReader
from drivers.spikerbox.messages import ByteReader

pytestmark = pytest.mark.slow
MILLIONS = 10
KEPT_BYTES = 4096


@pytest.mark.parametrize(
    "reader", [lambda: ByteReader(1), lambda: ByteReader(6), lambda: BlockReader(2), lambda: FrameReader([2])]
)
@pytest.mark.parametrize("letters", [bytes(range(256)), b"\xff\x01\x80\x81\x08\x7a\xf0\x2e"])
def test_random_bytes_are_survived_and_not_kept(
    reader: Callable[[], ByteReader | BlockReader | FrameReader], letters: bytes
) -> None:
    decoder, rng = reader(), np.random.default_rng(1)
    alphabet = np.frombuffer(letters, np.uint8)
    for _ in range(MILLIONS * 1000):
        decoder.feed(rng.choice(alphabet, 1000).tobytes())
        rest = getattr(decoder, "_rest", b"")
        assert len(rest) <= KEPT_BYTES
