"""EDF and BDF files with one thing in the header changed, read by this program and by MNE, edfio and pyedflib."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.base import DeviceError
from drivers.recording import Recording
from tests.drivers.formats.edf_files import Wave, edf_bytes, put, ramp, tal

Samples = NDArray[np.float64]
SIGNALS = 3
"""Two channels and the annotations."""
RECORDS, PER_RECORD = 6, 100
UNITS = {
    "uV": 1.0, "\u00b5V": 1.0, "\u03bcV": 1.0, "uv": 1.0, "UV": 1.0, "microV": 1.0, "mV": 1e3, "mv": 1e3, "V": 1e6,
    "nV": 1e-3,
    "uV ": 1.0, " uV": 1.0, "uV\0": 1.0, "": None, "n/a": None, "mmHg": None, "%": None, "MV": None,
}  # fmt: skip
"""Microvolts of each unit; None where it is no voltage, or ambiguous."""
UNKNOWN_TO_MNE = {"\u03bcV", "uv", "UV", "microV", "mv", "nV", "uV\0"}
"""Units that MNE 1.13 takes for volts, and that edfio returns as they are written."""


@dataclass(frozen=True, slots=True)
class Mutated:
    """File ``data`` of ``family`` with the change ``name``.

    ``scale`` is the uV of its unit. The peer ``unknown_to`` does not know what the changed field stands for. ``column``
    is the place of the first channel of the file among those played.
    """

    family: str
    name: str
    data: bytes
    scale: float | None = 1.0
    unknown_to: str = ""
    column: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a program makes of a file: ``microvolts`` (samples,) of the first channel and its rate, or ``error``.

    ``notes`` are its warnings. ``stimuli`` are the onsets in s of the annotations "stim".
    """

    microvolts: Samples | None = None
    rate_hz: float = 0.0
    stimuli: tuple[float, ...] = ()
    notes: str = ""
    error: str = ""


def _field(signal: int, start: int, width: int) -> int:
    """Return the position of a field of one signal; the fields of all signals stand together."""
    return 256 + start * SIGNALS + signal * width


def plain(family: str, kind: str = "+C", **changes: Any) -> bytes:
    """Return the file that is changed: two channels, a ramp and its half, and a stimulus in each third record."""
    width = {"EDF": 12, "BDF": 24}[family]
    digital = (str(-(2 ** (width - 1))), str(2 ** (width - 1) - 1))
    scale = 1 if family == "EDF" else 4000
    waves = [Wave(ramp(RECORDS, PER_RECORD, step) * scale, f"EMG {step}", digital=digital) for step in (1, 3)]
    tals = [tal(f"+{r}") + (tal(f"+{r}.25", "stim") if r % 3 == 1 else b"") for r in range(RECORDS)]
    data = edf_bytes(waves, tals, family=family, kind=f"{family}{kind}" if kind else "", **changes)
    if family == "EDF":
        return data
    return put(put(data, _field(2, 120, 8), digital[0]), _field(2, 128, 8), digital[1])  # as EDFlib demands


def mutations() -> Iterator[Mutated]:
    """Yield every file of the sweep."""
    for family in ("EDF", "BDF"):
        data = plain(family)
        yield Mutated(family, "none", data)
        yield from (
            Mutated(family, f"unit {unit!r}", put(data, _field(0, 96, 8), _unit_bytes(unit)), scale,
                    "MNE" if unit in UNKNOWN_TO_MNE else "")
            for unit, scale in UNITS.items()
        )  # fmt: skip
        top = data[_field(0, 128, 8) :][:8].strip() + b"\0"
        yield Mutated(family, f"codes to {top!r}", put(data, _field(0, 128, 8), top), unknown_to="edfio")
        yield from (Mutated(family, name, change(data)) for name, change in _changes(family))
        yield Mutated(family, "no label", put(data, _field(0, 0, 16), b"", 16), column=1)
        yield Mutated(family, "not a plus file", plain(family, kind=""))
        yield Mutated(family, "records at a jump of 1 s, called contiguous", _jumped(data))


def _unit_bytes(unit: str) -> bytes:
    """Return the unit as recorders write it: Latin-1 where that has its letters, else UTF-8."""
    return unit.encode("utf-8" if "\u03bc" in unit else "latin-1")


