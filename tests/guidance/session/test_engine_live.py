"""A live engine's estimates become stale; a replay has no clock, so its estimates do not."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.base import Block, Channel, DeviceInfo
from guidance.contracts.events import Cue, Proximity, Record, TimedRecord
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load

RATE_HZ = 2000
INFO = DeviceInfo("made", "", "made:", RATE_HZ, (Channel("EMG"),))
KNOWN = Proximity(7, (0.3, 0.4, 0.5), None, None, "target", None, valid=True, why=None)


@pytest.fixture
def engine() -> Engine:
    made = Engine(Settings(load("generic-block"), Mode.LISTEN), INFO, "2026-01-01T00:00:00+00:00")
    made._parts.proximity.newest = KNOWN
    return made


def run_idle(engine: Engine, seconds: int, now_ns: int | None) -> list[Record]:
    """Run ``seconds`` in which nothing happens."""
    rng = np.random.default_rng(1)
    made: list[TimedRecord] = []
    for second in range(seconds):
        samples = rng.normal(0, 5, (RATE_HZ, 1)).astype(np.float32)
        made += engine.step([Block(second * RATE_HZ, samples, arrived_ns=now_ns or 0)], now_ns)
    return [one.record for one in made]


def test_an_estimate_lapses_after_a_long_time_without_a_response(engine: Engine) -> None:
    records = run_idle(engine, 6, 1_000_000_000)
    (lapsed,) = [record for record in records if isinstance(record, Proximity)]
    assert (lapsed.sample, lapsed.valid, lapsed.why, lapsed.zone) == (7, False, "stale", None)
    assert [record.name for record in records if isinstance(record, Cue)] == ["unknown"]


def test_in_a_replay_nothing_lapses(engine: Engine) -> None:
    assert not [record for record in run_idle(engine, 6, None) if isinstance(record, Proximity | Cue)]
    assert engine.proximity == KNOWN
