"""Discovery: what it finds without opening anything, and which ports a probe may open."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from serial.tools import list_ports

from drivers.discovery import search as discovery
from drivers.discovery.usb_ids import BOOT_LOADERS, KNOWN, OF_VENDOR, resets
from tests.drivers.fake_sound import FakeSound
from tests.drivers.ona import fake_ona


def port(device: str, vendor_product: str | None = None) -> SimpleNamespace:
    vid, pid = (int(part, 16) for part in vendor_product.split(":")) if vendor_product else (None, None)
    return SimpleNamespace(device=device, description="n/a", vid=vid, pid=pid, serial_number=None)


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    return lambda *found: monkeypatch.setattr(list_ports, "comports", lambda: list(found))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ports that were opened, none of which exists."""
    tried: list[str] = []

    def refuse(url: str, **_: object) -> None:
        tried.append(url)
        raise PermissionError(errno.EACCES, "nobody is there")

    monkeypatch.setattr("serial.serial_for_url", refuse)
    return tried


def test_a_device_of_one_maker_is_known_by_its_number(ports: Callable[..., None]) -> None:
    ports(port("/dev/ttyACM3", "2E73:0006"))
    (found,) = discovery.serial_ports(probe=False).devices
    assert (found.address, found.confidence) == ("spikerbox:/dev/ttyACM3?channels=2", "sure")
    assert "Muscle SpikerBox Pro" in found.description


def test_a_number_that_many_makers_use_is_only_possible(ports: Callable[..., None]) -> None:
    ports(port("/dev/ttyUSB0", "0403:6015"), port("/dev/ttyACM0", "2341:0043"))
    found = {device.address: device.confidence for device in discovery.serial_ports(probe=False).devices}
    assert found["brainflow:CYTON?serial_port=/dev/ttyUSB0"] == "possible"
    assert found["spikerbox:/dev/ttyACM0"] == "possible"
    assert found["ona:/dev/ttyACM0"] == "possible"


def test_discovery_opens_nothing(ports: Callable[..., None], opened: list[str]) -> None:
    ports(port("/dev/ttyS0"), port("/dev/ttyACM9", "CAFE:0001"))
    discovery.serial_ports(probe=False)
    assert opened == []


def test_probing_spares_what_opening_would_reset(ports: Callable[..., None], opened: list[str]) -> None:
    numbers = ["2341:0043", "2A03:0043", "1A86:7523", "0403:6015", "10C4:EA60", "067B:2303", *KNOWN, *BOOT_LOADERS]
    ports(*(port(f"/dev/tty{i}", number) for i, number in enumerate(numbers)), port("/dev/own", "CAFE:0001"))
    found = discovery.serial_ports(probe=True)
    assert opened == ["/dev/own"]
    assert sum("may reset" in note for note in found.notes) >= 6
    assert all(resets(f"{vendor}:0001") for vendor in OF_VENDOR)


def test_a_boot_loader_is_no_device(ports: Callable[..., None]) -> None:
    ports(port("/dev/ttyACM0", "2E73:0005"))
    found = discovery.serial_ports(probe=True)
    assert not found.devices
    assert "waits for new firmware" in found.notes[0]


def test_an_amplifier_that_replies_is_sure(ports: Callable[..., None]) -> None:
    fake, path = fake_ona.on_pty()
    ports(port(path))
    (found,) = discovery.serial_ports(probe=True).devices
    fake.unplug()
    assert (found.address, found.confidence, found.serial) == (f"ona:{path}", "sure", "S-1")
    assert set(fake.kinds()) <= {fake_ona.HELLO, fake_ona.STOP}


def test_sound_inputs_are_named_or_numbered_where_names_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeSound()
    fake.names += ["Line In"]
    monkeypatch.setattr("drivers.sound_input.library", lambda: fake)
    addresses = {device.address for device in discovery.sound_inputs().devices}
    assert addresses == {"sound:1", "sound:USB Audio CODEC", "sound:USB Microphone", "sound:4"}


def test_streams_are_found_with_what_distinguishes_them() -> None:
    pytest.importorskip("pylsl", reason="pylsl is not installed; it is in the extra lsl")
    from tests.drivers.lsl_outlets import Markers, Outlet

    one, markers = Outlet(), Markers()
    two = Outlet(name=one.name)
    alone = Outlet()
    found = discovery.lsl_streams()
    ours = [device.address for device in found.devices if one.name in device.address]
    assert len(ours) == 2
    assert all("?source_id=" in address for address in ours)
    assert f"lsl:{alone.name}" in {device.address for device in found.devices}
    assert any(f"markers={markers.name}" in note for note in found.notes)
    two.end()


@pytest.mark.parametrize(
    ("module", "search"), [("pylsl", "lsl_streams"), ("sounddevice", "sound_inputs"), ("brainflow", "boards")]
)
def test_a_library_that_is_missing_is_one_line_and_no_error(
    module: str, search: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    found = getattr(discovery, search)()
    assert not found.devices
    (note,) = found.notes
    assert "install" in note


def test_the_surest_comes_first(ports: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("drivers.sound_input.library", FakeSound)
    monkeypatch.setattr("drivers.discovery.search.LSL_WAIT_S", 0.1)
    ports(port("/dev/ttyS0"), port("/dev/ttyACM3", "2E73:0004"))
    found = discovery.find_devices()
    order = [("sure", "likely", "possible").index(device.confidence) for device in found.devices]
    assert order == sorted(order)
    assert "rhx:127.0.0.1:5000" in found.notes[-1]
