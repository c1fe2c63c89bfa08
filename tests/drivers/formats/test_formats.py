"""Formats are recognised by content; a file that is not a recording is refused in one sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from drivers.base import DeviceNotFound, DeviceRefused
from drivers.formats.loaded import channel_names, microvolts_per, number
from drivers.formats.registry import guess_format
from drivers.recording import Recording
from tests.drivers.formats.edf_files import Wave, edf_bytes, ramp
from tests.drivers.playing import why_refused, write

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


@pytest.mark.parametrize(
    ("head", "family"),
    [
        (b"0       X X X X", "EDF"),
        (b"\xffBIOSEMI", "BDF"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "WAV"),
        (b"RF64\xff\xff\xff\xffWAVEds64", "WAV"),
        (b"RIFF\x24\0\0\0AVI LIST", None),
        (b"fLaC\0\0\0\x22", "FLAC"),
        (b"time_s,EMG_uv\n0,1\n", "CSV"),
        (b"\xef\xbb\xbftime_s;EMG (\xc2\xb5V)\r\n", "CSV"),
        ("t\tEMG (µV)\n".encode()[:-4], "CSV"),
        (b"EMG_uv\n1\n", None),
        (b"time_s,EMG (\xb5V)\n", "CSV"),
        ("time_s,EMG_uv\n".encode("utf-16"), "CSV"),
        (b"one,two\x00\n", None),
        (b"words on a line\n1,2\n", None),
        (PNG, None),
        (b"", None),
    ],
)
def test_a_file_is_known_by_its_first_bytes(head: bytes, family: str | None) -> None:
    found = guess_format(head)
    assert (found and found.name) == family


def refused(path: Path, full_scale_uv: float | None = None, sample_rate_hz: float | None = None) -> str:
    with pytest.raises(DeviceRefused) as caught:
        Recording(path, full_scale_uv=full_scale_uv, sample_rate_hz=sample_rate_hz)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("a.edf", PNG, "reads EDF, BDF, WAV, FLAC"),
        ("a.wav", b"just some words", "not a recording"),
        ("a.csv", b"\x00\x01\x02", "not a recording"),
        ("a.edf", b"", "is empty"),
    ],
)
def test_what_is_no_recording_is_refused_whatever_its_name(
    tmp_path: Path, name: str, raw: bytes, expected: str
) -> None:
    (tmp_path / name).write_bytes(raw)
    message = refused(tmp_path / name)
    assert expected in message
    assert str(tmp_path / name) in message


def test_a_recording_is_played_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "scan.png").write_bytes(edf_bytes([Wave(ramp())]))
    assert Recording(tmp_path / "scan.png").info.model == "EDF recording"


@pytest.mark.parametrize("name", ["none.edf", "a.edf/none.edf", "zero\0.edf"])
def test_a_file_that_is_not_there_is_not_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.edf").write_bytes(b"0       ")
    with pytest.raises(DeviceNotFound, match="there is no file"):
        Recording(tmp_path / name)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "is a folder" in refused(tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not an ordinary file" in refused(tmp_path / "pipe")


def test_a_name_too_long_for_the_system_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path / ("x" * 300))


@pytest.mark.parametrize(
    ("failure", "expected"),
    [(PermissionError(13, "denied"), "may not be read by this user"), (OSError(5, "I/O error"), "I/O error")],
)
def test_a_file_the_system_withholds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: OSError, expected: str
) -> None:
    path = tmp_path / "a.edf"
    path.write_bytes(b"0       ")

    def withhold(self: Path, *args: object, **kwargs: object) -> None:
        raise failure

    monkeypatch.setattr(Path, "open", withhold)
    assert expected in refused(path)


def test_options_a_file_does_not_need_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.edf"
    path.write_bytes(edf_bytes([Wave(ramp())]))
    assert "leave out --full-scale-uv" in refused(path, full_scale_uv=1000.0)
    assert "leave out --sample-rate-hz" in refused(path, sample_rate_hz=1000.0)


@settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from([b"", b"0       ", b"\xffBIOSEMI", b"RIFF\x24\0\0\0WAVEfmt ", b"fLaC", b"t,e_uv\n"]),
    body=st.one_of(st.binary(max_size=600), st.text(max_size=300).map(str.encode)),
)
@example(head=b"0       ", body=b" " * 248)
def test_random_bytes_are_refused_and_nothing_else(tmp_path: Path, head: bytes, body: bytes) -> None:
    path = write(tmp_path / "random", head + body)
    assert "\n" not in why_refused(path, full_scale_uv=1.0 if head[:1] in {b"R", b"f"} else None)


@pytest.mark.parametrize(("text", "value"), [("1", 1.0), ("-.5e3", -500.0), ("+7.", 7.0), (" 1", None), ("", None)])
def test_numbers_are_read_as_written(text: str, value: float | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["nan", "inf", "1_0", "1e999", "0x1", "\u0661", "1,5", "--1", "."])
def test_what_is_no_plain_number_is_none(text: str) -> None:
    assert number(text) is None


def test_units_of_voltage_scale_and_others_do_not() -> None:
    units = {unit: microvolts_per(unit) for unit in ("V", "mV", "uV", "nV", "MV", "kV", "", "A", "mVs")}
    assert units == {
        "V": 1e6,
        "mV": 1e3,
        "uV": 1.0,
        "nV": 1e-3,
        "MV": None,
        "kV": None,
        "": None,
        "A": None,
        "mVs": None,
    }


@given(st.lists(st.text(max_size=6), max_size=8))
def test_channel_names_are_printable_and_not_empty(labels: list[str]) -> None:
    names = channel_names(labels)
    assert len(names) == len(labels)
    assert all(name and name.isprintable() for name in names)
