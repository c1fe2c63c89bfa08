"""The detection benchmark's own parts: a benchmark that is wrong proves nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import bench_detection
from tests.benchmarks.scorers import ours, peers
from tests.benchmarks.scorers.sensitivity import RATIOS, Outcome, ideal
from tests.worlds import waves
from tests.worlds.procedures import SILENT, TESTED, Procedure, World, procedures

SYNTHETIC = World("synthetic", synthetic=True)


def one(world: World, taught: int = 0) -> Procedure:
    return next(procedures(world, 1, taught))


def outcome(key: str, world: World, count: int = 20) -> Outcome:
    return bench_detection.outcome(bench_detection.ROWS[key], world, count, None)


def gaussian(separation: float, count: int = 4000) -> Outcome:
    """Scores of an ideal detector whose mean rises by ``separation`` a unit of the ratio."""
    scores = separation * np.array(RATIOS)[:, None] + np.random.default_rng(0).standard_normal((len(RATIOS), count))
    return Outcome(scores, np.repeat(np.arange(count // TESTED + 1), TESTED)[:count])


def test_the_response_is_as_hard_to_find_as_that_of_the_published_table() -> None:
    assert ideal(0.01, 10_000.0) == pytest.approx(2.42, abs=0.05)
    assert ideal(0.001, 10_000.0) == pytest.approx(2.89, abs=0.05)


def test_the_response_peaks_6p6_ms_after_the_pulse_with_peak_to_peak_1() -> None:
    t = np.arange(0, 25, 0.01)
    wave = waves.response(t)
    assert t[wave.argmax()] == pytest.approx(6.6, abs=0.1)
    assert np.ptp(wave) == pytest.approx(1.0)


@pytest.mark.parametrize("rate_hz", [10_000.0, 30_000.0])
def test_the_noise_has_the_covariance_given_to_peers(rate_hz: float) -> None:
    drawn = waves.noise(int(20 * rate_hz), rate_hz, np.random.default_rng(2))
    expected = waves.noise_covariance(10, rate_hz)[0]
    assert drawn.std() == pytest.approx(waves.NOISE_UV, rel=0.02)
    assert [np.mean(drawn[: len(drawn) - k] * drawn[k:]) for k in range(10)] == pytest.approx(expected, abs=2.5)


def test_the_ratio_needed_is_that_of_signal_detection_theory() -> None:
    assert gaussian(1.64).needed(0.01) == pytest.approx(2.42, abs=0.15)


def test_a_lower_limit_is_reached_by_smaller_responses() -> None:
    found = gaussian(1.0)
    assert found.reached(1.0) == pytest.approx(1.0 + 1.645, abs=0.15)
    assert found.reached(3.0) == pytest.approx(3.0 + 1.645, abs=0.2)
    assert found.reached(-9.0) == 0.0


def test_a_chain_without_input_never_reaches_its_power() -> None:
    assert gaussian(0.0).needed(0.01) is None


def test_ratios_not_tried_leave_the_ratio_needed_as_it_was() -> None:
    every = gaussian(1.64)
    part = every.scores.copy()
    part[1::2, ::3] = np.nan
    assert Outcome(part, every.procedure).needed(0.01) == pytest.approx(every.needed(0.01) or 0.0, abs=0.2)


def test_the_false_share_is_reported_for_each_procedure() -> None:
    scores = np.zeros((len(RATIOS), 4))
    scores[0, 2:] = 5.0
    found = Outcome(scores, np.array([1, 1, 7, 7]))
    assert found.false_share(2.0).tolist() == [0.0, 1.0]
    assert found.without([7]).false_share(2.0).tolist() == [0.0]


def test_silent_and_tested_pulses_have_no_response_in_the_empty_signal_and_the_requested_one_in_a_sweep() -> None:
    procedure = one(SYNTHETIC)
    i = procedure.tested[0]
    at = procedure.pulses[i].sample
    assert len(procedure.pulses) == SILENT + TESTED
    empty, with_responses = procedure.sweep(i, 0.0), procedure.sweep(i, 10.0)
    assert np.array_equal(empty, procedure.with_responses({})[at + 1 : at + 1 + len(empty)])
    assert np.ptp(with_responses - empty) == pytest.approx(10 * waves.NOISE_UV, rel=0.01)


def test_nothing_is_recorded_beyond_the_input_range() -> None:
    world = World("clips", peak_uv=15_000.0, synthetic=True)
    assert np.abs(one(world).with_responses({6: 5.0})).max() == world.clip_uv


def test_a_drifting_artefact_moves_away_from_the_silent_pulses() -> None:
    def change(drift: float) -> float:
        procedure = one(World("drifts", drift=drift, synthetic=True), taught=40)
        sweeps = [procedure.sweep(i, 0.0)[20:80] for i in range(len(procedure.pulses))]
        return float(np.linalg.norm(np.mean(sweeps[-10:], axis=0) - np.mean(sweeps[:10], axis=0)))

    assert change(0.01) > 1.5 * change(0.0)


def test_the_same_procedure_is_drawn_again_whichever_others_are_requested() -> None:
    alone = next(procedures(SYNTHETIC, 1, 0))
    among = next(iter(procedures(SYNTHETIC, 3, 0, shapes=5)))
    assert np.array_equal(alone.empty, among.empty)


@pytest.mark.parametrize("key", ["gls", "bank"])
def test_least_squares_come_near_the_bound_beside_a_synthetic_artefact(key: str) -> None:
    assert 2.3 < (outcome(key, SYNTHETIC).needed(0.01) or 99.0) < 4.2


def test_peak_to_peak_values_need_more_than_least_squares() -> None:
    assert (outcome("template", SYNTHETIC).needed(0.01) or 99.0) > 1.5 * (outcome("gls", SYNTHETIC).needed(0.01) or 99)


def test_least_squares_do_not_feel_the_artefacts_gain() -> None:
    procedure = one(SYNTHETIC)
    sweeps = peers.Sweeps.of(procedure)
    t = sweeps.times_ms[sweeps.between(2.0, 20.0)]
    artefact = 500.0 * np.exp(-t / 3.3)
    filters = peers._filters(np.eye(len(t)), np.stack([np.ones_like(t), artefact]), peers._known(t))
    assert np.abs(filters @ (3.0 * artefact + 7.0)).max() < 1e-6
    assert np.linalg.norm(filters, axis=1) == pytest.approx(np.ones(len(filters)))


def test_a_scored_sweep_leaves_our_path_as_it_was() -> None:
    procedure = one(SYNTHETIC)
    once = ours.scores(procedure, RATIOS, learned=False)
    more = ours.scores(procedure, (RATIOS[0], 48.0), learned=False)
    assert np.array_equal(once[0], more[0])


def test_a_large_response_scores_above_all_empty_sweeps() -> None:
    expected = ours.scores(one(SYNTHETIC, ours.TAUGHT), (0.0, 24.0), learned=True)
    assert np.nanmin(expected[1]) > np.nanmedian(expected[0])


@pytest.mark.parametrize(("option", "named"), [("--rows", "salpa,nosuch"), ("--columns", "nosuch")])
def test_an_unknown_row_or_column_is_refused_with_the_known_ones(
    option: str, named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench_detection", option, named])
    with pytest.raises(SystemExit) as left:
        bench_detection.main()
    assert left.value.code == 2
    assert "no 'nosuch' here; choose from" in capsys.readouterr().err


def test_the_table_has_a_line_a_row_and_shows_what_our_rows_did_to_empty_sweeps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--rows", "gls,unknown", "--columns", "synthetic", "--shapes", "2"]
    monkeypatch.setattr(sys, "argv", ["bench_detection", *options])
    bench_detection.main()
    _, shapes, bound, gls, ours_line, aside = capsys.readouterr().out.splitlines()
    assert shapes.split() == ["2", "shapes"]
    assert bound.endswith("2.4 / 2.9")
    assert gls.startswith("least squares")
    assert ours_line.startswith("OURS")
    assert f"of {2 * TESTED} empty sweeps" in aside


def test_where_the_measured_shapes_are_absent_one_sentence_reports_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEEDLE_GUIDANCE_DATA", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["bench_detection", "--columns", "30kHz"])
    waves.measured_shapes.cache_clear()
    with pytest.raises(SystemExit) as left:
        bench_detection.main()
    assert left.value.code == 1
    assert "needs data/artefact_shapes_22k.npz" in capsys.readouterr().err
