"""The BITalino driver: frames whole, cut and damaged, a board that is none, and the maker's own client beside it."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import DeviceRefused, OptionRefused
from drivers.bitalino import BitalinoBoard, BitalinoFrames
from tests.drivers.fake_bitalino import FakeBitalino, frame, ramp
from tests.drivers.reading import read_until, samples_of


@settings(max_examples=40, deadline=None)
@given(channels=st.integers(1, 4), cuts=st.lists(st.integers(0, 300), max_size=8), noise=st.binary(max_size=12))
def test_frames_are_read_wherever_they_are_cut_and_whatever_comes_first(
    channels: int, cuts: list[int], noise: bytes
) -> None:
    data = noise + b"".join(frame(n, [ramp(37 * n, place) for place in range(channels)]) for n in range(40))
    reader, edges = BitalinoFrames(channels), sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    found = [each for a, b in pairwise(edges) for each in reader.feed(data[a:b])]
    last = [tuple(ramp(37 * n, place) for place in range(channels)) for n in range(20, 40)]
    assert [each.values for each in found[-20:]] == last
    assert sum(each.lost for each in found[-20:]) == 0


@pytest.mark.parametrize("damaged", [1, 3, 20])
def test_damaged_frames_are_counted_and_their_samples_are_missing(damaged: int) -> None:
    frames = [frame(n, [ramp(n, 0), ramp(n, 1)]) for n in range(100)]
    frames[50 : 50 + damaged] = [b"\xff" * 4] * damaged
    reader = BitalinoFrames(2)
    found = reader.feed(b"".join(frames))
    assert reader.bad == 1
    assert [each.lost for each in found if each.lost] == [damaged]
    assert len(found) == 100 - damaged


def test_the_board_is_read_in_microvolts_and_named(tmp_path: Path) -> None:
    board = FakeBitalino(tmp_path)
    amplifier = BitalinoBoard(f"{board.path}?channels=2,4&uv_per_lsb=3.2").connect()
    assert amplifier.info.firmware == "BITalino_v5.2"
    assert [channel.name for channel in amplifier.info.channels] == ["A2", "A4"]
    amplifier.start()
    blocks = read_until(amplifier, lambda blocks: samples_of(blocks) >= 100)
    samples = np.concatenate([block.samples for block in blocks])
    expected = [[(ramp(n, place) - 512) * 3.2 for place in range(2)] for n in range(len(samples))]
    assert samples == pytest.approx(np.array(expected), rel=1e-5)
    amplifier.close()
    until_s = time.monotonic() + 2.0  # the simulated board reads in a thread of its own
    while board.streaming and time.monotonic() < until_s:
        time.sleep(0.005)
    assert not board.streaming
    assert amplifier.rescaled(2.0).endswith("uv_per_lsb=6.4")
    board.close()


def test_what_is_no_bitalino_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.bitalino._REPLY_S", 0.1)
    board = FakeBitalino(tmp_path, version=b"OK\n")
    with pytest.raises(DeviceRefused, match="No BITalino replies"):
        BitalinoBoard(board.path).connect()
    board.close()


@pytest.mark.parametrize("channels", ["0", "5", "1,1", "a", "1,2,3,4,4"])
def test_inputs_that_are_none_are_refused(channels: str) -> None:
    with pytest.raises(OptionRefused, match="not analogue inputs 1 to 4"):
        BitalinoBoard(f"/dev/ttyUSB0?channels={channels}")


@pytest.mark.slow
def test_the_makers_client_reads_the_same_simulation(tmp_path: Path) -> None:
    bitalino = pytest.importorskip("bitalino", reason="uv pip install --no-deps bitalino; its Bluetooth does not build")
    board = FakeBitalino(tmp_path)
    client = bitalino.BITalino(str(Path(board.path).resolve()))
    assert "BITalino" in client.version()
    client.start(1000, [0, 2, 3])
    theirs = client.read(100)
    client.stop()
    client.close()
    board.close()
    assert theirs[:, 5:].tolist() == [[ramp(n, place) for place in range(3)] for n in range(100)]
