from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import sosfilt

from guidance.audio.emg import AIM_S, LEVEL, EmgMonitor
from guidance.audio.emg_band import emg_band
from guidance.audio.filters import Array, BlockFilter
from guidance.audio.waveforms import SAMPLE_RATE_HZ, Waveform
from tests.support.emg_monitor_delay import delay_ms
from tests.support.shared import shared

NOISE_UV = 8.0
PULSES_S = [1.5 + 0.5 * i for i in range(6)]


def monitor_output(
    sample_rate_hz: float, uv: Array, *, pulses_s: list[float] | None = None, late_s: float = 0.0,
    awaiting: bool = False, ppm: float = 0.0, block_s: float = 0.004, full_scale_uv: float = 200.0,
) -> Waveform:  # fmt: skip
    """Return the monitor's output for ``uv`` in simulated time, with the loudspeaker's clock fast by ``ppm``."""
    monitor = EmgMonitor(sample_rate_hz, emg_band(sample_rate_hz), full_scale_uv)
    known, out, played, step = list(pulses_s or []), [], 0, round(block_s * sample_rate_hz)
    for first in range(0, len(uv), step):
        now_s = (first + step) / sample_rate_hz
        while known and known[0] + late_s <= now_s:
            monitor.pulse(round(known.pop(0) * sample_rate_hz))
        monitor.feed(first, uv[first : first + step], awaiting=awaiting)
        while played + 128 <= now_s * SAMPLE_RATE_HZ * (1 + ppm * 1e-6):
            part = np.zeros(128, np.float32)
            monitor.fill(part)
            out.append(part)
            played += 128
    return np.concatenate(out)


def tone(sample_rate_hz: float, pitch_hz: float, seconds: float = 1.5, uv: float = 150.0) -> Array:
    return np.asarray(uv * np.sin(2 * np.pi * pitch_hz * np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz))


def gain_db(sample_rate_hz: float, pitch_hz: float) -> float:
    out = monitor_output(sample_rate_hz, tone(sample_rate_hz, pitch_hz))[SAMPLE_RATE_HZ // 2 :].astype(float)
    return float(20 * np.log10(np.sqrt(2 * np.mean(out**2)) / (LEVEL * 150 / 200) + 1e-9))


@pytest.mark.parametrize("sample_rate_hz", [2000.0, 5000.0, 10_000.0, 22_050.0, 30_000.0])
def test_the_band_begins_at_20_hz_and_is_flat_at_any_rate(sample_rate_hz: float) -> None:
    assert gain_db(sample_rate_hz, 5.0) < -20
    assert gain_db(sample_rate_hz, 20.0) == pytest.approx(-3.0, abs=0.3)
    assert all(abs(gain_db(sample_rate_hz, hz)) < 0.5 for hz in (100.0, 500.0, 0.35 * min(sample_rate_hz, 10_000.0)))


@pytest.mark.parametrize("sample_rate_hz", [2000.0, 10_000.0, 30_000.0])
def test_samples_leave_the_mixer_within_25_ms_while_nothing_stimulates(sample_rate_hz: float) -> None:
    assert 1e3 * AIM_S < delay_ms(sample_rate_hz) < 25


@pytest.mark.parametrize("sample_rate_hz", [20_000.0, 30_000.0])
def test_the_band_ends_at_5_khz(sample_rate_hz: float) -> None:
    assert gain_db(sample_rate_hz, 5000.0) == pytest.approx(-3.0, abs=1.0)
    assert gain_db(sample_rate_hz, 9000.0) < -25


def test_nothing_passes_above_the_band_of_a_slow_device() -> None:
    out = monitor_output(10_000.0, tone(10_000.0, 3000.0))[SAMPLE_RATE_HZ // 2 :]
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out)))) ** 2
    hz = np.fft.rfftfreq(len(out), 1 / SAMPLE_RATE_HZ)
    assert spectrum[hz > 5500].sum() < 1e-4 * spectrum.sum()


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**31), st.floats(1.0, 60_000.0), st.booleans())
def test_it_never_comes_near_saturation(seed: int, size_uv: float, burst: bool) -> None:
    uv = np.random.default_rng(seed).normal(0.0, size_uv if not burst else 5.0, 4000)
    if burst:
        uv[1000:3000] += np.random.default_rng(seed).normal(0.0, size_uv, 2000)
    assert np.abs(monitor_output(10_000.0, uv)).max() <= 1.6 * LEVEL


