"""CSV: names carry units, times are even, every cell is a number; otherwise the error names the place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drivers.base import DeviceRefused
from drivers.formats.table_columns import Column, column
from drivers.recording import Recording
from tests.drivers.playing import samples


def table(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("EMG_uv", Column("EMG", "uv", "signal")),
        ("EMG left_mV", Column("EMG left", "mV", "signal")),
        ("emg (mV)", Column("emg", "mV", "signal")),
        (" ch1[V] ", Column("ch1", "V", "signal")),
        ("EMG (\u03bcV)", Column("EMG", "\u03bcV", "signal")),
        ("force (N)", Column("force", "N", "signal")),
        ("emg_left", Column("emg_left", "", "signal")),
        ("EMG", Column("EMG", "", "signal")),
        ("time_s", Column("time", "s", "time")),
        ("T", Column("T", "", "time")),
        ("time_ms", Column("time", "ms", "time")),
        ("Time (s)", Column("Time", "s", "time")),
        ("stim", Column("stim", "", "stim")),
        ("annotation", Column("annotation", "", "text")),
        ("annotation (s)", Column("annotation", "s", "lasting")),
        ("timer_uv", Column("timer", "uv", "signal")),
    ],
)
def test_a_name_is_read_for_its_unit_and_its_role(header: str, expected: Column) -> None:
    assert column(header) == expected


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_a_table_is_played_in_microvolts(tmp_path: Path, delimiter: str, encoding: str, end: str) -> None:
    rows = ["time_s,EMG_uv,deep (mV),force (N)", *(f"{i / 1000},{i},{-i / 10},heavy" for i in range(100))]
    text = "\r\n".join(rows).replace(",", delimiter) + end
    recording = Recording(table(tmp_path / "a.csv", text, encoding))
    expected = np.stack([np.arange(100.0), -100 * np.arange(100.0)], axis=1)
    np.testing.assert_allclose(samples(recording), expected, rtol=1e-6)
    assert recording.info.model == "CSV recording"
    assert recording.info.sample_rate_hz == 1000.0
    assert [(c.name, c.range_uv) for c in recording.info.channels] == [("EMG", None), ("deep", None)]


@pytest.mark.parametrize(
    ("clock", "step", "sample_rate_hz"),
    [("time_ms", "0.25", 4000.0), ("t", "0.0005", 2000.0), ("time [us]", "500", 2000.0)],
)
def test_the_clock_gives_the_rate(tmp_path: Path, clock: str, step: str, sample_rate_hz: float) -> None:
    rows = "".join(f"{1000 + i * float(step):.9g},1\n" for i in range(50))
    assert Recording(table(tmp_path / "a.csv", f"{clock},e_uv\n{rows}")).info.sample_rate_hz == sample_rate_hz


def test_times_rounded_to_a_tenth_of_a_millisecond_are_even(tmp_path: Path) -> None:
    rows = "".join(f"{i / 4000:.4f},1\n" for i in range(4001))
    assert Recording(table(tmp_path / "a.csv", f"t,e_uv\n{rows}")).info.sample_rate_hz == 4000.0


def test_without_times_the_rate_is_the_one_given(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "a_uv,b_uv\n1,2\n3,4\n")
    assert Recording(path, sample_rate_hz=500.0).info.sample_rate_hz == 500.0
    with pytest.raises(DeviceRefused, match="give --sample-rate-hz HZ"):
        Recording(path)


@pytest.mark.parametrize(
    ("times", "row"),
    [
        ([0, 1, 2, 4, 5, 6], 5),
        ([0, 1, 2, 2, 3, 4], 5),
        ([0, 1, 2, 1, 2, 3], 5),
        ([0, 1, 2, 3, 4, 1000], 7),
        ([5, 4, 3, 2, 1, 0], 3),
        ([0, 1, 3], 4),
        ([0, 10, 20, 30, 44, 58, 72, 86, 100], 5),
    ],
)
def test_uneven_times_are_refused_with_their_row(tmp_path: Path, times: list[int], row: int) -> None:
    rows = "".join(f"{time / 1000},1\n" for time in times)
    with pytest.raises(DeviceRefused, match=f"not even: row {row} "):
        Recording(table(tmp_path / "a.csv", f"t,e_uv\n{rows}"))


def test_every_run_of_a_stim_column_is_one_pulse(tmp_path: Path) -> None:
    marks = [1, 1, 0, 0, 5, 5, 0, -1, 0, 0.0]
    rows = "".join(f"{i / 3000},1,{mark}\n" for i, mark in enumerate(marks))
    recording = Recording(table(tmp_path / "a.csv", f"t,e_uv,stim\n{rows}"))
    assert [(pulse.sample, pulse.offset_ns) for pulse in recording.pulses] == [(0, 0), (4, 0), (7, 0)]
    assert recording.has_pulse_annotations


def test_a_stim_column_of_zeros_annotates_no_pulse(tmp_path: Path) -> None:
    recording = Recording(table(tmp_path / "a.csv", "t_s,e_uv,stim\n0,1,0\n1,1,0\n"))
    assert not recording.has_pulse_annotations


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("t,EMG\n0,1\n1,1\n", "column 'EMG' of .* states no unit.*'EMG_uv'"),
        ("t,force (N)\n0,1\n", "no channel in volts; it has 'force'"),
        ("t,stim\n0,1\n", "no channel in volts; it has none"),
        ("t,e_uv\n", "no samples below"),
        ("t,e_uv\n0,1\n", "one row only"),
        ("t,e_uv\n0,1\n1,x\n2,2\n", "row 3 of .* has 'x' in column 'e'"),
        ("t,e_uv\n0,1\nsoon,2\n", "row 3 of .* has 'soon' in column 't'"),
        ("t,e_uv,stim\n0,1,\n1,2,0\n", "row 2 of .* has '' in column 'stim'"),
        ("t,e_uv\n0,nan\n1,2\n", "row 2 of .* has 'nan'"),
        ("t;e_uv\n0;1,5\n1;2.5\n", "column 'e' of .* has decimal commas .row 2. and decimal points"),
        ("t;e_uv\n0;1.234,5\n1;2\n", "decimal commas .row 2. and decimal points"),
        ('t,e_uv\n0,"1,234"\n1,2\n', "row 2 of .* has '1,234'"),
        ("0,1\n1,2\n", "has no line of column names"),
        ("t,e_uv,\n0,1,\n1,2,5\n", "row 3 of .* has 3 cells, not 2"),
        ("t,e_uv\n0,1\n1,2,3\n", "row 3 of .* has 3 cells, not 2"),
        ("t,e_uv\n0,1\n\n1,2\n", "row 3 of .* has no cells, not 2"),
        ("t_s,e_v\n0,1\n1,2000\n", "row 3 of .* has 2000 v in column 'e'"),
        ("t,e_uv\n0,1\n1,1e99\n", "row 3 of .* has '1e99'"),
        ("time (h),e_uv\n0,1\n1,1\n", "gives its times in 'h'"),
        ('t,e_uv\n0,"1\n', "not a well-formed table"),
        ("t_s,e_uv\n0,1\n100,1\n", "sampling rate of 0.01 Hz"),
    ],
)
def test_an_error_names_its_place(tmp_path: Path, text: str, expected: str) -> None:
    path = table(tmp_path / "a.csv", text)
    with pytest.raises(DeviceRefused, match=expected) as caught:
        Recording(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("header", [" " * 10**6 + "x", "(" * 10**6, "_" * 10**6, "a " * 10**6])
def test_a_name_of_any_length_is_read_at_once(header: str) -> None:
    assert column(header).unit == ""


def test_text_that_is_neither_utf8_nor_latin_further_on_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"t,e_uv\n" + b"0,1\n" * 20_000 + b"\xb5,1\n")
    with pytest.raises(DeviceRefused, match="not text throughout"):
        Recording(path)


ROWS = [(0.0, -1.5), (0.001, 2.25), (0.002, 3.0)]


@pytest.mark.parametrize("mark", ["\u00b5", "\u03bc", "u", "micro"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("style", ["plain", "spreadsheet", "trailing", "tabs"])
def test_tables_of_spreadsheets_in_any_encoding_give_the_same_samples(
    tmp_path: Path, style: str, encoding: str, mark: str
) -> None:
    if encoding == "cp1252" and mark == "\u03bc":
        pytest.skip("the encoding lacks the letter")
    delimiter, end, first = {
        "plain": (",", "", ""),
        "spreadsheet": (";", "", "sep=;\r\n"),
        "trailing": (";", ";", ""),
        "tabs": ("\t", "\t", ""),
    }[style]
    names = delimiter.join(["time (s)", f"EMG ({mark}V)"]) + (end if style == "trailing" else "")
    lines = [delimiter.join(map(str, row)) + end for row in ROWS]
    text = first + "\r\n".join([names, *lines, ""])
    if style != "plain":
        text = text.replace(".", ",")
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    recording = Recording(path)
    assert recording.info.sample_rate_hz == 1000.0
    block = recording.take(10)
    assert block is not None
    assert block.samples[:, 0].tolist() == [-1.5, 2.25, 3.0]


def test_a_noisy_trigger_column_gives_its_pulses_and_one_of_noise_is_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    line = 2.5 + rng.normal(0, 0.01, 2000)
    line[500:510] += 3.0
    line[1500:1510] += 3.0
    rows = "".join(f"{i / 1000},1,{value:.4f}\n" for i, value in enumerate(line))
    recording = Recording(table(tmp_path / "a.csv", f"t,e_uv,Trigger (V)\n{rows}"))
    assert [pulse.sample for pulse in recording.pulses] == [500, 1500]
    noise = "".join(f"{i / 1000},1,{value:.4f}\n" for i, value in enumerate(rng.normal(0, 1, 2000)))
    with pytest.raises(
        DeviceRefused, match=r"column 'stim' of .* is no trigger line: its levels cannot be distinguished"
    ):
        Recording(table(tmp_path / "b.csv", f"t,e_uv,stim\n{noise}"))


def test_the_texts_of_a_row_last_as_long_as_their_column_states(tmp_path: Path) -> None:
    text = "time_s,EMG_uv,annotation,annotation (s)\n0,1,,\n0.001,2,stim | rest | end, | 0.5\n0.002,3,,\n"
    found = Recording(table(tmp_path / "a.csv", text)).annotations
    assert [(each.onset_s, each.text, each.duration_s) for each in found] == [
        (0.001, "stim", 0.0), (0.001, "rest", 0.5), (0.001, "end", 0.0),
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", ["-1", "long", "nan", "1e999"])
def test_a_duration_that_is_no_time_is_refused(tmp_path: Path, wrong: str) -> None:
    text = f"time_s,EMG_uv,annotation,annotation (s)\n0,1,rest,{wrong}\n0.001,2,,\n"
    with pytest.raises(DeviceRefused, match=r"'rest' of .* which is no time in seconds"):
        Recording(table(tmp_path / "a.csv", text))


@pytest.mark.parametrize(
    "rows",
    [["0.000;1,234", "0.001;1,235"], ["0,000;1.234", "0,001;1.235"], ["0.000;1", "0.001;1,235", "0.002;3"]],
)
def test_commas_in_one_column_and_points_in_another_are_refused(tmp_path: Path, rows: list[str]) -> None:
    with pytest.raises(DeviceRefused, match=r"has commas in its numbers, and column .* has points"):
        Recording(table(tmp_path / "a.csv", "\n".join(["time_s;EMG_uv", *rows, ""])))


@pytest.mark.parametrize(("step", "shown"), [("1", "1"), ("0.5", "2")])
def test_times_without_a_unit_that_cannot_be_seconds_are_refused(tmp_path: Path, step: str, shown: str) -> None:
    rows = "".join(f"{i * float(step)},{i}\n" for i in range(9))
    with pytest.raises(DeviceRefused, match=f"state no unit, and as seconds they would give {shown} Hz"):
        Recording(table(tmp_path / "a.csv", "time,EMG_uv\n" + rows))
    assert Recording(table(tmp_path / "a.csv", "time_ms,EMG_uv\n" + rows)).info.sample_rate_hz == 1000 / float(step)


@pytest.mark.parametrize(("end", "is_named"), [("\n", False), ("\r\n", False), ("\r", False), ("", True)])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_last_row_without_its_line_end_is_named(tmp_path: Path, end: str, is_named: bool, encoding: str) -> None:
    rows = (end or "\n").join(["time_s,EMG_uv", "0,1", "0.001,2", "0.002,3.25"])
    recording = Recording(table(tmp_path / "a.csv", rows + end, encoding))
    assert any("has no line end" in note for note in recording.warnings) is is_named


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_text_in_an_encoding_without_its_mark_is_refused_by_what_to_do(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(DeviceRefused, match="save it again as CSV in UTF-8"):
        Recording(table(tmp_path / "a.csv", "time_s,EMG_uv\n0,1\n0.001,2\n", encoding))


def test_a_picture_called_csv_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9)
    with pytest.raises(DeviceRefused, match="is not a recording this program can read"):
        Recording(tmp_path / "a.csv")
