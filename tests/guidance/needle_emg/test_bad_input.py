"""A signal that is no muscle's, through the live guide: no motor unit, no closeness, and a reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from guidance.contracts.events import MotorUnit, Proximity
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from tests.support.needle_guided import INFO, PROTOCOL, run
from tests.worlds.bad_signals import BAD_SIGNALS

SECONDS = 4


@pytest.mark.parametrize("name", BAD_SIGNALS)
def test_what_is_no_muscle_has_no_unit_and_no_closeness_and_a_reason(name: str) -> None:
    bad = BAD_SIGNALS[name]
    info = replace(INFO, sample_rate_hz=bad.sample_rate_hz)
    guided = Engine(Settings(PROTOCOL, Mode.LISTEN, headless=True), info, "2026-01-01T00:00:00+00:00")
    uv = bad.uv[: round(SECONDS * bad.sample_rate_hz), None].astype(np.float32)
    records = [timed.record for timed in run(guided, uv)]
    near = [record for record in records if isinstance(record, Proximity)]
    assert not [record for record in records if isinstance(record, MotorUnit) and record.unit is not None]
    assert not [each for each in near if each.valid]
    assert near[-1].why
