"""Another nerve or muscle responds in the course of a procedure: what is recorded, shown and begun anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from drivers.base import Pulse
from guidance.contracts.events import Cue, Entry, Proximity, TimedRecord
from guidance.contracts.origin import RECORDED
from guidance.engine.loop import Engine
from guidance.engine.snapshot_builder import SessionState
from guidance.stimulation.closed_loop import ClosedLoopController, PulseLimits
from guidance.ui.estimate import EstimateReader
from tests.support.streams import Stream, of_kind, settings
from tests.support.waves import Wave, add, artefact, m_wave, noise

RATE_HZ = 4000.0
SESSION = SessionState("made", RECORDED)


def stream(responses: Sequence[tuple[Wave, ...]], currents_ma: Sequence[float]) -> Stream:
    """Return a stream of pulses, three times a second: ``responses`` has for each the waves by channel."""
    rng, at = np.random.default_rng(6), [int(RATE_HZ * (0.5 + i / 3)) for i in range(len(responses))]
    count = at[-1] + int(0.5 * RATE_HZ)
    signals = [noise(rng, count, 5.0) for _ in responses[0]]
    for pulse, waves in zip(at, responses, strict=True):
        for signal, wave in zip(signals, waves, strict=True):
            add(signal, pulse, artefact(RATE_HZ, 2000.0, 100.0))
            add(signal, pulse + round(0.006 * RATE_HZ), wave)
    pulses = (Pulse(p, current_ma=ma, width_ms=0.1) for p, ma in zip(at, currents_ma, strict=True))
    return Stream(RATE_HZ, tuple(signals), tuple(pulses))


NOTHING = np.zeros(1)
M_WAVE = m_wave(RATE_HZ, 400.0)
SHAPES = stream(
    [(NOTHING,)] * 5 + [(M_WAVE,)] * 3 + [(0.5 * M_WAVE,)] * 2 + [(M_WAVE,)] * 5 + [(-M_WAVE,)] * 5,
    [0.5] * 8 + [0.46] * 2 + [0.5] * 10,
)
"""Two currents before the change, as a single one cannot show how far above the threshold it is."""

CHANNELS = stream([(NOTHING,) * 2] * 5 + [(M_WAVE, NOTHING)] * 8 + [(NOTHING, M_WAVE)] * 5, [0.5] * 18)


def ran(made: Stream, cut: int = 400) -> tuple[Engine, list[TimedRecord]]:
    engine = Engine(settings(), made.info, "2026-01-01T00:00:00+00:00")
    return engine, list(engine.step(list(made.blocks(made.every(cut)))))


def changed(records: list[TimedRecord]) -> int:
    """Return the place of the one entry that the response has changed."""
    (at,) = [
        i for i, one in enumerate(records) if isinstance(one.record, Entry) and one.record.what == "response-changed"
    ]
    return at


@pytest.mark.parametrize("cut", [37, 400])
def test_a_change_of_shape_is_recorded_before_the_estimate_that_it_restarts(cut: int) -> None:
    _, records = ran(SHAPES, cut)
    after = of_kind(records[changed(records) :], Proximity)
    assert (after[0].valid, after[0].why, after[0].zone) == (False, "response-changed", None)
    assert all(one.why != "response-changed" for one in after[1:])
    assert len(after) == 3
    assert of_kind(records[changed(records) :], Cue)[0].name == "unknown"


def test_a_change_of_channel_leaves_nothing_known_until_the_next_response() -> None:
    _, records = ran(CHANNELS)
    entry = records[changed(records)].record
    assert isinstance(entry, Entry)
    assert entry.fields["text"] == "EMG 1 responds, and EMG 0 does not any more"
    after = of_kind(records[changed(records) :], Proximity)
    assert [one.why for one in after] == ["no-response-yet"] * 3
    assert all(one.threshold_ma is None for one in after)


def test_the_screen_shows_it_for_ten_seconds() -> None:
    engine, records = ran(SHAPES)
    notice = engine.snapshot(SESSION).notice
    assert notice.startswith("Another nerve, muscle or reflex: the response has another shape")
    assert notice.endswith("The estimate restarted.")
    (event,) = [one for one in engine.snapshot(SESSION).past.events if "response-changed" in one.text]
    assert event.kind == "note"
    later = replace(records[changed(records)], t=engine.t - 10.1)
    engine.builder.receive(later)
    assert engine.snapshot(SESSION).notice == ""


def test_a_notice_of_the_session_comes_first() -> None:
    engine, _ = ran(SHAPES)
    assert engine.snapshot(replace(SESSION, notice="paused")).notice == "paused"


def test_at_the_pulse_of_the_change_the_screen_shows_no_zone_and_no_trend() -> None:
    engine, _ = ran(SHAPES)
    shown = engine.snapshot(SESSION)
    assert shown.proximity is not None
    at_change = replace(shown, proximity=shown.proximity.without_validity("response-changed"))
    estimate = EstimateReader().read(at_change)
    assert (estimate.why, estimate.zone, estimate.trend) == ("another response: restarted", None, None)


def test_another_response_is_verified_anew() -> None:
    controller = ClosedLoopController(PulseLimits(1.0, 5.0, 0.1, 2.0, 5.0), 0.2)
    verification = controller._verification
    for _ in range(4):
        verification.observe(0.4, True, (0.38, 0.4, 0.42), at_rest=True)
    assert verification.wanted_ma() is not None
    controller.apply_entry("response-changed")
    assert verification.wanted_ma() is None
    for _ in range(4):
        verification.observe(0.4, True, (0.38, 0.4, 0.42), at_rest=True)
    assert verification.wanted_ma() is not None
