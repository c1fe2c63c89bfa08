"""EDF and BDF: units, rates, annotations and gaps are read correctly; a false header is refused or gives a warning."""

from __future__ import annotations

from pathlib import Path

import edfio
import numpy as np
import pyedflib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.base import Channel, DeviceRefused
from drivers.formats.edf_time import Tal, parse_tals
from drivers.formats.loaded import Annotation
from drivers.recording import Recording
from tests.drivers.formats.edf_files import Wave, edf_bytes, put, ramp, tal
from tests.drivers.playing import samples, why_refused, write

CLOCK = [tal("+0"), tal("+1"), tal("+2"), tal("+3")]


@pytest.mark.parametrize(
    ("unit", "scale"),
    [
        ("uV", 1.0),
        ("uv", 1.0),
        (b"\xb5V", 1.0),
        ("\u00b5V", 1.0),
        ("\u03bcV", 1.0),
        ("mV", 1e3),
        ("V", 1e6),
        ("nV", 1e-3),
        (" uV ", 1.0),
    ],
)
def test_every_unit_of_voltage_becomes_microvolts(tmp_path: Path, unit: str | bytes, scale: float) -> None:
    wave = Wave(ramp(), unit=unit, physical=("-2", "6"), digital=("-2048", "2047"))
    recording = Recording(write(tmp_path / "a.edf", edf_bytes([wave])))
    expected = ((ramp().ravel() + 2048) * 8 / 4095 - 2) * scale
    np.testing.assert_allclose(samples(recording)[:, 0], expected, rtol=1e-5, atol=1e-5 * scale)
    assert recording.info.channels[0].range_uv == pytest.approx(6 * scale)


@pytest.mark.parametrize("unit", ["", "mmHg", "MV", "degC", "Boolean", "Vs"])
def test_what_is_not_in_volts_is_left_out_and_refused_by_name(tmp_path: Path, unit: str) -> None:
    path = write(tmp_path / "a.edf", edf_bytes([Wave(ramp(), label="other", unit=unit), Wave(ramp())]))
    assert [channel.name for channel in Recording(path).info.channels] == ["EMG"]
    with pytest.raises(DeviceRefused, match=r"channel 'other' of .* not in volts"):
        Recording(path, channel="other")


def test_a_file_without_any_voltage_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.edf", edf_bytes([Wave(ramp(), label="Status", unit="")]))
    with pytest.raises(DeviceRefused, match="no channel in volts; it has 'Status'"):
        Recording(path)


def test_the_highest_rate_is_played_and_another_only_by_name(tmp_path: Path) -> None:
    waves = [Wave(ramp(4, 10), label="slow"), Wave(ramp(4, 100), label="fast"), Wave(ramp(4, 400), "trigger", "")]
    path = write(tmp_path / "a.edf", edf_bytes(waves))
    whole, slow = Recording(path), Recording(path, channel="SLOW")
    assert ([c.name for c in whole.info.channels], whole.info.sample_rate_hz, whole.total_samples) == (
        ["fast"],
        100,
        400,
    )
    assert ([c.name for c in slow.info.channels], slow.info.sample_rate_hz, slow.total_samples) == (["slow"], 10, 40)
    np.testing.assert_allclose(samples(slow)[:, 0], ramp(4, 10).ravel() * 2000 / 4095 + 0.244, atol=1e-2)


def test_a_label_is_taken_exactly_before_its_case_is_ignored(tmp_path: Path) -> None:
    waves = [Wave(ramp(), label="emg"), Wave(ramp(), label="EMG")]
    path = write(tmp_path / "a.edf", edf_bytes(waves))
    assert Recording(path, channel="EMG").info.channels[0].name == "EMG"
    with pytest.raises(DeviceRefused, match="no channel 'Emg'; it has 'emg', 'EMG'"):
        Recording(path, channel="Emg")


def test_names_are_printable_and_distinct(tmp_path: Path) -> None:
    waves = [Wave(ramp(), label=label) for label in ("E\x1b[2JMG\x07", "", "EMG", "EMG")]
    names = [channel.name for channel in Recording(write(tmp_path / "a.edf", edf_bytes(waves))).info.channels]
    assert names == ["EMG", "EMG #4", "E [2JMG", "channel 2"]


def test_rates_of_fractional_records_are_exact(tmp_path: Path) -> None:
    path = write(tmp_path / "a.edf", edf_bytes([Wave(ramp(10, 400))], duration="0.1"))
    assert Recording(path).info.sample_rate_hz == 4000.0


