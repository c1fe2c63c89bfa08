"""``analyse`` from the command line: text, JSON, reports, and one sentence for each fault."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pypdf import PdfReader

from tests.support.command_line import command
from tests.support.files import write_edf
from tests.support.needle_recordings import write
from tests.support.some import some
from tests.support.streams import evoked
from tests.support.synthetic_emg import RATE_HZ, laid, times, unit_wave


@pytest.fixture(scope="module")
def needle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine seconds of six units."""
    events = [
        (at, unit_wave(250.0 + 120.0 * k, 300.0 + 150.0 * k, negative_first=k % 2 == 1))
        for k in range(6)
        for at in times(8.0, 9.0, seed=k, start_s=0.2 + 0.02 * k)
    ]
    return write(tmp_path_factory.mktemp("needle") / "needle.edf", laid(9.0, events), RATE_HZ)


def test_text_with_evidence_and_without_a_verdict(needle: Path) -> None:
    done = command("analyse", needle, "--muscle", "tibialis anterior", "--age", "40")
    assert (done.status, done.err) == (0, "")
    assert "not a diagnosis" in done.out
    assert "against:" in done.out
    assert "Age 40" in done.out
    assert "rise time" in done.out


def test_json_and_both_reports_agree(needle: Path, tmp_path: Path) -> None:
    page, note = tmp_path / "out.html", tmp_path / "out.md"
    report = json.loads(command("analyse", needle, "--json", "--report", page).out)
    assert command("analyse", needle, "--report", note).status == 0
    html, markdown = page.read_text("utf-8"), note.read_text("utf-8")
    for finding in some(report["findings"]):
        assert f"{finding['name']}: {finding['word']}" in html
        assert f"## {finding['name']}: {finding['word']}" in markdown
    assert len(report["units"]) >= 5
    assert html.count("<svg") == 1 + len(report["units"])
    assert "http" not in html.split("<h2>Sources")[0]