def _changes(family: str) -> list[tuple[str, Callable[[bytes], bytes]]]:
    def at(position: int, text: str | bytes, width: int = 8) -> Callable[[bytes], bytes]:
        return lambda data: put(data, position, text, width)

    label, low, high = _field(0, 0, 16), _field(0, 104, 8), _field(0, 112, 8)
    least, most = _field(0, 120, 8), _field(0, 128, 8)
    words = f"{family} Annotations"
    bottom, top = {"EDF": ("-2048", "2047"), "BDF": ("-8388608"[:8], "8388607")}[family]
    changes: list[tuple[str, Callable[[bytes], bytes]]] = [
        *((f"label {text!r}", at(label, text, 16)) for text in (b"emg", b"EMG\0\0", b"EMG \xb5", b"EMG \xc2\xb5")),
        *((f"annotations {text!r}", at(_field(2, 0, 16), text, 16))
          for text in (words.upper().encode(), words.lower().encode(), words.encode() + b"\0",
                       b" " + words.encode()[:15])),
        *((f"range {a} to {b}", lambda d, a=a, b=b: put(put(d, low, a), high, b))
          for a, b in (("1000", "-1000"), ("-1E3", "1E3"), ("-1000.", "+1000"), ("-0.001", "0.001"), ("0", "0"),
                       ("-1,5", "1,5"), ("nan", "1"), ("", ""), ("-99999999"[:8], "99999999"))),
        *((f"codes {a} to {b}", lambda d, a=a, b=b: put(put(d, least, a), most, b))
          for a, b in ((top, bottom), ("0", "0"), (bottom + ".", top + "."), ("0", "32767"))),
        *((f"records {text}", at(236, text)) for text in ("-1", "3", "9", "6\0", "+6", "006", "6.0", "-7")),
        *((f"duration {text!r}", at(244, text))
          for text in ("1.0", "1.", "0.5", "2", "0", "-1", "1E0", "1,0", "1 s", "0.0999999", "")),
        *((f"date {text!r}", at(168, text, 16))
          for text in ("31.02.2500.00.00", "99.99.9999.99.99", "01-01-8500-00-00", " " * 16, "\0" * 16,
                       "01.01.8524.60.61")),
        *((f"patient {text!r}", at(8, text, 80)) for text in (b"M\xfcller X X X", "M\u00fcller".encode(), b"\0" * 80)),
        *((f"samples a record {text!r}", at(_field(0, 216, 8), text))
          for text in ("100\0", "+100", "0100", "0", "-100", "50")),
        *((f"signals {text!r}", at(252, text, 4)) for text in ("3\0", "03", "+3", "2", "4", "0")),
        *((f"header length {text!r}", at(184, text)) for text in ("1024\0", "1024.0", "1023", "768")),
        *((f"version {text!r}", at(0, text))
          for text in (b"0\0\0\0\0\0\0\0", b"1", b"", b"\xffBIOSEMI", b"\xfeBIOSEMI")),
        *((f"kind {text!r}", at(192, text, 44))
          for text in ("EDF+C\0", "edf+c", "EDF+D", "BDF+D", "BDF+C", "24BIT", "\0" * 44)),
        ("cut in the last record", lambda d: d[:-30]),
        ("seven bytes more", lambda d: d + b"\0" * 7),
        ("a line end at the end", lambda d: d + b"\r\n"),
    ]  # fmt: skip
    return changes


