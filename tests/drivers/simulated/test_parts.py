"""Parts of the simulation, each by itself: motion, tissue, noise, mains, artefact, voluntary units, sample buffer."""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pytest

import drivers.simulated
from drivers.simulated.background import Mains, Noise
from drivers.simulated.draws import Chance, Known, LogNormal, SlowDrift, Uniform
from drivers.simulated.electronics import FrontEnd
from drivers.simulated.motion import SCENARIOS, Motion
from drivers.simulated.nerve import Tip
from drivers.simulated.sample_buffer import SampleBuffer
from drivers.simulated.tissue import Injectate, Tissue
from drivers.simulated.voluntary import Voluntary


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_every_quantity_drawn_states_source_and_certainty() -> None:
    found = 0
    for module in pkgutil.walk_packages(drivers.simulated.__path__, "drivers.simulated."):
        if module.name.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, LogNormal | Uniform | Chance | Known):
                found += 1
                assert len(value.source) > 10
                assert value.certainty in {"measured", "modelled", "derived", "assumed"}
    assert found > 80


def test_draws_stay_within_their_limits() -> None:
    wide = LogNormal(1.0, 5.0, 0.5, 2.0, "a test of the limits", "assumed")
    values = [wide.draw(_rng(seed)) for seed in range(50)]
    assert (min(values), max(values)) == (0.5, 2.0)


def test_slow_drift_is_smooth_and_has_its_spread() -> None:
    values = np.array([[SlowDrift(_rng(s), 0.1).at(t) for t in np.arange(0, 600, 2.0)] for s in range(20)])
    assert values.std() == pytest.approx(0.1, rel=0.1)
    assert np.abs(np.diff(values)).max() < 0.15


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_the_needle_never_jumps_and_never_hurries(scenario: str) -> None:
    for seed in range(5):
        motion = Motion(_rng(seed), scenario, 1.0, None, still=True)
        tips = [motion.tip(t) for t in np.arange(0, 120, 0.05)]
        way = np.hypot(np.diff([t.ahead_mm for t in tips]), np.diff([t.aside_mm for t in tips]))
        assert way.max() <= 2.0 * 0.05 + 1e-9


@pytest.mark.parametrize(("scenario", "nearest"), [("approach", (-0.1, 1.0)), ("pass", (0.15, 3.1)), ("hold", (8, 8))])
def test_scenarios_come_as_near_as_described(scenario: str, nearest: tuple[float, float]) -> None:
    for seed in range(5):
        motion = Motion(_rng(seed), scenario, 1.0, 8.0, still=True)
        tips = [motion.tip(t) for t in np.arange(0, 200, 0.1)]
        closest = min(np.hypot(t.ahead_mm, t.aside_mm) - 1.0 for t in tips)
        assert nearest[0] - 1e-9 <= closest <= nearest[1] + 1e-9


def test_steering_leaves_the_scenario_and_ends_where_it_should() -> None:
    motion = Motion(_rng(1), "procedure", 1.0, 15.0, still=True)
    before = motion.tip(20.0)
    motion.steer(20.0, 4.0, -1.0)
    assert motion.tip(20.0) == before
    after = motion.tip(60.0)
    assert (after.ahead_mm, after.aside_mm) == pytest.approx((before.ahead_mm - 4.0, before.aside_mm - 1.0))
    motion.steer(60.0, 0.0, 0.0)
    assert motion.tip(500.0) == after
    assert motion.tip(10.0) != after


def test_presses_of_a_key_add_up_whatever_their_pace() -> None:
    for gap_s in (0.01, 0.1, 0.7):
        motion = Motion(_rng(1), "hold", 1.0, 15.0, still=True)
        for press in range(10):
            motion.steer(1.0 + press * gap_s, 0.5, 0.0, adds=True)
        assert motion.tip(30.0).ahead_mm == pytest.approx(11.0)
        assert motion.depth_mm(30.0) == pytest.approx(5.0)
        motion.steer(31.0, 0.0, -1.5, adds=True)
        motion.steer(31.1, -0.5, 0.5, adds=True)
        assert (motion.tip(60.0).ahead_mm, motion.tip(60.0).aside_mm) == pytest.approx((11.5, -1.0))


