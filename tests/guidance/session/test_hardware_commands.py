"""The commands ``devices`` and ``check``, and the check of a device's clock."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serial.tools import list_ports

from drivers.base import Discovery
from drivers.ona.frames import FrameReader
from drivers.simulated import SimulatedDevice
from drivers.simulated import messages as ona
from drivers.simulated.patient import Patient
from guidance.common.errors import BAD_ARGUMENTS, DEVICE_LOST, DONE, FAILED
from guidance.device_check.advice import faults_to_fix, report
from guidance.device_check.check import ChannelCheck, RoundTrip, check_device
from guidance.device_check.clock import ClockDrift, drift
from tests.drivers.spikerbox.fake_spikerbox import FakeSpikerShield
from tests.guidance.session.virtual import VirtualBench
from tests.support.command_line import command
from tests.support.device_check import GOOD

PORTS = [
    SimpleNamespace(device="/dev/ttyS0", description="n/a", vid=None, pid=None, serial_number=None),
    SimpleNamespace(device="/dev/ttyACM0", description="Amplifier", vid=0x2E73, pid=0x4, serial_number="A1"),
]


@pytest.fixture(autouse=True)
def nothing_but_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the streams and sound inputs of this machine."""
    for search in ("lsl_streams", "sound_inputs", "boards"):
        monkeypatch.setattr(f"drivers.discovery.search.{search}", lambda: Discovery((), ()))


@pytest.mark.parametrize(
    ("serial", "line"),
    [("", "Fake, firmware 2, at ona:x"), ("1", "Fake 1, firmware 2, at ona:x"), (" ", "Fake, firmware 2, at ona:x")],
)
def test_the_report_names_a_device_with_or_without_a_serial_number(serial: str, line: str) -> None:
    assert report(replace(GOOD, serial=serial))[0] == line


def test_ports_are_listed_as_addresses_the_most_certain_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_ports, "comports", lambda: PORTS)
    done = command("devices")
    assert done.status == DONE
    first, second, *how = done.out.splitlines()
    address, known = "'spikerbox:/dev/ttyACM0?channels=2'", "Backyard Brains Human SpikerBox (Amplifier), 2E73:0004, A1"
    assert first == f"--device {address}   sure, {known}"
    assert second == "--device ona:/dev/ttyS0   possible, serial port"
    assert any("socket://" in line for line in how)
    assert any("sim:1" in line for line in how)
    assert any("rhx:127.0.0.1:5000" in line for line in how)


def test_devices_are_listed_for_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_ports, "comports", lambda: PORTS)
    found = json.loads(command("devices", "--json").out)
    assert found["devices"][1] == {
        "address": "ona:/dev/ttyS0",
        "description": "serial port",
        "confidence": "possible",
        "vendor_product": None,
        "serial": None,
    }
    assert found["notes"]


def test_where_nothing_is_found_the_other_ways_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_ports, "comports", list)
    done = command("devices")
    assert done.out.startswith("No device was found.")
    assert "socket://HOST:PORT" in done.out


def test_a_good_device_is_found_good() -> None:
    done = command("check", "--no-audio", "--device", "sim:1", "--seconds", "2")
    assert (done.status, done.err) == (DONE, "")
    assert done.out.splitlines()[-1] == "To fix: nothing."


def test_the_front_end_of_a_recording_is_named_with_what_it_hides(tmp_path: Path) -> None:
    path = tmp_path / "pulses.csv"
    patient = Patient(2, sample_rate_hz=5000, start_mm=40.0, front="blank-hold", scenario="hold", still=True)
    blocks = [patient.advance(2500, [(2000.3, 1.0 + number % 5, 0.1)])[:, 0] for number in range(12)]
    rows = (
        f"{index / 5000:.4f},{uv:.2f},{int(index % 2500 == 2000)}" for index, uv in enumerate(np.concatenate(blocks))
    )
    path.write_text("\n".join(["time_s,emg_uV,stim", *rows]), encoding="utf-8")
    done = command("check", "--no-audio", "--device", f"file:{path}", "--seconds", "2")
    lines = [line for line in done.out.splitlines() if line.startswith("  front end")]
    assert "blanked for 3.4 ms" in lines[0]
    assert "a response that begins before 3." in lines[1]
    assert "Blanking hides early responses: shorten it" in done.out
    assert "ppm" not in done.out