def test_the_pdf_report_has_the_findings_and_shows_the_units(needle: Path, tmp_path: Path) -> None:
    paper = tmp_path / "out.pdf"
    report = json.loads(command("analyse", needle, "--muscle", "tibialis anterior", "--json", "--report", paper).out)
    sheets = PdfReader(paper).pages
    text = " ".join(" ".join(sheet.extract_text().split()) for sheet in sheets)
    assert "Diagnostic aid, not a diagnosis. Sheet 1 of" in text
    for part in [*report["findings"], *report["measures"]]:
        assert part.get("name", part.get("measure")) in text
    evidence = some(sentence for finding in report["findings"] for sentence in finding["evidence_for"])
    assert [sentence for sentence in evidence if sentence not in text] == []
    assert sum(len(sheet.images) for sheet in sheets) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--report", "out.docx"), ".html, .md or .pdf"),
        (("--site", "median"), "NERVE@PLACE"),
        (("--site", "vagus@neck"), "median"),
        (("--site", "median@wrist", "--distance-mm", "70", "--distance-mm", "80"), "one for each"),
        (("--distance-mm", "-3"), "above 0"),
        (("--age", "400"), "--age"),
        (("--channel", "nonsense"), "nonsense"),
        (("--sample-rate-hz", "1000"), "states its own"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(needle: Path, options: tuple[str, ...], words: str) -> None:
    done = command("analyse", needle, *options)
    assert (done.status, done.is_one_sentence) == (2, True), done.err
    assert words in done.err


def test_conduction_of_two_nerves_is_reported_with_its_patterns(tmp_path: Path) -> None:
    latencies = {"median@wrist": 6.0, "ulnar@wrist": 2.8}
    paths = [
        write_edf(tmp_path / f"{site}.edf", evoked(8000.0, 6, sample_rate_hz=10_000.0, latency_ms=ms, silent=4))
        for site, ms in latencies.items()
    ]
    done = command("analyse", *paths, "--site", "median@wrist", "--site", "ulnar@wrist", "--json")
    assert (done.status, done.err) == (0, "")
    words = {finding["name"]: finding["word"] for finding in json.loads(done.out)["findings"]}
    assert words["carpal tunnel pattern"] == "suggested"
    assert words["radiculopathy pattern"] == "not assessable"


def test_a_wave_from_the_first_stimulus_on_is_not_measured_and_the_advice_is_given(tmp_path: Path) -> None:
    stream = evoked(8000.0, 6, sample_rate_hz=10_000.0, latency_ms=2.8)
    done = command("analyse", write_edf(tmp_path / "ulnar.edf", stream), "--site", "ulnar@wrist")
    assert done.status == 0
    assert "cannot be distinguished from the artefact; begin the recording below threshold" in done.out


def test_more_files_than_sites_are_refused(needle: Path) -> None:
    done = command("analyse", needle, needle)
    assert (done.status, done.is_one_sentence) == (2, True), done.err


def test_a_report_never_overwrites_the_recording(needle: Path, tmp_path: Path) -> None:
    same = tmp_path / "needle.html"
    same.write_bytes(needle.read_bytes())
    done = command("analyse", same, "--report", same)
    assert (done.status, done.is_one_sentence) == (2, True)
    assert same.read_bytes() == needle.read_bytes()


@pytest.mark.parametrize("text", ["", "nonsense", "time_s,EMG_uv\n"])
def test_an_empty_or_foreign_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    done = command("analyse", path)
    assert done.status == 1, done.err
    assert done.is_one_sentence


def test_a_recording_of_the_wrong_rate_is_not_assessable(tmp_path: Path) -> None:
    uv = 20 * np.random.default_rng(1).standard_normal(6000)
    done = command("analyse", write(tmp_path / "slow.edf", uv, 1000.0), "--json")
    assert done.status == 0
    findings = json.loads(done.out)["findings"]
    assert all(finding["word"] == "not assessable" for finding in findings)
    assert "1000 Hz" in findings[0]["why"]


def test_a_folder_that_is_not_there_for_the_report_is_one_sentence(needle: Path, tmp_path: Path) -> None:
    done = command("analyse", needle, "--report", tmp_path / "none" / "out.html")
    assert (done.status, done.is_one_sentence) == (2, True), done.err


def test_a_report_is_the_users_alone_and_overwrites_nothing(needle: Path, tmp_path: Path) -> None:
    page, link, target = tmp_path / "out.html", tmp_path / "link.html", tmp_path / "target.html"
    assert command("analyse", needle, "--report", page).status == 0
    assert page.stat().st_mode & 0o777 == 0o600
    before = page.read_bytes()
    link.symlink_to(target)
    for path in (page, link):
        done = command("analyse", needle, "--report", path)
        assert (done.status, done.is_one_sentence) == (2, True), done.err
    assert page.read_bytes() == before
    assert not target.exists()


def test_two_muscles_are_analysed_side_by_side_and_the_report_opens_with_an_impression(
    needle: Path, tmp_path: Path
) -> None:
    second = tmp_path / "second.edf"
    second.write_bytes(needle.read_bytes())
    named = ("--muscle", "tibialis anterior", "--muscle", "tibialis posterior")
    done = command("analyse", needle, second, *named)
    assert done.status == 0
    assert "Impression: " in done.out
    assert "tibialis posterior, duration" in done.out
    assert "radiculopathy pattern: " in done.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--rest", "9-3"), "is not START-END"),
        (("--rest", "now"), "is not START-END"),
        (("--rest", "nan-nan"), "is not START-END"),
        (("--muscle", "a", "--muscle", "b"), "2 --muscle for 1 files"),
    ],
)
def test_a_wrong_epoch_or_count_of_muscles_is_refused(needle: Path, options: tuple[str, ...], words: str) -> None:
    done = command("analyse", needle, *options)
    assert done.status == 2
    assert words in done.err


def test_rest_is_refused_for_several_files_of_needle_emg(needle: Path) -> None:
    done = command("analyse", needle, needle, "--muscle", "a", "--muscle", "b", "--rest", "1-3")
    assert done.status == 2
    assert "annotate 'rest'" in done.err


@pytest.mark.parametrize(
    ("options", "line"),
    [((), "Skin temperature not entered (--temperature-c): a cold limb is slow"),
     (("--temperature-c", "28"), "Skin temperature 28 C, below 32 C (U): warm the limb and repeat")],
)  # fmt: skip
def test_motor_conduction_alone_states_the_temperature_and_that_it_is_insensitive(
    tmp_path: Path, options: tuple[str, ...], line: str
) -> None:
    path = write_edf(tmp_path / "median.edf", evoked(8000.0, 8, sample_rate_hz=10_000.0, latency_ms=4.2))
    out = " ".join(command("analyse", path, "--site", "median@wrist", *options).out.split())
    assert line in out
    assert "No sensory study: insensitive for carpal tunnel syndrome." in out