@pytest.mark.parametrize("family", ["EDF", "BDF"])
def test_an_inverted_range_inverts_the_signal(tmp_path: Path, family: str) -> None:
    wave = Wave(ramp(), physical=("1000", "-1000"))
    uv = samples(Recording(write(tmp_path / "a", edf_bytes([wave], family=family))))
    assert uv[0, 0] > uv[100, 0]


def test_bdf_written_by_edfio_plays_as_pyedflib_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "a.bdf"
    rng = np.random.default_rng(1)
    signals = [
        edfio.BdfSignal(rng.normal(0, 200, 4000), 2000, label=name, physical_dimension=unit, physical_range=(-5e3, 5e3))
        for name, unit in (("EMG", "uV"), ("deep", "mV"))
    ]
    edfio.Bdf(signals, annotations=[edfio.EdfAnnotation(0.5, None, "stim current_ma=1")]).write(path)
    recording = Recording(path)
    uv = samples(recording)
    with pyedflib.EdfReader(str(path)) as reader:
        np.testing.assert_allclose(uv[:, 0], reader.readSignal(0), rtol=1e-6, atol=1e-4)
        np.testing.assert_allclose(uv[:, 1], reader.readSignal(1) * 1e3, rtol=1e-6, atol=1e-1)
    assert recording.info.model == "BDF+ recording"
    assert [(pulse.sample, pulse.current_ma) for pulse in recording.pulses] == [(1000, 1.0)]


def test_bdf_written_by_pyedflib_plays_with_its_annotations(tmp_path: Path) -> None:
    path = tmp_path / "a.bdf"
    uv = np.round(np.random.default_rng(2).normal(0, 200, 3000), 3)
    header = pyedflib.highlevel.make_signal_header("EMG", "uV", 1000, -5000, 5000, -8388608, 8388607)
    with pyedflib.EdfWriter(str(path), 1, file_type=pyedflib.FILETYPE_BDFPLUS) as writer:
        writer.setSignalHeaders([header])
        writer.writeSamples([uv])
        writer.writeAnnotation(1.25, -1, "stim")
    recording = Recording(path)
    np.testing.assert_allclose(samples(recording)[:, 0], uv, atol=1e-3)
    assert [pulse.sample for pulse in recording.pulses] == [1250]


def test_a_fraction_of_a_second_at_the_start_moves_annotations_with_it(tmp_path: Path) -> None:
    tals = [tal("+0.25") + tal("+0.75", "stim"), tal("+1.25"), tal("+2.25"), tal("+3.25")]
    recording = Recording(write(tmp_path / "a.edf", edf_bytes([Wave(ramp())], tals, kind="EDF+C")))
    assert recording.annotations == (Annotation(0.5, "stim"),)
    assert recording.total_samples == 400


def test_annotations_come_in_order_and_only_pulses_are_pulses(tmp_path: Path) -> None:
    tals = [tal("+0") + tal("+3.5", "end") + tal("+0.5", "needle in", "stim"), *CLOCK[1:]]
    recording = Recording(write(tmp_path / "a.edf", edf_bytes([Wave(ramp())], tals, kind="EDF+C")))
    assert [(a.onset_s, a.text) for a in recording.annotations] == [(0.5, "needle in"), (0.5, "stim"), (3.5, "end")]
    assert [pulse.sample for pulse in recording.pulses] == [50]


def test_annotations_that_cannot_be_read_give_a_warning(tmp_path: Path) -> None:
    tals = [tal("+0") + b"+x\x14stim\x14\0", CLOCK[1] + b"+1.5\x14stim", *CLOCK[2:]]
    recording = Recording(write(tmp_path / "a.edf", edf_bytes([Wave(ramp())], tals, kind="EDF+C")))
    assert recording.pulses == ()
    assert "cannot be read (2) are left out" in recording.warnings[0]


def test_contiguous_records_without_a_clock_follow_each_other(tmp_path: Path) -> None:
    recording = Recording(write(tmp_path / "a.edf", edf_bytes([Wave(ramp())], [b""] * 4, kind="EDF+C")))
    assert recording.total_samples == 400


def test_a_gap_in_a_file_that_calls_itself_contiguous_is_kept_with_a_warning(tmp_path: Path) -> None:
    tals = [tal("+0"), tal("+1"), tal("+2.5"), tal("+3.5")]
    recording = Recording(write(tmp_path / "a.edf", edf_bytes([Wave(ramp())], tals, kind="EDF+C")))
    assert recording.total_samples == 450
    assert "calls itself contiguous but has gaps (1)" in recording.warnings[0]


