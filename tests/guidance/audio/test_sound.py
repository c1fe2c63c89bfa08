"""The sound of a procedure, through a recorded loudspeaker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pytest

from drivers.base import Block
from guidance.audio import sound as sound_module
from guidance.audio.player_protocol import Order, ResponseSound, SoundReport
from guidance.audio.settings import SoundSettings
from guidance.audio.sound import PAUSE_S, Mute, Sound
from guidance.contracts.commands import PauseAudio, Stop, TurnMonitor, TurnVolume
from guidance.contracts.events import Alarm, Cue, MotorUnit, Response, Stimulus
from guidance.contracts.snapshot import AlarmView
from tests.support.pulse_audio import PulseServer, Recorder, Recording
from tests.support.sound_recognition import RATE_HZ, recognised

ROOT = Path(__file__).resolve().parents[3]
WAIT_S = 20.0
CLOSE, TARGET, NONE = Cue("close", None, 880.0), Cue("target", 2.0, 587.0), Cue("none", 0.5, 1200.0)
HIGH = AlarmView("too-close", "high", "Withdraw.", active=True)
PROXIMITY_ONLY = SoundSettings(monitor=0.0)


@contextmanager
def sounding(settings: SoundSettings = PROXIMITY_ONLY) -> Iterator[Sound]:
    """Start a sound and wait until it plays."""
    sound = Sound(settings, 10_000.0)
    try:
        wait(sound, lambda: isinstance(sound.play(TARGET), int))
        yield sound
    finally:
        sound.close()


def run(sound: Sound, seconds: float, signals: Sequence[AlarmView] = ()) -> None:
    """Tend ``sound`` for ``seconds``, as a session does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sound.tend(signals)
        time.sleep(0.005)


def wait(sound: Sound, wanted: Callable[[], bool], signals: Sequence[AlarmView] = ()) -> float:
    """Tend ``sound`` until ``wanted``; return how long that took."""
    began = time.monotonic()
    while not wanted():
        assert time.monotonic() - began < WAIT_S, f"not in {WAIT_S} s; lost: {sound.lost}"
        sound.tend(signals)
        time.sleep(0.005)
    return time.monotonic() - began


def wait_recorded(sound: Sound, recorder: Recorder, zone: str) -> None:
    """Tend ``sound`` until the last recorded second is recognised as ``zone``."""
    wait(sound, lambda: recognised(recorder.recording().samples[-RATE_HZ:]) == zone)


def close_delay_s(sound: Sound, recorder: Recorder) -> tuple[float, float]:
    """Return the delay from requesting ``close`` to its sound, and the error of the time on its record."""
    wait(sound, lambda: isinstance(sound.play(NONE), int))
    run(sound, 0.5)
    requested_s = time.monotonic()
    sounded_ns = sound.play(CLOSE)
    assert sounded_ns is not None
    wait(sound, lambda: recorder.recording().first_after(requested_s, 0.03) is not None)
    first_s = recorder.recording().first_after(requested_s, 0.03)
    assert first_s is not None
    return first_s - requested_s, abs(sounded_ns / 1e9 - first_s)


def test_a_cue_sounds_soon_and_at_the_time_on_its_record(loudspeaker: Recorder) -> None:
    with sounding() as sound:
        late_s, off_s = zip(*(close_delay_s(sound, loudspeaker) for _ in range(5)), strict=True)
        wait_recorded(sound, loudspeaker, "close")
    assert np.median(late_s) < 0.15
    assert np.median(off_s) < 0.05


def test_an_alarm_sounds_over_the_guidance_and_is_silent_once_acknowledged(loudspeaker: Recorder) -> None:
    with sounding() as sound:
        sound.play(CLOSE)
        run(sound, 0.3, [HIGH])
        began_s = time.monotonic()
        run(sound, 1.2, [HIGH])
        loud = float(np.abs(loudspeaker.recording().since(began_s)).max())
        acknowledged_alarms = [replace(HIGH, acknowledged=True)]
        run(sound, 0.5, acknowledged_alarms)
        acknowledged_s = time.monotonic()
        run(sound, 1.2, acknowledged_alarms)
        soft = float(np.abs(loudspeaker.recording().since(acknowledged_s)).max())
    assert loud > 0.6
    assert 0.1 < soft < 0.3


def test_a_paused_alarm_is_silent_for_a_time_and_a_new_one_ends_the_pause(loudspeaker: Recorder) -> None:
    with sounding() as sound:
        assert sound.obey(PauseAudio()) is not None
        assert sound.view().state == "paused"
        assert PAUSE_S - 5 < (sound.view().paused_s or 0) <= PAUSE_S
        began_s = time.monotonic()
        run(sound, 0.8, [HIGH])
        assert np.abs(loudspeaker.recording().since(began_s)).max() < 0.4
        sound.play(Alarm("device-lost", "high", active=True, text="Gone."))
        assert sound.paused_s is None
        began_s = time.monotonic()
        run(sound, 0.8, [HIGH])
        assert np.abs(loudspeaker.recording().since(began_s)).max() > 0.6


