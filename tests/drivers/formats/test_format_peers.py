"""Independent programs read the same files as the readers here: neo, MNE, emgio, delsys and labchart-tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.recording import Recording
from tests.drivers.formats import binary_writers, otb_writers, text_writers
from tests.drivers.formats.specimen import MARKS, RATE_HZ, SAMPLES, specimen
from tests.drivers.playing import samples
from tests.support.shared import shared

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def ours(path: Path, **options: Any) -> NDArray[np.float32]:
    return samples(Recording(path, **options))[:SAMPLES]


def neo_microvolts(reader: Any, name: str) -> NDArray[np.float64]:
    """Return the channel ``name`` as neo reads it, in microvolts."""
    reader.parse_header()
    channels = reader.header["signal_channels"]
    at = list(channels["name"]).index(name)
    stream = list(reader.header["signal_streams"]["id"]).index(channels[at]["stream_id"])
    own = [i for i in range(len(channels)) if channels[i]["stream_id"] == channels[at]["stream_id"]]
    raw = reader.get_analogsignal_chunk(0, 0, stream_index=stream, channel_indexes=[own.index(at)])
    values = reader.rescale_signal_raw_to_float(raw, stream_index=stream, channel_indexes=[own.index(at)])
    scale = {"uV": 1.0, "mV": 1e3, "V": 1e6}[str(channels[at]["units"])]
    found: NDArray[np.float64] = values[:, 0].astype(np.float64) * scale
    return found


def test_neo_reads_the_same_intan_samples_and_stimulation(tmp_path: Path) -> None:
    rawio = pytest.importorskip("neo.rawio")
    path = binary_writers.rhs(tmp_path, specimen())
    recording = Recording(path)
    reader = rawio.IntanRawIO(filename=str(path))
    np.testing.assert_allclose(samples(recording)[:, 0], neo_microvolts(reader, "EMG L"), atol=1e-3)
    stream = list(reader.header["signal_streams"]["name"]).index("Stim channel")
    stim = reader.rescale_signal_raw_to_float(
        reader.get_analogsignal_chunk(0, 0, stream_index=stream), stream_index=stream
    )
    assert [pulse.sample for pulse in recording.pulses] == list(MARKS)
    assert np.flatnonzero(stim[:, 0])[0] == MARKS[0]
    assert abs(stim[MARKS[0], 0]) * 1e3 == pytest.approx(recording.pulses[0].current_ma)
    assert recording.pulses[0].width_ms == pytest.approx(binary_writers.PHASE_SAMPLES / RATE_HZ * 1e3)


@pytest.mark.parametrize("version", [(1, 3), (2, 0), (3, 0)])
def test_neo_reads_the_same_rhd_samples(tmp_path: Path, version: tuple[int, int]) -> None:
    rawio = pytest.importorskip("neo.rawio")
    path = binary_writers.rhd(tmp_path, specimen(), version)
    reader = rawio.IntanRawIO(filename=str(path))
    np.testing.assert_allclose(samples(Recording(path))[:, 1], neo_microvolts(reader, "EMG R"), atol=1e-3)
    adc = samples(Recording(path, channel="ADC 1"))[:, 0]
    np.testing.assert_allclose(adc, neo_microvolts(reader, "ADC 1"), rtol=1e-5)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_python_intan_reads_the_same_rhd_file(tmp_path: Path) -> None:
    intan = pytest.importorskip("intan.io")
    path = binary_writers.rhd(tmp_path, specimen())
    peer = intan.load_rhd_file(str(path), verbose=False)
    np.testing.assert_allclose(samples(Recording(path)).T, np.asarray(peer["amplifier_data"]), atol=1e-3)
    at = next(i for i, each in enumerate(peer["board_dig_in_channels"]) if each["custom_channel_name"] == "DIN 1")
    rises = np.flatnonzero(np.diff(np.asarray(peer["board_dig_in_data"])[at].astype(int), prepend=0) > 0)
    assert rises.tolist() == [pulse.sample for pulse in Recording(path).pulses]


def test_neo_reads_the_same_open_ephys_samples_and_events(tmp_path: Path) -> None:
    rawio = pytest.importorskip("neo.rawio")
    path = binary_writers.open_ephys(tmp_path / "node" / "experiment1" / "recording1", specimen())
    reader = rawio.OpenEphysBinaryRawIO(dirname=str(tmp_path))
    np.testing.assert_allclose(ours(path)[:, 1], neo_microvolts(reader, "EMG R"), atol=1e-3)


def test_mne_reads_the_same_brainvision_file_of_pybv(tmp_path: Path) -> None:
    pybv, mne = pytest.importorskip("pybv"), pytest.importorskip("mne")
    events = [{"onset": at, "duration": 1, "description": 7, "type": "Stimulus"} for at in MARKS]
    names, volts = ["EMG L", "EMG R"], specimen().uv.T / 1e6
    pybv.write_brainvision(
        data=volts, sfreq=RATE_HZ, ch_names=names, fname_base="a", folder_out=str(tmp_path), events=events
    )
    recording = Recording(tmp_path / "a.vhdr")
    raw = mne.io.read_raw_brainvision(tmp_path / "a.vhdr", preload=True, verbose="ERROR")
    np.testing.assert_allclose(samples(recording).T, raw.get_data() * 1e6, rtol=1e-5, atol=1e-3)
    found = [each for each in raw.annotations if each["description"].startswith("Stimulus")]
    assert [pulse.sample for pulse in recording.pulses] == [round(each["onset"] * RATE_HZ) for each in found]


@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_emgio_reads_the_same_emgworks_export() -> None:
    trigno = pytest.importorskip("emgio.importers.trigno")
    path = shared("data/formats/emgio_trigno_truncated.csv")
    peer = trigno.TrignoImporter().load(str(path)).signals["Mini sensor 10: EMG 10"].to_numpy()
    mine = ours(path, channel="Mini sensor 10: EMG 10")[:, 0]
    np.testing.assert_allclose(mine, peer[: len(mine)] * 1e6, rtol=1e-5, atol=1e-4)


def test_delsys_reads_the_same_header_of_a_discover_export(tmp_path: Path) -> None:
    parse = pytest.importorskip("delsys._parse")
    path = text_writers.discover(tmp_path, specimen())
    header = parse._parse_hdr(str(path))
    recording = Recording(path)
    assert header["duration_s"] == recording.total_samples / RATE_HZ
    assert len(header["sensor_signal_names"]) == 3
    np.testing.assert_allclose(samples(recording), specimen().uv, atol=1e-2)


def test_labchart_tools_reads_the_same_columns(tmp_path: Path) -> None:
    tools = pytest.importorskip("labchart_tools")
    path = text_writers.labchart(tmp_path, specimen())
    frame = tools.RawReader.read_raw_file(path)
    rows = frame[frame["Time"].str.fullmatch(r"[\d.]+").fillna(value=False)]
    np.testing.assert_allclose(ours(path)[:, 0], rows["EMG L"].astype(float).to_numpy() * 1e3, atol=1e-3)


def test_emgio_reads_the_same_otb_layout_at_a_scale_of_its_own(tmp_path: Path) -> None:
    importer = pytest.importorskip("emgio.importers.otb")
    path = otb_writers.otb_plus(tmp_path, specimen())
    peer = importer.OTBImporter().load(str(path)).signals["CH2"].to_numpy()
    mine = ours(path)[:, 1]
    ratio = mine[peer != 0] / peer[peer != 0]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)


def test_hdsemg_reads_the_same_otb4_samples(tmp_path: Path) -> None:
    peer = pytest.importorskip("hdsemg_shared.fileio.otb_4_file_io")
    codes = np.rint(specimen().uv / otb_writers.STEP_UV)
    # its reader knows the device by the whole text, which the maker ends by a version
    grid = "<Name>HD08MM1305</Name><NRow>5</NRow><NColumn>13</NColumn><IED>8</IED>"
    path = otb_writers.write_otb4(tmp_path, otb_writers.track("grid.sig", codes, Description=grid, Device="Novecento+"))
    millivolts, _, _, rate_hz, _, _, unit = peer.load_otb4_file(str(path))
    assert (rate_hz, unit) == (RATE_HZ, "mV")
    values = np.asarray(millivolts)
    values = values if len(values) == SAMPLES else values.T
    np.testing.assert_allclose(ours(path), values[:, :2] * 1e3, atol=1e-3)


def test_mne_finds_the_same_codes_on_a_stimulus_channel() -> None:
    mne = pytest.importorskip("mne")
    path = shared("data/formats/mne_stim_channel.edf")
    raw = mne.io.read_raw_edf(path, preload=True, verbose="ERROR")
    events = mne.find_events(raw, stim_channel="tRigGer", shortest_event=1, verbose="ERROR")
    mine = [a for a in Recording(path).annotations if a.text.startswith("trigger tRigGer")]
    assert [round(a.onset_s * raw.info["sfreq"]) for a in mine] == events[:, 0].tolist()


def test_mne_types_a_muscle_of_ours_as_emg(tmp_path: Path) -> None:
    mne = pytest.importorskip("mne")
    from tests.drivers.formats.library_writers import bdf

    raw = mne.io.read_raw_bdf(bdf(tmp_path, specimen()), preload=False, infer_types=True, verbose="ERROR")
    assert raw.get_channel_types() == ["emg", "emg"]
