"""One simulated device for every driver of the registry, with the actions that the contract test needs."""

from __future__ import annotations

import contextlib
import runpy
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from drivers import open_device
from drivers.base import Amplifier
from drivers.simulated import SimulatedDevice
from drivers.simulated.amplifier import SimulatedAmplifier
from tests.drivers import readme_driver
from tests.drivers.fake_bitalino import FakeBitalino
from tests.drivers.fake_cyton import FakeCyton
from tests.drivers.fake_quattrocento import FakeQuattrocento
from tests.drivers.fake_sound import FakeSound
from tests.drivers.fake_trigno import FakeTrigno
from tests.drivers.formats.edf_files import Wave, edf_bytes, ramp, tal
from tests.drivers.ona import fake_ona
from tests.drivers.rhx.fake_rhx import FakeRhx
from tests.drivers.spikerbox.fake_spikerbox import FakeSpikerShield, message


def _nothing() -> None:
    """Do nothing: this device needs no such action."""


@dataclass(slots=True)
class Rig:
    """A device at ``address``. ``lose`` drops samples; ``unplug`` removes the device (None: it cannot be removed).

    ``output_commands``: the commands received that set, arm or fire an output. ``alive``: how many times the host has
    requested that stimulation goes on. ``started`` is called once the driver has started.
    """

    address: str
    unplug: Callable[[], None] | None
    lose: Callable[[], None]
    output_commands: Callable[[], list[str]] = list
    alive: Callable[[], int] | None = None
    started: Callable[[], None] = _nothing
    opened: list[Amplifier] = field(default_factory=list)

    def open(self) -> Amplifier:
        amplifier = open_device(self.address)
        self.opened.append(amplifier)
        return amplifier

    def start(self) -> Amplifier:
        amplifier = self.open()
        amplifier.start()
        self.started()
        return amplifier


Made = Iterator[Rig]


