from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from guidance.audio.alarm_bursts import BURSTS, render
from guidance.audio.mixer import DUCKED, LoopedTable, Mixer
from guidance.audio.waveforms import FADE, SAMPLE_RATE_HZ, Waveform, response_tone, stimulus_tick, table
from guidance.cue import MAPPINGS, Tone
from tests.support.cue_changes import at_alarm

TONES = MAPPINGS["tempo"].tones
BEEP = TONES["approach"]
STEP = 1.15 * max(float(np.abs(np.diff(table(tone, None))).max()) for tone in TONES.values())
"""Largest step between two samples of guidance: that within a tone, and 15 % for a crossfade."""

Act = Callable[[Mixer], None]


def played(acts: list[tuple[int, Act]], frames: int, block: int, mixer: Mixer | None = None) -> Waveform:
    """Return the output of ``mixer``, with each act at its frame, in blocks that end at acts."""
    mixer, out, at = mixer or Mixer(), np.zeros(frames, np.float32), 0
    todo = list(acts)
    while at < frames:
        while todo and todo[0][0] == at:
            todo.pop(0)[1](mixer)
        stop = min(at + block, frames, *(frame for frame, _ in todo[:1]))
        mixer.render(out[at:stop])
        at = stop
    return out


def cue(tone: Tone, beep_rate_hz: float | None, *, in_step: bool = False) -> Act:
    return lambda mixer: mixer.cue.play(table(tone, beep_rate_hz), in_step=in_step)


def alarm(priority: str | None, *, passed: bool = False) -> Act:
    return lambda mixer: mixer.alarm.sound(priority, passed=passed)


EVERYTHING: list[tuple[int, Act]] = [
    (0, cue(TONES["far"], 1.0)),
    (10_000, cue(BEEP, 4.0)),
    (30_000, cue(TONES["target"], 2.0)),
    (41_003, lambda mixer: mixer.tick.play(stimulus_tick(), repeats=False)),
    (50_000, alarm("high")),
    (60_000, cue(TONES["close"], None)),
    (150_000, alarm("low")),
    (200_000, alarm(None)),
    (201_000, lambda mixer: mixer.response.play(response_tone(900.0), repeats=False)),
]


@pytest.mark.parametrize("block", [1, 64, 128, 1000, 8192])
def test_samples_do_not_depend_on_how_they_are_cut_into_blocks(block: int) -> None:
    acts = EVERYTHING if block > 1 else EVERYTHING[:3]
    frames = 240_000 if block > 1 else 31_000
    assert np.abs(played(acts, frames, block) - played(acts, frames, 480)).max() < 1e-5


@pytest.mark.parametrize("beep_rate_hz", [1.0, 2.5, 4.0, 6.5, 8.0])
def test_beeps_begin_at_the_sample_that_their_tempo_sets(beep_rate_hz: float) -> None:
    out = played([(0, cue(BEEP, beep_rate_hz))], SAMPLE_RATE_HZ * 3, 128)
    sounding = np.concatenate([[False], np.abs(out) > 0])
    gap = round(0.05 * SAMPLE_RATE_HZ)
    starts = [i for i in np.flatnonzero(sounding[1:]) if not sounding[max(i + 1 - gap, 0) : i + 1].any()]
    assert list(np.diff(starts)) == [round(SAMPLE_RATE_HZ / beep_rate_hz)] * (len(starts) - 1)
    assert len(starts) == round(3 * beep_rate_hz + 0.49)


def test_a_beep_has_the_pitch_of_its_zone() -> None:
    out = played([(0, cue(BEEP, 8.0))], SAMPLE_RATE_HZ, 128)
    spectrum = np.abs(np.fft.rfft(out))
    assert abs(int(spectrum.argmax()) - 440) <= 8


@pytest.mark.parametrize("at", [37, 1000, 2500, 2883, 12_345])
@pytest.mark.parametrize("after", [*TONES.values(), Tone("silence", None)], ids=[*TONES, "silence"])
@pytest.mark.parametrize("before", TONES.values(), ids=TONES)
def test_no_change_of_cue_clicks(before: Tone, after: Tone, at: int) -> None:
    first, second = (tone.beep_rates_hz[-1] if tone.beep_rates_hz else None for tone in (before, after))
    out = played([(0, cue(before, first)), (at, cue(after, second))], at + 6000, 128)
    assert np.abs(np.diff(out)).max() < STEP


def test_a_new_cue_sounds_from_its_first_sample_on() -> None:
    out = played([(0, cue(TONES["none"], 0.5)), (20_000, cue(TONES["close"], None))], 21_000, 128)
    assert not out[5000:20_000].any()
    assert np.flatnonzero(out[20_000:])[0] <= 2


def test_a_change_of_tempo_keeps_the_beat() -> None:
    out = played([(0, cue(BEEP, 4.0)), (6000, cue(BEEP, 5.0, in_step=True))], 12_000, 128)
    assert not out[4000:9600].any()
    assert out[9600:9700].any()


def test_two_changes_within_a_crossfade_do_not_click() -> None:
    acts = [(0, cue(TONES["close"], None)), (3000, cue(BEEP, 8.0)), (3064, cue(TONES["target"], 2.0))]
    assert np.abs(np.diff(played(acts, 9000, 64))).max() < STEP


