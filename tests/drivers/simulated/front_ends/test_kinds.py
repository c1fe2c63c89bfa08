"""Front ends of simulated amplifiers: each does what its name states, however the signal is cut."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, iirnotch, sosfilt, sosfreqz

from drivers.simulated.front_ends import KINDS, Scene
from drivers.simulated.front_ends.blanking import Blanking
from drivers.simulated.front_ends.filtering import Biquad, Filter, high_pass, low_pass, notch
from drivers.simulated.front_ends.rails import AutomaticGain, MovingRail, Recovering
from drivers.simulated.patient import Patient

RATE_HZ = 10_000.0
Array = NDArray[np.float64]


def scene(seed: int = 1, channels: int = 2) -> Scene:
    return Scene(np.random.default_rng(seed), RATE_HZ, channels, 5000.0, 25_000.0)


def signal(seed: int = 1, pulses: tuple[int, ...] = (500, 2500)) -> Array:
    """Noise of 20 uV with an artefact of 40 mV at each pulse."""
    uv = 20 * np.random.default_rng(seed).standard_normal((4000, 2))
    for at in pulses:
        uv[at : at + 10] += 40_000 * np.exp(-np.arange(10) / 2)[:, None] * [1.0, -1.0]
    return uv


def recorded(patient: Patient, chunk: int, pulses: dict[int, float]) -> Array:
    parts = []
    for first in range(0, 4000, chunk):
        due = [(at - first, ma, 0.1) for at, ma in pulses.items() if first <= at < first + chunk]
        parts.append(patient.advance(chunk, due))
    return np.concatenate(parts)


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_out_does_not_depend_on_the_chunk(kind: str) -> None:
    pulses = {300: 2.0, 1100: 5.0, 2999: 0.5}
    whole, cut = (
        recorded(Patient(3, sample_rate_hz=10_000, channels=2, front=kind), chunk, pulses) for chunk in (4000, 25)
    )
    assert np.abs(whole).max() > 100
    np.testing.assert_allclose(cut, whole, atol=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_out_stays_within_the_declared_range(kind: str) -> None:
    patient = Patient(4, sample_rate_hz=10_000, front=kind)
    assert np.abs(recorded(patient, 100, {300: 6.0, 2000: 6.0})).max() <= patient.front_end.range_uv


def test_the_patient_is_the_same_behind_every_front_end() -> None:
    truths = [Patient(5, sample_rate_hz=10_000, front=kind).truth() for kind in (None, *KINDS)]
    assert len(set(truths)) == 1


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no front end 'magic'; choose one of open, rail"):
        Patient(1, front="magic")


def test_a_blanked_input_shows_only_its_own_noise_until_the_same_time_after_each_pulse() -> None:
    blanking = Blanking(scene(), 2.5, holds=False)
    out = blanking.process(signal(), [500, 2500])
    for at in (500, 2500):
        assert np.abs(out[at : at + 25]).max() < 25
        np.testing.assert_array_equal(out[at + 25 : at + 60], signal()[at + 25 : at + 60])


def test_a_holding_input_stays_where_it_was() -> None:
    uv = signal()
    out = Blanking(scene(), 2.5, holds=True).process(uv, [500])
    assert np.abs(out[500:525] - uv[499]).max() < 25


def test_a_suppressor_lets_go_slowly() -> None:
    uv = np.full((200, 1), 1000.0)
    uv[:50] = 0.0
    out = Blanking(scene(channels=1), 2.0, holds=True, release_ms=1.0).process(uv, [50])[:, 0]
    assert np.all(np.diff(out[70:81]) > 0)
    assert out[81] == 1000.0


def test_an_overload_leaves_the_same_whatever_its_size() -> None:
    left = []
    for size in (3000.0, 30_000.0):
        uv = np.zeros((400, 1))
        uv[100:103] = size
        left.append(Recovering(scene(channels=1), 2500.0, 1.0, (0.2,), (2.0,)).process(uv, [])[:, 0])
    assert np.all(left[0][100:113] == 2500.0)
    np.testing.assert_allclose(left[0][113:], left[1][113:])
    assert 350 < abs(left[0][113]) < 600


def test_automatic_gain_turns_down_and_up_again() -> None:
    uv = signal()
    out = AutomaticGain(scene(), 30_000.0).process(uv, [])
    gain = (out / uv)[:, 0]
    assert gain[400] > 0.98
    assert gain[520] < gain[400] - 0.005
    assert gain[2400] > gain[520]


def test_a_moving_rail_moves() -> None:
    rail = MovingRail(scene(), 3000.0)
    peaks = {float(rail.process(np.full((100, 2), 1e5), []).max()) for _ in range(3000)}
    assert peaks == {3000.0, 1000.0}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (low_pass(1000.0, RATE_HZ), butter(2, 1000.0, fs=RATE_HZ, output="sos")),
        (high_pass(20.0, RATE_HZ), butter(2, 20.0, "highpass", fs=RATE_HZ, output="sos")),
        (high_pass(20.0, RATE_HZ, 1), butter(1, 20.0, "highpass", fs=RATE_HZ, output="sos")),
    ],
)
def test_filters_are_those_of_scipy(ours: Biquad, theirs: Array) -> None:
    uv = signal()
    assert Filter(scene(), [ours]).process(uv, []) == pytest.approx(sosfilt(theirs, uv, axis=0), abs=1e-6)


def test_a_notch_takes_its_frequency_out() -> None:
    b0, b1, b2, a1, a2 = notch(50.0, 5.0, RATE_HZ)
    assert (b0, b1, b2, 1.0, a1, a2) == pytest.approx(np.concatenate(iirnotch(50.0, 5.0, RATE_HZ)))
    assert abs(sosfreqz([[b0, b1, b2, 1, a1, a2]], [50.0], fs=RATE_HZ)[1][0]) < 1e-9
