"""Parquet: columns as in a table of text; what contradicts itself or is no signal is refused with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.base import DeviceRefused, OptionRefused
from drivers.recording import Recording
from tests.drivers.playing import samples

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

EMG = [1.0, -2.0, 3.0, -4.0]
TIMES = [0.0, 0.001, 0.002, 0.003]


def table(folder: Path, metadata: dict[str, str] | None = None, **columns: Any) -> Path:
    """Write a table; ``EMG__uV`` as a keyword is the column ``EMG (uV)``."""
    named = {
        f"{key.split('__')[0]} ({key.split('__')[1]})" if "__" in key else key: each for key, each in columns.items()
    }
    written = pa.table(named)
    pq.write_table(written.replace_schema_metadata(metadata or {}), folder / "a.parquet")
    return folder / "a.parquet"


def test_times_give_the_rate_and_units_the_scale(tmp_path: Path) -> None:
    recording = Recording(table(tmp_path, time__ms=[0, 1, 2, 3], EMG__mV=EMG, muscle__uV=[1, 2, 3, 4]))
    assert recording.info.sample_rate_hz == 1000.0
    np.testing.assert_allclose(samples(recording), np.stack([np.array(EMG) * 1e3, [1, 2, 3, 4]], axis=1))


def test_a_stated_rate_is_more_exact_than_rounded_times(tmp_path: Path) -> None:
    times = [round(i / 4882.8125, 6) for i in range(4)]
    path = table(tmp_path, {"sample_rate_hz": "4882.8125"}, time__s=times, EMG__uV=EMG)
    assert Recording(path).info.sample_rate_hz == 4882.8125


def test_a_stated_rate_that_its_times_contradict_is_refused(tmp_path: Path) -> None:
    columns = {"time__s": [i / 1000 for i in range(4000)], "EMG__uV": np.ones(4000)}
    for stated in ("2000", "1001"):
        with pytest.raises(DeviceRefused, match=f"states {stated} Hz, but its times give 1000 Hz"):
            Recording(table(tmp_path, {"sample_rate_hz": stated}, **columns))


def test_numbers_of_samples_that_jump_are_a_gap(tmp_path: Path) -> None:
    recording = Recording(table(tmp_path, sample=[5, 6, 10, 11], time__s=[5e-3, 6e-3, 10e-3, 11e-3], EMG__uV=EMG))
    blocks = [recording.take(100), recording.take(100)]
    assert [block and (block.first_sample, block.lost_before) for block in blocks] == [(0, 0), (5, 3)]


@pytest.mark.parametrize("numbers", [[0, 1, 1, 2], [3, 2, 1, 0], [0, 1, None, 3]])
def test_numbers_of_samples_that_do_not_rise_are_refused(tmp_path: Path, numbers: list[int | None]) -> None:
    with pytest.raises(DeviceRefused, match="do not rise from row to row"):
        Recording(table(tmp_path, sample=numbers, time__s=TIMES, EMG__uV=EMG))


def test_an_empty_cell_is_a_hole_and_no_zero(tmp_path: Path) -> None:
    played = samples(Recording(table(tmp_path, time__s=TIMES, EMG__uV=[1.0, None, 3.0, 4.0])))[:, 0]
    assert np.isnan(played[1])
    assert played[2] == 3.0


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"time__s": TIMES, "EMG": EMG}, "column 'EMG' of .* states no unit"),
        ({"time__s": TIMES, "EMG__uV": ["a", "b", "c", "d"]}, "holds no numbers"),
        ({"time__s": TIMES, "EMG__uV": [1.0, 2.0, 3.0, 1e30]}, "cannot be true"),
        ({"time__s": [0.0, 0.001, 0.009, 0.010], "EMG__uV": EMG}, "are not even: row 3"),
        ({"time__h": TIMES, "EMG__uV": EMG}, "gives its times in 'h'"),
        ({"time__s": [], "EMG__uV": []}, "no rows"),
    ],
)
def test_what_is_no_signal_is_refused_with_its_place(tmp_path: Path, columns: dict[str, Any], expected: str) -> None:
    with pytest.raises(DeviceRefused, match=expected):
        Recording(table(tmp_path, **columns))


def test_without_times_the_rate_is_requested(tmp_path: Path) -> None:
    path = table(tmp_path, EMG__uV=EMG)
    with pytest.raises(OptionRefused, match="give --sample-rate-hz"):
        Recording(path)
    assert Recording(path, sample_rate_hz=500.0).info.sample_rate_hz == 500.0