@contextlib.contextmanager
def feeding(feed: Callable[[], None], every_s: float = 0.01) -> Iterator[None]:
    """Call ``feed`` repeatedly meanwhile."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(every_s):
            feed()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield
    ended.set()
    thread.join()


@contextlib.contextmanager
def _ona(folder: Path, _: pytest.MonkeyPatch) -> Made:
    fake, path = fake_ona.on_pty()
    link, sent, plugged = folder / "port", [0], [True]
    link.symlink_to(path)
    reading = (fake_ona.HELLO, fake_ona.START, fake_ona.STOP, fake_ona.HEARTBEAT)

    def feed() -> None:
        if plugged[0] and fake_ona.START in fake.kinds():
            with contextlib.suppress(OSError):
                fake.send(fake_ona.SAMPLES, fake_ona.samples_body(sent[0], [[1, 2]] * 20))
            sent[0] += 20

    def lose() -> None:
        sent[0] += 20

    def unplug() -> None:
        if plugged[0]:
            plugged[0] = False
            fake.unplug()

    def output_commands() -> list[str]:
        return [f"{kind:#x}" for kind in fake.kinds() if kind not in reading]

    def beats() -> int:
        return fake.kinds().count(fake_ona.HEARTBEAT)

    with feeding(feed):
        yield Rig(f"ona:{link}", unplug, lose, output_commands, beats)
        unplug()


@contextlib.contextmanager
def _sim(_: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    rig = Rig("sim:1", None, _nothing)

    def device() -> SimulatedDevice:
        amplifier = rig.opened[-1]
        assert isinstance(amplifier, SimulatedAmplifier)
        assert amplifier._device is not None
        return amplifier._device

    rig.lose = lambda: device().send("lose 40")
    rig.unplug = lambda: device().send("unplug")
    yield rig


@contextlib.contextmanager
def _file(folder: Path, _: pytest.MonkeyPatch) -> Made:
    path = folder / "recording.edf"
    onsets = ("+0", "+1", "+1.5", "+3")
    path.write_bytes(edf_bytes([Wave(ramp(4, 100))], [tal(o) for o in onsets], kind="EDF+D", duration="0.5"))
    yield Rig(f"file:{path}", None, _nothing)


@contextlib.contextmanager
def _sound(_: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    fake, lost = FakeSound(), [0]
    monkeypatch.setattr("drivers.sound_input.library", lambda: fake)

    def feed() -> None:
        if fake.stream and fake.stream.running:
            count, lost[0] = lost[0], 0
            fake.stream.record(np.full((480, 1), 0.25, np.float32), overflow=count > 0, lost=count)

    def lose() -> None:
        lost[0] = 96

    def unplug() -> None:
        assert fake.stream is not None
        fake.stream.running = False
        fake.unplug()

    with feeding(feed):
        yield Rig("sound:codec?full_scale_uv=5000", unplug, lose)


@contextlib.contextmanager
def _lsl(_: Path, __: pytest.MonkeyPatch) -> Made:
    pytest.importorskip("pylsl", reason="pylsl is not installed; it is in the extra lsl")
    from tests.drivers.lsl_outlets import Outlet

    outlet, ended = Outlet(), [False]

    def feed() -> None:
        if not ended[0]:
            outlet.push(20)

    def lose() -> None:
        time.sleep(0.6)  # the jitter of its stamps is known by then
        outlet.skip(30)

    def unplug() -> None:
        ended[0] = True
        time.sleep(0.05)
        outlet.end()

    with feeding(feed):
        yield Rig(f"lsl:{outlet.name}", unplug, lose, started=outlet.wait)


@contextlib.contextmanager
def _rhx(_: Path, __: pytest.MonkeyPatch) -> Made:
    fake = FakeRhx()

    def lose() -> None:
        fake.skip = 1

    def output_commands() -> list[str]:
        return [words for words in fake.changes if "output" not in words]

    def fired() -> int:
        return fake.received.count("execute manualstimtriggerpulse f1")

    yield Rig(f"{fake.address}&stimulate=a-010", fake.unplug, lose, output_commands, fired)
    fake.close()


@contextlib.contextmanager
def _spikerbox(folder: Path, _: pytest.MonkeyPatch) -> Made:
    shield = FakeSpikerShield(folder)
    address = f"spikerbox:{shield.path}?uv_per_lsb=2&rate_hz=10050.25"
    yield Rig(address, shield.unplug, lambda: shield.send(b"\x85" + message("JOY:1;")))
    shield.close()


@contextlib.contextmanager
def _brainflow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    pytest.importorskip("brainflow", reason="brainflow is not installed; it is in the extra brainflow")
    monkeypatch.setattr("drivers.brainflow_board.BrainFlowBoard.silence_s", 0.3)
    cyton = FakeCyton(folder)
    yield Rig(f"brainflow:CYTON?serial_port={cyton.path}", cyton.unplug, lambda: cyton.skip(9))
    cyton.close()


@contextlib.contextmanager
def _bitalino(folder: Path, _: pytest.MonkeyPatch) -> Made:
    board = FakeBitalino(folder)
    yield Rig(f"bitalino:{board.path}?channels=1,3&uv_per_lsb=3.2", board.unplug, lambda: board.skip(9))
    board.close()


@contextlib.contextmanager
def _quattrocento(_: Path, __: pytest.MonkeyPatch) -> Made:
    device = FakeQuattrocento()
    yield Rig(f"quattrocento:{device.host_port}?channels=in1-1,in2-16", device.unplug, lambda: device.skip(90))
    device.close()


@contextlib.contextmanager
def _trigno(_: Path, __: pytest.MonkeyPatch) -> Made:
    server = FakeTrigno()
    yield Rig(f"trigno:{server.address}&sensors=1,3", server.unplug, _nothing)
    server.close()


@contextlib.contextmanager
def _openephys(_: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    pytest.importorskip("zmq", reason="pyzmq is not installed; it is in the extra openephys")
    from tests.drivers.fake_open_ephys import FakeOpenEphys

    monkeypatch.setattr("drivers.open_ephys.OpenEphys.silence_s", 0.3)
    plugin = FakeOpenEphys()
    yield Rig(f"openephys:{plugin.address}", plugin.unplug, lambda: plugin.skip(40))
    plugin.unplug()


@contextlib.contextmanager
def readme(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """Provide the rig printed in drivers/README.md; its driver must be registered."""
    with readme_driver.printed_rig()(folder, monkeypatch) as rig:
        yield rig


RIGS: dict[str, Callable[[Path, pytest.MonkeyPatch], contextlib.AbstractContextManager[Rig]]] = {
    "ona": _ona,
    "file": _file,
    "sim": _sim,
    "sound": _sound,
    "lsl": _lsl,
    "rhx": _rhx,
    "spikerbox": _spikerbox,
    "brainflow": _brainflow,
    "bitalino": _bitalino,
    "quattrocento": _quattrocento,
    "trigno": _trigno,
    "openephys": _openephys,
    readme_driver.SCHEME: readme,
}
STIMULATING = ["ona", "rhx", "sim"]
UNNUMBERED = ["trigno"]
"""Drivers of devices that number no samples and lose none on their line: no gap of theirs can be seen."""
ABSENT = {
    "brainflow": "CYTON?serial_port=/nowhere/at/all", "rhx": "localhost:9", "sim": "1", "quattrocento": "localhost:9",
    "trigno": "localhost?port=9", "openephys": "localhost:9",
}  # fmt: skip
"""An address without its scheme, at which there is nothing; ``/nowhere/at/all`` where none stands here."""


def use_rigs(path: Path) -> None:
    """Replace all rigs by those of the Python file ``path``: its ``RIGS``, and the lists of schemes beside them."""
    names = runpy.run_path(str(path))
    RIGS.clear()
    RIGS.update(names["RIGS"])
    STIMULATING[:] = names.get("STIMULATING", ())
    UNNUMBERED[:] = names.get("UNNUMBERED", ())
    ABSENT.update(names.get("ABSENT", {}))