def test_an_alarm_pause_ends_by_itself(monkeypatch: pytest.MonkeyPatch, loudspeaker: Recorder) -> None:
    monkeypatch.setattr("guidance.audio.sound.PAUSE_S", 0.3)
    with sounding() as sound:
        sound.obey(PauseAudio())
        run(sound, 0.4, [HIGH])
        assert sound.paused_s is None
        began_s = time.monotonic()
        run(sound, 0.8, [HIGH])
        assert np.abs(loudspeaker.recording().since(began_s)).max() > 0.6


def test_the_needle_emg_is_played_at_the_chosen_volume(loudspeaker: Recorder) -> None:
    with sounding(SoundSettings(mapping="classic", monitor=1.0)) as sound:
        sound.play(Cue("far", None, None))
        t = np.arange(20_000) / 10_000
        uv = (150 * np.sin(2 * np.pi * 200 * t)).astype(np.float32)[:, None]
        began, fed = time.monotonic(), 0
        while fed < len(uv):
            due = min(int((time.monotonic() - began) * 10_000), len(uv))
            sound.feed([Block(fed, uv[fed:due])], awaiting=False)
            fed = due
            run(sound, 0.008)
        recording = loudspeaker.recording().since(began + 0.7)[:RATE_HZ]
    spectrum = np.abs(np.fft.rfft(recording)) ** 2
    assert abs(int(spectrum.argmax()) * RATE_HZ / len(recording) - 200) < 3
    assert np.abs(recording).max() == pytest.approx(0.3 * 0.75, rel=0.15)


def test_the_classic_mapping_ticks_at_a_stimulus_and_plays_a_tone_for_its_response(loudspeaker: Recorder) -> None:
    with sounding(SoundSettings(mapping="classic", monitor=0.0)) as sound:
        sound.play(Cue("far", None, None))
        run(sound, 0.4)
        began_s = time.monotonic()
        sound.play(Stimulus(5, 1.0, 1.0, 0.1, None, "device"))
        run(sound, 0.2)
        tick = float(np.abs(loudspeaker.recording().since(began_s)).max())
        sound.play(Response(5, "1", detected=True, p_value=0.0, amplitude_uv=900.0, latency_ms=9.0, contaminated=False))
        run(sound, 0.3)
        tone = float(np.abs(loudspeaker.recording().since(began_s)).max())
    assert 0.02 < tick < 0.1
    assert tone == pytest.approx(0.22, abs=0.02)


def unit(sample: int) -> MotorUnit:
    return MotorUnit(sample, "1", 1, 400.0, 300.0, 9.0, 3, 3, begins_negative=False, firing_hz=9.0)


def test_the_classic_mapping_plays_a_short_tone_for_a_potential(loudspeaker: Recorder) -> None:
    with sounding(SoundSettings(mapping="classic", monitor=0.0)) as sound:
        sound.play(Cue("far", None, None))
        run(sound, 0.4)
        began_s = time.monotonic()
        sound.play(unit(5000))
        run(sound, 0.4)
        recorded = loudspeaker.recording().since(began_s)
    lasts_s = np.ptp(np.flatnonzero(np.abs(recorded) > 2e-4)) / RATE_HZ if recorded.any() else 0.0
    assert np.abs(recorded).max() == pytest.approx(0.22, abs=0.02)
    assert 0.02 < lasts_s < 0.027


@pytest.mark.parametrize(
    ("mapping", "stimulus", "samples", "tones"),
    [
        ("classic", None, (5000, 5200, 5499, 5500, 6500), 3),
        ("classic", 4000, (5000, 34_000, 34_001), 1),
        ("tempo", None, (5000, 7000), 0),
    ],
)
def test_potentials_close_together_or_near_a_stimulus_have_no_tone_of_their_own(
    monkeypatch: pytest.MonkeyPatch, mapping: str, stimulus: int | None, samples: tuple[int, ...], tones: int
) -> None:
    sent: list[Order] = []
    sound = Sound(SoundSettings(mapping=mapping), 10_000.0)
    try:
        monkeypatch.setattr(sound, "_send", sent.append)
        if stimulus is not None:
            sound.play(Stimulus(stimulus, 1.0, 1.0, 0.1, None, "device"))
        for sample in samples:
            sound.play(unit(sample))
    finally:
        monkeypatch.undo()
        sound.close()
    assert [order for order in sent if isinstance(order, ResponseSound)] == [ResponseSound(400.0, brief=True)] * tones


def test_underruns_are_counted_while_sound_is_played(loudspeaker: Recorder) -> None:
    with sounding() as sound:
        assert isinstance(sound.underruns, int)