def test_each_fault_is_reported_with_what_to_do() -> None:
    options = ("--drift-ppm", "900", "--set", "drop", "0.02")
    with SimulatedDevice(1, channels=1, sample_rate_hz=5000, options=options) as simulated:
        simulated.command("lead-off 0 on")
        simulated.command("battery 7")
        done = command("check", "--no-audio", "--device", simulated.address, "--seconds", "2", "--json")
    found = json.loads(done.out)
    assert done.status == FAILED
    assert found["lost_samples"] > 0
    assert abs(found["drift"]["ppm"] - 900) < max(3 * found["drift"]["uncertainty_ppm"], 100)
    advice = " ".join(found["mend"])
    assert all(word in advice for word in ("shorter cable", "electrode is off", "7 %", "ppm fast"))


def test_a_calibration_signal_gives_the_address_to_use(tmp_path: Path) -> None:
    shield = FakeSpikerShield(tmp_path)  # its ramp, 999 steps high, is the signal
    address = f"spikerbox:{shield.path}?rate_hz=10050.25"
    unknown = command("check", "--device", address, "--seconds", "2")
    done = command("check", "--device", address, "--seconds", "2", "--known-uv", "2000")
    shield.close()
    assert unknown.status == FAILED
    assert "in microvolts is not known" in unknown.out
    assert "uV RMS" not in unknown.out
    (line,) = [line for line in done.out.splitlines() if line.startswith("Calibrated: ")]
    typed, _, scale = line.removeprefix("Calibrated: --device ").strip("'").rpartition("=")
    assert typed == f"{address}&uv_per_lsb"
    assert float(scale) == pytest.approx(2000 / 990, rel=0.02)  # the highest and lowest half percent are left out
    assert "in microvolts is not known" not in done.out


def test_a_device_that_knows_its_microvolts_is_not_calibrated() -> None:
    done = command("check", "--device", "sim:1", "--seconds", "2", "--known-uv", "100")
    assert done.status == BAD_ARGUMENTS
    assert done.is_one_sentence


def test_without_a_signal_nothing_is_calibrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.drivers.spikerbox.fake_spikerbox.ramp", lambda *_: 512)
    shield = FakeSpikerShield(tmp_path)
    done = command("check", "--device", f"spikerbox:{shield.path}?rate_hz=10050", "--seconds", "2", "--known-uv", "1")
    shield.close()
    assert done.status == FAILED
    assert done.is_one_sentence
    assert "switch the calibration signal on" in done.err


def test_guiding_on_an_unknown_scale_is_refused_with_the_calibration_command(tmp_path: Path) -> None:
    shield = FakeSpikerShield(tmp_path)
    address = f"spikerbox:{shield.path}?rate_hz=10050"
    done = command("run", "--device", address, "--mode", "listen", "--headless", "--store", tmp_path / "store")
    shield.close()
    assert done.status == FAILED
    assert done.is_one_sentence
    assert "--known-uv" in done.err


def test_guiding_on_a_board_too_slow_for_evoked_responses_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("brainflow", reason="brainflow is not installed; it is in the extra brainflow")
    board = ("run", "--device", "brainflow:SYNTHETIC", "--mode", "listen", "--headless", "--store", tmp_path / "store")
    done = command(*board)
    assert done.status == FAILED
    assert done.is_one_sentence
    assert "250 Hz, too slow for evoked responses" in done.err
    assert "biofeedback" in done.err


def test_a_device_that_ignores_commands_is_lost() -> None:
    with SimulatedDevice(1, options=("--set", "deaf", "on")) as simulated:
        done = command("check", "--no-audio", "--device", simulated.address)
    assert done.status == DEVICE_LOST
    assert done.is_one_sentence


def test_a_device_that_is_not_there_is_an_error() -> None:
    done = command("check", "--no-audio", "--device", "ona:/dev/none")
    assert done.status == FAILED
    assert done.is_one_sentence


