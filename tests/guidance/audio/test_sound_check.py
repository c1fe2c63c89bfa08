"""The check of the sound device: whether it plays, and whether a microphone records it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from guidance.audio import sound_check
from tests.support.pulse_audio import Recorder

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("silent", "state"), [(False, "heard"), (True, "not heard")])
def test_a_check_recognises_its_own_pattern_and_nothing_else(loudspeaker: Recorder, silent: bool, state: str) -> None:
    code = "from guidance.audio import sound_check\n"
    if silent:
        code += "import numpy as np\nn = sound_check.pattern()\nsound_check.pattern = lambda: np.full_like(n, 0.1)\n"
    code += "print(sound_check.check_sound(None).state)\n"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == state


@pytest.mark.parametrize(("first_recorded", "state", "times"), [(1, "heard", 1), (2, "heard", 2), (3, "not heard", 2)])
def test_a_check_repeats_a_pattern_that_was_not_recorded(
    monkeypatch: pytest.MonkeyPatch, first_recorded: int, state: str, times: int
) -> None:
    ears: list[list[NDArray[np.float32]]] = []

    class Ear:
        def close(self) -> None:
            pass

    def open_microphone(recorded: list[NDArray[np.float32]]) -> Ear:
        ears.append(recorded)
        recorded.append(np.zeros((480, 1), np.float32))
        return Ear()

    def play(samples: NDArray[np.float32], device: str | None) -> sound_check.SoundCheck:
        recorded = samples if len(ears) >= first_recorded else np.zeros_like(samples)
        ears[-1].append(np.pad(recorded, 4800)[:, None])
        return sound_check.SoundCheck("not heard")

    monkeypatch.setattr(sound_check, "_open_microphone", open_microphone)
    monkeypatch.setattr(sound_check, "play", play)
    monkeypatch.setattr(sound_check, "_MICROPHONE_LATE_S", 0.0)
    assert sound_check.check_sound(None).state == state
    assert len(ears) == times
