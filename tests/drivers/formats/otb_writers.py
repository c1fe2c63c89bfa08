"""Writers of OTB+ and OTB4 files, by the maker's readers."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.drivers.formats.specimen import Specimen

QUATTROCENTO_UV = 5.0 / 2**16 / 150 * 1e6
STEP_UV = 0.5
"""Step of the converter in an OTB4 file: 4.8 V over 24 bits and a gain below 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A track of an OTB4 file: ``codes`` (samples, channels) of its whole stream, and what ``TrackInfo`` states."""

    stream: str
    codes: NDArray[Any]
    facts: Mapping[str, object]


def track(stream: str, codes: NDArray[Any], **facts: object) -> Track:
    """Return a track of all channels of ``codes``, 4.8 V in 24 bits at a gain that gives ``STEP_UV``."""
    usual: dict[str, object] = {
        "Title": "IN1", "SubTitle": "Tibialis", "Device": "Novecento+;1", "NumberOfChannels": codes.shape[1],
        "TotalChannelsInFile": codes.shape[1], "AcquisitionChannel": 0, "ChannelOffsetInSubPacket": 0,
        "SamplingFrequency": 2000, "SampleSize": 4, "Gain": 4.8 / 2**24 / (STEP_UV / 1e6), "ADC_Nbits": 24,
        "ADC_Range": 4.8, "UnitOfMeasurement": "mV", "UnitOfMeasurementFactor": 1000, "IsControl": "false",
        "SignalStreamPath": stream,
    }  # fmt: skip
    return Track(stream, codes, usual | facts)


def write_otb4(folder: Path, *tracks: Track, extra: Mapping[str, bytes] | None = None) -> Path:
    """Write an OTB4 file with ``tracks``; the integers of a stream have ``SampleSize`` bytes."""
    described = "".join(
        "<TrackInfo>" + "".join(f"<{key}>{value}</{key}>" for key, value in each.facts.items()) + "</TrackInfo>"
        for each in tracks
    )
    files = {"DeviceParameters.xml": b"<DeviceParameters/>"}
    files["Tracks_000.xml"] = f"<ArrayOfTrackInfo>{described}</ArrayOfTrackInfo>".encode()
    files |= {each.stream: _packed(each.codes, int(str(each.facts["SampleSize"]))) for each in tracks}
    return _archive(folder / "a.otb4", files | dict(extra or {}))


def _packed(codes: NDArray[Any], size: int) -> bytes:
    if size == 3:
        return codes.astype("<i4").reshape(-1, 1).view(np.uint8)[:, :3].tobytes()
    return codes.astype({2: "<i2", 8: "<f8"}.get(size, "<i4")).tobytes()


def otb4(folder: Path, what: Specimen) -> Path:
    """Write a file of a Novecento+ with a grid of two channels, an auxiliary input and a control signal."""
    ramp = np.zeros((len(what.uv), 1))
    return write_otb4(
        folder,
        track("grid.sig", np.rint(what.uv / STEP_UV), SamplingFrequency=what.rate_hz),
        track(
            "aux.sig", ramp, Title="Novecento+", SubTitle="AUX 1", UnitOfMeasurement="V", UnitOfMeasurementFactor=1,
            SamplingFrequency=what.rate_hz, AcquisitionChannel=400,
        ),
        track(
            "ramp.sig", ramp, Title="Ramp", SubTitle="Control", UnitOfMeasurement="A.U.", IsControl="true",
            SamplingFrequency=what.rate_hz,
        ),
    )  # fmt: skip


def _archive(path: Path, files: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, raw in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
    return path


def otb_plus(folder: Path, what: Specimen) -> Path:
    """Write an OTB+ file of a Quattrocento, with markers and a channel of the ramp."""
    codes = np.column_stack([np.rint(what.uv / QUATTROCENTO_UV), np.zeros(len(what.uv))]).astype("<i2")
    device = (
        f'<Device Name="QUATTROCENTO" SampleFrequency="{what.rate_hz}" ad_bits="16" DeviceTotalChannels="3"><Channels>'
        '<Adapter ID="HD10MM0804" Gain="150" ChannelStartIndex="0">'
        '<Channel Index="0" ID="EMG" Gain="1" Muscle="Tibialis L"/>'
        '<Channel Index="1" ID="EMG" Gain="1" Muscle="Tibialis R"/>'
        '</Adapter><Adapter ID="AdapterControl" Gain="1" ChannelStartIndex="2">'
        '<Channel Index="0" ID="Ramp" Gain="1"/></Adapter></Channels></Device>'
    )
    marks = "".join(
        f"<Marker><Milliseconds>{at / what.rate_hz * 1e3:g}</Milliseconds><Description>Trigger</Description></Marker>"
        for at in what.pulse_samples
    )
    path = folder / "a.otb+"
    files = {"1.sig": codes.tobytes(), "1.xml": device.encode(), "markers_0.xml": f"<m>{marks}</m>".encode()}
    return _archive(path, files)
