"""The course on EMG: what its signals show, and what its pages state."""

from __future__ import annotations

import numpy as np
import pytest

from guidance.audio.waveforms import SAMPLE_RATE_HZ
from guidance.contracts.lesson import Trace
from guidance.lessons import signals
from guidance.lessons.course import PAGES, lesson
from guidance.lessons.sound import LessonSound, rendered
from guidance.lessons.text import course_text
from tests.support.command_line import command


def peak_to_peak(trace: Trace) -> float:
    return float(np.ptp(trace.uv))


def rise_ms(trace: Trace) -> float:
    """Return the time between the largest and the smallest value, in ms."""
    return abs(int(trace.uv.argmax()) - int(trace.uv.argmin())) / trace.sample_rate_hz * 1e3


def test_the_needle_records_more_than_the_skin_above_it() -> None:
    needle, skin = signals.electrodes()
    assert peak_to_peak(needle) > 5 * peak_to_peak(skin)
    assert needle.half_uv == skin.half_uv, "they are compared at one height"


def test_a_motor_unit_is_larger_and_steeper_from_near() -> None:
    near, far, _ = signals.distances()
    assert peak_to_peak(near) > 5 * peak_to_peak(far)
    steepest = [float(np.abs(np.diff(trace.uv)).max()) for trace in (near, far)]
    assert steepest[0] > 5 * steepest[1]


def test_the_burst_ends_with_the_movement_and_an_end_plate_is_active_at_rest() -> None:
    burst, plate, _ = signals.resting()
    half = len(burst.uv) // 2
    assert burst.uv[:half].std() > 10 * burst.uv[half + 1000 :].std()
    spikes = plate.uv - np.median(plate.uv)
    assert -spikes.min() > 2 * spikes.max(), "the spikes begin with their negative phase, and it is the larger one"


def test_more_effort_recruits_more_units() -> None:
    slight, medium, full = (trace.uv.std() for trace in signals.efforts())
    assert 1.5 * slight < medium
    assert 1.5 * medium < full


def test_no_effort_is_clipped_and_each_height_fits_its_trace() -> None:
    traces = signals.efforts()
    assert all(0.3 * trace.half_uv < np.abs(trace.uv).max() <= trace.half_uv for trace in traces)


def test_mains_repeats_at_its_frequency_and_a_response_follows_the_stimulus() -> None:
    mains, _, stimulus = signals.artefacts()
    spectrum = np.abs(np.fft.rfft(mains.uv - mains.uv.mean()))
    assert np.fft.rfftfreq(len(mains.uv), 1 / mains.sample_rate_hz)[spectrum.argmax()] == pytest.approx(50.0, abs=1)
    at_pulse = round(0.010 * stimulus.sample_rate_hz)
    later = stimulus.uv[at_pulse + 60 :]
    assert np.abs(later).max() > 500.0
    assert np.abs(stimulus.uv[: at_pulse - 5]).max() < 100.0


def test_the_signals_are_the_same_every_time() -> None:
    first = signals.electrodes()[0].uv.copy()
    signals.electrodes.cache_clear()
    assert np.array_equal(first, signals.electrodes()[0].uv)


@pytest.mark.parametrize("page", range(1, PAGES + 1))
def test_the_sound_of_a_page_is_audible_and_not_saturated(page: int) -> None:
    waveform = rendered(lesson(page).sound)
    assert 1.0 < len(waveform) / SAMPLE_RATE_HZ < 4.0
    assert 0.05 < np.abs(waveform).max() <= 1.0
    assert np.isfinite(waveform).all()


def test_there_is_no_page_0_and_no_page_6() -> None:
    for page in (0, PAGES + 1):
        with pytest.raises(IndexError, match="there are 1 to 5"):
            lesson(page)


def test_the_text_has_every_page_and_marks_the_signals_as_simulated() -> None:
    text = course_text()
    assert [f"{page} of 5  {lesson(page).title}" in text for page in range(1, 6)] == [True] * 5
    assert text.count("Signals (simulated;") == 5
    assert max(map(len, text.splitlines())) < 110


def test_without_a_terminal_the_command_prints_the_text() -> None:
    done = command("learn")
    assert (done.status, done.err) == (0, "")
    assert "5 of 5  Artefacts" in done.out
    one = command("learn", "--text", "--page", "2")
    assert one.out.startswith("2 of 5")
    assert "3 of 5" not in one.out


def test_the_sound_is_written_to_a_file_and_bad_pages_are_refused(tmp_path: object) -> None:
    import soundfile

    path = f"{tmp_path}/end-plate.wav"
    assert command("learn", "--sound", "3", "--wav", path).status == 0
    samples, rate_hz = soundfile.read(path)
    assert rate_hz == SAMPLE_RATE_HZ
    assert np.abs(samples).max() > 0.05
    for words in (("--page", "6"), ("--sound", "0"), ("--wav", path)):
        done = command("learn", *words)
        assert (done.status, done.is_one_sentence) == (2, True)


def test_a_player_that_fails_is_reported_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess
    import sys

    real = subprocess.Popen
    failing = [sys.executable, "-c", "import sys; sys.exit('needle-guidance: No sound device responds.')"]
    monkeypatch.setattr("guidance.lessons.sound.subprocess.Popen", lambda _, **options: real(failing, **options))
    sound = LessonSound()
    sound.start(1)
    assert sound.state == "playing"
    assert sound._process is not None
    sound._process.wait()
    assert sound.poll() == "no sound, the page works without it: No sound device responds."
    sound.stop()
    assert sound.poll() == ""
