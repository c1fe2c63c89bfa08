"""Writers of binary formats, from their public descriptions: XDF, Intan, Open Ephys, Neuroscan and Spike2."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.drivers.formats.specimen import Specimen

INTAN_UV, OPEN_EPHYS_UV = 0.195, 0.195
STEP_MA, CURRENT_STEPS, PHASE_SAMPLES = 0.01, 50, 4
"""Stimulation in an RHS file: steps of 10 uA, 0.5 mA, and the samples of each phase."""


def _chunk(tag: int, content: bytes) -> bytes:
    return b"\x04" + struct.pack("<IH", len(content) + 2, tag) + content


def _stream(number: int, name: str, kind: str, rate: float, form: str, channels: str = "") -> bytes:
    count = max(1, channels.count("<channel>"))
    xml = (
        f"<?xml version='1.0'?><info><name>{name}</name><type>{kind}</type><channel_count>{count}</channel_count>"
        f"<nominal_srate>{rate}</nominal_srate><channel_format>{form}</channel_format>"
        f"<desc><channels>{channels}</channels></desc></info>"
    )
    return _chunk(2, struct.pack("<I", number) + xml.encode())


def xdf(folder: Path, what: Specimen) -> Path:
    """Write a stream of EMG in millivolts with a stream of markers beside it."""
    each = "<channel><label>{}</label><unit>millivolts</unit><type>EMG</type></channel>"
    times = 100.0 + what.numbers / what.rate_hz
    rows = [b"\x08" + struct.pack("<d2f", t, *row) for t, row in zip(times, what.uv / 1e3, strict=True)]
    marks = [b"\x08" + struct.pack("<d", times[at]) + b"\x01\x04stim" for at in what.marks]
    parts = [
        b"XDF:",
        _chunk(1, b"<?xml version='1.0'?><info><version>1.0</version></info>"),
        _stream(1, "Amp", "EMG", what.rate_hz, "float32", each.format("EMG L") + each.format("EMG R")),
        _stream(2, "Marks", "Markers", 0, "string"),
        _chunk(3, struct.pack("<IBI", 1, 4, len(rows)) + b"".join(rows)),
        _chunk(3, struct.pack("<IBI", 2, 4, len(marks)) + b"".join(marks)),
        *(_chunk(6, struct.pack("<I", number) + b"<?xml version='1.0'?><info></info>") for number in (1, 2)),
    ]
    path = folder / "a.xdf"
    path.write_bytes(b"".join(parts))
    return path


def _q(text: str) -> bytes:
    raw = text.encode("utf-16-le")
    return struct.pack("<I", len(raw)) + raw


def rhs_header(what: Specimen, *, digital: bool = False) -> bytes:
    """Return the header of an RHS file with the channels EMG L and EMG R, and a digital input if ``digital``."""
    head = struct.pack("<Ihhf", 0xD69127AC, 3, 0, what.rate_hz) + struct.pack("<h8f", 1, *([1.0] * 8))
    head += struct.pack("<hff", 0, 1000.0, 1000.0) + struct.pack("<hhfff", 0, 0, STEP_MA / 1e3, 1e-9, 0.0)
    head += _q("note") + _q("") + struct.pack("<I", 0xFFFFFFFF) + struct.pack("<hh", 0, 13) + _q("n/a")
    channels = [("A-000", "EMG L", 0, 0), ("A-001", "EMG R", 1, 0)]
    groups = [("Port A", "A", channels)] + (
        [("Digital In", "DIN", [("DIGITAL-IN-01", "DIN 1", 0, 5)])] if digital else []
    )
    head += struct.pack("<h", len(groups))
    for name, prefix, members in groups:
        head += _q(name) + _q(prefix) + struct.pack("<hhh", 1, len(members), sum(m[3] == 0 for m in members))
        for native, custom, order, kind in members:
            head += _q(native) + _q(custom) + struct.pack("<hhhh", order, order, kind, 1)
            head += struct.pack("<7hff", *([0] * 7), 1e3, 0.0)
    return head


def stimulation(what: Specimen) -> NDArray[np.uint16]:
    """Return the stimulation words (samples, channels): a negative and a positive phase on channel 0 at each mark."""
    words = np.zeros(what.uv.shape, np.uint16)
    for at in what.marks:
        words[at : at + PHASE_SAMPLES, 0] = CURRENT_STEPS | 0x100
        words[at + PHASE_SAMPLES : at + 2 * PHASE_SAMPLES, 0] = CURRENT_STEPS
    return words


def rhs(folder: Path, what: Specimen) -> Path:
    """Write an RHS file with stimulation; its blocks of 128 samples are filled with the last."""
    whole = -(-len(what.uv) // 128) * 128
    last = len(what.uv) - 1
    rows = np.minimum(np.arange(whole), last)
    times = what.numbers[rows] + np.maximum(np.arange(whole) - last, 0)
    codes = (np.rint(what.uv[rows] / INTAN_UV) + 32768).astype("<u2")
    stim = stimulation(what)[rows] * (np.arange(whole) <= last)[:, None]
    blocks = b"".join(
        times[at : at + 128].astype("<i4").tobytes()
        + codes[at : at + 128].T.tobytes()
        + stim[at : at + 128].astype("<u2").T.tobytes()
        for at in range(0, whole, 128)
    )
    path = folder / "a.rhs"
    path.write_bytes(rhs_header(what) + blocks)
    return path


def rhd(folder: Path, what: Specimen, version: tuple[int, int] = (3, 0)) -> Path:
    """Write an RHD file with auxiliary inputs, supply, an analogue input and two digital ones, DIN 1 with the marks."""
    block = 128 if version >= (2, 0) else 60
    head = struct.pack("<Ihhf", 0xC6912702, *version, what.rate_hz) + struct.pack("<h6f", 1, *([1.0] * 6))
    head += struct.pack("<hff", 0, 1000.0, 1000.0) + _q("") + _q("") + _q("")
    head += struct.pack("<h", 0) + struct.pack("<h", 0) + (_q("n/a") if version >= (2, 0) else b"")
    amplifier = [("A-000", "EMG L", 0, 0), ("A-001", "EMG R", 1, 0), ("A-AUX1", "AUX1", 0, 1), ("A-VDD1", "VDD1", 0, 2)]
    board = [("ANALOG-IN-01", "ADC 1", 0, 3), ("DIGITAL-IN-01", "DIN 1", 1, 4), ("DIGITAL-IN-02", "DIN 2", 2, 4)]
    head += struct.pack("<h", 2)
    for name, prefix, members in (("Port A", "A", amplifier), ("Board", "B", board)):
        head += _q(name) + _q(prefix) + struct.pack("<hhh", 1, len(members), sum(m[3] == 0 for m in members))
        for native, custom, order, kind in members:
            head += _q(native) + _q(custom) + struct.pack("<hhhh", order, order, kind, 1)
            head += struct.pack("<6hff", *([0] * 6), 1e3, 0.0)
    whole = -(-len(what.uv) // block) * block
    rows = np.minimum(np.arange(whole), len(what.uv) - 1)
    times = what.numbers[rows] + np.maximum(np.arange(whole) - (len(what.uv) - 1), 0)
    codes = (np.rint(what.uv[rows] / INTAN_UV) + 32768).astype("<u2")
    bits = np.full(whole, 4, "<u2")
    for at in what.marks:
        bits[at : at + 3] |= 2
    raw = b"".join(
        times[at : at + block].astype("<i4").tobytes()
        + codes[at : at + block].T.tobytes()
        + np.full(block // 4, 1000, "<u2").tobytes()
        + struct.pack("<H", 40_000)
        + np.full(block, 20_000, "<u2").tobytes()
        + bits[at : at + block].tobytes()
        for at in range(0, whole, block)
    )
    path = folder / "a.rhd"
    path.write_bytes(head + raw)
    return path


def open_ephys(folder: Path, what: Specimen) -> Path:
    """Write a binary recording as the GUI 0.6 does, with TTL events."""
    signal, events = folder / "continuous" / "Acq-100.0", folder / "events" / "Acq-100.0" / "TTL"
    signal.mkdir(parents=True)
    events.mkdir(parents=True)
    np.rint(what.uv / OPEN_EPHYS_UV).astype("<i2").tofile(signal / "continuous.dat")
    np.save(signal / "sample_numbers.npy", what.numbers + 70_000)
    np.save(signal / "timestamps.npy", (what.numbers + 70_000) / what.rate_hz)
    edges = [edge for at in what.pulse_samples for edge in (at, at + 5)]
    np.save(events / "sample_numbers.npy", np.array(edges, np.int64) + 70_000)
    np.save(events / "timestamps.npy", (np.array(edges) + 70_000) / what.rate_hz)
    np.save(events / "states.npy", np.array([3, -3] * len(what.marks), np.int16))
    channels = [{"channel_name": name, "bit_volts": OPEN_EPHYS_UV, "units": "uV"} for name in ("EMG L", "EMG R")]
    common = {"sample_rate": what.rate_hz, "stream_name": "0"}
    described = {
        "GUI version": "0.6.7",
        "continuous": [{"folder_name": "Acq-100.0/", "num_channels": 2, "channels": channels, **common}],
        "events": [{"folder_name": "Acq-100.0/TTL/", "channel_name": "TTL", "type": "int16", **common}],
        "spikes": [],
    }
    path = folder / "structure.oebin"
    path.write_text(json.dumps(described, indent=4), encoding="utf-8")
    return path


def cnt(folder: Path, what: Specimen) -> Path:
    """Write a Neuroscan file of 32 bits with events, each at the end of its sample, as MNE takes it.

    Layout: https://paulbourke.net/dataformats/eeg/.
    """
    step_uv = 0.1
    head = bytearray(900)
    head[:12] = b"Version 3.0\0"
    head[225:247] = b"01/01/26  10:00:00    "
    struct.pack_into("<H", head, 370, 2)
    struct.pack_into("<H", head, 376, what.rate_hz)
    struct.pack_into("<i", head, 864, len(what.uv))
    data = np.rint(what.uv / step_uv).astype("<i4").tobytes()
    start = 900 + 2 * 75
    struct.pack_into("<i", head, 886, start + len(data))
    channels = b""
    for name in (b"EMG L", b"EMG R"):
        each = bytearray(75)
        each[: len(name)] = name
        struct.pack_into("<f", each, 59, step_uv * 204.8)
        struct.pack_into("<f", each, 71, 1.0)
        channels += bytes(each)
    events = b"".join(
        struct.pack("<HBciHHfccc", 4, 0, b"\0", start + (at + 1) * 8, 0, 0, 0.0, b"\0", b"\0", b"\0")
        for at in what.pulse_samples
    )
    path = folder / "a.cnt"
    path.write_bytes(bytes(head) + channels + data + struct.pack("<Bii", 2, len(events), 0) + events)
    return path


_SMR_HEADER = np.dtype(
    [("id", "<i2"), ("copyright", "S10"), ("creator", "S8"), ("us", "<i2"), ("adc", "<i2"), ("state", "<i2"),
     ("first", "<i4"), ("channels", "<i2"), ("size", "<i2"), ("extra", "<i2"), ("buffer", "<i2"), ("os", "<i2"),
     ("end", "<i4"), ("base", "<f8"), ("rest", "S460")]
)  # fmt: skip
_SMR_CHANNEL = np.dtype(
    [("del", "<i2"), ("next", "<i4"), ("first", "<i4"), ("last", "<i4"), ("blocks", "<i2"), ("n_extra", "<i2"),
     ("pre", "<i2"), ("free", "<i2"), ("py", "<i2"), ("max", "<i2"), ("comment", "S72"), ("end", "<i4"),
     ("divide", "<i4"), ("phy", "<i2"), ("title", "S10"), ("rate", "<f4"), ("kind", "u1"), ("unused", "i1"),
     ("scale", "<f4"), ("offset", "<f4"), ("unit", "S6"), ("interleave", "<i2")]
)  # fmt: skip


def smr(folder: Path, what: Specimen) -> Path:
    """Write a Spike2 file (.smr, version 6) of 16 bits in mV; a pause is a break between blocks."""
    tick_us, divide = 10, round(1e5 / what.rate_hz)
    gap_at = len(what.uv) if what.gap_at is None else what.gap_at
    spans = [
        (a, min(a + 500, end)) for begin, end in [(0, gap_at), (gap_at, len(what.uv))] for a in range(begin, end, 500)
    ]
    ticks = what.numbers * divide
    step_mv = 1e-4
    codes = np.rint(what.uv / 1e3 / step_mv).astype("<i2")
    events = np.array([ticks[at] for at in what.marks], "<i4").tobytes()
    payloads = [[(ticks[a], ticks[b - 1], b - a, codes[a:b, c].tobytes()) for a, b in spans] for c in range(2)]
    payloads.append([(ticks[what.marks[0]], ticks[what.marks[-1]], len(what.marks), events)])
    headers = np.zeros(3, _SMR_CHANNEL)
    at, body = 512 + 3 * _SMR_CHANNEL.itemsize, b""
    for i, (title, kind) in enumerate(((b"EMG L", 1), (b"EMG R", 1), (b"Stim", 3))):
        headers[i]["first"], headers[i]["blocks"] = at, len(payloads[i])
        headers[i]["title"], headers[i]["kind"], headers[i]["divide"] = bytes([len(title)]) + title, kind, divide
        headers[i]["scale"], headers[i]["unit"] = step_mv * 6553.6, b"\x02mV"
        for first, last, items, raw in payloads[i]:
            after = at + 20 + len(raw)
            body += struct.pack("<iiiihh", -1, after, first, last, i + 1, items) + raw
            at = after
    head = np.zeros(1, _SMR_HEADER)
    head["id"], head["copyright"], head["us"], head["base"], head["channels"] = 6, b"(C) CED 87", tick_us, 1e-6, 3
    path = folder / "a.smr"
    path.write_bytes(head.tobytes() + headers.tobytes() + body)
    return path
