"""The process: its address, its control lines, unplugging, and its end with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial

from drivers.base import DeviceLost, DeviceRefused
from drivers.ona.frames import FrameReader, OnaFrame, encode
from drivers.simulated import SimulatedDevice
from drivers.simulated import messages as ona

ROOT = Path(__file__).resolve().parents[3]
TCP = ("--listen", "127.0.0.1:0")
only_with_terminals = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
transports = pytest.mark.parametrize(
    "options", [pytest.param((), marks=only_with_terminals, id="pty"), pytest.param(TCP, id="tcp")]
)


def _open(device: SimulatedDevice) -> serial.Serial:
    return serial.serial_for_url(device.address.removeprefix("ona:"), timeout=0.02)


def _frames(port: serial.Serial, reader: FrameReader, enough: Callable[[list[OnaFrame]], bool]) -> list[OnaFrame]:
    """Read frames until there are enough of them, at most 5 s."""
    frames: list[OnaFrame] = []
    end = time.monotonic() + 5.0
    while not enough(frames):
        assert time.monotonic() < end, f"only {[frame.type for frame in frames]} in 5 s"
        frames += reader.feed(port.read(4096))
    return frames


def _read_for_ever(port: serial.Serial) -> None:
    while True:
        port.read(4096)


def _has(kind: int, count: int = 1) -> Callable[[list[OnaFrame]], bool]:
    return lambda frames: sum(frame.type == kind for frame in frames) >= count


def _reports_loss(frame: OnaFrame) -> bool:
    return frame.type == ona.SAMPLES and bool(frame.body[6] & ona.DEVICE_DROPPED)


def _folder(address: str) -> Path:
    return Path(address.removeprefix("ona:")).parent


def _wait_until_gone(address: str) -> None:
    """Wait until the process has removed its terminal's folder, its last action."""
    end = time.monotonic() + 5.0
    while _folder(address).exists():
        assert time.monotonic() < end, f"{address} is still there after 5 s"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def device() -> Iterator[SimulatedDevice]:
    with SimulatedDevice(4, channels=2, sample_rate_hz=5000, scenario="hold", start_mm=4.0, options=("--still",)) as it:
        yield it


@transports
def test_a_host_greets_it_and_receives_samples(options: tuple[str, ...]) -> None:
    with SimulatedDevice(2, options=options) as device:
        assert device.address.startswith("ona:socket://127.0.0.1:" if options else "ona:/")
        port, reader = _open(device), FrameReader(range(256))
        port.write(encode(ona.HELLO, 0) + encode(ona.START, 1))
        frames = _frames(port, reader, _has(ona.SAMPLES, 50))
        port.close()
    assert [f.type for f in frames[:3]] == [ona.ACK, ona.INFO, ona.ACK]
    assert reader.bad == reader.lost == 0


@transports
def test_unplugged_it_is_lost_and_back_at_the_same_address(options: tuple[str, ...]) -> None:
    with SimulatedDevice(2, options=options) as device:
        port, reader = _open(device), FrameReader(range(256))
        port.write(encode(ona.START, 0))
        _frames(port, reader, _has(ona.SAMPLES, 5))
        device.command("unplug")
        with pytest.raises(serial.SerialException):
            _read_for_ever(port)
        port.close()
        with pytest.raises(serial.SerialException):
            _open(device)
        device.command("replug")
        port, reader = _open(device), FrameReader(range(256))
        port.write(encode(ona.HELLO, 0))
        _frames(port, reader, _has(ona.INFO))
        port.close()