@pytest.mark.parametrize("ppm", [-500.0, 500.0])
def test_two_clocks_that_differ_leave_no_hole_and_no_click(ppm: float) -> None:
    out = monitor_output(2000.0, tone(2000.0, 200.0, 20.0, 100.0), ppm=ppm)[SAMPLE_RATE_HZ:]
    loudest = np.abs(out[: len(out) // 480 * 480].reshape(-1, 480)).max(axis=1)
    assert loudest.min() > 0.9 * loudest.max()
    assert np.abs(np.diff(out)).max() < 1.05 * 2 * np.pi * 200 / SAMPLE_RATE_HZ * LEVEL / 2


def test_samples_that_arrive_late_are_dropped_rather_than_played_late() -> None:
    monitor = EmgMonitor(10_000.0, emg_band(10_000.0), 200.0)
    monitor.feed(0, tone(10_000.0, 200.0), awaiting=False)
    part = np.zeros(480, np.float32)
    played = 0
    while True:
        part[:] = 0.0
        monitor.fill(part)
        if not part.any():
            break
        played += len(part)
    assert played < 0.16 * SAMPLE_RATE_HZ


def test_lost_samples_leave_the_pitch_as_it_was_and_no_click() -> None:
    whole = tone(10_000.0, 200.0)
    monitor = EmgMonitor(10_000.0, emg_band(10_000.0), 200.0)
    out = []
    for first in range(0, len(whole), 40):
        if not 6000 <= first < 6400:
            monitor.feed(first, whole[first : first + 40], awaiting=False)
        part = np.zeros(192, np.float32)
        monitor.fill(part)
        out.append(part)
    assert np.abs(np.diff(np.concatenate(out))).max() < 0.1


@pytest.mark.parametrize("chunk_s", [0.004, 0.02, 0.05])
def test_a_device_that_sends_rarely_is_played_without_gaps_after_a_while(chunk_s: float) -> None:
    out = monitor_output(10_000.0, tone(10_000.0, 200.0, 12.0), block_s=chunk_s)[6 * SAMPLE_RATE_HZ :]
    assert np.abs(out[: len(out) // 480 * 480].reshape(-1, 480)).max(axis=1).min() > 0.9 * np.abs(out).max()


def test_after_a_pause_the_newest_samples_are_played_not_the_oldest() -> None:
    monitor = EmgMonitor(10_000.0, emg_band(10_000.0), 200.0)
    marked = np.concatenate([tone(10_000.0, 200.0, 0.2), tone(10_000.0, 900.0, 0.1)])
    for first in range(0, len(marked), 40):  # all at once, as after a stall
        monitor.feed(first, marked[first : first + 40], awaiting=False)
    part = np.zeros(480, np.float32)
    monitor.fill(part)
    spectrum = np.abs(np.fft.rfft(part))
    assert 800 <= int(spectrum.argmax()) * SAMPLE_RATE_HZ / len(part) <= 1000


def test_the_delay_after_a_stall_is_gone_within_seconds() -> None:
    monitor, late = EmgMonitor(10_000.0, emg_band(10_000.0), 200.0), np.zeros(192, np.float32)
    monitor.feed(0, tone(10_000.0, 200.0, 0.03), awaiting=False)
    monitor.fill(late)  # playing; now the late samples arrive all at once
    monitor.feed(300, tone(10_000.0, 200.0, 0.08), awaiting=False)
    waited = []
    for first in range(1100, 41_100, 40):
        monitor.feed(first, tone(10_000.0, 200.0, 0.004), awaiting=False)
        monitor.fill(late)
        waited.append(monitor.waiting_s)
    assert waited[0] > 0.06
    assert waited[-1] < 0.02


def test_the_first_requested_pulse_is_blanked_too() -> None:
    uv = stimulated(np.array([1.0, 0.6, -0.5, -0.2, 0.1]), 5000.0, 10_000.0)[: round((PULSES_S[0] + 0.4) * 10_000)]
    monitor, out = EmgMonitor(10_000.0, emg_band(10_000.0), 200.0), []
    for first in range(0, len(uv), 40):
        awaiting = 0.0 < first / 10_000.0 - PULSES_S[0] + 0.008 <= 0.06
        monitor.feed(first, uv[first : first + 40], awaiting=awaiting)
        part = np.zeros(192, np.float32)
        monitor.fill(part)
        out.append(part)
    sound, at = np.abs(np.concatenate(out)), round(PULSES_S[0] * SAMPLE_RATE_HZ)
    assert sound[at : at + 7200].max() < 1.5 * sound[at - 12_000 : at - 2400].max()


def stimulated(shape: Array, peak_uv: float, sample_rate_hz: float) -> Array:
    uv = np.random.default_rng(2).normal(0.0, NOISE_UV, round((PULSES_S[-1] + 0.6) * sample_rate_hz))
    scaled = shape / np.abs(shape).max() * peak_uv
    for at_s in PULSES_S:
        first = round(at_s * sample_rate_hz)
        uv[first : first + len(scaled)] += scaled[: len(uv) - first]
    return np.clip(uv, -5000.0, 5000.0)


def over_noise(out: Waveform) -> float:
    """Return the ratio of the peak in the 150 ms after a pulse to the peak of noise alone."""
    at = [round(at_s * SAMPLE_RATE_HZ) for at_s in PULSES_S]
    after = [np.abs(out[i : i + 7200]).max() for i in at]
    before = [np.abs(out[i + 12_000 : i + 19_200]).max() for i in at]
    return float(np.median(after) / np.median(before))


def shapes() -> list[Array]:
    with np.load(shared("data/artefact_shapes_22k.npz")) as stored:
        every = stored["shapes"].astype(float)
    return [every[i] for i in np.linspace(0, len(every) - 1, 3).astype(int)]


@pytest.mark.parametrize(("late_s", "awaiting"), [(0.0, False), (0.1, True), (10.0, True)])
def test_a_measured_artefact_is_blanked_however_late_its_pulse_is_reported(late_s: float, awaiting: bool) -> None:
    for shape in shapes():
        uv = stimulated(shape, 2000.0, 22_050.0)
        assert over_noise(monitor_output(22_050.0, uv)) > 15
        assert over_noise(monitor_output(22_050.0, uv, pulses_s=PULSES_S, late_s=late_s, awaiting=awaiting)) < 2.0


@pytest.mark.parametrize("late_s", [0.0, 0.1])
def test_an_artefact_beyond_the_amplifiers_limit_leaves_little_behind(late_s: float) -> None:
    for shape in shapes():
        uv = stimulated(shape, 15_000.0, 22_050.0)
        assert over_noise(monitor_output(22_050.0, uv, pulses_s=PULSES_S, late_s=late_s, awaiting=True)) < 3.0


def test_a_saturated_amplifier_is_blanked_until_it_recovers() -> None:
    rail = np.concatenate([np.full(300, 15_000.0), 5000.0 * np.exp(-np.arange(1500) / 500.0)])
    uv = stimulated(rail, 15_000.0, 10_000.0)
    assert over_noise(monitor_output(10_000.0, uv, pulses_s=PULSES_S)) < 4.0


@pytest.mark.parametrize("peak_uv", [150.0, 500.0, 5000.0])
def test_a_sharp_artefact_of_any_size_is_cut_out_while_its_pulse_is_not_reported(peak_uv: float) -> None:
    uv = stimulated(np.array([1.0, 0.6, -0.5, -0.2, 0.1]), peak_uv, 10_000.0)
    assert over_noise(monitor_output(10_000.0, uv, awaiting=True)) < 1.5


def test_a_sharp_motor_unit_potential_passes_while_no_pulse_is_awaited() -> None:
    uv = stimulated(np.array([1.0, 0.6, -0.5, -0.2, 0.1]), 400.0, 10_000.0)
    assert over_noise(monitor_output(10_000.0, uv)) > 4


def test_the_response_passes_after_its_artefact() -> None:
    t = np.arange(300) / 10_000.0
    wave = np.where(t > 0.008, np.sin(2 * np.pi * 150 * (t - 0.008)) * np.exp(-(((t - 0.012) / 0.004) ** 2)), 0.0)
    wave[:3] += [20.0, -10.0, 4.0]
    uv = stimulated(wave, 4000.0, 10_000.0)
    assert over_noise(monitor_output(10_000.0, uv, pulses_s=PULSES_S)) > 3


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 97), st.integers(0, 2**31))
def test_the_filter_by_frames_equals_scipys(frame: int, seed: int) -> None:
    sections = emg_band(20_000.0)
    x = np.random.default_rng(seed).normal(size=frame * 5)
    by_frames = BlockFilter(sections, frame)
    ours = np.concatenate([by_frames.filter(part) for part in x.reshape(5, frame)])
    assert np.allclose(ours, sosfilt(np.array(sections), x), atol=1e-9)


def test_blocks_of_any_size_sound_the_same() -> None:
    uv = np.random.default_rng(3).normal(0.0, 20.0, 20_000)
    coarse, fine = (monitor_output(10_000.0, uv, block_s=block_s) for block_s in (0.01, 0.001))
    spectra = [np.abs(np.fft.rfft(out[SAMPLE_RATE_HZ // 2 :].astype(float))) for out in (coarse, fine)]
    powers = [float((spectrum**2).mean()) / SAMPLE_RATE_HZ for spectrum in spectra]
    assert powers[0] == pytest.approx(powers[1], rel=0.05)