@pytest.mark.parametrize("priority", BURSTS)
def test_an_alarm_ducks_all_other_sounds_while_it_sounds(priority: str) -> None:
    loud = played([(0, cue(TONES["close"], None))], SAMPLE_RATE_HZ * 4, 480)
    both = played([(0, cue(TONES["close"], None)), (4800, alarm(priority))], SAMPLE_RATE_HZ * 4, 480)
    burst = played([(4800, alarm(priority))], SAMPLE_RATE_HZ * 4, 480)
    share = both - burst
    during, after = slice(4800 + FADE, 4800 + FADE + 4000), slice(-4000, None)
    assert np.abs(share[during] - DUCKED * loud[during]).max() < 1e-3
    assert np.abs(share[after] - loud[after]).max() < 1e-3


@pytest.mark.parametrize("priority", BURSTS)
def test_no_alarm_clicks_as_it_begins_or_is_silenced_within_a_pulse(priority: str) -> None:
    most = 1.15 * float(np.abs(np.diff(render(BURSTS[priority]))).max())
    assert all(at_alarm(priority, tone) < most for tone in TONES.values())


@pytest.mark.hazard("deaf-ear")
def test_alarms_are_louder_than_guidance_and_the_graver_the_louder() -> None:
    def loudness(act: Act) -> float:
        out = played([(0, act)], SAMPLE_RATE_HZ, 480).astype(float)
        windows = np.sqrt(np.mean(out.reshape(-1, 1200) ** 2, axis=1))
        return float(windows.max())

    guidance = max(
        loudness(cue(tone, tone.beep_rates_hz[-1] if tone.beep_rates_hz else None)) for tone in TONES.values()
    )
    high, medium, low = (loudness(alarm(priority)) for priority in ("high", "medium", "low"))
    assert high > medium > low > 1.4 * guidance


@pytest.mark.hazard("muted-sound")
def test_the_volume_turns_guidance_and_never_an_alarm_nor_to_silence() -> None:
    def silence(mixer: Mixer) -> None:
        mixer.volume = 0.0

    loud = played([(0, cue(TONES["close"], None))], SAMPLE_RATE_HZ, 480)
    soft = played([(0, silence), (0, cue(TONES["close"], None))], SAMPLE_RATE_HZ, 480)
    assert np.abs(soft[4800:]).max() == pytest.approx(0.1 * np.abs(loud[4800:]).max(), rel=0.01)
    assert np.abs(played([(0, silence), (0, alarm("high"))], SAMPLE_RATE_HZ, 480)).max() == pytest.approx(
        0.75, rel=0.01
    )


def test_the_monitor_is_mixed_under_and_ducked() -> None:
    def constant(out: NDArray[np.float32]) -> None:
        out[:] = 0.3

    mixer = Mixer(constant)
    mixer.monitor_volume = 0.5
    out = played([(9600, alarm("low"))], SAMPLE_RATE_HZ, 480, mixer)
    assert out[9000] == pytest.approx(0.15, abs=1e-4)
    gap = 9600 + round(0.27 * SAMPLE_RATE_HZ)
    assert out[gap] == pytest.approx(0.15 * DUCKED, abs=1e-4)


def test_a_burst_comes_again_after_its_pause_and_later_once_its_cause_has_passed() -> None:
    def starts(*acts: tuple[int, Act]) -> list[float]:
        out = played(list(acts), SAMPLE_RATE_HZ * 40, 4800)
        loud = np.flatnonzero(np.abs(out) > 0.05)
        return [float(i) / SAMPLE_RATE_HZ for i in loud[np.diff(loud, prepend=-(10**6)) > SAMPLE_RATE_HZ]]

    active = np.diff(starts((0, alarm("high"))))
    assert active == pytest.approx([BURSTS["high"].length_s + 5.0] * len(active), abs=0.01)
    late = np.diff(starts((0, alarm("high")), (24_000 * 7, alarm("high", passed=True))))
    assert late == pytest.approx([BURSTS["high"].length_s + 12.0] * len(late), abs=0.01)
    assert len(starts((0, alarm("high")), (4800 * 10, alarm(None)))) == 1


def test_hush_is_soon_silent_without_a_click() -> None:
    out = played([*EVERYTHING[:6], (70_000, Mixer.hush)], 80_000, 480)
    assert not out[70_000 + 5 * FADE :].any()
    assert np.abs(np.diff(out[69_000:])).max() < 0.12


def test_a_table_that_is_played_once_is_not_altered_and_ends_in_silence() -> None:
    loop, out = LoopedTable(), np.zeros(8000, np.float32)
    loop.play(stimulus_tick(), repeats=False)
    loop.render(out)
    assert out[: len(stimulus_tick())] == pytest.approx(stimulus_tick())
    assert not out[len(stimulus_tick()) :].any()


def test_a_larger_response_has_a_higher_tone() -> None:
    pitches = []
    for amplitude_uv in (20.0, 50.0, 500.0, 5000.0, 50_000.0):
        tone = response_tone(amplitude_uv)
        pitches.append(float(np.abs(np.fft.rfft(tone, SAMPLE_RATE_HZ)).argmax()))
    assert pitches[0] == pitches[1] < pitches[2] < pitches[3] == pitches[4]
