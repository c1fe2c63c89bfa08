"""The closed loop of detector and controller, begun where the muscle responds already: it does not stay in doubt."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from drivers.base import Block, Channel, DeviceInfo, Outcome, Pulse
from guidance.contracts.events import Response
from guidance.proximity.filter import ProximityFilter
from guidance.signal.pipeline import ChannelResponse, SignalPipeline
from guidance.stimulation.closed_loop import ClosedLoopController, PulseLimits
from tests.support.outcomes import outcome_of
from tests.support.waves import Wave, add, artefact, m_wave, noise

RATE_HZ, WINDOW_MS, APART, PULSES = 10_000.0, (2.0, 25.0), 4000, 12
HALF_MA, SIZE_UV = 0.45, 600.0


def sweep(rng: np.random.Generator, ma: float) -> Wave:
    """Return APART samples in uV about a pulse of ``ma`` at sample 2000, whose response begins within the artefact."""
    signal = noise(rng, APART, 5.0)
    add(signal, 2000, ma * artefact(RATE_HZ, 2000.0, 50.0, 2.0))
    add(signal, 2000 + 25, m_wave(RATE_HZ, SIZE_UV) / (1.0 + (HALF_MA / ma) ** 8))
    return signal


def found(pipeline: SignalPipeline, rng: np.random.Generator) -> Iterator[tuple[float, Response]]:
    """Yield current and response of PULSES pulses, each chosen by the controller after the responses before it."""
    controller = ClosedLoopController(PulseLimits(1.0, 5.0, 0.1, 2.0, 5.0), 0.2)
    proximity_filter = ProximityFilter(100.0, 0.2, 0.5)
    controller.follow(proximity_filter)
    for number in range(PULSES + 1):
        first, ma = number * APART, controller.next_ma()
        pulse = Pulse(first + 2000, current_ma=ma, width_ms=0.1, outcome=Outcome.DELIVERED)
        pulses = (pulse,) if number else ()
        signal = sweep(rng, ma) if number else noise(rng, APART, 5.0)
        for one in pipeline.feed(Block(first, signal[:, None].astype(np.float32), pulses)):
            if isinstance(one, ChannelResponse):
                seen = one.evoked
                response = Response(
                    pulse.sample, "EMG", seen.detected, seen.p_value, seen.amplitude_uv, seen.latency_ms,
                    seen.contaminated, amplitude_sd_uv=seen.amplitude_sd_uv, doubt=seen.doubt,
                )  # fmt: skip
                outcome = outcome_of(pulse, response, pulse.sample / RATE_HZ)
                controller.observe(outcome, proximity_filter.observe(outcome))
                yield ma, response


def test_begun_above_threshold_the_current_changes_until_a_sweep_decides() -> None:
    info = DeviceInfo("test", "", "", RATE_HZ, (Channel("EMG", 25_000.0),))
    pulsed = list(found(SignalPipeline(info, WINDOW_MS, None, listen=False), np.random.default_rng(4)))
    assert len(pulsed) == PULSES
    doubtful = [response.contaminated for _, response in pulsed]
    assert doubtful[0], "the first sweep must be in doubt, or this shows nothing"
    decided = doubtful.index(False)
    assert decided <= 4
    currents = [ma for ma, _ in pulsed[: decided + 1]]
    assert all(later < before for before, later in pairwise(currents))
    assert any(response.detected for _, response in pulsed[decided:])
