"""Writers of text formats, from their public descriptions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.drivers.formats.specimen import Specimen


def brainvision(folder: Path, what: Specimen) -> Path:
    """Write a BrainVision recording: header, samples and markers."""
    (folder / "a.eeg").write_bytes((what.uv / 0.5).astype("<i2").tobytes())
    marks = "".join(f"Mk{i}=Stimulus,S  1,{at + 1},1,0\n" for i, at in enumerate(what.pulse_samples, 2))
    title = "Brain Vision Data Exchange Marker File, Version 1.0\n\n[Common Infos]\nDataFile=a.eeg\n\n[Marker Infos]\n"
    (folder / "a.vmrk").write_text(f"{title}Mk1=New Segment,,1,1,0\n{marks}", encoding="utf-8")
    path = folder / "a.vhdr"
    path.write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n\n[Common Infos]\nCodepage=UTF-8\nDataFile=a.eeg\n"
        "MarkerFile=a.vmrk\nDataFormat=BINARY\nDataOrientation=MULTIPLEXED\nNumberOfChannels=2\n"
        f"SamplingInterval={1e6 / what.rate_hz:g}\n\n[Binary Infos]\nBinaryFormat=INT_16\n\n[Channel Infos]\n"
        "Ch1=EMG L,,0.5,\u00b5V\nCh2=EMG R,,0.5,\u00b5V\n",
        encoding="utf-8",
    )
    return path


def labchart(folder: Path, what: Specimen) -> Path:
    """Write a LabChart export: a block before the gap and one after it, in mV, with comments."""
    lines: list[str] = []
    for first, end in [(0, len(what.uv))] if what.gap_at is None else [(0, what.gap_at), (what.gap_at, len(what.uv))]:
        day = 43749.4946 + what.numbers[first] / what.rate_hz / 86400
        lines += [
            f"Interval=\t{1 / what.rate_hz:g} s",
            f"ExcelDateTime=\t{day:.16e}\t10/11/19 11:08:37.485584",
            "TimeFormat=\tStartOfBlock",
            "DateFormat=\t",
            "ChannelTitle=\tEMG L\tEMG R",
            "Range=\t10.000 mV\t10.000 mV",
            "UnitName=\t*\tmV",
        ]
        for i in range(first, end):
            cells = [f"{(i - first) / what.rate_hz:g}", *(f"{value / 1e3:.6f}" for value in what.uv[i])]
            lines.append("\t".join([*cells, *(["#* stim"] if i in what.marks else [])]))
    path = folder / "a.txt"
    path.write_text("\r\n".join(lines) + "\r\n", encoding="cp1252")
    return path


def openbci(folder: Path, what: Specimen, *, missing: range = range(0)) -> Path:
    """Write a recording of a Cyton by the OpenBCI GUI 5; the samples ``missing`` were lost on the way."""
    names = [
        "Sample Index",
        "EXG Channel 0",
        "EXG Channel 1",
        "Accel Channel 0",
        "Other",
        "Timestamp",
        "Marker Channel",
    ]
    lines = [
        "%OpenBCI Raw EXG Data",
        "%Number of channels = 2",
        f"%Sample Rate = {what.rate_hz} Hz",
        "%Board = OpenBCI_GUI$BoardCytonSerial",
        ", ".join([*names, "Timestamp (Formatted)"]),
    ]
    for i, (left, right) in enumerate(what.uv):
        if i not in missing:
            mark = "1.0" if i in what.marks else "0.0"
            cells = [
                f"{i % 256}.0",
                f"{left:.4f}",
                f"{right:.4f}",
                "0.02",
                "192.0",
                f"{1.7e9 + i / what.rate_hz:.4f}",
                mark,
            ]
            lines.append(", ".join([*cells, "2026-01-01 10:00:00.000"]))
    path = folder / "OpenBCI-RAW-a.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def emgworks(folder: Path, what: Specimen) -> Path:
    """Write an EMGworks export in volts, with a slower channel of acceleration."""
    names = ("Sensor 1: EMG 1", "Sensor 2: EMG 2", "Sensor 1: ACC.X 1")
    rates, units = (what.rate_hz, what.rate_hz, what.rate_hz / 10), ("V", "V", "g")
    columns = [what.uv[:, 0] / 1e6, what.uv[:, 1] / 1e6, np.ones(len(what.uv) // 10)]
    lines = [
        f"Label: {name} Sampling frequency: {rate:e} Number of points: {len(column)} start: 0.000000e+000 Unit: {unit} "
        "Domain Unit: s"
        for name, rate, column, unit in zip(names, rates, columns, units, strict=True)
    ]
    lines += ["Start Trigger Method: None", "", ",".join(f'X[s],"{name}"' for name in names)]
    for i in range(len(what.uv)):
        pairs = [
            (f"{i / rate:.6f}", f"{column[i]:.9f}") if i < len(column) else ("", "")
            for rate, column in zip(rates, columns, strict=True)
        ]
        lines.append(",".join(cell for pair in pairs for cell in pair))
    path = folder / "a.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def discover(folder: Path, what: Specimen) -> Path:
    """Write a Trigno Discover export (1.5) in millivolts, with a slower channel of acceleration."""
    rows = [
        ["Application:", " Trigno Discover (1.5.0)"],
        ["Date/Time:", " 1/1/2026 10:00:00 AM"],
        ["Collection Length (seconds):", f" {len(what.uv) / what.rate_hz:g}"],
        ["EMG 1 (54717)", "", "EMG 2 (54718)"],
        ["sensor mode: 40", "", "sensor mode: 40"],
        ["EMG 1 (mV)", "ACC X (G)", "EMG 1 (mV)"],
        [f"{what.rate_hz:.4f} Hz", f"{what.rate_hz / 10:.4f} Hz", f"{what.rate_hz:.4f} Hz"],
    ]
    for i, (left, right) in enumerate(what.uv):
        rows.append([f"{left / 1e3:.6f}", "1.0" if i < len(what.uv) // 10 else "", f"{right / 1e3:.6f}"])
    path = folder / "discover.csv"
    path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
    return path


def table(folder: Path, what: Specimen) -> Path:
    """Write a table with times, microvolts and a trigger."""
    rows = ["time_s,EMG L_uv,EMG R_uv,stim"]
    rows += [
        f"{i / what.rate_hz:.6f},{left:.3f},{right:.3f},{int(i in what.marks)}"
        for i, (left, right) in enumerate(what.uv)
    ]
    path = folder / "a.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path