@pytest.mark.hazard("muted-sound")
def test_a_lost_sound_system_is_reported_and_used_again_when_it_is_back(own_loudspeaker: PulseServer) -> None:
    with sounding() as sound:
        run(sound, 0.5)
        own_loudspeaker.kill()
        assert wait(sound, lambda: sound.lost is not None) < 5.0
        assert sound.view().state == "lost"
        assert "No sound device" in (sound.lost or "")
        assert sound.play(CLOSE) is None
        own_loudspeaker.start()
        wait(sound, lambda: sound.lost is None and sound.play(CLOSE) is not None)
        with Recorder(own_loudspeaker) as recorder:
            wait_recorded(sound, recorder, "close")


def test_a_process_that_hangs_is_replaced_and_nothing_waits_for_it(loudspeaker: Recorder) -> None:
    with sounding() as sound:
        hung = sound._process
        hung.send_signal(signal.SIGSTOP)
        longest = 0.0
        begun = time.monotonic()
        while sound.lost is None:
            began = time.monotonic()
            assert began - begun < WAIT_S
            sound.play(CLOSE)
            sound.feed([Block(0, np.zeros((40, 1), np.float32))], awaiting=False)
            sound.tend(())
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.004)
        assert longest < 0.5
        wait(sound, lambda: sound.lost is None)
        assert sound._process is not hung
        assert hung.returncode is not None


def test_a_process_that_dies_is_replaced(loudspeaker: Recorder) -> None:
    with sounding() as sound:
        sound._process.kill()
        wait(sound, lambda: sound.lost is not None)
        wait(sound, lambda: sound.lost is None and sound.play(TARGET) is not None)


def alarm_recorded(recorder: Recorder, since_s: float) -> tuple[float, Recording]:
    """Return the time of an alarm, and a recording with its first second."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        recording = recorder.recording()
        first_s = recording.first_after(since_s, 0.4)
        if first_s is not None and len(recording.since(first_s)) > RATE_HZ:
            return first_s, recording
        time.sleep(0.05)
    raise AssertionError(f"no alarm in {WAIT_S} s")


@pytest.mark.hazard("dead-engine")
def test_the_alarm_sounds_when_the_engine_is_killed(loudspeaker: Recorder) -> None:
    code = (
        "import time\nfrom guidance.audio.settings import SoundSettings\nfrom guidance.audio.sound import Sound\n"
        "sound = Sound(SoundSettings(monitor=0.0), 1e4)\nbegan = time.monotonic()\n"
        "while sound._report is None or sound._report.called_ns is None: sound.tend(()); time.sleep(0.01)\n"
        "print(sound._process.pid, flush=True)\n"
        "while True: sound.tend(()); time.sleep(0.01)\n"
    )
    engine = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert engine.stdout is not None
    with engine:
        player = int(engine.stdout.readline())
        time.sleep(0.3)
        engine.kill()
        killed_s = time.monotonic()
        first_s, recording = alarm_recorded(loudspeaker, killed_s)
        os.kill(player, signal.SIGKILL)
    assert recognised(recording.since(first_s - 0.02)[:RATE_HZ]) == "high"


def test_a_missing_sound_device_is_reported_with_its_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/none")
    monkeypatch.setenv("ALSA_CONFIG_PATH", "/dev/null")
    sound = Sound(PROXIMITY_ONLY, 10_000.0)
    try:
        wait(sound, lambda: sound.lost is not None)
        assert sound.play(CLOSE) is None
        assert "watch the screen" in (sound.lost or "").lower()
    finally:
        sound.close()


@pytest.mark.parametrize(("steps", "volume"), [(1, 1.0), (-3, 0.7), (-50, 0.1)])
def test_the_volume_is_turned_within_bounds_and_never_to_silence(steps: int, volume: float) -> None:
    sound = Sound(PROXIMITY_ONLY, 10_000.0)
    try:
        assert sound.obey(TurnVolume(steps)) == {"volume": volume, "monitor": 0.0, "alarms_paused_s": None}
        assert sound.obey(TurnMonitor(4)) == {"volume": volume, "monitor": 0.4, "alarms_paused_s": None}
        assert sound.obey(Stop()) is None
    finally:
        sound.close()


def test_a_muted_sound_reports_no_loss_and_no_time_of_a_cue() -> None:
    mute = Mute("tempo")
    assert mute.play(CLOSE) is None  # type: ignore[func-returns-value]
    assert mute.underruns is None
    assert mute.view().state == "muted"
    assert mute.tend([HIGH]) is None  # type: ignore[func-returns-value]


def test_a_sound_is_starting_until_the_player_reports_that_a_device_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = Pipe()
    monkeypatch.setattr(sound_module, "start_player", lambda _options: (ours, MagicMock()))
    sound = Sound(PROXIMITY_ONLY, 10_000.0)
    states = [sound.view().state]
    for report in (SoundReport(None, 0, 0), SoundReport(None, 0, 0, 10.0, 5_000_000, 1, 1), SoundReport("gone", 0, 0)):
        theirs.send(report)
        sound.tend(())
        states.append(sound.view().state)
    sound.close()
    assert states == ["starting", "starting", "on", "lost"]
