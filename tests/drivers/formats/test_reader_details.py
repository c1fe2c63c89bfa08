"""What single formats have beyond the contract: sidecars, folders, codes, wraps, and the documents' table."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import edfio
import numpy as np
import pytest

from drivers.base import DeviceRefused
from drivers.formats.registry import markdown_table
from drivers.recording import Recording
from tests.drivers.formats import binary_writers, library_writers, text_writers
from tests.drivers.formats.specimen import MARKS, RATE_HZ, SAMPLES, specimen
from tests.drivers.playing import samples, write

DOCUMENT = Path(__file__).resolve().parents[3] / "guidance" / "docs" / "formats.md"


def test_the_table_of_the_documents_is_the_registry_s() -> None:
    assert markdown_table() in DOCUMENT.read_text(encoding="utf-8")


def test_stimulation_of_an_rhs_file_has_its_current_and_the_width_of_its_first_phase(tmp_path: Path) -> None:
    pulses = Recording(binary_writers.rhs(tmp_path, specimen())).pulses
    width_ms = binary_writers.PHASE_SAMPLES / RATE_HZ * 1e3
    assert [(p.sample, p.current_ma, p.width_ms) for p in pulses] == [(at, 0.5, width_ms) for at in MARKS]


@pytest.mark.parametrize("version", [(1, 3), (2, 0), (3, 3)])
def test_an_rhd_file_has_its_muscles_and_the_pulses_of_its_digital_input(
    tmp_path: Path, version: tuple[int, int]
) -> None:
    what = specimen(gap_at=2000)
    recording = Recording(binary_writers.rhd(tmp_path, what, version))
    assert [channel.name for channel in recording.info.channels] == ["EMG L", "EMG R"]
    np.testing.assert_allclose(samples(recording)[:SAMPLES], what.uv, atol=0.2)
    assert [pulse.sample for pulse in recording.pulses] == what.pulse_samples
    left = " ".join(recording.warnings)
    assert all(f"'{name}'" in left for name in ("AUX1", "ADC 1", "DIN 1", "DIN 2"))


@pytest.mark.parametrize("per_channel", [True, False])
def test_an_intan_folder_of_single_files_is_read_by_its_header(tmp_path: Path, per_channel: bool) -> None:
    what = specimen(gap_at=2000)
    write(tmp_path / "info.rhs", binary_writers.rhs_header(what, digital=True))
    what.numbers.astype("<i4").tofile(tmp_path / "time.dat")
    codes = np.rint(what.uv / binary_writers.INTAN_UV).astype("<i2")
    lines = np.zeros(SAMPLES, "<u2")
    for at in MARKS:
        lines[at : at + 3] = 1
    if per_channel:
        for i, name in enumerate(("A-000", "A-001")):
            codes[:, i].tofile(tmp_path / f"amp-{name}.dat")
        lines.tofile(tmp_path / "board-DIGITAL-IN-01.dat")
    else:
        codes.tofile(tmp_path / "amplifier.dat")
        lines.tofile(tmp_path / "digitalin.dat")
    recording = Recording(tmp_path / "info.rhs")
    np.testing.assert_allclose(samples(recording), what.uv, atol=0.2)
    assert [pulse.sample for pulse in recording.pulses] == what.pulse_samples
    assert any("'trigger DIN 1'" in warning for warning in recording.warnings)
    (tmp_path / "time.dat").unlink()
    with pytest.raises(DeviceRefused, match=r"no file time\.dat beside it"):
        Recording(tmp_path / "info.rhs")


def biosemi(path: Path, codes: tuple[int, ...]) -> Path:
    """Write a BDF file with BioSemi's Status: its own bits above the trigger input, which is 7 at ``MARKS``."""
    status = np.full(SAMPLES, 1 << 20, np.int64)
    for at, code in zip(MARKS, codes, strict=True):
        status[at : at + 20] |= code
    muscle = edfio.BdfSignal(specimen().uv[:, 0], RATE_HZ, label="EMG 1", physical_dimension="uV")
    whole = (-8388608, 8388607)
    line = edfio.BdfSignal(
        status.astype(float),
        RATE_HZ,
        label="Status",
        physical_dimension="Boolean",
        physical_range=whole,
        digital_range=whole,
    )
    edfio.Bdf([muscle, line]).write(path)
    return path


def test_the_trigger_bits_of_biosemi_s_status_are_pulses(tmp_path: Path) -> None:
    recording = Recording(biosemi(tmp_path / "a.bdf", (7, 7, 7)))
    assert [pulse.sample for pulse in recording.pulses] == list(MARKS)
    assert [annotation.text for annotation in recording.annotations] == ["trigger Status 7"] * 3


