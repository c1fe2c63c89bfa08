"""Independent programs on the simulations on which our drivers are tested: both must read the same.

Run them with ``uv run --group peers pytest -m slow tests/drivers/test_peers.py``.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.base import Samples
from drivers.lsl import LslStream
from drivers.rhx.amplifier import IntanRhx
from tests.drivers.fake_cyton import FakeCyton
from tests.drivers.reading import read_for, read_until, samples_of
from tests.drivers.rhx.fake_rhx import FakeRhx, wide

pytestmark = pytest.mark.slow
SEEN = 256


def place_of(part: NDArray[np.float32], whole: Samples) -> int | None:
    """Return the position of ``part`` (samples, channels) in ``whole``; None where it is not in it."""
    starts = np.flatnonzero(np.isclose(whole[: len(whole) - len(part) + 1, 0], part[0, 0], atol=1e-2))
    return next((int(s) for s in starts if np.allclose(whole[s : s + len(part)], part, atol=1e-2)), None)


def test_python_intan_reads_the_simulated_rhx_as_our_driver_does() -> None:
    intan = pytest.importorskip("intan.interface", reason="python-intan is not installed; it is in the group peers")
    rhx = FakeRhx()
    peer = intan.IntanRHXDevice(command_port=rhx.command_port, data_port=rhx.data_port, num_channels=2)
    peer.enable_wide_channel([3, 10])
    theirs = peer.record(duration_sec=0.3, verbose=False).T
    peer.close()
    rhx.close()
    rhx = FakeRhx()
    ours = IntanRhx(rhx.address.removeprefix("rhx:") + "&channels=a-003,a-010").connect()
    ours.start()
    blocks = read_until(ours, lambda blocks: samples_of(blocks) >= len(theirs))
    ours.close()
    rhx.close()
    samples = np.concatenate([block.samples for block in blocks])[: len(theirs)]
    assert theirs == pytest.approx(samples, abs=1e-2)
    assert wide(0, 3) == 32_768 + samples[0, 0] / 0.195


def test_brainflow_reads_the_simulated_cyton_as_our_driver_does(tmp_path: Path) -> None:
    board_shim = pytest.importorskip("brainflow.board_shim", reason="brainflow is not installed")
    from drivers.brainflow_board import BrainFlowBoard, library

    library()
    cyton = FakeCyton(tmp_path)
    parameters = board_shim.BrainFlowInputParams()
    parameters.serial_port = cyton.path
    board = board_shim.BoardShim(0, parameters)
    board.prepare_session()
    board.start_stream()
    time.sleep(1.5)
    theirs = board.get_board_data()
    board.stop_stream()
    board.release_session()
    time.sleep(0.2)  # the board receives the command to stop
    assert not cyton.streaming
    cyton.sent = 0
    ours = BrainFlowBoard(f"CYTON?serial_port={cyton.path}").connect()
    ours.start()
    samples = np.concatenate([block.samples for block in read_for(ours, 1.5)])
    ours.close()
    cyton.close()
    rows = board_shim.BoardShim.get_emg_channels(0)
    part = np.asarray(theirs[rows].T[10 : 10 + 100], np.float32)
    assert place_of(part, samples) is not None


def test_a_recording_played_by_mne_lsl_comes_as_it_is(tmp_path: Path) -> None:
    mne = pytest.importorskip("mne", reason="mne is not installed; it is in the group peers")
    mne_lsl = pytest.importorskip("mne_lsl.player", reason="mne-lsl is not installed; it is in the group peers")
    sample_rate_hz, seconds = 2000.0, 4
    rng = np.random.default_rng(1)
    played = rng.normal(0, 50, (2, round(sample_rate_hz * seconds)))  # uV
    raw = mne.io.RawArray(played * 1e-6, mne.create_info(["M1", "M2"], sample_rate_hz, "emg"), verbose="error")
    raw.save(tmp_path / "played_raw.fif", verbose="error")
    player = mne_lsl.PlayerLSL(tmp_path / "played_raw.fif", chunk_size=20, name="played", n_repeat=np.inf)
    player.start()
    try:
        amplifier = LslStream("played").connect()
        amplifier.start()
        blocks = read_until(amplifier, lambda blocks: samples_of(blocks) >= SEEN * 4)
        amplifier.close()
    finally:
        player.stop()
    assert amplifier.info.scale_known
    assert amplifier.info.sample_rate_hz == sample_rate_hz
    samples = np.concatenate([block.samples for block in blocks])
    whole = np.concatenate([played.T, played.T]).astype(np.float32)
    assert place_of(samples[:SEEN], whole) is not None
    assert sum(block.lost_before for block in blocks) == 0
