"""Synthetic streams with pulses and evoked responses."""

from __future__ import annotations

import numpy as np

from drivers.base import Pulse
from tests.support.streams import Stream
from tests.support.waves import add, artefact, m_wave, mains, noise, voluntary

RATE_HZ = 4000.0


def stimulated(seconds: float, first_s: float, interval_s: float, holes: tuple[tuple[int, int], ...] = ()) -> Stream:
    """Two channels with pulses, answers in one, mains in the other, and a voluntary burst in both."""
    rng = np.random.default_rng(3)
    count = int(seconds * RATE_HZ)
    main, other = noise(rng, count), noise(rng, count) + mains(count, RATE_HZ, 30.0)
    at = [int(s * RATE_HZ) for s in np.arange(first_s, seconds, interval_s)]
    for pulse in at:
        add(main, pulse, artefact(RATE_HZ, 3000.0, 300.0))
        add(other, pulse, artefact(RATE_HZ, 800.0, -100.0))
        add(main, pulse + 24, m_wave(RATE_HZ, 300.0))
    burst = voluntary(rng, count // 5, RATE_HZ, 150.0)
    add(main, count // 2, burst)
    add(other, count // 2, 0.3 * burst)
    pulses = tuple(Pulse(p, current_ma=0.5, requested_ma=0.5, width_ms=0.1) for p in at)
    return Stream(RATE_HZ, (main, other), pulses, holes, range_uv=3200.0)