@transports
def test_opening_the_port_again_disables_the_stimulator(options: tuple[str, ...]) -> None:
    with SimulatedDevice(2, options=options) as device:
        port = _open(device)
        port.write(encode(ona.START, 0) + encode(ona.STIM_ENABLE, 1, b"\1"))
        frames = _frames(port, FrameReader(range(256)), _has(ona.STATUS))
        assert [f.body[4] for f in frames if f.type == ona.STATUS] == [ona.DeviceState.STIMULATING]
        port.close()
        time.sleep(0.05)
        port, reader = _open(device), FrameReader(range(256))
        states = [f.body[4] for f in _frames(port, reader, _has(ona.STATUS)) if f.type == ona.STATUS]
        port.close()
    assert states[-1] == ona.DeviceState.STREAMING


def test_the_needle_is_steered_and_truth_follows() -> None:
    with SimulatedDevice(4, scenario="hold", start_mm=4.0, options=("--still",)) as device:
        port, reader = _open(device), FrameReader(range(256))
        port.write(encode(ona.START, 0))
        assert device.truth()["distance_mm"] == pytest.approx(4.0, abs=1e-6)
        device.command("advance 0.2")
        _frames(port, reader, lambda _: device.truth()["t_s"] > 0.5)
        port.close()
        assert device.truth()["distance_mm"] == pytest.approx(3.8, abs=1e-6)


@pytest.mark.parametrize(
    "line",
    [
        "withdraw 1",
        "redirect 0.5",
        "hold",
        "contract 0.3",
        "contract off",
        "inject saline 0.1",
        "lead-off 0 on",
        "lead-off 0 off",
        "press 0",
        "release 0",
        "battery 80",
        "fault 4",
        "set drop 0",
        "stall 0",
        "lose 10",
    ],
)
def test_control_lines_are_understood(device: SimulatedDevice, line: str) -> None:
    assert device.command(line) == {"ok": True}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("", "no command"),
        ("fly 3", "choose one of advance"),
        ("advance", "not understood"),
        ("advance far", "could not convert"),
        ("contract 2", "within 0 and 1"),
        ("inject water 1", "not a valid Injectate"),
        ("lead-off 9 on", "no channel 9"),
        ("lead-off 0 maybe", "on or off"),
        ("fault 77", "not a valid StatusFault"),
        ("set drop 3", "within 0 and 1"),
    ],
)
def test_a_wrong_control_line_gets_a_reason_and_harms_nothing(device: SimulatedDevice, line: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        device.command(line)
    assert device.command("truth")["ok"]


@only_with_terminals
def test_closing_ends_the_process_and_leaves_no_file() -> None:
    device = SimulatedDevice(1)
    device.close()
    device.close()
    with pytest.raises(ProcessLookupError):
        os.kill(device.pid, 0)
    assert not _folder(device.address).exists()
    with pytest.raises(DeviceLost, match="has ended"):
        device.command("truth")


def test_it_refuses_options_it_does_not_know(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DeviceRefused, match="did not start"):
        SimulatedDevice(1, scenario="dance")
    assert "invalid choice: 'dance'" in capfd.readouterr().err


@only_with_terminals
def test_it_dies_with_a_parent_that_is_killed() -> None:
    code = (
        "import time; from drivers.simulated import SimulatedDevice as S; "
        "d = S(1); print(d.address, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        assert parent.stdout is not None
        address = parent.stdout.readline().strip()
        assert _folder(address).exists()
        parent.kill()
    _wait_until_gone(address)


@only_with_terminals
def test_a_signal_to_end_leaves_no_file() -> None:
    device = SimulatedDevice(1)
    os.kill(device.pid, signal.SIGTERM)
    _wait_until_gone(device.address)
    with pytest.raises(DeviceLost):
        device.command("truth")


@only_with_terminals
def test_a_host_that_does_not_read_costs_samples_and_that_is_reported(device: SimulatedDevice) -> None:
    port, reader = _open(device), FrameReader(range(256))
    port.write(encode(ona.START, 0))
    time.sleep(0.6)
    frames = _frames(port, reader, lambda frames: any(map(_reports_loss, frames)))
    port.close()
    assert reader.lost > 0
    assert reader.bad == 0
    assert not any(map(_reports_loss, frames[:5]))
