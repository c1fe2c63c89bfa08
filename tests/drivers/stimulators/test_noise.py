"""Ten million random bytes for each decoder: no exception, and none of them is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from drivers.stimulators.science_mode import PacketReader
from drivers.stimulators.stimjim_messages import TextReader

BYTES, CHUNK = 10_000_000, 4096


@pytest.mark.slow
@pytest.mark.parametrize("make", [PacketReader, TextReader])
def test_ten_million_random_bytes_do_no_harm(make: Callable[[], Any]) -> None:
    reader, rng = make(), np.random.default_rng(1)
    for _ in range(BYTES // CHUNK):
        reader.feed(rng.bytes(CHUNK))
        assert len(reader._rest) <= CHUNK + 1100
