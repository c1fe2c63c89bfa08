"""The command ``biofeedback``: a whole visit from a file, its record, its replay, its page, and bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from edfio import Edf, EdfSignal

from guidance.biofeedback.trial_sequence import ROUNDS
from guidance.journal.visits import LABEL_NAME, earlier_visits, read_visit
from guidance.protocol import library
from guidance.protocol.library import text_of
from tests.support.biofeedback_signals import exercise, person_signal
from tests.support.command_line import Done, command
from tests.support.event_rules import faults
from tests.support.files import write_edf
from tests.support.streams import Stream

RATE_HZ = 500.0


@pytest.fixture(autouse=True)
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a site's own exercise that ends within a minute."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.setattr(library, "site_folder", lambda: site)
    text = text_of("contract-hold").replace('id = "contract-hold"', 'id = "brief-hold"')
    for key, before, after in (("rest_s", "20.0", "8.0"), ("effort_s", "4.0", "2.0"), ("work_s", "10.0", "5.0")):
        text = text.replace(f"{key} = {{ value = {before}", f"{key} = {{ value = {after}")
    text = text.replace("rest_s = { value = 10.0", "rest_s = { value = 4.0")
    (site / "brief-hold.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def signal() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return person_signal(exercise("contract-hold", trials=2), RATE_HZ)


@pytest.fixture
def recording(tmp_path: Path, signal: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Path:
    waves = tuple(signal[:, at] for at in range(2))
    return write_edf(tmp_path / "visit.edf", Stream(RATE_HZ, waves))


def visit(recording: Path, store: Path, *options: str | Path) -> Done:
    fixed = ("--protocol", "brief-hold", "--trials", "2", "--sound", "none", "--headless", "--fast")
    return command("biofeedback", "--file", recording, *fixed, "--store", store, *options)


def names(store: Path) -> list[str]:
    return sorted(path.name for path in store.iterdir() if not path.name.startswith("."))


def test_a_whole_visit_its_record_its_replay_and_its_page(recording: Path, tmp_path: Path) -> None:
    store, events = tmp_path / "store", tmp_path / "events.jsonl"
    done = visit(recording, store, "--events", events, "--case-label", "case-7")
    assert (done.status, done.err.count("\n")) == (0, 1)
    assert "s recorded in" in done.err
    lines = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    assert faults(lines) == []
    assert [line["reached"] for line in lines if line["kind"] == "trial"] == [True, True]
    assert lines[-1]["reason"] == "duration"
    assert not [line for line in lines if line["kind"] in ("command", "stimulus", "response", "proximity")]
    (name,) = names(store)
    assert "case-7" not in (store / name / "events.jsonl").read_text(encoding="utf-8")
    assert command("procedures", "verify", name, "--store", store).status == 0
    assert "brief-hold" in command("procedures", "show", name, "--store", store).out
    again = command("replay", name, "--store", store, "--json")
    rows = json.loads(again.out)["rows"]
    assert [(row["what"], row["recorded"], row["differences"]) for row in rows][:2] == [
        ("calibration", 1, []),
        ("trial", 2, []),
    ]
    assert rows[2]["differences"] == []
    assert "Compared: calibrations, trials and cues" in command("replay", name, "--store", store).out


def test_the_page_to_take_home_has_plain_words_and_no_claim(recording: Path, tmp_path: Path) -> None:
    store, out = tmp_path / "store", tmp_path / "home.md"
    for _ in range(2):
        visit(recording, store, "--case-label", "case-7")
    visit(recording, store, "--case-label", "another")
    last = [name for name in names(store) if (store / name / LABEL_NAME).read_text() == "case-7"][-1]
    assert command("biofeedback-summary", last, "--store", store, "--out", out).status == 0
    page = out.read_text(encoding="utf-8")
    assert out.stat().st_mode & 0o777 == 0o600
    assert command("biofeedback-summary", last, "--store", store, "--out", out).status == 2, "nothing is overwritten"
    assert "You reached **2 of 2** trials" in page
    assert page.count("| 2 of 2 |") == 2
    assert "not a medical device" in page
    assert "no diagnosis" in page
    assert "The goal was to hold for 3 seconds." in page
    assert "case-7" not in page
    assert "simulated" not in page
    assert not {"safe", "cure", "improve", "EMG", "RMS", "threshold"} & set(page.replace(".", " ").split())


def test_progress_counts_the_visits_of_the_same_case_alone(recording: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    visit(recording, store, "--case-label", "a")
    visit(recording, store, "--case-label", "b")
    visit(recording, store)
    result = earlier_visits(store, "a", "contract-hold")
    assert len(result) == 1
    assert result[0].mean_score == 100.0
    assert earlier_visits(store, "a", "relax") == []
    recorded = visit(recording, store, "--case-label", "a")
    assert "Visit 2. Last time" in recorded.err
    assert "2 of 2 trials reached, mean 100 %" in recorded.err


def test_a_damaged_or_foreign_record_counts_as_no_visit(recording: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    visit(recording, store, "--case-label", "a")
    (name,) = names(store)
    whole = (store / name / "events.jsonl").read_text(encoding="utf-8")
    for damaged in (
        '{"kind": "start", "settings": 7}\n',
        whole.replace('"score_percent": 100', '"score_percent": "x"'),
    ):
        (store / name / "events.jsonl").write_text(damaged, encoding="utf-8")
        assert read_visit(store / name) is None
    assert earlier_visits(store, "a", "contract-hold") == []
    done = command("biofeedback-summary", name, "--store", store)
    assert (done.status, done.is_one_sentence) == (2, True)


def test_a_visit_without_effort_ends_with_a_reason(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    wave = 2 * rng.standard_normal(round(160 * RATE_HZ))
    recording = write_edf(tmp_path / "still.edf", Stream(RATE_HZ, (wave, wave)))
    done = visit(recording, tmp_path / "store")
    assert done.status == 1
    assert "no effort stood out from rest" in done.err
    (name,) = names(tmp_path / "store")
    events = (tmp_path / "store" / name / "events.jsonl").read_text(encoding="utf-8")
    assert events.count('"name": "effort"') == 3 * ROUNDS
    page = command("biofeedback-summary", name, "--store", tmp_path / "store").out
    assert "No trial was finished. The reason: no effort stood out from rest" in page


def test_a_recording_that_ends_too_soon_ends_the_visit_in_order(tmp_path: Path) -> None:
    wave = np.random.default_rng(0).standard_normal(round(6 * RATE_HZ))
    recording = write_edf(tmp_path / "short.edf", Stream(RATE_HZ, (wave,)))
    assert visit(recording, tmp_path / "store").status == 0
    (name,) = names(tmp_path / "store")
    assert command("procedures", "verify", name, "--store", tmp_path / "store").status == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "either --device or --file"),
        (("--device", "sim:1", "--file", "x.edf"), "either --device or --file"),
        (("--device", "sim:1", "--fast"), "for a recorded signal"),
        (("--file", "x.edf", "--fast", "--speed", "2"), "exclude each other"),
        (("--file", "x.edf", "--effort", "follow"), "simulated person"),
        (("--device", "sim:1", "--protocol", "femoral"), "a procedure with a needle"),
        (("--device", "sim:1", "--protocol", "nonsense"), "No protocol is called"),
        (("--device", "sim:1", "--case-label", "two words"), "not a case label"),
        (("--device", "sim:1", "--effort", "/nowhere/script"), "cannot be read"),
        (("--device", "sim:1", "--trials", "0"), "0 is not in the range"),
        (("--device", "sim:1", "--sound", "loud"), "'loud' is not one of"),
    ],
)
def test_bad_arguments_end_in_one_sentence(words: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    done = command("biofeedback", *words, "--headless", "--store", tmp_path / "store")
    assert done.status == 2
    assert sentence in done.err
    assert done.is_one_sentence
    assert not (tmp_path / "store").exists()


def test_a_file_takes_the_options_that_its_own_messages_name(
    tmp_path: Path, signal: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> None:
    wav, csv = tmp_path / "visit.wav", tmp_path / "visit.csv"
    soundfile.write(wav, signal / 5000, round(RATE_HZ))
    csv.write_text("EMG_uv,b_uv\n" + "".join(f"{a:.2f},{b:.2f}\n" for a, b in signal), encoding="utf-8")
    for path, option, value in ((wav, "--full-scale-uv", "5000"), (csv, "--sample-rate-hz", "500")):
        refused = visit(path, tmp_path / "store")
        assert (refused.status, refused.is_one_sentence) == (2, True)
        assert option in refused.err
        assert visit(path, tmp_path / "store", option, value).status == 0


def test_the_channel_named_is_played_whatever_else_the_file_holds(
    tmp_path: Path, signal: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> None:
    rate = round(RATE_HZ)
    count = len(signal) // rate * rate
    signals = [
        EdfSignal(signal[:count, 0], rate, label="EMG", physical_dimension="uV", physical_range=(-9999, 9999)),
        EdfSignal(np.zeros(2 * count), 2 * rate, label="Snore", physical_dimension="mV", physical_range=(-5, 5)),
    ]
    path = tmp_path / "two-rates.edf"
    Edf(signals, data_record_duration=1).write(path)
    assert visit(path, tmp_path / "store", "--channel", "EMG").status == 0


def test_what_is_to_be_known_of_a_file_is_reported_in_a_headless_visit(recording: Path, tmp_path: Path) -> None:
    recording.write_bytes(recording.read_bytes()[:-100])
    assert "ends early" in visit(recording, tmp_path / "store").err


def test_unknown_channels_and_too_low_sample_rates_are_refused(recording: Path, tmp_path: Path) -> None:
    done = visit(recording, tmp_path / "store", "--channel", "tongue")
    assert (done.status, done.is_one_sentence) == (2, True)
    assert "no channel 'tongue'; it has 'EMG 0', 'EMG 1'" in done.err
    slow = write_edf(tmp_path / "slow.edf", Stream(200.0, (np.zeros(2000),)))
    done = visit(slow, tmp_path / "store")
    assert (done.status, done.is_one_sentence) == (1, True)
    assert "at least 250 Hz" in done.err
    one = write_edf(tmp_path / "one.edf", Stream(RATE_HZ, (np.zeros(2000),)))
    done = command("biofeedback", "--file", one, "--protocol", "antagonist-quiet", "--headless", "--fast",
                   "--store", tmp_path / "store")  # fmt: skip
    assert (done.status, done.is_one_sentence) == (2, True)
    assert "needs 2 channels" in done.err


@pytest.mark.parametrize("line", ["abc", "1 2", "-1 0.5", "1", "1 0.1 0.2 0.3", "nan 0.5"])
def test_a_malformed_script_is_refused_with_its_line(line: str, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(f"# a remark\n0 0\n{line}\n", encoding="utf-8")
    done = command("biofeedback", "--device", "sim:1", "--effort", script, "--headless", "--store", tmp_path / "s")
    assert (done.status, done.is_one_sentence) == (2, True)
    assert "Line 3 of" in done.err
