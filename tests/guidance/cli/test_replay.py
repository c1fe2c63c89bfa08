"""The command line on good recordings: help, the same records at every speed, and an orderly end."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from guidance import __version__
from guidance.cli.command_table import COMMANDS, load_command
from tests.drivers.formats.edf_files import Wave, edf_bytes, ramp, tal
from tests.support.command_line import Done, command, replay, started
from tests.support.event_rules import Line, faults, read
from tests.support.files import write_csv, write_edf
from tests.support.some import some
from tests.support.streams import evoked

HOST_TIMES = {"mono_ns", "lag_ms", "sounded_ns"}


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_edf(tmp_path_factory.mktemp("good") / "good.edf", evoked(300.0, 16, mains_uv=20.0))


def timeless(lines: list[Line]) -> list[Line]:
    return [{key: value for key, value in line.items() if key not in HOST_TIMES} for line in lines]


def commands() -> list[str]:
    return sorted(COMMANDS)


@pytest.mark.parametrize("name", commands())
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_helps(name: str, option: str) -> None:
    done = command(name, option)
    assert (done.status, done.err) == (0, "")
    assert f" {name} [OPTIONS]" in done.out.splitlines()[0]
    assert "Exit status:" in done.out


@pytest.mark.parametrize("name", commands())
def test_every_option_of_a_command_has_a_help_text(name: str) -> None:
    for parameter in load_command(name).params:
        assert not isinstance(parameter, click.Option) or parameter.help


def test_the_program_helps() -> None:
    done = command("--help")
    assert done.status == 0
    assert "not a medical device" in done.out
    assert all(re.search(rf"^  {name} ", done.out, re.MULTILINE) for name in commands())


def test_the_help_of_replay_names_all_that_the_spec_gives_it() -> None:
    out = command("replay", "--help").out
    for option in ("channel", "protocol", "window", "criterion-uv", "events", "speed", "fast", "headless", "mode"):
        assert f"--{option}" in out


def test_without_a_command_the_help_is_shown() -> None:
    done = command()
    assert done.status == 2
    assert "Usage:" in done.out + done.err


def test_the_version_is_printed() -> None:
    assert __version__ in command("--version").out


def test_records_keep_the_rules_and_cover_each_pulse(recording: Path) -> None:
    done = replay(recording, "--events", "-")
    assert (done.status, done.err) == (0, "")
    assert faults(done.lines) == []
    responses = [line for line in done.lines if line["kind"] == "response"]
    assert len(responses) == 16
    assert all(response["detected"] for response in responses)
    assert done.lines[0]["device"]["address"] == str(recording)
    assert {line["current_ma"] for line in done.lines if line["kind"] == "stimulus"} == {0.5}


def test_records_in_a_file_are_those_on_standard_output(recording: Path, tmp_path: Path) -> None:
    done = replay(recording, "--events", tmp_path / "events.jsonl")
    assert (done.status, done.out, done.err) == (0, "", "")
    written = read((tmp_path / "events.jsonl").read_text(encoding="utf-8"))
    assert timeless(written) == timeless(replay(recording, "--events", "-").lines)


@pytest.mark.parametrize("mode", [[], ["--mode", "listen"]])
def test_real_time_gives_the_same_records(recording: Path, mode: list[str]) -> None:
    slow = command("replay", recording, "--headless", "--speed", "20", "--events", "-", *mode)
    fast = replay(recording, "--events", "-", *mode)
    assert (slow.status, fast.status) == (0, 0)
    assert timeless(slow.lines) == timeless(fast.lines)


def test_real_time_takes_its_time(recording: Path) -> None:
    lines = command("replay", recording, "--headless", "--speed", "10", "--events", "-").lines
    for line in some(line for line in lines if line["kind"] == "response"):
        assert (line["mono_ns"] - lines[0]["mono_ns"]) / 1e9 >= line["t"] / 10 - 0.005


def test_options_reach_the_records(recording: Path) -> None:
    responses = [
        line
        for line in replay(recording, "--criterion-uv", "500", "--window", "3", "30", "--events", "-").lines
        if line["kind"] == "response"
    ]
    assert not any(response["detected"] for response in some(responses))
    start = replay(recording, "--mode", "listen", "--events", "-").lines[0]
    assert (start["mode"], start["protocol"]) == ("listen", "generic-block")


def test_a_channel_is_chosen_by_its_label(tmp_path: Path) -> None:
    loud, silent = evoked(300.0, 6), evoked(0.0, 6)
    path = write_edf(tmp_path / "two.edf", type(loud)(4000.0, (*silent.channels, *loud.channels), loud.pulses))
    responses = [
        line for line in replay(path, "--channel", "EMG 1", "--events", "-").lines if line["kind"] == "response"
    ]
    assert {(response["channel"], response["detected"]) for response in responses} == {("EMG 1", True)}


def test_a_table_without_marks_is_listened_to(tmp_path: Path) -> None:
    stream = evoked(300.0, 8)
    path = write_csv(tmp_path / "table.csv", type(stream)(stream.sample_rate_hz, stream.channels))
    lines = replay(path, "--events", "-").lines
    assert lines[0]["mode"] == "listen"
    assert [line["source"] for line in lines if line["kind"] == "stimulus"] == ["artefact"] * 8


def first_line(process: subprocess.Popen[str]) -> Line:
    assert process.stdout is not None
    line: Line = json.loads(process.stdout.readline())
    return line


def ended(process: subprocess.Popen[str]) -> tuple[list[Line], Done]:
    out, err = process.communicate(timeout=30)
    return read(out), Done(process.returncode, out, err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_replay_in_order(recording: Path, number: signal.Signals) -> None:
    process = started("replay", recording, "--headless", "--events", "-")
    assert first_line(process)["kind"] == "start"
    process.send_signal(number)
    lines, done = ended(process)
    assert (done.status, done.err) == (0, "")
    assert (lines[-1]["kind"], lines[-1]["reason"]) == ("end", "operator")


def test_a_pipe_closed_early_is_reported_in_one_sentence(recording: Path) -> None:
    process = started("replay", recording, "--headless", "--fast", "--events", "-")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=30) == 1
    assert err.count("\n") == 1
    assert err.startswith("needle-guidance: ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device that is always full")
def test_a_full_disk_is_reported_in_one_sentence(recording: Path) -> None:
    process = started("replay", recording, "--headless", "--fast", "--events", "/dev/full")
    _, done = ended(process)
    assert done.status == 1
    assert done.is_one_sentence
    assert "/dev/full" in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="a console of its own there")
def test_a_terminal_of_another_alphabet_does_not_break_the_stream(recording: Path, tmp_path: Path) -> None:
    named = tmp_path / "Lärm-µV.edf"
    named.write_bytes(recording.read_bytes())
    process = subprocess.run(
        [sys.executable, "-m", "guidance", "replay", named, "--headless", "--fast", "--events", "-"],
        env={"PYTHONIOENCODING": "latin-1:strict", "PYTHONUTF8": "0", "PATH": ""},
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, b"")
    assert faults(read(process.stdout.decode("utf-8"))) == []


def test_what_is_to_be_known_of_a_file_is_reported_without_a_screen_and_in_the_events(
    recording: Path, tmp_path: Path
) -> None:
    cut, events = tmp_path / "cut.edf", tmp_path / "events.jsonl"
    cut.write_bytes(recording.read_bytes()[:-5000])
    done = replay(cut, "--events", events)
    assert done.status == 0
    assert "ends early" in done.err
    reported = [line["fields"]["text"] for line in read(events.read_text(encoding="utf-8")) if line["kind"] == "entry"]
    assert [f"needle-guidance: {text}." for text in reported] == done.err.splitlines()


def test_pulses_of_another_word_are_taken_by_their_label(tmp_path: Path) -> None:
    stream = evoked(300.0, 16)
    path = write_edf(tmp_path / "words.edf", stream)
    path.write_bytes(path.read_bytes().replace(b"\x14stim current_ma", b"\x14Mark current_ma"))
    listening = replay(path, "--events", "-")
    assert "none of them 'stim'" in listening.err
    assert {line["source"] for line in listening.lines if line["kind"] == "stimulus"} == {"artefact"}
    marked = replay(path, "--events", "-", "--stim-label", "Mark")
    assert marked.err == ""
    found = [(line["source"], line["current_ma"]) for line in marked.lines if line["kind"] == "stimulus"]
    assert found == [("device", 0.5)] * 16


def test_a_gap_of_a_day_costs_no_more_than_one_of_a_second(tmp_path: Path) -> None:
    counts = []
    for gap_s in (1, 100_000):
        onsets = [r if r < 3 else gap_s + r for r in range(6)]
        tals = [tal(f"+{at}") + (tal(f"+{at}.25", "stim") if r % 3 == 1 else b"") for r, at in enumerate(onsets)]
        path = tmp_path / f"{gap_s}.edf"
        path.write_bytes(edf_bytes([Wave(ramp(6, 2000), "EMG")], tals, kind="EDF+D"))
        done = replay(path, "--events", "-")
        assert done.status == 0
        assert done.lines[-1]["lost_samples"] == gap_s * 2000
        counts.append(len(done.lines))
    assert counts[1] <= counts[0] + 1
