"""Simulated RHX with a muscle on channel a-000, which responds to every pulse that channel a-010 gives."""

from __future__ import annotations

import numpy as np

from drivers.rhx.samples import UV_PER_STEP, WireWords
from tests.drivers.rhx.fake_rhx import FakeRhx
from tests.support.waves import add, artefact, m_wave

LATENCY_MS = 6.0
MUSCLE_THRESHOLD_MA = 0.25


class PlayingRhx(FakeRhx):
    """RHX whose pulses of at least ``MUSCLE_THRESHOLD_MA`` evoke an M-wave, the larger the current the larger."""

    def _column(self, channel: str, band: str, times: np.ndarray) -> WireWords:
        if (channel, band) != ("a-000", "wide"):
            return super()._column(channel, band, times)
        first, rate_hz = int(times[0]), float(self.sample_rate_hz)
        uv = np.random.default_rng(first + 1).normal(0.0, 5.0, len(times))
        for given in self.given[-4:]:
            whole = np.zeros(round(0.05 * rate_hz))
            add(whole, 0, artefact(rate_hz, 1500.0, 60.0))
            over_ma = given.current_ma - MUSCLE_THRESHOLD_MA
            if over_ma >= 0:
                add(whole, round(LATENCY_MS * rate_hz / 1e3), m_wave(rate_hz, 300.0 + 2000.0 * over_ma))
            at = times - given.sample
            inside = (at >= 0) & (at < len(whole))
            uv[inside] += whole[at[inside]]
        return np.asarray(np.round(uv / UV_PER_STEP) + 32_768, np.uint16)