@pytest.mark.parametrize(
    "words", [(), ("--device", "sim:1", "--seconds", "0"), ("--device", "sim:one"), ("--device", "nothing:x")]
)
def test_bad_arguments_are_refused(words: tuple[str, ...]) -> None:
    done = command("check", "--no-audio", *words)
    assert done.status == BAD_ARGUMENTS
    assert done.is_one_sentence


def test_a_check_stimulates_nothing(bench: VirtualBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guidance.device_check.check.time", bench.clock)
    monkeypatch.setattr("drivers.open_device", bench.open_device)
    found = check_device("ona:virtual", 3.0)
    assert found.samples == 15_000
    assert found.round_trip is not None
    sent = {frame.type for frame in FrameReader(range(256)).feed(bench.written)}
    assert sent == {ona.HELLO, ona.STOP, ona.START, ona.HEARTBEAT}


@settings(max_examples=25, deadline=None)
@given(ppm=st.floats(-2000, 2000), seconds=st.floats(3, 8), late_ms=st.floats(0, 3), seed=st.integers(0, 99))
def test_a_drift_is_found_whatever_the_delays(ppm: float, seconds: float, late_ms: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rate_hz = 10_000.0
    samples = np.arange(20, int(seconds * rate_hz), 20)
    arrived_s = samples / (rate_hz * (1 + ppm * 1e-6)) + rng.exponential(late_ms / 1e3, len(samples))
    found = drift(samples.tolist(), [int(s * 1e9) for s in arrived_s], rate_hz)
    assert found is not None
    assert abs(found.ppm - ppm) < 4 * found.uncertainty_ppm + 1


@pytest.mark.parametrize("count", [0, 1, 40])
def test_too_few_arrivals_give_no_drift(count: int) -> None:
    assert drift(list(range(count)), list(range(count)), 1000.0) is None


def test_a_good_device_has_nothing_to_fix() -> None:
    assert faults_to_fix(GOOD) == []
    assert any("5 ppm" in line for line in report(GOOD))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"samples": 0}, "No samples"),
        ({"lost_samples": 500}, "0.99%"),
        ({"bad_frames": 3}, "3 frames"),
        ({"drift": ClockDrift(-450.0, 20.0)}, "450 ppm slow"),
        ({"nominal_rate_hz": 1000.0}, "too low"),
        ({"fault": "over-temperature"}, "over-temperature"),
        ({"fault": "host lost"}, "host lost"),
        ({"battery_percent": 19}, "19 %"),
        ({"impedance_kohm": 45.0}, "45 kOhm"),
        ({"round_trip": RoundTrip(9, 2.0, 80.0)}, "80 ms"),
        ({"channels": (ChannelCheck("EMG", 5.0, 2.0, 0.0, True),)}, "EMG: the electrode is off"),
        ({"channels": (ChannelCheck("EMG", 0.0, 0.0, 0.0, None),)}, "EMG: the signal is flat"),
        ({"channels": (ChannelCheck("EMG", 5.0, 2.0, 0.02, None),)}, "EMG: the input is at its limit"),
        ({"channels": (ChannelCheck("EMG", 5.0, 25.0, 0.0, None),)}, "EMG: mains"),
        ({"channels": (ChannelCheck("EMG", 40.0, 2.0, 0.0, None),)}, "EMG: noise"),
    ],
)
def test_each_fault_names_its_remedy(change: dict[str, object], word: str) -> None:
    (sentence,) = faults_to_fix(replace(GOOD, **change))  # type: ignore[arg-type]
    assert word in sentence
    assert sentence.endswith(".")


def test_what_a_device_does_not_report_is_not_invented() -> None:
    silent = replace(
        GOOD, drift=None, measured_rate_hz=None, impedance_kohm=None, battery_percent=None, limits=None,
        round_trip=None, channels=(ChannelCheck("EMG", None, None, None, None),),
    )  # fmt: skip
    assert faults_to_fix(silent) == []
    assert "not known" in " ".join(report(silent))