def test_the_first_press_leaves_the_scenario_and_adds_nothing_of_it() -> None:
    motion = Motion(_rng(1), "procedure", 1.0, 15.0, still=True)
    before = motion.tip(20.0)
    motion.steer(20.0, 0.5, 0.0, adds=True)
    assert motion.tip(40.0).ahead_mm == pytest.approx(before.ahead_mm - 0.5)


def test_a_needle_that_waits_begins_when_requested_and_then_does_the_same() -> None:
    waiting, at_once = (Motion(_rng(3), "stay", 1.0, 15.0, still=True, waits=waits) for waits in (True, False))
    assert waiting.tip(40.0) == waiting.tip(0.0)
    assert waiting.depth_mm(40.0) == 0.0
    waiting.begin(50.0)
    waiting.begin(70.0)
    for t_s in (0.0, 5.0, 20.0, 60.0):
        assert waiting.tip(50.0 + t_s).ahead_mm == pytest.approx(at_once.tip(t_s).ahead_mm)


def test_a_needle_that_waits_can_be_steered() -> None:
    motion = Motion(_rng(3), "stay", 1.0, 15.0, still=True, waits=True)
    motion.steer(10.0, 2.0, 0.0, adds=True)
    assert motion.depth_mm(30.0) == pytest.approx(2.0)


def test_a_needle_that_stays_goes_the_way_of_a_procedure_and_is_not_taken_out() -> None:
    for seed in range(5):
        stays, leaves = (Motion(_rng(seed), scenario, 1.0, 15.0, still=True) for scenario in ("stay", "procedure"))
        for t_s in range(40):
            assert stays.tip(float(t_s)) == leaves.tip(float(t_s))
        assert stays.depth_mm(3600.0) > 12.0
        assert leaves.depth_mm(3600.0) < stays.depth_mm(3600.0) - 5.0


def test_holding_stops_a_movement_under_way() -> None:
    motion = Motion(_rng(1), "hold", 1.0, 15.0, still=True)
    motion.steer(1.0, 5.0, 0.0)
    motion.steer(3.0, 0.0, 0.0)
    assert motion.tip(30.0).ahead_mm == pytest.approx(14.0)


def test_the_needle_trembles_a_little() -> None:
    motion = Motion(_rng(4), "hold", 1.0, 5.0, still=False)
    way = np.array([motion.tip(t).ahead_mm for t in np.arange(0, 30, 0.05)])
    assert 0.005 < way.std() < 0.6


def test_impedance_dips_near_the_nerve_and_mostly_rises_inside() -> None:
    changes = []
    for seed in range(100):
        tissue = Tissue(_rng(seed))
        far, near, inside = (tissue.impedance_kohm(0.0, Tip(9.5, 0.0), mm) for mm in (9.0, 0.1, -0.5))
        assert 5.0 < far < 25.0
        assert near <= far * 1.001
        changes.append(inside / near - 1)
    assert np.mean(np.array(changes) > 0.043) > 0.8
    assert 0.2 < np.median(changes) < 0.9


def test_some_paths_cross_a_vessel_of_low_impedance() -> None:
    def lowest(seed: int) -> float:
        tissue = Tissue(_rng(seed))
        values = [tissue.impedance_kohm(0.0, Tip(mm, 0.0), 8.0) for mm in np.arange(0, 14, 0.1)]
        return min(values) / max(values)

    crossed = np.mean([lowest(seed) < 0.8 for seed in range(100)])
    assert 0.2 < crossed < 0.5


def test_an_injectate_spreads_with_time() -> None:
    tissue = Tissue(_rng(0))
    assert tissue.threshold_factor(0.0) == 1.0
    tissue.inject(0.0, Injectate.ANAESTHETIC, 2.0)
    soon, late = tissue.threshold_factor(1.0), tissue.threshold_factor(3000.0)
    assert soon > 4
    assert late < 0.2 * soon


def test_noise_is_white_above_and_rises_below_its_corner() -> None:
    noise = Noise(_rng(3), 500, 10_000.0, 1)
    signal = np.concatenate([noise.block() for _ in range(400)])[:, 0]
    power = np.abs(np.fft.rfft(signal.reshape(20, -1), axis=1)) ** 2
    frequency = np.fft.rfftfreq(10_000, 1e-4)
    density = [
        power[:, (frequency > a) & (frequency < b)].mean() for a, b in ((0.5, 2), (5, 20), (500, 1000), (2000, 4000))
    ]
    assert density[0] > 3 * density[1] > 3 * density[2]
    assert density[2] == pytest.approx(density[3], rel=0.1)


