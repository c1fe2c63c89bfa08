"""A real recording played into a sound card, and guidance on it: pulses and responses are found in the sound input."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from drivers.recording import Recording
from tests.drivers.playing import samples
from tests.support import pulse_audio as pulse
from tests.support.command_line import started
from tests.support.event_rules import read
from tests.support.shared import shared
from tests.support.waves import add, artefact

pytestmark = pytest.mark.slow
RATE_HZ = 3000.0
SECONDS = 15
BEFORE_S = 3.0
"""For so long the recording's first 20 ms are repeated before it."""


def wait_for(path: Path) -> None:
    """Wait until something has been written to ``path``; fails after a minute."""
    until = time.monotonic() + 60
    while not (path.exists() and path.stat().st_size):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_recording_played_into_a_sound_card_is_guided_on(own_loudspeaker: pulse.PulseServer, tmp_path: Path) -> None:
    recording = Recording(shared("data/streams/mep_human_suprathreshold_FDI.edf"))
    signal = samples(recording)[: round(SECONDS * RATE_HZ), 0].astype(np.float64)
    at = [p.sample for p in recording.pulses if p.sample < len(signal) - RATE_HZ / 2]
    for sample in at:
        add(signal, sample, artefact(RATE_HZ, 3000.0, 300.0))  # the recording's own has been cut away
    full_scale_uv = float(np.abs(signal).max() * 1.05)
    played = resample_poly(signal / full_scale_uv, 16, 1)
    played = np.concatenate([np.tile(played[: pulse.RATE_HZ // 50], round(BEFORE_S * 50)), played, played[-4800:]])
    events = tmp_path / "events"
    words: list[str | Path] = ["--mode", "listen", "--window", "13", "50", "--headless", "--events", events]
    device = f"sound:pulse?full_scale_uv={full_scale_uv:.6g}"
    listening = started(
        "run", "--device", device, *words, "--duration", str(SECONDS + 3 * BEFORE_S), "--store", tmp_path
    )
    wait_for(events)
    player = ["pacat", "--device=out", "--raw", f"--rate={pulse.RATE_HZ}", "--format=float32le", "--channels=1"]
    subprocess.run(player, input=played.astype(np.float32).tobytes(), env=os.environ, check=True)
    _, err = listening.communicate(timeout=60)
    lines = read(events.read_text(encoding="utf-8"))
    found = [line["sample"] for line in lines if line["kind"] == "stimulus"]
    responded = [line for line in lines if line["kind"] == "response" and line["detected"]]
    assert listening.returncode == 0, err
    assert len(at) - 3 <= len(found) <= len(at) + 1
    assert len(responded) >= len(found) - 2
    assert np.diff(found) / pulse.RATE_HZ == pytest.approx(np.diff(at)[0] / RATE_HZ, abs=2e-4)
