"""The recorded signal as BDF+ or EDF+."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import edfio

from guidance.common.errors import UserError
from guidance.export.source import ExportSource, channel_number
from guidance.journal.files import NotPlain, open_plain
from guidance.journal.private_files import write_private
from guidance.journal.signal import SIGNAL_NAME

_NAMING_NOBODY = re.compile(
    r"stim(-[a-z-]+)?( current_ma=[0-9.]+)?( width_ms=[0-9.]+)?|BAD_ACQ_SKIP|"
    r"entry (insertion|aspiration|injection|redirect|contact|pain|verification|button)( [a-z_]+=[0-9.eE+-]+)*"
)
"""Annotations that name nobody: the program's own words, and numbers."""

_MOST_16, _LEAST_16 = 32767, -32768


def bdf_of(source: ExportSource) -> bytes:
    """Return the signal as recorded, in BDF+; without identifiers if they are hidden. Raises UserError."""
    if not source.hidden:
        return _bytes(source)
    file = _opened(source)
    _hide(file)
    return file.to_bytes()


def edf_of(source: ExportSource) -> bytes:
    """Return the signal as EDF+ in 16 bits; a step is the range of the signal / 65,535. Raises UserError."""
    file = in_16_bits(_opened(source))
    if source.hidden:
        _hide(file)
    return file.to_bytes()


def in_16_bits(recorded: edfio.Bdf) -> edfio.Edf:
    """Return ``recorded`` as EDF+; the range of each signal is that of its samples."""
    return edfio.Edf(
        [_in_16_bits(signal) for signal in recorded.signals],
        patient=recorded.patient,
        recording=recorded.recording,
        starttime=recorded.starttime,
        data_record_duration=recorded.data_record_duration,
        annotations=recorded.annotations,
    )


def write_bdf(source: ExportSource, path: Path) -> None:
    """Write the signal to ``path`` as BDF+. Raises UserError."""
    write_private(path, bdf_of(source))


def write_edf(source: ExportSource, path: Path) -> None:
    """Write the signal to ``path`` as EDF+. Raises UserError."""
    write_private(path, edf_of(source))


def _in_16_bits(signal: edfio.BdfSignal) -> edfio.EdfSignal:
    data = signal.data
    low, high = float(data.min()), float(data.max())
    middle, half = (low + high) / 2, max((high - low) / 2, 1.0) * 1.01
    return edfio.EdfSignal(
        data,
        signal.sampling_frequency,
        label=signal.label,
        physical_dimension=signal.physical_dimension,
        physical_range=(_short(middle - half), _short(middle + half)),
        digital_range=(_LEAST_16, _MOST_16),
        prefiltering=signal.prefiltering,
    )


def _short(value: float) -> float:
    """Return ``value`` rounded to what the eight characters of the header can hold."""
    return float(f"{value:.5g}")


def _hide(file: edfio.Edf | edfio.Bdf) -> None:
    annotations = tuple(_allowed(file))
    file.anonymize()
    signals: Sequence[edfio.EdfSignal | edfio.BdfSignal] = file.signals
    for index, signal in enumerate(signals):
        signal.label = channel_number(index)
        signal.transducer_type = signal.prefiltering = ""
    file.set_annotations(annotations)


def _allowed(file: edfio.Edf | edfio.Bdf) -> Iterator[edfio.EdfAnnotation]:
    return (note for note in file.annotations if _NAMING_NOBODY.fullmatch(note.text))


def _opened(source: ExportSource) -> edfio.Bdf:
    _bytes_are_there(source)
    path = source.folder / SIGNAL_NAME
    try:
        return edfio.read_bdf(path)
    except (OSError, ValueError) as fault:
        raise UserError(f"{path} is no longer a valid BDF+ file ({' '.join(str(fault).split())}).") from None


def _bytes_are_there(source: ExportSource) -> None:
    path = source.folder / SIGNAL_NAME
    try:
        open_plain(path).close()
    except FileNotFoundError:
        raise UserError(f"{source.folder.name} has no recorded signal; csv, parquet and fhir need none.") from None
    except (NotPlain, OSError) as fault:
        raise UserError(f"{path} cannot be read ({fault.strerror}).") from None


def _bytes(source: ExportSource) -> bytes:
    _bytes_are_there(source)
    with open_plain(source.folder / SIGNAL_NAME) as file:
        return file.read()