def test_noise_has_no_seams_between_blocks() -> None:
    noise = Noise(_rng(5), 500, 10_000.0, 1)
    noise._white_uv[:] = 0
    signal = np.concatenate([noise.block() for _ in range(50)])[:, 0]
    steps = np.abs(np.diff(signal))
    assert steps[499::500].max() <= steps.max()
    assert steps[499::500].mean() < 2 * steps.mean()


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
def test_mains_stay_near_their_frequency_and_join_without_a_seam(mains_hz: float) -> None:
    mains = Mains(_rng(2), mains_hz, 10_000.0, 1)
    signal = np.concatenate([mains.block(at, 500) for at in range(0, 100_000, 500)])[:, 0]
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(len(signal))))
    assert np.argmax(spectrum) / 10.0 == pytest.approx(mains_hz, abs=0.2)
    steps = np.abs(np.diff(signal))
    assert steps[499::500].max() <= steps.max() * 1.001


@pytest.mark.parametrize("seed", range(12))
def test_an_artefact_begins_with_the_pulse_grows_with_it_and_dies_away(seed: int) -> None:
    front = FrontEnd(_rng(seed), 20_000.0, 2)
    small, large = (front.artefact(_rng(9), 4.5, 0.0, ma, 0.1, 5.0) for ma in (0.2, 0.4))
    assert np.all(small[:5] == 0)
    assert np.abs(large).max() == pytest.approx(2 * np.abs(small).max(), rel=0.15)
    assert np.abs(small[-5:]).max() < 0.02 * np.abs(small).max() + 1.0
    tail = np.abs(small[200:]).max(axis=0)
    assert np.all(tail < np.abs(small).max(axis=0))


def test_an_overloaded_amplifier_stays_at_the_rail_and_comes_back() -> None:
    seed = next(s for s in range(100) if FrontEnd(_rng(s), 10_000.0, 1).range_uv == 10_000.0)
    front = FrontEnd(_rng(seed), 10_000.0, 1)
    wave = front.clip(front.artefact(_rng(1), 0.0, 0.0, 200.0, 0.1, 5.0))[:, 0]
    full = np.flatnonzero(np.abs(wave) >= front.range_uv)
    assert len(full) >= 3
    assert np.all(np.diff(full) == 1)
    assert np.abs(front.artefact(_rng(1), 0.0, 0.0, 0.01, 0.1, 5.0)).max() < front.range_uv


def test_units_fire_at_physiological_rates_in_effort_and_rest_without() -> None:
    voluntary = Voluntary(_rng(3), 10_000.0, np.ones((1, 1), np.float32))
    voluntary.tone, voluntary.commanded_effort = 0.0, 0.0
    assert [voluntary.fire(t, t + 0.05) for t in np.arange(0, 5, 0.05)] == [[]] * 100
    voluntary.commanded_effort = 1.0
    fired = [at for t in np.arange(5, 15, 0.05) for at, _ in voluntary.fire(t, t + 0.05)]
    rate = len(fired) / 10.0 / len(voluntary._units)
    assert 10 < rate < 23
    assert min(fired) >= 50_000


def test_a_relaxed_patient_moves_now_and_then() -> None:
    voluntary = Voluntary(_rng(5), 10_000.0, np.ones((1, 1), np.float32))
    efforts = []
    for t in np.arange(0, 300, 0.1):
        voluntary.fire(t, t + 0.1)
        efforts.append(voluntary.effort(t))
    assert 0.005 < np.mean(np.array(efforts) > voluntary.tone) < 0.4


def test_a_tape_adds_takes_and_grows() -> None:
    tape = SampleBuffer(1, 4)
    tape.add(2, np.ones((10, 1), np.float32))
    tape.add(3, np.ones((1, 1), np.float32))
    assert tape.peek(5)[:, 0].tolist() == [0, 0, 1, 2, 1]
    assert tape.take(5)[:, 0].tolist() == [0, 0, 1, 2, 1]
    assert tape.take(20)[:, 0].tolist() == [1] * 7 + [0] * 13
    tape.skip(5)
    assert tape.head == 30
    with pytest.raises(ValueError, match="head is at 30"):
        tape.add(29, np.ones((1, 1), np.float32))
