"""The command ``audit``: its text, its JSON, its report, and what it refuses."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from pypdf import PdfReader

from guidance.audit.report import in_shift, pdf
from guidance.audit.results import percentile, wilson
from guidance.audit.run import Site, run_audit
from tests.guidance.audit.department import TODAY, Block, department
from tests.support.command_line import command


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> list[Site]:
    return department(tmp_path_factory.mktemp("department"))


def test_the_command_shows_every_measure_and_by_site(sites: list[Site]) -> None:
    done = command("audit", *(site.store for site in sites), "--by", "site", "--jobs", "1")
    assert (done.status, done.err) == (0, "")
    assert "12 procedures counted" in done.out
    assert (
        "Twitch lost after an injection                              11 of 11, 100.0 % (74 to 100 %); not known of 1"
        in done.out
    )
    assert "Pulses, by site\n  north " in done.out
    assert "It cannot tell: Few pulses may mean a quick approach or one that was given up." in done.out


def test_json_holds_the_figures_and_hides_small_cells(sites: list[Site]) -> None:
    found = json.loads(command("audit", f"n={sites[0].store}", "--json", "--jobs", "1").out)
    assert found["procedures"] == 7
    cells = {(row["measure"], row["by"], row["group"]): row for row in found["figures"]}
    assert cells["pulses", "all", "all"]["value"] == 6.0
    assert cells["wrong_side", "all", "all"]["hidden"]
    assert cells["wrong_side", "all", "all"]["events"] is None
    assert set(found["limits"]) == {row["measure"] for row in found["figures"]}


def test_the_report_has_a_sheet_for_each_measure_with_its_limit(sites: list[Site]) -> None:
    audit = run_audit(sites, TODAY)
    sheets = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf(audit, TODAY))).pages]
    assert "12 procedures counted" in sheets[0]
    assert len(sheets) > 10
    assert all("It cannot tell:" in sheet for sheet in sheets[1:])
    assert not any("SIMULATED" in sheet for sheet in sheets)


def test_a_sheet_lists_protocols_devices_and_sites_and_counts_those_that_do_not_fit(
    sites: list[Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = run_audit(sites, TODAY, small_cells=True)
    sheet = PdfReader(io.BytesIO(pdf(audit, TODAY))).pages[1].extract_text()
    assert [line.split("  ")[0] for line in sheet.splitlines() if re.match("(protocol|device|site): ", line)] == [
        "protocol: femoral", "device: NA-4", "site: north", "site: south"
    ]  # fmt: skip
    monkeypatch.setattr("guidance.audit.report._ROWS", 3)
    sheet = PdfReader(io.BytesIO(pdf(audit, TODAY))).pages[1].extract_text()
    assert "2 more rows have no room here; 'audit --by site' shows them." in sheet


def test_a_report_on_simulated_patients_is_marked_on_every_sheet(tmp_path: Path) -> None:
    for day in range(6):
        Block(day, "Dr Ahorn").record_in(tmp_path, simulated=True)
    audit = run_audit([Site("here", tmp_path)], TODAY, simulated=True)
    sheets = PdfReader(io.BytesIO(pdf(audit, TODAY))).pages
    assert all("SIMULATED PATIENTS" in sheet.extract_text() for sheet in sheets)


def test_the_report_is_written_where_it_was_requested_and_nothing_is_overwritten(
    sites: list[Site], tmp_path: Path
) -> None:
    report = tmp_path / "audit.pdf"
    words = ("audit", sites[0].store, "--jobs", "1", "--out", report)
    assert command(*words).status == 0
    assert report.read_bytes().startswith(b"%PDF")
    again = command(*words)
    assert (again.status, "exists already" in again.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["nowhere"], "There is no folder nowhere"),
        (["{store}", "{store}"], "Two stores are called"),
        (["{store}", "--out", "audit.txt"], "name a file that ends in .pdf"),
        (["{store}", "--scheduler", "tcp://127.0.0.1:1"], "No Dask scheduler responds"),
        (["{store}", "--scheduler", "tcp://127.0.0.1:1", "--key", "k"], "--key stays on this machine"),
        (["{store}", "--by", "surgeon"], "surgeon"),
    ],
)
def test_bad_words_are_refused_in_one_sentence(sites: list[Site], words: list[str], reason: str) -> None:
    done = command("audit", *(word.format(store=sites[0].store) for word in words))
    assert done.status in {1, 2}
    assert done.out == ""
    assert reason in done.err
    assert "Traceback" not in done.err


def test_an_empty_store_has_nothing_to_count(tmp_path: Path) -> None:
    done = command("audit", tmp_path)
    assert (done.status, done.out.splitlines()[0]) == (0, "0 procedures counted")


def test_the_interval_of_a_share_is_that_of_wilson() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)


@pytest.mark.parametrize(("share", "value"), [(0.1, 1.0), (0.5, 2.0), (0.75, 2.0), (0.9, 5.0)])
def test_percentiles_come_from_counts(share: float, value: float) -> None:
    assert percentile({5.0: 1, 1.0: 1, 2.0: 2}, share) == value


def test_six_months_on_one_side_are_a_shift_and_five_are_none() -> None:
    above = np.array([True] * 6 + [False] + [True] * 5)
    assert in_shift(above, ~above).tolist() == [True] * 6 + [False] * 6
