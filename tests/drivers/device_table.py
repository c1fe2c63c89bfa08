"""Table of the devices and of what confirmed each driver: ``python -m tests.drivers.device_table``.

drivers/README.md holds what it prints; ``test_device_table`` compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drivers import DRIVERS, FORMS, STIMULATORS

BEGIN, END = "<!-- devices: printed by python -m tests.drivers.device_table -->", "<!-- end of devices -->"
README = Path(__file__).resolve().parents[2] / "drivers" / "README.md"
_TESTS = "tests/drivers"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a driver was held against: ``peer``, an independent program or document, in the test ``file``."""

    peer: str
    file: str


PEERS = {
    "ona": Confirmed("a codec written from the page of its protocol", "ona/test_frames.py"),
    "file": Confirmed("pyedflib, edfio and MNE on 206 mutated headers", "formats/test_mutated_headers.py"),
    "sound": Confirmed("PulseAudio's null sink and monitor", "test_sound_input.py"),
    "lsl": Confirmed("pylsl's outlets; mne-lsl's player", "test_peers.py"),
    "rhx": Confirmed("bytes that RHX 3.4.0 sent; python-intan on the simulation", "test_peers.py"),
    "spikerbox": Confirmed("bytes that the shield's firmware sent", "spikerbox/test_messages.py"),
    "brainflow": Confirmed("brainflow's own Cyton driver on the simulation", "test_peers.py"),
    "bitalino": Confirmed("PyPI bitalino on the simulation", "test_bitalino.py"),
    "quattrocento": Confirmed("PyPI biosignal-device-interface: same commands, frames read", "test_quattrocento.py"),
    "trigno": Confirmed("PyPI libemg on the simulation", "test_trigno.py"),
    "openephys": Confirmed("PyPI python-oephys on the simulation", "test_open_ephys.py"),
    "sim": Confirmed("none: it is a simulation", "simulated/test_amplifier.py"),
    "stimjim": Confirmed("none: a simulation written from its firmware", "stimulators/test_stimjim.py"),
    "pulsepal": Confirmed("PyPI pypulsepal on the simulation: same settings", "stimulators/test_peers.py"),
    "p24": Confirmed("PyPI science-mode-4: same bytes", "stimulators/test_peers.py"),
    "ttl": Confirmed("none: a line or a byte", "stimulators/test_other_stimulators.py"),
    "hand": Confirmed("none: nothing is connected", "stimulators/test_other_stimulators.py"),
}


def table() -> str:
    """Return the table in Markdown, one row a driver of the registry. Raises KeyError for one that is not listed."""
    rows = ["| address | confirmed by | test | hardware |", "| --- | --- | --- | --- |"]
    for scheme in (*DRIVERS, *STIMULATORS):
        each = PEERS[scheme]
        hardware = "none needed" if scheme in {"sim", "file", "hand"} else "not tried"
        rows.append(f"| `{FORMS[scheme]}` | {each.peer} | `{_TESTS}/{each.file}` | {hardware} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
