"""A procedure of eight hours on the virtual clock needs no more memory, descriptors or threads at its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.bench_soak import SETTLED_S, growth_mb_h, virtual
from tests.support.processes import lines


@pytest.mark.slow
def test_eight_hours_grow_by_less_than_a_megabyte_an_hour_and_lose_nothing(tmp_path: Path) -> None:
    (tmp_path / "soak").mkdir()
    settled = [usage for usage in virtual(8.0, tmp_path) if usage.t >= SETTLED_S]
    growth = growth_mb_h(settled)
    assert growth is not None
    assert growth < 1.0
    assert len({(usage.descriptors, usage.threads) for usage in settled}) == 1
    end = lines(tmp_path)[-1]
    assert (end["kind"], end["lost_samples"]) == ("end", 0)
    assert end["stimuli"] > 20_000
