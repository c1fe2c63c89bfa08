"""Writers by libraries, one recording each: EDF and BDF by edfio, sound by libsndfile, FIF by MNE, Parquet by Arrow."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import edfio
import numpy as np
import soundfile

from tests.drivers.formats.specimen import GAP, Specimen

FULL_SCALE_UV = 1000.0


def edf(folder: Path, what: Specimen) -> Path:
    """Write EDF+; a gap is zeros with MNE's annotation."""
    return _edf(folder / "a.edf", what, edfio.EdfSignal, edfio.Edf)


def bdf(folder: Path, what: Specimen) -> Path:
    """Write BDF+; a gap is zeros with MNE's annotation."""
    return _edf(folder / "a.bdf", what, edfio.BdfSignal, edfio.Bdf)


def _edf(
    path: Path,
    what: Specimen,
    signal: type[edfio.EdfSignal | edfio.BdfSignal],
    whole: type[edfio.Edf | edfio.Bdf],
) -> Path:
    columns = _filled(what).T
    names = ("EMG L", "EMG R")
    signals = [
        signal(column, what.rate_hz, label=name, physical_dimension="uV", physical_range=(-1000, 1000))
        for column, name in zip(columns, names, strict=True)
    ]
    notes = [edfio.EdfAnnotation(at / what.rate_hz, None, "stim") for at in what.pulse_samples]
    notes += [edfio.EdfAnnotation(start, length, "BAD_ACQ_SKIP") for start, length in _skipped(what)]
    whole(signals, annotations=notes, data_record_duration=0.5).write(path)  # type: ignore[arg-type]
    return path


def _filled(what: Specimen) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return the samples with zeros where nothing was acquired."""
    filled = np.zeros((int(what.numbers[-1]) + 1, 2))
    filled[what.numbers] = what.uv
    return filled


def _skipped(what: Specimen) -> Iterable[tuple[float, float]]:
    return () if what.gap_at is None else [(what.gap_at / what.rate_hz, GAP / what.rate_hz)]


def wav(folder: Path, what: Specimen) -> Path:
    """Write a WAV file as SpikeRecorder does, with its events beside it."""
    lines = [f"ttl,\t{at / what.rate_hz:.4f}" for at in what.pulse_samples]
    head = ["# Marker IDs can be arbitrary strings.", "# Marker ID,\tTime (in s)"]
    (folder / "a-events.txt").write_text("\n".join([*head, *lines, "_ch0_neuron0,\t0.5000"]), encoding="utf-8")
    return _sound(folder / "a.wav", what)


def flac(folder: Path, what: Specimen) -> Path:
    """Write a FLAC file."""
    return _sound(folder / "a.flac", what)


def _sound(path: Path, what: Specimen) -> Path:
    soundfile.write(path, what.uv / FULL_SCALE_UV, what.rate_hz, subtype="PCM_16")
    return path


def fif(folder: Path, what: Specimen) -> Path:
    """Write a FIF file; a gap is zeros with MNE's annotation."""
    import mne

    info = mne.create_info(["EMG L", "EMG R"], what.rate_hz, ["emg", "emg"])
    raw = mne.io.RawArray(_filled(what).T / 1e6, info, first_samp=300, verbose="ERROR")
    onsets = [at / what.rate_hz for at in what.pulse_samples]
    texts = [*(["stim"] * len(onsets)), *("BAD_ACQ_SKIP" for _ in _skipped(what))]
    starts, lengths = [start for start, _ in _skipped(what)], [length for _, length in _skipped(what)]
    raw.set_annotations(mne.Annotations([*onsets, *starts], [*([0.0] * len(onsets)), *lengths], texts), verbose="ERROR")
    path = folder / "a_raw.fif"
    raw.save(path, verbose="ERROR")
    return path


def parquet(folder: Path, what: Specimen) -> Path:
    """Write a table of sample numbers, times, millivolts and annotations."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts: list[str | None] = [None] * len(what.uv)
    for at in what.marks:
        texts[at] = "stim"
    columns = {
        "sample": what.numbers + 70_000,
        "time (s)": (what.numbers + 70_000) / what.rate_hz,
        "EMG L (mV)": (what.uv[:, 0] / 1e3).astype(np.float32),
        "EMG R (mV)": (what.uv[:, 1] / 1e3).astype(np.float32),
        "annotation": pa.array(texts, pa.string()),
    }
    path = folder / "a.parquet"
    pq.write_table(pa.table(columns), path)
    return path