def test_of_several_codes_none_is_guessed_and_each_can_be_named(tmp_path: Path) -> None:
    path = biosemi(tmp_path / "a.bdf", (1, 2, 1))
    assert Recording(path).pulses == ()
    assert [pulse.sample for pulse in Recording(path, stim_label="trigger Status 1").pulses] == [MARKS[0], MARKS[2]]


def test_a_trigger_channel_at_another_rate_gives_the_time_of_its_own_samples(tmp_path: Path) -> None:
    line = np.zeros(SAMPLES // 10)
    line[[at // 10 for at in MARKS]] = 1000.0
    signals = [
        edfio.EdfSignal(specimen().uv[:, 0], RATE_HZ, label="EMG", physical_dimension="uV"),
        edfio.EdfSignal(line, RATE_HZ / 10, label="TTL", physical_dimension="uV"),
    ]
    edfio.Edf(signals).write(tmp_path / "a.edf")
    assert [pulse.sample for pulse in Recording(tmp_path / "a.edf").pulses] == list(MARKS)


def test_a_file_that_states_its_pulses_needs_no_trigger_channel(tmp_path: Path) -> None:
    line = edfio.BdfSignal(np.repeat([0.0, 1.0, 0.0, 0.0], SAMPLES // 4), RATE_HZ, label="Trigger")
    muscle = edfio.BdfSignal(specimen().uv[:, 0], RATE_HZ, label="EMG", physical_dimension="uV")
    edfio.Bdf([muscle, line], annotations=[edfio.EdfAnnotation(0.1, None, "stim current_ma=1")]).write(
        tmp_path / "a.bdf"
    )
    assert [(p.sample, p.current_ma) for p in Recording(tmp_path / "a.bdf").pulses] == [(200, 1.0)]


@pytest.mark.parametrize("missing", [range(300, 310), range(1000, 1100)])
def test_samples_that_a_cyton_lost_are_a_gap(tmp_path: Path, missing: range) -> None:
    recording = Recording(text_writers.openbci(tmp_path, specimen(), missing=missing))
    assert recording.total_samples == SAMPLES
    assert samples(recording).shape == (SAMPLES - len(missing), 2)


def test_the_older_form_of_openbci_without_column_names_is_read(tmp_path: Path) -> None:
    head = "%OpenBCI Raw EEG Data\n%\n%Sample Rate = 250.0 Hz\n%Number of channels = 2\n"
    path = write(tmp_path / "a.txt", (head + "".join(f"{i % 256}, {i}.5, {-i}.0, 0.0\n" for i in range(500))).encode())
    recording = Recording(path)
    assert (recording.info.sample_rate_hz, [c.name for c in recording.info.channels]) == (
        250.0, ["EXG Channel 0", "EXG Channel 1"],
    )  # fmt: skip
    assert samples(recording)[3].tolist() == [3.5, -3.0]


def test_a_discover_export_of_trigno_is_read(tmp_path: Path) -> None:
    recording = Recording(text_writers.discover(tmp_path, specimen()))
    assert [channel.name for channel in recording.info.channels] == ["EMG 1 (54717): EMG 1", "EMG 2 (54718): EMG 1"]
    np.testing.assert_allclose(samples(recording), specimen().uv, atol=1e-3)


def test_the_rate_of_trigno_is_a_whole_number_of_samples_a_frame(tmp_path: Path) -> None:
    path = text_writers.emgworks(tmp_path, specimen())
    path.write_text(path.read_text(encoding="utf-8").replace("2.000000e+03", "1.259259e+003"), encoding="utf-8")
    assert Recording(path).info.sample_rate_hz == pytest.approx(17 / 0.0135, rel=1e-12)


def test_labchart_decimal_commas_and_units_of_its_own_are_read(tmp_path: Path) -> None:
    rows = "".join(f"{i / 1000:g}\t{i / 100:g}\t1\r\n".replace(".", ",") for i in range(200))
    head = "Interval=\t1 ms\r\nChannelTitle=\tEMG\tForce\r\nRange=\t10,0 V\t10,0 V\r\nUnitName=\t\u00b5V\tN\r\n"
    recording = Recording(write(tmp_path / "a.txt", (head + rows).encode("cp1252")))
    assert (recording.info.sample_rate_hz, [c.name for c in recording.info.channels]) == (1000.0, ["EMG"])
    np.testing.assert_allclose(samples(recording)[:, 0], np.arange(200) / 100, atol=1e-6)


def test_spikerecorder_s_keys_are_events_and_its_spikes_are_not(tmp_path: Path) -> None:
    path = library_writers.wav(tmp_path, specimen())
    (tmp_path / "a-events.txt").write_text("# x\n1,\t0.5\n_ch0_neuron0,\t0.6\n", encoding="utf-8")
    recording = Recording(path, full_scale_uv=1000.0)
    assert [(a.text, a.onset_s) for a in recording.annotations] == [("event 1", 0.5)]
    (tmp_path / "a-events.txt").write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(DeviceRefused, match=r"row 1 of .* is no marker with its time"):
        Recording(path, full_scale_uv=1000.0)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF])
def test_a_sound_without_a_length_in_its_header_is_played_to_its_end(tmp_path: Path, length: int) -> None:
    path = library_writers.wav(tmp_path, specimen())
    whole, raw = samples(Recording(path, full_scale_uv=1000.0)), bytearray(path.read_bytes())
    at = raw.index(b"data")
    raw[at + 4 : at + 8] = length.to_bytes(4, "little")
    recording = Recording(write(path, bytes(raw)), full_scale_uv=1000.0)
    assert np.array_equal(samples(recording), whole)
    assert any("states no length" in warning for warning in recording.warnings)


def test_annotations_of_a_table_are_read_from_their_column(tmp_path: Path) -> None:
    rows = "time_s,EMG_uv,annotation\n0,1,\n0.001,2,needle in | stim current_ma=0.5\n0.002,3,\n"
    recording = Recording(write(tmp_path / "a.csv", rows.encode()))
    assert [a.text for a in recording.annotations] == ["needle in", "stim current_ma=0.5"]
    assert [(p.sample, p.current_ma) for p in recording.pulses] == [(1, 0.5)]


@pytest.mark.parametrize("remarks", ["\n\n", "# exported, by hand\n# of 2026\n"])
def test_lines_above_the_names_of_a_table_are_left_out(tmp_path: Path, remarks: str) -> None:
    path = write(tmp_path / "a.csv", f"{remarks}time_s,EMG_uv\n0,1\n0.001,2\n0.002,x\n".encode())
    with pytest.raises(DeviceRefused, match=rf"row {remarks.count(chr(10)) + 4} of"):
        Recording(path)
    path.write_text(path.read_text(encoding="utf-8").replace("x", "3"), encoding="utf-8")
    assert samples(Recording(path))[:, 0].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "cp437", "shift_jis", "gb2312", "mac-roman"]
)
def test_microvolts_are_read_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    sign = "\u03bc" if encoding in {"shift_jis", "gb2312"} else "\u00b5"
    path = write(tmp_path / "a.csv", f"time_s,EMG ({sign}V)\n0,1\n0.001,2\n".encode(encoding))
    assert samples(Recording(path))[:, 0].tolist() == [1.0, 2.0]


def test_an_annotation_without_a_time_is_left_out_with_a_sentence(tmp_path: Path) -> None:
    pytest.importorskip("pyxdf")
    path = binary_writers.xdf(tmp_path, specimen())
    stamp = struct.pack("<d", 100.0 + MARKS[1] / RATE_HZ) + b"\x01\x04stim"
    recording = Recording(write(path, path.read_bytes().replace(stamp, struct.pack("<d", np.nan) + b"\x01\x04stim")))
    assert [pulse.sample for pulse in recording.pulses] == [MARKS[0], MARKS[2]]
    assert any("without a time (1) are left out" in warning for warning in recording.warnings)


def test_a_rate_that_is_no_number_is_refused(tmp_path: Path) -> None:
    path = binary_writers.rhs(tmp_path, specimen())
    raw = path.read_bytes()
    with pytest.raises(DeviceRefused, match="sampling rate of nan Hz"):
        Recording(write(path, raw[:8] + struct.pack("<f", np.nan) + raw[12:]))


@pytest.mark.parametrize("write_text", [text_writers.openbci, text_writers.emgworks, text_writers.discover])
def test_decimal_commas_between_commas_are_refused_and_shift_no_column(tmp_path: Path, write_text: Any) -> None:
    path = write_text(tmp_path, specimen())
    path.write_bytes(path.read_bytes().replace(b".", b","))
    with pytest.raises(DeviceRefused, match=r"cells for \d+ columns; export it again, with decimal points"):
        Recording(path)


def test_labchart_commas_beside_points_are_refused(tmp_path: Path) -> None:
    path = text_writers.labchart(tmp_path, specimen())
    path.write_bytes(path.read_bytes().replace(b"\t-0.040000\t", b"\t-0,040000\t"))
    with pytest.raises(DeviceRefused, match="has decimal commas and decimal points"):
        Recording(path)
