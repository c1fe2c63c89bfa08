"""BrainFlow's boards as amplifiers: its synthetic and playback boards, and a simulated Cyton on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.base import DeviceLost, DeviceNotFound, DeviceRefused, OptionRefused
from tests.drivers.fake_cyton import UV_PER_STEP, FakeCyton, counts
from tests.drivers.reading import read_for

pytest.importorskip("brainflow", reason="brainflow is not installed; it is in the extra brainflow")

from drivers.brainflow_board import BrainFlowBoard, library


@pytest.fixture
def cyton(tmp_path: Path) -> Iterator[FakeCyton]:
    board = FakeCyton(tmp_path)
    yield board
    board.close()


def test_the_synthetic_board_streams_at_its_rate() -> None:
    amplifier = BrainFlowBoard("synthetic").connect()
    assert (amplifier.info.sample_rate_hz, len(amplifier.info.channels)) == (250.0, 16)
    amplifier.start()
    blocks = read_for(amplifier, 0.5)
    amplifier.close()
    assert 60 < sum(len(block.samples) for block in blocks) < 200
    assert blocks[0].samples.dtype == np.float32
    assert sum(block.lost_before for block in blocks) == 0


def test_a_recording_is_played_back_as_its_board(tmp_path: Path) -> None:
    board = library().BoardShim(-1, library().BrainFlowInputParams())
    board.prepare_session()
    board.start_stream(1000, f"file://{tmp_path / 'recording.csv'}:w")
    time.sleep(0.6)
    board.stop_stream()
    board.release_session()
    played = BrainFlowBoard(f"PLAYBACK_FILE?file={tmp_path / 'recording.csv'}&master_board=SYNTHETIC").connect()
    played.start()
    blocks = read_for(played, 0.4)
    played.close()
    assert played.info.sample_rate_hz == 250.0
    assert sum(len(block.samples) for block in blocks) > 10


def test_a_cyton_is_read_sample_for_sample(cyton: FakeCyton) -> None:
    amplifier = BrainFlowBoard(f"cyton?serial_port={cyton.path}").connect()
    amplifier.start()
    samples = np.concatenate([block.samples for block in read_for(amplifier, 0.5)])
    amplifier.close()
    first = next(s for s in range(2000) if abs(counts(s, 0) * UV_PER_STEP - samples[0, 0]) < 0.01)
    wanted = [[counts(first + i, channel) * UV_PER_STEP for channel in range(8)] for i in range(len(samples))]
    assert samples == pytest.approx(np.array(wanted, np.float32), abs=0.01)
    assert len(samples) > 60


def test_packets_that_were_not_sent_are_a_gap(cyton: FakeCyton) -> None:
    amplifier = BrainFlowBoard(f"CYTON?serial_port={cyton.path}").connect()
    amplifier.start()
    read_for(amplifier, 0.2)
    cyton.skip(7)
    blocks = read_for(amplifier, 0.3)
    amplifier.close()
    assert [block.lost_before for block in blocks if block.lost_before] == [7]


def test_an_unplugged_board_is_lost_in_a_sentence(cyton: FakeCyton, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BrainFlowBoard, "silence_s", 0.3)
    amplifier = BrainFlowBoard(f"CYTON?serial_port={cyton.path}").connect()
    amplifier.start()
    read_for(amplifier, 0.2)
    cyton.unplug()
    with pytest.raises(DeviceLost, match=r"has sent nothing for 0\.3 s"):
        read_for(amplifier, 2.0)
    amplifier.close()
    amplifier.close()


def test_what_is_not_there_is_refused_in_a_sentence() -> None:
    with pytest.raises(DeviceNotFound, match="no such port"):
        BrainFlowBoard("CYTON?serial_port=/dev/none").connect()
    with pytest.raises(OptionRefused, match=r"no board 'TOASTER'; it has .*CYTON"):
        BrainFlowBoard("TOASTER").connect()
    with pytest.raises(DeviceRefused, match="file= and master_board="):
        BrainFlowBoard("PLAYBACK_FILE").connect()
    with pytest.raises(OptionRefused):
        BrainFlowBoard("CYTON?ip_port=x").connect()


def test_without_brainflow_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brainflow", None)
    with pytest.raises(DeviceRefused, match=r"needle-guidance\[brainflow\]"):
        library()