def _jumped(data: bytes) -> bytes:
    """Return the file with the time stamps of its second half a second later."""
    for record in range(RECORDS - 1, RECORDS // 2 - 1, -1):
        data = data.replace(f"+{record}\x14\x14".encode(), f"+{record + 1}\x14\x14".encode())
        data = data.replace(f"+{record}.25\x14".encode(), f"+{record + 1}.25\x14".encode())
    return data


def read_ours(path: Path, column: int = 0) -> Reading:
    """Read ``path`` as this program does: the channel in ``column`` of those played. Clipped samples are a note."""
    try:
        recording = Recording(path)
        blocks = []
        while (block := recording.take(10_000)) is not None:
            blocks.append(block)
    except DeviceError as error:
        return Reading(error=str(error))
    rate_hz = recording.info.sample_rate_hz
    stimuli = tuple(pulse.sample / rate_hz for pulse in recording.pulses)
    samples = np.concatenate([block.samples[:, column] for block in blocks]).astype(np.float64)
    clipped = ["clipped"] if any(block.clipped[column] for block in blocks) else []
    return Reading(samples, rate_hz, stimuli, "; ".join([*recording.warnings, *clipped]))


@contextlib.contextmanager
def _silenced() -> Iterator[list[str]]:
    """Keep what a peer warns of and prints."""
    kept: list[str] = []
    with warnings.catch_warnings(record=True) as found, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        yield kept
        kept += [str(each.message) for each in found]


def read_mne(path: Path, _: float | None) -> Reading:
    """Read ``path`` by MNE, which scales by the unit itself."""
    import mne

    read = mne.io.read_raw_bdf if path.suffix == ".bdf" else mne.io.read_raw_edf
    with _silenced() as notes:
        raw = read(path, preload=True, verbose="error")
        samples = raw.get_data(picks=[0])[0]
        stimuli = tuple(float(a["onset"]) for a in raw.annotations if a["description"] == "stim")
        is_voltage = raw.info["chs"][0]["unit"] == 107
    return Reading(samples * 1e6 if is_voltage else samples, raw.info["sfreq"], stimuli, "; ".join(notes))


def read_edfio(path: Path, scale: float | None) -> Reading:
    """Read ``path`` by edfio; ``scale`` is the uV of the unit that it reports."""
    import edfio

    with _silenced() as notes:
        read = edfio.read_bdf(path) if path.suffix == ".bdf" else edfio.read_edf(path)
        signal = read.signals[0]
        samples = np.asarray(signal.data, np.float64) * (scale or np.nan)
        stimuli = tuple(note.onset for note in read.annotations if note.text == "stim")
        rate_hz = signal.sampling_frequency
    return Reading(samples, rate_hz, stimuli, "; ".join(notes))


def read_pyedflib(path: Path, scale: float | None) -> Reading:
    """Read ``path`` by pyedflib, which is EDFlib in C; ``scale`` is the uV of the unit that it reports."""
    import pyedflib

    with _silenced(), pyedflib.EdfReader(str(path)) as reader:
        samples = reader.readSignal(0) * (scale or np.nan)
        onsets, _, texts = reader.readAnnotations()
        stimuli = tuple(float(onset) for onset, text in zip(onsets, texts, strict=True) if text == "stim")
        return Reading(samples, reader.getSampleFrequency(0), stimuli)


PEERS: dict[str, Callable[[Path, float | None], Reading]] = {
    "MNE": read_mne, "edfio": read_edfio, "pyedflib": read_pyedflib,
}  # fmt: skip


def read_by(peer: str, path: Path, scale: float | None) -> Reading:
    """Read ``path`` by ``peer``; whatever it raises is its error."""
    try:
        return PEERS[peer](path, scale)
    except Exception as error:  # noqa: BLE001 (a peer may raise anything)
        return Reading(error=f"{type(error).__name__}: {error}"[:120])


@dataclass(frozen=True, slots=True)
class Compared:
    """One file of the sweep: ``ours`` and, by peer, its error, "equal" or the difference."""

    file: Mutated
    ours: Reading
    peers: dict[str, str]

    @property
    def outcome(self) -> str:
        """How this program took the file: refused, with a note, or silently."""
        return "refused" if self.ours.error else "note" if self.ours.notes else "silent"

    @property
    def silent_differences(self) -> dict[str, str]:
        """Differences from peers that read the file and know its unit, where this program reported nothing."""
        if self.outcome != "silent":
            return {}
        return {
            peer: what
            for peer, what in self.peers.items()
            if what not in {"equal", "error"} and peer != self.file.unknown_to
        }


def compared(file: Mutated, folder: Path, peers: Iterable[str]) -> Compared:
    """Write ``file`` into ``folder`` and read it by this program and by ``peers``."""
    path = folder / f"mutated.{file.family.lower()}"
    path.write_bytes(file.data)
    ours = read_ours(path, file.column)
    found = {}
    for peer in peers:
        theirs = read_by(peer, path, file.scale)
        found[peer] = "error" if theirs.error else "read" if ours.error else difference(ours, theirs) or "equal"
    return Compared(file, ours, found)


def difference(ours: Reading, theirs: Reading) -> str:
    """Return in what two readings of one file differ; '' where in nothing."""
    if ours.microvolts is None or theirs.microvolts is None:
        return ""
    if abs(ours.rate_hz / theirs.rate_hz - 1) > 1e-6:
        return f"rate {ours.rate_hz:g}, not {theirs.rate_hz:g} Hz"
    if len(ours.microvolts) != len(theirs.microvolts):
        return f"{len(ours.microvolts)}, not {len(theirs.microvolts)} samples"
    reach = np.nanmax(np.abs(theirs.microvolts), initial=0.0)
    if not np.allclose(ours.microvolts, theirs.microvolts, rtol=1e-5, atol=1e-6 * reach):
        return "values"
    if theirs.stimuli and not (
        len(ours.stimuli) == len(theirs.stimuli) and np.allclose(ours.stimuli, theirs.stimuli, atol=0.51 / ours.rate_hz)
    ):
        return f"stimuli {ours.stimuli}, not {theirs.stimuli}"
    return ""
