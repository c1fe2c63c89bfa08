"""XDF and BrainVision: unit, sign, rate, markers, a truncated and a foreign file."""

from __future__ import annotations

import struct
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from drivers.base import DeviceRefused
from drivers.recording import Recording
from tests.support.command_line import command
from tests.support.shared import shared

RATE, SAMPLES = 2000, 4000
MARKS = (500, 1500, 3000)


def signal() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    wave = np.arange(SAMPLES) % 200 - 50.0
    return np.stack([wave, -2 * wave], axis=1)


def brainvision(folder: Path, unit: str = "\u00b5V", kind: str = "INT_16", orientation: str = "MULTIPLEXED") -> Path:
    steps = signal() / {"\u00b5V": 0.5, "mV": 500.0}[unit]
    data = steps if orientation == "MULTIPLEXED" else steps.T
    dtype = {"INT_16": "<i2", "IEEE_FLOAT_32": "<f4"}[kind]
    (folder / "a.eeg").write_bytes(np.ascontiguousarray(data.astype(dtype)).tobytes())
    marks = "".join(f"Mk{i}=Stimulus,S  1,{at + 1},1,0\n" for i, at in enumerate(MARKS, 2))
    title = "Brain Vision Data Exchange Marker File, Version 1.0\n\n[Common Infos]\nDataFile=a.eeg\n\n[Marker Infos]\n"
    (folder / "a.vmrk").write_text(f"{title}Mk1=New Segment,,1,1,0\n{marks}", encoding="utf-8")
    header = (
        "Brain Vision Data Exchange Header File Version 1.0\n\n[Common Infos]\nCodepage=UTF-8\nDataFile=a.eeg\n"
        f"MarkerFile=a.vmrk\nDataFormat=BINARY\nDataOrientation={orientation}\nNumberOfChannels=2\n"
        f"SamplingInterval={1e6 / RATE:g}\n\n[Binary Infos]\nBinaryFormat={kind}\n\n[Channel Infos]\n"
        f"Ch1=EMG L,,0.5,{unit}\nCh2=EMG R,,0.5,{unit}\n"
    )
    path = folder / "a.vhdr"
    path.write_text(header, encoding="utf-8")
    return path


@pytest.mark.parametrize("orientation", ["MULTIPLEXED", "VECTORIZED"])
@pytest.mark.parametrize(
    ("unit", "kind"), [("\u00b5V", "INT_16"), ("\u00b5V", "IEEE_FLOAT_32"), ("mV", "IEEE_FLOAT_32")]
)
def test_brainvision_gives_its_microvolts_rate_and_markers(
    tmp_path: Path, unit: str, kind: str, orientation: str
) -> None:
    recording = Recording(brainvision(tmp_path, unit, kind, orientation))
    assert [c.name for c in recording.info.channels] == ["EMG L", "EMG R"]
    assert recording.info.sample_rate_hz == RATE
    block = recording.take(SAMPLES)
    assert block is not None
    np.testing.assert_allclose(block.samples, signal(), rtol=1e-6)
    assert [pulse.sample for pulse in recording.pulses] == list(MARKS)


def test_a_brainvision_file_that_is_cut_or_incomplete_is_reported(tmp_path: Path) -> None:
    path = brainvision(tmp_path)
    data = (tmp_path / "a.eeg").read_bytes()
    (tmp_path / "a.eeg").write_bytes(data[:-3])
    assert any("ends in the middle of a sample" in warning for warning in Recording(path).warnings)
    (tmp_path / "a.eeg").unlink()
    with pytest.raises(DeviceRefused, match=r"needs the file 'a.eeg' beside it"):
        Recording(path)
    path.write_text("Brain Vision Data Exchange Header File Version 1.0\nnonsense", encoding="utf-8")
    with pytest.raises(DeviceRefused, match=r"header of .* is damaged"):
        Recording(path)


def chunk(tag: int, content: bytes) -> bytes:
    return b"\x04" + struct.pack("<IH", len(content) + 2, tag) + content