def test_onsets_rounded_to_a_millisecond_are_no_gaps(tmp_path: Path) -> None:
    tals = [tal("+0"), tal("+0.033"), tal("+0.067"), tal("+0.1")]
    raw = edf_bytes([Wave(ramp(4, 100))], tals, kind="EDF+C", duration="0.033333")
    recording = Recording(write(tmp_path / "a.edf", raw))
    assert (recording.total_samples, recording.warnings) == (400, ())


@pytest.mark.parametrize(
    ("tals", "expected"),
    [
        ([tal("+0"), tal("+0.5"), tal("+2"), tal("+3")], "record 2 of .* begins before"),
        ([tal("+5"), tal("+1"), tal("+2"), tal("+3")], "record 2 of .* begins before"),
        ([tal("+0"), tal("+1"), b"", tal("+3")], "record 3 of .* does not state when"),
        ([], "record 1 of .* does not state when"),
    ],
)
def test_gaps_without_stated_onsets_are_refused(tmp_path: Path, tals: list[bytes], expected: str) -> None:
    path = write(tmp_path / "a.edf", edf_bytes([Wave(ramp())], tals, kind="EDF+D"))
    with pytest.raises(DeviceRefused, match=expected):
        Recording(path)


@pytest.mark.parametrize("family", ["EDF", "BDF"])
def test_gaps_are_kept_to_the_sample(tmp_path: Path, family: str) -> None:
    tals = [tal("+0"), tal("+1.01"), tal("+10000"), tal("+10001")]
    recording = Recording(write(tmp_path / "a", edf_bytes([Wave(ramp())], tals, family=family, kind=f"{family}+D")))
    firsts = []
    while block := recording.take(1000):
        firsts.append((block.first_sample, block.lost_before))
    assert firsts == [(0, 0), (101, 1), (1_000_000, 999_799)]


def test_a_tal_is_read_by_the_letter() -> None:
    raw = b"+0\x14\x14\0-1.5\x152\x14one\x14two\x14\0\0\0+7.\x14caf\xc3\xa9\xff\x14\0+8\x14open\0"
    tals, bad = parse_tals(raw)
    assert tals == [Tal(0.0, ("",)), Tal(-1.5, ("one", "two"), 2.0, step_s=0.1), Tal(7.0, ("caf\u00e9\ufffd",))]
    assert bad == 1


@given(st.binary(max_size=200))
def test_any_bytes_are_tals_or_counted(raw: bytes) -> None:
    tals, bad = parse_tals(raw)
    assert len(tals) + bad == len([part for part in raw.split(b"\0") if part])


@pytest.mark.parametrize(
    ("stated", "cut", "played", "expected"),
    [
        (4, 0, 400, None),
        (-1, 0, 400, "not finished"),
        (-1, 150, 300, "not finished"),
        (9, 0, 400, "4 of 9 records"),
        (4, 1, 300, "3 of 4 records"),
        (4, 201, 200, "2 of 4 records"),
        (2, 0, 400, "has 4 records though its header states 2"),
        (3, 150, 300, "50 bytes after its last record"),
    ],
)
def test_the_number_of_records_is_what_is_there_with_a_warning(
    tmp_path: Path, stated: int, cut: int, played: int, expected: str | None
) -> None:
    raw = edf_bytes([Wave(ramp())], stated_records=stated)
    recording = Recording(write(tmp_path / "a.edf", raw[: len(raw) - cut]))
    assert recording.total_samples == played == len(samples(recording))
    assert len(recording.warnings) == (expected is not None)
    assert expected is None or expected in recording.warnings[0]


