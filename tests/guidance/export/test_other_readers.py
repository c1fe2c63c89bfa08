"""Each export in a reader that did not write it: MNE, EDFlib, DuckDB and the BIDS validator. All but one are slow."""

from __future__ import annotations

import json
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyedflib
import pytest

from tests.support.command_line import command
from tests.support.scripted_procedure import femoral_block

PULSES = 6


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return femoral_block().record_in(tmp_path_factory.mktemp("store"))


def exported(recorded: Path, form: str, to: Path) -> Path:
    done = command("procedures", "export", recorded.name, "--store", recorded.parent, "--format", form, "--to", to)
    assert (done.status, done.err) == (0, "")
    return to


def stimuli(onsets: Any, texts: Any) -> list[float]:
    return [float(onset) for onset, text in zip(onsets, texts, strict=True) if str(text).startswith("stim")]


@pytest.mark.parametrize("form", ["bdf", "edf"])
def test_edflib_opens_it_and_finds_every_stimulus(recorded: Path, tmp_path: Path, form: str) -> None:
    with pyedflib.EdfReader(str(exported(recorded, form, tmp_path / f"a.{form}"))) as reader:
        onsets, _, texts = reader.readAnnotations()
        assert len(stimuli(onsets, texts)) == PULSES
        assert reader.getPhysicalDimension(0) == "uV"
        assert len(reader.readSignal(0)) > 1000


@pytest.mark.slow
@pytest.mark.parametrize("form", ["bdf", "edf"])
def test_mne_reads_the_same_samples_takes_the_channel_for_emg_and_finds_every_stimulus(
    recorded: Path, tmp_path: Path, form: str
) -> None:
    mne = pytest.importorskip("mne", reason="mne is not installed; it is in the group peers")
    path = exported(recorded, form, tmp_path / f"a.{form}")
    read = mne.io.read_raw_bdf if form == "bdf" else mne.io.read_raw_edf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = read(path, preload=True, infer_types=True, verbose="error")
    assert set(raw.get_channel_types()) == {"emg"}
    with pyedflib.EdfReader(str(path)) as reader:
        ours, rate_hz = reader.readSignal(0), reader.getSampleFrequency(0)
        found = stimuli(*(reader.readAnnotations()[i] for i in (0, 2)))
    np.testing.assert_allclose(raw.get_data(picks=[0])[0] * 1e6, ours, rtol=1e-9, atol=1e-6)
    assert raw.info["sfreq"] == pytest.approx(rate_hz, rel=1e-9)
    assert stimuli(raw.annotations.onset, raw.annotations.description) == pytest.approx(found, abs=1e-6)
    assert len(found) == PULSES


@pytest.mark.slow
@pytest.mark.parametrize("form", ["bdf", "edf"])
def test_edflib_in_python_reads_the_same_samples(recorded: Path, tmp_path: Path, form: str) -> None:
    edflib: Any = pytest.importorskip("EDFlib.edfreader", reason="uv pip install edflib-python")
    path = exported(recorded, form, tmp_path / f"a.{form}")
    reader = edflib.EDFreader(str(path))
    samples = np.zeros(reader.getTotalSamples(0), np.float64)
    assert reader.readSamples(0, samples, len(samples)) == len(samples)
    texts = [each.description for each in reader.annotationslist]
    reader.close()
    with pyedflib.EdfReader(str(path)) as other:
        np.testing.assert_allclose(samples, other.readSignal(0), rtol=1e-9, atol=1e-6)
    assert sum(text.startswith("stim") for text in texts) == PULSES


@pytest.mark.slow
def test_duckdb_reads_csv_and_parquet_alike(recorded: Path, tmp_path: Path) -> None:
    duckdb: Any = pytest.importorskip("duckdb", reason="uv pip install duckdb")
    read = {"csv": duckdb.read_csv, "parquet": duckdb.read_parquet}
    rows = {
        form: read[form](str(exported(recorded, form, tmp_path / f"a.{form}")))
        .project("t_s, current_ma, latency_ms")
        .fetchall()
        for form in read
    }
    assert rows["csv"] == rows["parquet"]
    assert len(rows["csv"]) == PULSES


@pytest.mark.slow
def test_the_bids_validator_finds_no_error(recorded: Path, tmp_path: Path) -> None:
    validator = shutil.which("bids-validator-deno")
    if validator is None:
        pytest.skip("uv pip install bids-validator-deno")
    place = exported(recorded, "bids", tmp_path / "bids")
    done = subprocess.run([validator, str(place), "--json"], capture_output=True, text=True, check=False, timeout=120)
    report = json.loads(done.stdout)
    assert [issue for issue in report["issues"]["issues"] if issue["severity"] == "error"] == []
    assert report["summary"]["modalities"] == ["emg"]
