"""Another nerve, muscle or reflex responds: the estimate restarts by a jump of shape, and by nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from guidance.contracts.events import PulseOutcome, Response
from guidance.contracts.sweep_wave import SweepWave
from guidance.proximity.filter import ProximityFilter
from guidance.proximity.responding_channels import RespondingChannels
from guidance.proximity.usual_response import UsualResponse
from tests.support.outcomes import outcome
from tests.support.waves import Wave, add, m_wave, motor_unit

KHZ = 10
NOISE_UV = 8.0


def swept(
    number: int, wave: Wave, *, at_ms: float = 6.0, noise_uv: float = NOISE_UV, blind_ms: float = 1.0,
    current_ma: float = 0.5,
) -> PulseOutcome:  # fmt: skip
    """Return the outcome of pulse ``number``, whose sweep of 25 ms holds ``wave`` from ``at_ms`` on."""
    uv = np.random.default_rng([number, 11]).normal(0.0, noise_uv, 25 * KHZ)
    add(uv, round(at_ms * KHZ), wave)
    uv[: round(blind_ms * KHZ)] = 0.0
    return outcome(
        number, 0.5 * number, current_ma, amplitude_uv=float(np.ptp(wave)), amplitude_sd_uv=noise_uv,
        latency_ms=at_ms, wave=SweepWave(0.0, 1 / KHZ, uv),
    )  # fmt: skip


def usual(uv: float = 300.0, duration_ms: float = 9.0) -> Wave:
    return m_wave(1000.0 * KHZ, uv, duration_ms)


def other(uv: float = 300.0) -> Wave:
    unit = motor_unit(1000.0 * KHZ, 1.0)
    return np.asarray(uv * unit / np.ptp(unit))


def changes(outcomes: list[PulseOutcome]) -> list[int]:
    """Return the numbers of the pulses that settled a change of the response."""
    known, found = UsualResponse(), []
    for one in outcomes:
        change = known.observe(one)
        if change is not None:
            found.append(one.stimulus.sample)
            known = UsualResponse(change.outcomes)
    return found


def test_a_lasting_jump_of_the_shape_restarts_the_estimate_and_is_recorded() -> None:
    nerve = ProximityFilter(100.0, 0.2, 0.5)
    for number in range(12):
        before = nerve.observe(swept(number, usual(150.0), current_ma=0.5))
    assert before.threshold_ma is not None
    assert before.threshold_ma[1] < 0.6
    for number in range(12, 14):
        nerve.observe(swept(number, other(150.0), current_ma=2.0))
        assert not list(nerve.entries())
    restarted = nerve.observe(swept(14, other(150.0), current_ma=2.0))
    (entry,) = nerve.entries()
    assert entry.what == "response-changed"
    assert "another shape" in entry.fields["text"]
    assert "restarted" in entry.fields["estimate"]
    assert abs(entry.fields["correlation"]) < 0.5
    assert (restarted.valid, restarted.why, restarted.zone) == (False, "response-changed", None)
    assert restarted.threshold_ma is not None
    assert restarted.threshold_ma[1] > 1.0
    assert nerve.observe(swept(15, other(150.0), current_ma=2.0)).why != "response-changed"


def test_the_same_shape_upside_down_is_another_one_and_a_jump_back_is_noticed_too() -> None:
    way = [usual()] * 8 + [-usual()] * 8 + [usual()] * 8
    assert changes([swept(number, wave) for number, wave in enumerate(way)]) == [10, 18]


def test_a_jump_of_latency_alone_is_noticed_where_the_shape_stays() -> None:
    way = [6.0] * 8 + [12.0] * 4
    assert changes([swept(number, usual(), at_ms=ms) for number, ms in enumerate(way)]) == [10]


def test_stray_shapes_and_shapes_that_agree_on_nothing_restart_nothing() -> None:
    stray = [other() if number % 6 in {4, 5} else usual() for number in range(60)]
    assert not changes([swept(number, wave) for number, wave in enumerate(stray)])
    rng = np.random.default_rng(4)
    unlike = [300.0 * np.convolve(rng.standard_normal(90), np.ones(9) / 9) / 1.5 for _ in range(20)]
    assert not changes([swept(number, wave) for number, wave in enumerate([usual()] * 8 + unlike)])


@pytest.mark.parametrize("seed", range(6))
def test_noise_and_jitter_of_the_latency_restart_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pulses = [
        swept(1000 * seed + number, usual(100.0 * rng.lognormal(0.0, 0.15)), at_ms=6.0 + 0.3 * rng.standard_normal())
        for number in range(200)
    ]
    assert not changes(pulses)


@pytest.mark.parametrize("seed", range(6))
def test_a_response_that_grows_with_the_current_as_units_join_restarts_nothing(seed: int) -> None:
    """Twenty units, each of its own size, place, length and number of phases, which join one after another."""
    rng = np.random.default_rng(seed)
    units = [np.zeros(13 * KHZ)]
    for _ in range(20):
        grown = units[-1].copy()
        shape = usual(1.0, rng.uniform(7.0, 11.0)) if rng.random() < 0.8 else other(1.0)
        add(grown, int(rng.integers(0, 2 * KHZ)), rng.lognormal(np.log(100.0), 0.5) * shape)
        units.append(grown)
    joined = [*range(1, 21), *range(20, 0, -1), *rng.integers(1, 21, 60)]
    assert not changes([swept(number, units[count]) for number, count in enumerate(joined)])


def test_fatigue_that_makes_the_response_smaller_and_longer_restarts_nothing() -> None:
    share = np.linspace(0.0, 1.0, 150)
    assert not changes([swept(n, usual(1500.0 * 0.2**s, 7.0 + 6.0 * s)) for n, s in enumerate(share)])


def test_an_artefact_that_blinds_more_of_the_sweep_restarts_nothing() -> None:
    blind_ms = [1.0] * 10 + [9.0] * 5 + [12.0] * 5
    assert not changes([swept(number, usual(), blind_ms=ms) for number, ms in enumerate(blind_ms)])


def test_a_response_much_larger_than_all_before_is_not_judged_by_its_shape() -> None:
    way = [usual(150.0)] * 8 + [other(3000.0)] * 8
    assert not changes([swept(number, wave) for number, wave in enumerate(way)])


def test_a_shape_that_is_not_clear_or_not_known_restarts_nothing() -> None:
    unclear = [swept(number, other(100.0), noise_uv=20.0) for number in range(8, 16)]
    unknown = [replace(swept(number, other()), wave=None) for number in range(16, 24)]
    assert not changes([swept(number, usual(200.0)) for number in range(8)] + unclear + unknown)


def test_while_an_injectate_is_at_the_tip_nothing_restarts() -> None:
    nerve = ProximityFilter(100.0, 0.2, 0.5)
    for number in range(12):
        nerve.observe(swept(number, usual()))
    nerve.apply_entry("injection")
    for number in range(12, 20):
        assert nerve.observe(swept(number, other())).why == "injectate"
    assert not list(nerve.entries())


def channel_changes(pulses: list[str], channels: int = 3) -> list[tuple[int, str]]:
    """Return the changes by pulses that name the channels that responded; ``?`` stands for one that cannot tell."""
    known, found = RespondingChannels(channels), []
    for sample, responding in enumerate(pulses):
        for channel in "ABC"[:channels]:
            response = Response(sample, channel, channel in responding, None, None, None, channel.lower() in responding)
            change = known.observe(response)
            if change is not None:
                found.append((sample, change.text))
    return found


def test_another_channel_that_responds_in_place_of_the_usual_ones_is_a_change() -> None:
    assert channel_changes(["A", "AB", "A", "A", "AB", "", "C", "C", "", "C"]) == [
        (9, "C responds, and A, B does not any more")
    ]


@pytest.mark.parametrize(
    "pulses",
    [
        ["A"] * 8 + ["AB"] * 8 + ["ABC"] * 8,
        ["A"] * 8 + ["B"] * 2 + ["A"] + ["B"] * 2,
        ["A", "AB", "A", "A", "B"] + ["B"] * 9,
        ["A"] * 8 + ["aB"] * 9,
        ["A"] * 4 + ["B"] * 3,
        ["A"] * 8 + ["B", "C", "B", "C", "B", "C"],
    ],
    ids=["more join", "too few", "seen before", "cannot tell", "too early", "no one channel"],
)
def test_channels_that_join_or_waver_are_no_change(pulses: list[str]) -> None:
    assert not channel_changes(pulses)
