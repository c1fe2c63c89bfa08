"""What cannot be replayed is refused in one sentence, with the status that the help documents."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.support.command_line import command, replay, started
from tests.support.files import write_csv, write_edf
from tests.support.streams import Stream, evoked
from tests.support.waves import noise

BAD_ARGUMENTS, FAILED = 2, 1


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_edf(tmp_path_factory.mktemp("good") / "good.edf", evoked(300.0, 5))


def noise_only(rate_hz: float, seconds: float = 2.0) -> Stream:
    return Stream(rate_hz, (noise(np.random.default_rng(1), int(rate_hz * seconds)),))


ARGUMENTS = {
    "a channel that does not exist": (["--channel", "EKG"], "'EMG 0'"),
    "a window after the sweep": (["--window", "2", "2500"], "--window"),
    "a window before the pulse": (["--window", "-5", "20"], "--window"),
    "a window backwards": (["--window", "20", "10"], "--window"),
    "a window too short": (["--window", "10", "10.5"], "--window"),
    "a window of no numbers": (["--window", "nan", "inf"], "--window"),
    "half a window": (["--window", "10"], "--window"),
    "an unknown protocol": (["--protocol", "stellate"], "protocols list"),
    "a criterion below nothing": (["--criterion-uv", "-5"], "--criterion-uv"),
    "a criterion of nothing": (["--criterion-uv", "0"], "--criterion-uv"),
    "a criterion of words": (["--criterion-uv", "small"], "--criterion-uv"),
    "a mode that is not for a replay": (["--mode", "auto"], "--mode"),
    "an unknown option": (["--loud"], "--loud"),
    "a second file": (["other.edf"], "other.edf"),
    "both speeds": (["--speed", "2"], "--speed"),
    "events into a folder": (["--events", "/"], "folder"),
    "events under a file": (["--events", "/dev/null/events.jsonl"], "/dev/null"),
    "events where nothing can be made": (["--events", "/proc/events.jsonl"], "/proc/events.jsonl"),
    "events under a name too long": (["--events", "e" * 300], "e" * 300),
    "a scale where the file has its own": (["--full-scale-uv", "5000"], "--full-scale-uv"),
}


@pytest.mark.parametrize("fault", ARGUMENTS)
def test_bad_arguments_are_refused_by_name(recording: Path, fault: str) -> None:
    options, named = ARGUMENTS[fault]
    done = replay(recording, *options)
    assert (done.status, done.is_one_sentence) == (BAD_ARGUMENTS, True), done.err
    assert named in done.err


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "fast"])
def test_an_invalid_speed_is_refused(recording: Path, speed: str) -> None:
    done = command("replay", recording, "--headless", "--speed", speed)
    assert (done.status, done.is_one_sentence) == (BAD_ARGUMENTS, True), done.err


@pytest.mark.parametrize("arguments", [("replay",), ("play",), ("replay", "--channel")])
def test_a_command_line_left_incomplete_is_refused(arguments: tuple[str, ...]) -> None:
    done = command(*arguments)
    assert (done.status, done.is_one_sentence) == (BAD_ARGUMENTS, True), done.err


def test_a_file_that_is_not_there_is_a_bad_argument(tmp_path: Path) -> None:
    done = replay(tmp_path / "missing.edf")
    assert (done.status, done.is_one_sentence) == (BAD_ARGUMENTS, True), done.err
    assert "missing.edf" in done.err


def test_a_folder_is_a_bad_argument(tmp_path: Path) -> None:
    done = replay(tmp_path)
    assert (done.status, done.is_one_sentence) == (BAD_ARGUMENTS, True), done.err


def test_a_sound_file_without_a_scale_is_a_bad_argument(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "emg.wav", np.zeros(8000), 8000)
    done = replay(tmp_path / "emg.wav")
    assert (done.status, done.is_one_sentence) == (BAD_ARGUMENTS, True), done.err
    assert "--full-scale-uv" in done.err


def test_the_screen_needs_a_terminal(recording: Path) -> None:
    done = command("replay", recording, "--fast")
    assert (done.status, done.is_one_sentence) == (BAD_ARGUMENTS, True)
    assert "--headless" in done.err


def test_records_do_not_go_where_the_screen_is(recording: Path) -> None:
    done = command("replay", recording, "--fast", "--events", "-")
    assert (done.status, done.is_one_sentence) == (BAD_ARGUMENTS, True)
    assert "--headless" in done.err


FOREIGN = {
    "an empty file": b"",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "bytes of no kind": bytes(np.random.default_rng(1).integers(0, 256, 5000, np.uint8)),
    "a text": b"Dear colleague,\n",
    "half a header": b"0       " + b"X" * 100,
    "a header without its signals": b"0".ljust(8) + b" " * 244 + b"2   ",
    "a table without samples": b"time_s,EMG_uv\n",
    "a table of words": b"time_s,EMG_uv\n0,loud\n0.001,quiet\n",
    "a sound header alone": b"RIFF\x24\0\0\0WAVEfmt ",
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_that_is_no_recording_is_an_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "recording.edf"
    path.write_bytes(FOREIGN[kind])
    done = replay(path)
    assert (done.status, done.is_one_sentence) == (FAILED, True), done.err
    assert "recording.edf" in done.err


def test_what_is_no_ordinary_file_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert replay("/dev/null").status == FAILED
    assert replay(tmp_path / "pipe").is_one_sentence


def test_a_signal_too_slow_for_evoked_responses_is_refused(tmp_path: Path) -> None:
    done = replay(write_csv(tmp_path / "slow.csv", noise_only(1000.0)))
    assert (done.status, done.is_one_sentence) == (FAILED, True)
    assert "1000 Hz" in done.err
    assert "2000 Hz" in done.err


def test_a_recording_without_a_pulse_ends_in_order_and_is_reported(tmp_path: Path) -> None:
    done = replay(write_edf(tmp_path / "quiet.edf", noise_only(4000.0)), "--events", tmp_path / "events.jsonl")
    listening, without = done.err.splitlines()
    assert done.status == FAILED
    assert "pulses are found by their artefact" in listening
    assert "No pulse was found" in without
    assert '"end"' in (tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines()[-1]


def test_needle_emg_without_a_pulse_is_no_error_where_the_protocol_needs_none(tmp_path: Path) -> None:
    done = replay(write_edf(tmp_path / "quiet.edf", noise_only(4000.0)), "--protocol", "botulinum-fds")
    assert done.status == 0
    assert "No pulse was found" not in done.err


def test_a_header_that_promises_more_than_there_is_is_reported(recording: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.edf"
    cut.write_bytes(recording.read_bytes()[:-5000])
    done = replay(cut)
    assert done.status in {0, FAILED}
    assert "cut.edf" in done.err
    assert done.is_one_sentence


def test_the_events_never_overwrite_the_recording(recording: Path) -> None:
    before = recording.read_bytes()
    done = replay(recording, "--events", recording)
    assert done.status != 0
    assert done.is_one_sentence
    assert recording.read_bytes() == before


def test_a_file_name_that_is_no_text_is_reported_without_a_traceback(recording: Path, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/r\xff.edf"))
    odd.write_bytes(recording.read_bytes())
    process = started("replay", odd, "--headless", "--fast", "--events", tmp_path / "events.jsonl")
    _, err = process.communicate(timeout=30)
    assert "Traceback" not in err
    assert process.returncode in {0, FAILED, BAD_ARGUMENTS}
    assert process.returncode == 0 or err.count("\n") == 1


def test_a_refusal_is_the_same_from_a_shell(tmp_path: Path) -> None:
    process = started("replay", tmp_path / "missing.edf", "--headless")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err.count("\n")) == (BAD_ARGUMENTS, "", 1)
    assert err.startswith("needle-guidance: ")
