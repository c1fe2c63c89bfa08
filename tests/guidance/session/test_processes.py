"""Real processes on a real pseudo-terminal: signals, kills, stops, unplugging, disk limits."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.support.event_rules import faults, read
from tests.support.processes import (
    before_a_screen,
    device,
    engine_pid,
    gone_at,
    headless,
    is_off,
    is_stimulus,
    lines,
    wait_for,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs signals and /proc")

SMALL_DISK = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (2600, 2600))
"""


def test_ctrl_c_ends_a_headless_run_in_order(tmp_path: Path) -> None:
    with device() as simulated, headless(simulated.address, tmp_path) as process:
        wait_for(tmp_path, is_stimulus)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    (folder,) = tmp_path.iterdir()
    assert (process.returncode, out) == (0, "")
    assert re.fullmatch(rf"needle-guidance: \d+ s recorded in {re.escape(str(folder))}\.\n", err)
    written = lines(tmp_path)
    assert faults(written) == []
    assert (written[-1]["kind"], written[-1]["reason"]) == ("end", "operator")
    assert is_off(written[-2])


def test_a_host_killed_while_armed_leaves_the_device_off_and_the_next_start_reports_it(tmp_path: Path) -> None:
    with device() as simulated:
        with headless(simulated.address, tmp_path) as process:
            wait_for(tmp_path, is_stimulus)
            process.kill()
            process.communicate()
        cut_off = next(tmp_path.iterdir()).name
        time.sleep(1.2)  # the device's own rule: a second without a frame from its host
        with headless(simulated.address, tmp_path, "--duration", "1.2") as process:
            _, output = process.communicate(timeout=20)
    assert f"{cut_off} was cut off" in output
    assert "host lost" in output
    assert not [line for line in lines(tmp_path) if is_stimulus(line)]


def test_a_screen_killed_while_armed_switches_off_and_the_record_goes_on_until_the_next_start(tmp_path: Path) -> None:
    with device() as simulated, before_a_screen(simulated.address, tmp_path) as screen:
        wait_for(tmp_path, is_stimulus)
        killed_ns = time.monotonic_ns()
        screen.kill()
        off = wait_for(tmp_path, is_off)
        alarm = wait_for(tmp_path, lambda line: line["kind"] == "alarm" and line["code"] == "display-lost")
        wait_for(tmp_path, lambda line: line["t"] > off["t"] + 1.2)
        (first,) = tmp_path.iterdir()
        with headless(simulated.address, tmp_path, "--duration", "0.5") as process:
            _, output = process.communicate(timeout=20)
    written = read((first / "events.jsonl").read_text())
    assert faults(written) == []
    assert (written[-1]["kind"], written[-1]["reason"]) == ("end", "operator")
    assert not [line for line in written if is_stimulus(line) and line["t"] > off["t"] + 0.1]
    assert (off["mono_ns"] - killed_ns) / 1e9 < 1.0
    assert (alarm["mono_ns"] - killed_ns) / 1e9 < 1.0
    assert process.returncode == 0
    notice, recorded = output.splitlines()
    assert f"{first.name} had gone on without its screen" in notice
    assert re.search(r" s recorded in \S+$", recorded)


def test_a_screen_stopped_while_armed_switches_off_within_about_a_second(tmp_path: Path) -> None:
    with device() as simulated, before_a_screen(simulated.address, tmp_path) as screen:
        wait_for(tmp_path, is_stimulus)
        stopped_ns = time.monotonic_ns()
        screen.send_signal(signal.SIGSTOP)
        off = wait_for(tmp_path, is_off)
        wait_for(tmp_path, lambda line: line["kind"] == "signal" and line["t"] > off["t"] + 1.5)
        assert not [line for line in lines(tmp_path) if is_stimulus(line) and line["t"] > off["t"] + 0.1]
        screen.send_signal(signal.SIGCONT)
        wait_for(tmp_path, lambda line: line["kind"] == "alarm" and not line["active"])
    assert "screen" in off["why"]
    assert (off["mono_ns"] - stopped_ns) / 1e9 < 1.3


@pytest.mark.hazard("dead-engine")
def test_a_killed_engine_is_noticed_at_once(tmp_path: Path) -> None:
    with device() as simulated, before_a_screen(simulated.address, tmp_path) as screen:
        wait_for(tmp_path, is_stimulus)
        killed_ns = time.monotonic_ns()
        os.kill(engine_pid(tmp_path), signal.SIGKILL)
        assert (gone_at(screen) - killed_ns) / 1e6 < 100


def test_an_unplug_and_a_replug_leave_a_hole_and_sigterm_ends_in_order(tmp_path: Path) -> None:
    with device() as simulated, headless(simulated.address, tmp_path) as process:
        wait_for(tmp_path, is_stimulus)
        simulated.command("unplug")
        lost = wait_for(tmp_path, lambda line: line["kind"] == "alarm" and line["code"] == "device-lost")
        simulated.command("replug")
        wait_for(tmp_path, lambda line: is_stimulus(line) and line["t"] > lost["t"] + 0.5)
        process.terminate()
        assert process.wait(20) == 0
    written = lines(tmp_path)
    assert faults(written) == []
    end = written[-1]
    assert end["reason"] == "operator"
    assert end["lost_samples"] > 0
    assert end["samples"] + end["lost_samples"] == round(end["t"] * 5000)


def test_a_full_disk_switches_off_and_is_reported(tmp_path: Path) -> None:
    options = ("--events", "-", "--duration", "4")
    with device() as simulated, headless(simulated.address, tmp_path, *options, wrapper=SMALL_DISK) as process:
        out, err = process.communicate(timeout=40)
    output = read(out)
    assert process.returncode == 1
    assert err.count("\n") == 1
    alarm = next(line for line in output if line["kind"] == "alarm" and line["code"] == "storage")
    off = next(line for line in output if is_off(line))
    assert "signal" in alarm["text"], "the larger file met the limit first; that alone switches nothing off"
    assert "events.jsonl" in off["why"]
    assert not [line for line in output if is_stimulus(line) and line["t"] > off["t"] + 0.1]
    assert output[-1]["reason"] == "duration"
    assert lines(tmp_path) == output[: len(lines(tmp_path))]