GOOD = edf_bytes([Wave(ramp())])
FIELD = {"unit": 352, "physical_min": 360, "physical_max": 368, "digital_min": 376, "digital_max": 384, "samples": 472}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (GOOD[:100], "ends inside its header"),
        (GOOD[:300], "ends inside its header"),
        (GOOD[:512], "no complete record"),
        (GOOD[:600], "no complete record"),
        (put(GOOD, 252, "0", 4), "has no signals"),
        (put(GOOD, 252, "-3", 4), "has no signals"),
        (put(GOOD, 252, "x", 4), "number of signals reads 'x'"),
        (put(GOOD, 252, "9999", 4), "ends inside its header"),
        (put(GOOD, 252, b"\xff\xfe\x00\x01", 4), "not a whole number"),
        (put(GOOD, 184, "768"), "the length of its header is 768"),
        (put(GOOD, 236, "-2"), "its number of records is -2"),
        (put(GOOD, 236, "4.0"), "reads '4.0'"),
        (put(GOOD, 244, "0"), "duration of a record is '0'"),
        (put(GOOD, 244, "-1"), "duration of a record is '-1'"),
        (put(GOOD, 244, "nan"), "duration of a record is 'nan'"),
        (put(GOOD, 244, "1e-99"), "sampling rate of 1e.101 Hz"),
        (put(GOOD, 244, "99999999"), "sampling rate of 1e-06 Hz"),
        (put(GOOD, FIELD["samples"], "0"), "signal 1 has 0 samples a record"),
        (put(GOOD, FIELD["samples"], "-5"), "signal 1 has -5 samples a record"),
        (put(GOOD, FIELD["samples"], "many"), "reads 'many'"),
        (put(GOOD, FIELD["samples"], "1_0"), "reads '1_0'"),
        (put(GOOD, FIELD["samples"], "99999999"), "no complete record"),
        (put(GOOD, FIELD["physical_max"], "-1000"), "channel 'EMG' of .* minimum is its maximum"),
        (put(GOOD, FIELD["digital_max"], "-2048"), "channel 'EMG' of .* minimum is its maximum"),
        (put(GOOD, FIELD["physical_max"], "top"), "channel 'EMG' of .* not given in numbers"),
        (put(GOOD, FIELD["physical_max"], "nan"), "cannot be true"),
        (put(GOOD, FIELD["physical_max"], "1e300"), "cannot be true"),
        (put(GOOD, FIELD["digital_min"], "-2e3"), "not given in numbers"),
        (GOOD[:8] + b"\xf0" * 504 + GOOD[512:], "damaged"),
        (edf_bytes([], [tal("+0")], kind="EDF+C", duration="0"), "holds annotations only"),
        (edf_bytes([], [tal("+0")], kind="EDF+C"), "holds annotations only"),
    ],
)
def test_a_header_that_cannot_be_true_is_refused_in_one_sentence(tmp_path: Path, raw: bytes, expected: str) -> None:
    path = write(tmp_path / "a.edf", raw)
    with pytest.raises(DeviceRefused, match=expected) as caught:
        Recording(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_channel_with_a_damaged_range_does_not_hinder_another(tmp_path: Path) -> None:
    waves = [Wave(ramp(), physical=("5", "5")), Wave(ramp(), label="good")]
    path = write(tmp_path / "a.edf", edf_bytes(waves))
    assert Recording(path, channel="good").info.channels == (Channel("good", 1000.0),)


def small_file(family: str) -> bytes:
    tals = [tal("+0") + tal("+0.5", "stim current_ma=0.50"), tal("+3") + tal("+3.5", "stim")]
    return edf_bytes([Wave(ramp(2, 20)), Wave(ramp(2, 10), "b", "mV")], tals, family=family, kind=f"{family}+D")


@pytest.mark.parametrize("family", ["EDF", "BDF"])
@settings(max_examples=250, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_changed_anywhere_plays_or_is_refused(tmp_path: Path, family: str, data: st.DataObject) -> None:
    raw = bytearray(small_file(family))
    fields = st.sampled_from([0, 184, 192, 236, 244, 252, *range(1024 - 3 * 256 + 16 * 3, len(raw), 8)])
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.one_of(fields, st.integers(0, len(raw) - 1)))
        text = data.draw(st.one_of(st.sampled_from([b"0", b"-1", b"1e9", b"99999999", b"  "]), st.binary(max_size=8)))
        raw[position : position + len(text)] = text
    path = write(tmp_path / "fuzzed", bytes(raw[: data.draw(st.integers(len(raw) - 90, len(raw)))]))
    assert "\n" not in why_refused(path)


@pytest.mark.hazard("damaged-recording")
@pytest.mark.parametrize("family", ["EDF", "BDF"])
@pytest.mark.parametrize(("low", "high"), [("-2", "1"), ("5", "6"), ("6", "5"), ("-2048", "2047")])
def test_no_code_decodes_beyond_the_range_that_the_header_states(
    tmp_path: Path, family: str, low: str, high: str
) -> None:
    wave = Wave(ramp(step=7), physical=("-300000", "300000"), digital=(low, high))
    recording = Recording(write(tmp_path / f"a.{family.lower()}", edf_bytes([wave], family=family)))
    assert np.abs(samples(recording)).max() <= 300_000.5
