"""What the benchmarks of the signal path share does what their tables state."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.base import Pulse
from tests.benchmarks.bench_calibration_p import TAUGHT, WINDOW_MS, Unstimulated, judged, passes
from tests.benchmarks.bench_late import onset_ms
from tests.benchmarks.bench_stress import edges
from tests.benchmarks.trial import feed, interval, run, share

RATE_HZ = 4000.0


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(3).normal(0, 8, int(seconds * RATE_HZ))


def test_every_reported_pulse_has_one_result_on_every_channel() -> None:
    both = np.stack([noise(3), noise(3)[::-1]], axis=1)
    results = feed(both, RATE_HZ, [Pulse(4000), Pulse(8000)], WINDOW_MS)
    assert results.pulses == (4000, 8000)
    assert set(results.sweeps) == {(4000, 0), (4000, 1), (8000, 0), (8000, 1)}


def test_the_sweeps_of_all_passes_lie_side_by_side() -> None:
    recording = Unstimulated("noise", RATE_HZ, noise(10))
    at = np.sort(np.concatenate([np.array(one) for one in passes(recording, 5.0, 100)]))
    window = WINDOW_MS[1] * RATE_HZ / 1e3
    assert np.diff(at).min() >= window - 1
    assert len(at) > 0.9 * (len(recording.uv) - 0.3 * RATE_HZ) / window


def test_the_pulses_that_teach_are_left_out() -> None:
    recording = Unstimulated("noise", RATE_HZ, noise(6))
    (only,) = passes(recording, 2.0, 1)
    assert len(list(judged(recording, 2.0, 1, None))) == len(only) - TAUGHT


def test_the_interval_of_no_hit_among_300_ends_at_about_one_per_cent() -> None:
    low, high = interval(0, 300)
    assert low == 0.0
    assert high == pytest.approx(1 - 0.025 ** (1 / 300))


def test_a_share_of_nothing_is_no_number() -> None:
    assert share(0, 0) == "-"
    assert share(1, 4).startswith("25.0 (")


def test_a_benchmark_without_its_recordings_reports_that_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    run(lambda: pytest.skip("needs data/x.npz"))
    assert capsys.readouterr().out == "skipped: needs data/x.npz\n"


def test_the_onset_is_where_a_wave_leaves_its_level() -> None:
    times = np.arange(0, 60, 1e3 / RATE_HZ)
    wave = 50.0 + 1000.0 * np.clip((times - 10.0) / 2.0, 0, 1)
    assert onset_ms(wave, RATE_HZ, (4.0, 20.0)) == pytest.approx(10.25)


def test_edges_are_found_once_each() -> None:
    uv = noise(2)
    for at in (2000, 2400, 6000):
        uv[at : at + 4] += [3000, -3000, 1500, -700]
    assert np.allclose(edges(uv), [2000, 2400, 6000], atol=2)
