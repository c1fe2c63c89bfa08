"""FIF files of MNE and .cnt files of Neuroscan, read by MNE-Python (BSD 3-clause), the extra ``mne``.

MNE gives volts, types of channels and annotations. Stimulus channels are trigger lines of codes.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from drivers.base import ChannelKind, DeviceRefused
from drivers.formats.edf_time import SKIPPED, without_skipped
from drivers.formats.in_memory import DecodedChannel, load_decoded
from drivers.formats.loaded import Annotation, FileOptions, LoadedFile, Segment, printable

FIF_MAGIC, CNT_MAGIC = b"\x00\x00\x00\x64\x00\x00\x00\x1f", b"Version 3.0"

_KINDS = {"emg": ChannelKind.MUSCLE, "stim": ChannelKind.TRIGGER}
_VOLTS = {"emg", "eeg", "eog", "ecg", "bio", "seeg", "ecog", "dbs"}


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open a FIF or CNT file. Raises OSError, and DeviceRefused where it is damaged, or MNE is not installed."""
    raw, types = _raw(path)
    rate_hz = float(raw.info["sfreq"])
    annotations = _annotations(raw)
    segments = without_skipped((Segment(0, 0, int(raw.n_times)),), annotations, rate_hz)
    if not segments:
        raise DeviceRefused(f"{path} marks all of its signal as not acquired, so there is nothing to play")
    values = raw.get_data()
    channels = [
        DecodedChannel(
            name,
            "V" if kind in _VOLTS else "",
            rate_hz,
            values[i],
            _kind(kind),
            segments,
            is_coded=kind == "stim",
        )
        for i, (name, kind) in enumerate(zip(raw.ch_names, types, strict=True))
    ]
    model = "FIF recording" if path.suffix.casefold() == ".fif" else "Neuroscan recording"
    return load_decoded(path, model, channels, options, annotations)


def _kind(kind: str) -> str | ChannelKind:
    """Return what a channel holds; MNE calls a channel of a CNT file EEG where nothing states its type."""
    return _KINDS.get(kind, "" if kind in {"eeg", "bio"} else ChannelKind.OTHER)


def _raw(path: Path) -> tuple[Any, list[str]]:
    """Return the recording as MNE holds it, and the type of each channel. Raises OSError and DeviceRefused."""
    try:
        import mne
    except ImportError:
        raise DeviceRefused(f"{path} needs MNE-Python to be read; install needle-guidance[mne]") from None
    with path.open("rb") as file:
        is_fif = file.read(len(FIF_MAGIC)) == FIF_MAGIC
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on places of electrodes and on the file's name
            read = mne.io.read_raw_fif if is_fif else mne.io.read_raw_cnt
            raw = read(path, preload=True, verbose="CRITICAL")
            return raw, raw.get_channel_types()
    except OSError:
        raise
    except Exception as error:  # of a damaged file MNE raises any kind, Exception itself among them
        raise DeviceRefused(f"{path} is damaged ({type(error).__name__}); copy the recording again") from error


def _annotations(raw: Any) -> list[Annotation]:
    """Return the annotations in seconds after the first sample.

    MNE counts from the zero of its clock, which may lie before the first sample. The events of a Neuroscan file are
    numbers: codes of its trigger input.
    """
    zero_s = float(raw.first_time)
    return [
        Annotation(float(each["onset"]) - zero_s, _text(str(each["description"])), float(each["duration"]))
        for each in raw.annotations
    ]


def _text(text: str) -> str:
    if text.casefold() == SKIPPED.casefold():
        return SKIPPED
    return f"trigger {text}" if text.isdigit() else printable(text)
