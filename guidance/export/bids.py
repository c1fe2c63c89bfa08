"""A procedure as a data set for research in the BIDS layout for EMG (version 1.11, datatype ``emg``).

It never names patient or staff. With identifiers it contains date, serial number and free annotations.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from guidance.common.errors import UserError
from guidance.common.text import clean
from guidance.export.signal import bdf_of
from guidance.export.source import ExportSource
from guidance.export.table import cell, rows_of
from guidance.journal.private_files import write_private

VERSION = "1.11.1"
_SUBJECT, _TASK = "sub-01", "needleguidance"
_EVENTS = {
    "trial_type": ("Event", "stimulus, or an entry: aspiration, injection, ..."),
    "current_ma": ("Current delivered", "mA"),
    "width_ms": ("Pulse width", "ms"),
    "detected": ("Response on the main channel", "1, 0, n/a if not known"),
    "amplitude_uv": ("Response, peak to peak, artefact removed", "uV"),
    "latency_ms": ("Onset latency of the response", "ms"),
    "volume_ml": ("Volume injected", "mL"),
}
_ENTRIES = ("insertion", "aspiration", "injection", "redirect", "contact", "pain", "paraesthesia", "verification")
_NOT_KNOWN = "n/a"


def write_bids(source: ExportSource, folder: Path) -> None:
    """Write the data set to the new ``folder``. Raises UserError."""
    signal = bdf_of(source)
    stem = f"{_SUBJECT}_task-{_TASK}"
    place = folder / _SUBJECT / "emg"
    try:
        folder.mkdir(mode=0o700)
        (folder / _SUBJECT).mkdir(mode=0o700)
        place.mkdir(mode=0o700)
    except OSError as fault:
        raise UserError(f"The data set cannot be written to {folder} ({fault.strerror}).") from None
    write_private(folder / "README", _readme(source).encode())
    _json(folder / "dataset_description.json", _description(source))
    _table(folder / "participants.tsv", ("participant_id", "sex", "age"), [_participant(source)])
    _json(folder / "participants.json", {"sex": {"Description": "Sex"}, "age": {"Description": "Age", "Units": "year"}})
    write_private(place / f"{stem}_emg.bdf", signal)
    _json(place / f"{stem}_emg.json", _sidecar(source))
    channels = [(name, "EMG", "uV") for name in source.channels]
    _table(place / f"{stem}_channels.tsv", ("name", "type", "units"), channels)
    _table(place / f"{stem}_events.tsv", ("onset", "duration", *_EVENTS), _events(source))
    _json(place / f"{stem}_events.json", {key: _explained(*explanation) for key, explanation in _EVENTS.items()})
    if not source.hidden:
        scans = [(f"emg/{stem}_emg.bdf", source.stream.began.strftime("%Y-%m-%dT%H:%M:%S"))]
        _table(folder / _SUBJECT / f"{_SUBJECT}_scans.tsv", ("filename", "acq_time"), scans)


def _sidecar(source: ExportSource) -> dict[str, Any]:
    """Return the metadata that BIDS requires, and others that are known."""
    known = source.stream.device
    placed = "On the muscles that name the channels, by the performer of the procedure."
    sidecar = {
        "TaskName": _TASK,
        "TaskDescription": f"{source.title}: electrical stimulation through a needle, evoked EMG.",
        "SamplingFrequency": known["sample_rate_hz"],
        "PowerLineFrequency": _NOT_KNOWN,
        "SoftwareFilters": _NOT_KNOWN,
        "EMGReference": "bipolar",
        "EMGPlacementScheme": "Other",
        "EMGPlacementSchemeDescription": placed,
        "EMGChannelCount": len(source.channels),
        "RecordingType": "continuous",
        "RecordingDuration": round(source.stream.last_t, 3),
        "ManufacturersModelName": clean(str(known.get("model"))),
        "SoftwareVersions": source.stream.start["program"],
    }
    return sidecar if source.hidden else sidecar | {"DeviceSerialNumber": clean(str(known.get("serial")))}


def _events(source: ExportSource) -> list[tuple[object, ...]]:
    main = source.channels[0]
    rows: list[tuple[object, ...]] = []
    for row in rows_of(source):
        if row["channel"] in (None, main):
            fit = row["detected"] is not None and not row["contaminated"]
            detected = int(row["detected"]) if fit else None
            measures = (row["current_ma"], row["width_ms"], detected, row["amplitude_uv"], row["latency_ms"], None)
            rows.append((row["t_s"], 0, "stimulus", *measures))
    entries = source.stream.entries(*_ENTRIES)
    rows += [(event["t"], 0, event["what"], *[None] * 5, event["fields"].get("volume_ml")) for event in entries]
    return sorted(rows, key=lambda row: float(str(row[0])))


def _participant(source: ExportSource) -> tuple[object, ...]:
    return (_SUBJECT, source.known("sex"), source.age_years)


def _description(source: ExportSource) -> dict[str, Any]:
    name, _, version = str(source.stream.start["program"]).partition(" ")
    return {
        "Name": f"{source.title}, recorded by {name}",
        "BIDSVersion": VERSION,
        "DatasetType": "raw",
        "GeneratedBy": [{"Name": name, "Version": version}],
    }


def _readme(source: ExportSource) -> str:
    simulated = "\nSIMULATED PATIENT: no person was recorded.\n" if source.stream.is_simulated else ""
    dates = "Dates were removed." if source.hidden else "Date and serial number of the device are included."
    return (
        f"{source.title}: EMG evoked by electrical stimulation through a needle, one procedure.\n{simulated}\n"
        "Events are the entries and the pulses; each pulse has the response of the main channel as measured during the "
        f"procedure. {dates}\n"
    )


def _explained(name: str, levels: str) -> dict[str, str]:
    return {"LongName": name, "Units" if levels in {"mA", "ms", "uV", "mL"} else "Description": levels}


def _json(path: Path, value: dict[str, Any]) -> None:
    write_private(path, json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n")


def _table(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    out = io.StringIO(newline="")
    table = csv.writer(out, delimiter="\t", lineterminator="\n")
    table.writerow(head)
    table.writerows([_NOT_KNOWN if value is None else cell(value) for value in row] for row in rows)
    write_private(path, out.getvalue().encode())