def stream_header(number: int, name: str, kind: str, rate: int, form: str, channels: str = "") -> bytes:
    count = max(1, channels.count("<channel>"))
    xml = (
        f"<info><name>{name}</name><type>{kind}</type><channel_count>{count}</channel_count>"
        f"<nominal_srate>{rate}</nominal_srate><channel_format>{form}</channel_format>"
        f"<desc><channels>{channels}</channels></desc></info>"
    )
    return chunk(2, struct.pack("<I", number) + b"<?xml version='1.0'?>" + xml.encode())


needs_pyxdf = pytest.mark.skipif(
    find_spec("pyxdf") is None, reason="XDF needs the extra 'xdf', whose pyxdf needs a newer numpy than the lowest one"
)


def xdf(path: Path, *, gap_after: int = SAMPLES) -> Path:
    """Write a stream of EMG in mV with markers beside it; from sample ``gap_after`` on it is a second late."""
    each = "<channel><label>{}</label><unit>millivolts</unit><type>EMG</type></channel>"
    times = 100.0 + np.arange(SAMPLES) / RATE + (np.arange(SAMPLES) >= gap_after)
    rows = [b"\x08" + struct.pack("<d2f", t, *row) for t, row in zip(times, signal() / 1e3, strict=True)]
    marks = [b"\x08" + struct.pack("<d", times[at]) + b"\x01\x04stim" for at in MARKS]
    parts = [
        b"XDF:",
        chunk(1, b"<?xml version='1.0'?><info><version>1.0</version></info>"),
        stream_header(1, "Amp", "EMG", RATE, "float32", each.format("EMG L") + each.format("EMG R")),
        stream_header(2, "Marks", "Markers", 0, "string"),
        chunk(3, struct.pack("<IBI", 1, 4, len(rows)) + b"".join(rows)),
        chunk(3, struct.pack("<IBI", 2, 4, len(marks)) + b"".join(marks)),
        *(chunk(6, struct.pack("<I", number) + b"<?xml version='1.0'?><info></info>") for number in (1, 2)),
    ]
    path.write_bytes(b"".join(parts))
    return path


@needs_pyxdf
def test_xdf_gives_its_microvolts_rate_and_markers(tmp_path: Path) -> None:
    recording = Recording(xdf(tmp_path / "a.xdf"))
    assert [c.name for c in recording.info.channels] == ["EMG L", "EMG R"]
    assert recording.info.sample_rate_hz == RATE
    block = recording.take(SAMPLES)
    assert block is not None
    np.testing.assert_allclose(block.samples, signal(), rtol=1e-5, atol=1e-3)
    assert [pulse.sample for pulse in recording.pulses] == list(MARKS)


@needs_pyxdf
def test_a_hole_in_the_stamps_of_an_xdf_stream_is_a_gap(tmp_path: Path) -> None:
    recording = Recording(xdf(tmp_path / "a.xdf", gap_after=2000))
    assert recording.total_samples == SAMPLES + RATE
    assert recording.take(SAMPLES) is not None
    after = recording.take(SAMPLES)
    assert after is not None
    assert (after.first_sample, after.lost_before) == (2000 + RATE, RATE)
    assert [pulse.sample for pulse in recording.pulses] == [500, 1500, 3000 + RATE]


@needs_pyxdf
@pytest.mark.parametrize("name", ["minimal", "clock_resets", "empty_streams"])
def test_xdf_streams_without_a_unit_are_named_and_not_guessed(name: str) -> None:
    with pytest.raises(DeviceRefused, match="has no channel in volts; it has '"):
        Recording(shared(f"data/formats/{name}.xdf"))


def test_a_damaged_xdf_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.xdf"
    path.write_bytes(b"XDF:" + bytes(range(200)))
    with pytest.raises(DeviceRefused):
        Recording(path)


def test_info_reports_what_a_file_holds_and_how_it_would_be_taken(tmp_path: Path) -> None:
    done = command("info", brainvision(tmp_path))
    assert done.status == 0
    assert "Muscle:      EMG L; also played: EMG R" in done.out
    assert "2.000 s at 2000 Hz, no gap" in done.out
    assert "Pulses:      3 annotated" in done.out
    missing = command("info", tmp_path / "none.edf")
    assert (missing.status != 0, missing.is_one_sentence) == (True, True)
