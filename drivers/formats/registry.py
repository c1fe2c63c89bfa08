"""All formats of recordings: how each is recognised, what reads it, and what confirmed the reader."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from drivers.formats import (
    brainvision,
    delsys,
    edf,
    intan,
    labchart,
    mne_files,
    neo_files,
    open_ephys,
    openbci,
    otb,
    otb_archive,
    parquet,
    sound,
    table,
    xdf,
)
from drivers.formats.loaded import FileOptions, LoadedFile

_BRAIN_VISION = re.compile(rb"(\xef\xbb\xbf)?Brain ?Vision Data Exchange Header File", re.IGNORECASE)
_OPEN_EPHYS = re.compile(rb"\s*\{.*\"(GUI version|continuous)\"", re.DOTALL)
_DELSYS = re.compile(
    rb"(\xef\xbb\xbf)?(Label:.*Sampling frequency:|\"?X ?\[s\]\"?\s*,|[^\r\n]*Trigno Discover)", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class FileFormat:
    """One format: ``name`` in messages, ``endings`` of its files, and what it holds beside the samples.

    ``extra`` is the extra of this package that it needs. ``peer`` is what reads or writes the same files, and agreed in
    the tests. ``wants_scale``: the file states no volts.
    """

    name: str
    endings: str
    begins: Callable[[bytes], bool]
    load: Callable[[Path, FileOptions], LoadedFile]
    pulses: str
    gaps: str
    peer: str
    extra: str = ""
    wants_scale: bool = False
    takes_rate: bool = False


def _starts(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.removeprefix(codecs.BOM_UTF8).startswith(beginnings)


def _at(position: int, magic: bytes) -> Callable[[bytes], bool]:
    return lambda head: head[position : position + len(magic)] == magic


def _is_edf(head: bytes) -> bool:
    """Return whether the version is that of EDF; some recorders pad it with NULs."""
    return head[:8].replace(b"\0", b" ") == b"0       "


def _is_wave(head: bytes) -> bool:
    return head.startswith((b"RIFF", b"RF64")) and head[8:12] == b"WAVE"


def begins_like_a_table(head: bytes) -> bool:
    """Return whether the first line has cells, and no character that text does not have."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    else:
        try:
            text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
        except UnicodeDecodeError:
            text = head.decode("cp1252", "replace")
    header = next((line for line in text.splitlines() if not table.is_remark(line)), "")
    return any(mark in header for mark in table.DELIMITERS) and not _CONTROL.search(text)


FORMATS = (
    FileFormat(
        "EDF", ".edf", _is_edf, edf.load,
        "annotations; trigger channels", "EDF+D, BAD_ACQ_SKIP", "pyedflib, edfio, MNE",
    ),
    FileFormat(
        "BDF", ".bdf", _starts(b"\xffBIOSEMI"), edf.load,
        "annotations; the trigger bits of BioSemi's Status", "BDF+D, BAD_ACQ_SKIP", "pyedflib, edfio, MNE",
    ),
    FileFormat(
        "WAV", ".wav", _is_wave, sound.load,
        "SpikeRecorder's NAME-events.txt", "none", "libsndfile", wants_scale=True,
    ),
    FileFormat("FLAC", ".flac", _starts(b"fLaC"), sound.load, "none", "none", "libsndfile", wants_scale=True),
    FileFormat(
        "XDF", ".xdf", _starts(b"XDF:"), xdf.load,
        "marker streams", "holes in the time stamps", "pyxdf, which reads it; its reference files", extra="xdf",
    ),
    FileFormat(
        "BrainVision", ".vhdr", lambda head: bool(_BRAIN_VISION.match(head)), brainvision.load,
        "markers", "none", "MNE; files of pybv",
    ),
    FileFormat(
        "Intan", ".rhd, .rhs", _starts(intan.RHD_MAGIC, intan.RHS_MAGIC), intan.load,
        "stimulation of RHS with its current; digital inputs", "time stamps", "neo; python-intan",
    ),
    FileFormat(
        "Open Ephys", "structure.oebin", lambda head: bool(_OPEN_EPHYS.match(head)), open_ephys.load,
        "TTL lines; messages", "sample numbers", "neo; a recording of the GUI 0.6.7",
    ),
    FileFormat(
        "LabChart", ".txt", _starts(labchart.BEGINNING), labchart.load,
        "comments", "blocks, by their times", "labchart-tools",
    ),
    FileFormat(
        "OpenBCI", ".txt", _starts(openbci.BEGINNING), openbci.load,
        "marker channel", "sample index of the Cyton", "none; written from its documentation",
    ),
    FileFormat(
        "Delsys", ".csv", lambda head: bool(_DELSYS.match(head)), delsys.load,
        "none", "none", "emgio, on an export of EMGworks; delsys",
    ),
    FileFormat(
        "OTB", ".otb+, .otb4", _at(otb_archive.MAGIC_AT, otb_archive.MAGIC), otb.load,
        "markers of OTB+", "none", "OTB+: emgio, but for the scale, which is the maker's; OTB4: hdsemg-shared",
    ),
    FileFormat(
        "FIF", ".fif", _starts(mne_files.FIF_MAGIC), mne_files.load,
        "annotations; stimulus channels", "BAD_ACQ_SKIP", "MNE, which reads it", extra="mne",
    ),
    FileFormat(
        "Neuroscan", ".cnt", _starts(mne_files.CNT_MAGIC), mne_files.load,
        "events", "none", "MNE, which reads it", extra="mne",
    ),
    FileFormat(
        "Spike2", ".smr", _at(neo_files.SMR_MAGIC_AT, neo_files.SMR_MAGIC), neo_files.load,
        "event and marker channels", "pauses", "neo, which reads it", extra="neo",
    ),
    FileFormat(
        "Parquet", ".parquet", _starts(parquet.MAGIC), parquet.load,
        "a column annotation; a column stim, trigger or TTL", "numbers in a column sample", "pyarrow, which reads it",
        extra="parquet", takes_rate=True,
    ),
    FileFormat(
        "CSV", ".csv, .txt, .tsv", begins_like_a_table, table.load,
        "a column annotation; a column stim, trigger or TTL", "none", "written by hand", takes_rate=True,
    ),
)  # fmt: skip
"""The formats in the order in which they are tried: any text with cells counts as a table at last."""


EXPORTED_BY_ITS_MAKER = {
    ".smrx": "a 64-bit Spike2 file; in Spike2 export it as .smr, or as text",
    ".hpf": "a file of EMGworks; export it as CSV by the Delsys File Utility",
    ".adicht": "a LabChart file; in LabChart export it as text",
    ".acq": "a BIOPAC file; in AcqKnowledge export it as EDF",
    ".mat": "a MATLAB file, which states no units by itself; write its samples as EDF or CSV",
}
"""By the ending: files of which no reader is at hand that this program could rely on, and the way out."""


def names_of_formats() -> str:
    """Return the formats' names, as a sentence lists them."""
    *first, last = (each.name for each in FORMATS)
    return f"{', '.join(first)} and {last}"


def guess_format(head: bytes) -> FileFormat | None:
    """Return a file's format by its first bytes; None where it is foreign."""
    return next((each for each in FORMATS if each.begins(head)), None)


def markdown_table() -> str:
    """Return the table of the formats in Markdown, as the documents have it."""
    rows = [
        "| format | files | pulses from | gaps from | held against | extra |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    rows += [
        f"| {each.name} | `{'`, `'.join(each.endings.split(', '))}` | {each.pulses} | {each.gaps} | {each.peer} | "
        f"{f'`{each.extra}`' if each.extra else ''} |"
        for each in FORMATS
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    print(markdown_table())
