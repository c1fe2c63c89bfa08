"""One rig for each format of the registry: how a test writes a recording of known samples and pulses in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from drivers.formats.loaded import FileOptionValues
from tests.drivers.formats import binary_writers as binary
from tests.drivers.formats import library_writers as library
from tests.drivers.formats import otb_writers as otb
from tests.drivers.formats import text_writers as text
from tests.drivers.formats.specimen import Specimen


@dataclass(frozen=True, slots=True)
class FileRig:
    """How one format is written; ``step_uv`` is its resolution in the test.

    ``format_name`` names the format in the registry where it is not the rig's. ``options`` are needed to open it;
    ``stim_label`` where its markers do not mean a stimulus by themselves.
    """

    write: Callable[[Path, Specimen], Path]
    step_uv: float
    has_gaps: bool = False
    has_pulses: bool = True
    options: FileOptionValues = field(default_factory=FileOptionValues)
    module: str | None = None
    format_name: str | None = None

    @property
    def is_missing(self) -> bool:
        """Whether the library that the format needs is not installed."""
        return self.module is not None and find_spec(self.module) is None


RIGS = {
    "EDF": FileRig(library.edf, 0.1, has_gaps=True),
    "BDF": FileRig(library.bdf, 1e-3, has_gaps=True),
    "WAV": FileRig(library.wav, 0.04, options={"full_scale_uv": 1000.0}),
    "FLAC": FileRig(library.flac, 0.04, has_pulses=False, options={"full_scale_uv": 1000.0}),
    "XDF": FileRig(binary.xdf, 1e-3, has_gaps=True, module="pyxdf"),
    "BrainVision": FileRig(text.brainvision, 1e-3),
    "Intan": FileRig(binary.rhs, 0.2, has_gaps=True),
    "Open Ephys": FileRig(binary.open_ephys, 0.2, has_gaps=True),
    "LabChart": FileRig(text.labchart, 1e-3, has_gaps=True),
    "OpenBCI": FileRig(text.openbci, 1e-3, has_gaps=False),
    "Delsys": FileRig(text.emgworks, 1e-3, has_pulses=False),
    "OTB": FileRig(otb.otb_plus, 0.6),
    "OTB4": FileRig(otb.otb4, 0.6, has_pulses=False, format_name="OTB"),
    "FIF": FileRig(library.fif, 1e-3, has_gaps=True, module="mne"),
    "Neuroscan": FileRig(binary.cnt, 0.2, module="mne"),
    "Spike2": FileRig(binary.smr, 0.2, has_gaps=True, module="neo"),
    "Parquet": FileRig(library.parquet, 1e-3, has_gaps=True, module="pyarrow"),
    "CSV": FileRig(text.table, 1e-3),
}
"""By the name in the registry."""
