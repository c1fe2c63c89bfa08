"""The command protocols: list, show, validate, new, diff, schema."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from guidance.protocol import load, names
from guidance.protocol.library import text_of
from tests.support.command_line import ROOT, command
from tests.support.some import some

OVERRIDE = (
    '[override]\nauthor = "Dr A. Example"\n[override.reasons]\n"stimulus.max_current_ma" = "obese patients"\n'
    '[stimulus]\nmax_current_ma = { value = 5.5, source = "site", certainty = "sourced" }\n[refs]\nsite = "Minutes"\n'
)


def test_list_names_every_protocol() -> None:
    done = command("protocols", "list")
    assert done.status == 0
    assert all(any(line.startswith(f"{name} ") for line in done.out.splitlines()) for name in names())


def test_list_with_words_prints_the_matches_or_that_there_are_none() -> None:
    assert command("protocols", "list", "fds").out.startswith("botulinum-fds ")
    assert "No protocol matches 'qqqq'" in command("protocols", "list", "qqqq").out


def test_list_keeps_its_columns_beside_the_longest_name() -> None:
    rows = [line for line in command("protocols", "list").out.splitlines() if "Botulinum toxin, " in line]
    assert max(len(row.split()[0]) for row in rows) > 32
    assert len({row.index("Botulinum toxin, ") for row in rows}) == 1


def test_list_for_a_program_is_json() -> None:
    listed = json.loads(command("protocols", "list", "--json").out)
    assert [item["id"] for item in listed] == names()
    assert {item["stimulation"] for item in listed} == {"required", "optional", "never"}


def test_the_table_of_sources_has_a_row_for_every_protocol_and_sums_up() -> None:
    rows = [line.strip("| ").split(" | ") for line in command("protocols", "list", "--sourced").out.splitlines()]
    assert [row[0] for row in rows[2:]] == [*names(), "all"]
    counts = [[int(cell) for cell in row[1:7]] for row in rows[2:]]
    assert counts[-1] == [sum(column) for column in zip(*counts[:-1], strict=True)]


def test_show_prints_each_number_with_its_source_or_that_it_has_none() -> None:
    out = command("protocols", "show", "isb").out
    assert out.startswith("interscalene: Interscalene block")
    assert "volume_ml: 20 to 40  [sourced: interscalene-102]" in out
    assert "start_current_ma: 1.0  [UNSOURCED]" in out
    assert "phrenic nerve" in out


def test_show_prints_the_sites_changes(site: Path) -> None:
    (site / "femoral.toml").write_text(OVERRIDE, encoding="utf-8")
    out = command("protocols", "show", "femoral").out
    assert "changed LOOSENED: stimulus.max_current_ma: 5.5 (site) instead of 5.0" in out
    assert "by Dr A. Example, because obese patients" in out
    assert "(changed by Dr A. Example)" in command("protocols", "list", "femoral").out


def test_show_as_json_and_as_toml() -> None:
    shown = json.loads(command("protocols", "show", "femoral", "--json").out)
    assert shown["injection"]["volume_ml"]["value"] == [20.0, 40.0]
    assert command("protocols", "show", "femoral", "--toml").out == text_of("femoral")


@pytest.mark.parametrize("name", names())
def test_every_protocol_can_be_shown(name: str) -> None:
    done = command("protocols", "show", name)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"{name}: ")


def test_the_words_of_a_list_are_shown_as_words() -> None:
    assert "phases: rest, slight, full  [" in command("protocols", "show", "fds").out


@pytest.mark.parametrize(
    "arguments", [("show", "qqqq"), ("show",), ("diff", "qqqq"), ("explain",), ("validate", "--all")]
)
def test_an_impossible_argument_is_refused_with_status_2(arguments: tuple[str, ...]) -> None:
    done = command("protocols", *arguments)
    assert (done.status, done.is_one_sentence) == (2, True), done.err


def test_validate_holds_for_all() -> None:
    done = command("protocols", "validate")
    assert done.status == 0
    assert len(done.out.splitlines()) == len(names())


@pytest.mark.parametrize("file", ["femoral.toml", "draft 3.toml", "noname"])
def test_validate_holds_for_a_draft_whatever_it_is_called(tmp_path: Path, file: str) -> None:
    path = tmp_path / file
    path.write_text(text_of("femoral"), encoding="utf-8")
    assert command("protocols", "validate", path).status == 0


@pytest.mark.parametrize("name", names())
def test_validate_holds_for_every_file_of_the_program(name: str) -> None:
    assert command("protocols", "validate", ROOT / "protocols" / f"{name}.toml").status == 0


@pytest.mark.parametrize("text", ["= 5", "", OVERRIDE, "kind = 'block'", "\0"])
def test_validate_names_the_invalid_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(text, encoding="utf-8")
    done = command("protocols", "validate", path)
    assert (done.status, done.err) == (1, "")
    assert all(line.startswith(str(path)) for line in some(done.out.splitlines()))


def test_validate_goes_on_after_a_fault_and_prints_json(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("= 5", encoding="utf-8")
    good = tmp_path / "ours.toml"
    good.write_text(text_of("relax").replace('id = "relax"', 'id = "ours"'), encoding="utf-8")
    done = command("protocols", "validate", bad, good, "--json")
    results = json.loads(done.out)
    assert done.status == 1
    assert [(result["name"], result["holds"]) for result in results] == [(str(bad), False), (str(good), True)]
    assert "not TOML" in results[0]["faults"][0]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a name is text")
@pytest.mark.parametrize(("text", "status"), [(text_of("femoral"), 0), ("= 5", 1)])
def test_validate_handles_a_file_name_that_is_not_text(tmp_path: Path, text: str, status: int) -> None:
    path = tmp_path / os.fsdecode(b"\xff\x1b[2J.toml")
    path.write_text(text, encoding="utf-8")
    done = command("protocols", "validate", path)
    assert done.status == status
    done.out.encode("utf-8")


def test_validate_knows_that_the_drug_table_is_no_protocol(tmp_path: Path) -> None:
    path = tmp_path / "drugs.toml"
    path.write_text("", encoding="utf-8")
    done = command("protocols", "validate", path)
    assert done.status == 1
    assert "is the table of drugs" in done.out


@pytest.mark.parametrize("name", ["none.toml", "."])
def test_validate_takes_files_alone(tmp_path: Path, name: str) -> None:
    done = command("protocols", "validate", tmp_path / name)
    assert (done.status, done.is_one_sentence) == (2, True), done.err


def test_validate_sees_the_sites_faults(site: Path) -> None:
    (site / "femoral.toml").write_text("= 5", encoding="utf-8")
    done = command("protocols", "validate")
    assert done.status == 1
    assert f"{site / 'femoral.toml'} is not TOML" in done.out
    assert "does not hold" in command("protocols", "list").out


def test_a_procedure_does_not_run_on_a_faulty_file_of_the_site(site: Path, tmp_path: Path) -> None:
    (site / "femoral.toml").write_text("= 5", encoding="utf-8")
    done = command("demo", "--protocol", "femoral", "--headless", "--duration", "1", "--store", tmp_path)
    assert (done.status, done.is_one_sentence) == (2, True), done.err


def test_new_begins_a_copy_that_holds_with_a_schema_beside_it(site: Path) -> None:
    done = command("protocols", "new", "our-femoral", "--like", "fnb")
    assert done.status == 0
    assert load("our-femoral").target_ma == load("femoral").target_ma
    assert json.loads((site / "protocol.schema.json").read_text(encoding="utf-8"))["title"]
    assert (site / "our-femoral.toml").read_text(encoding="utf-8").startswith("#:schema ./protocol.schema.json\n")


def test_new_begins_changes_to_a_protocol_of_the_program(site: Path) -> None:
    assert command("protocols", "new", "femoral", "--author", 'Dr "B"').status == 0
    assert load("femoral").changes == ()
    assert command("protocols", "diff", "femoral").out == "The site has changed nothing.\n"


def test_new_overwrites_nothing(site: Path) -> None:
    (site / "ours.toml").write_text("mine", encoding="utf-8")
    done = command("protocols", "new", "ours")
    assert (done.status, done.is_one_sentence) == (2, True)
    assert (site / "ours.toml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["../x", "Ours", "a b", "", "x" * 61, "femoral"])
def test_new_refuses_a_name_that_cannot_be_or_lacks_an_author(site: Path, name: str) -> None:
    done = command("protocols", "new", name)
    assert (done.status, done.is_one_sentence) == (2, True), done.err
    assert list(site.iterdir()) == []


def test_new_names_the_place_where_it_cannot_write(site: Path) -> None:
    site.rmdir()
    site.write_text("in the way", encoding="utf-8")
    done = command("protocols", "new", "ours")
    assert (done.status, done.is_one_sentence) == (1, True), done.err


def test_diff_prints_both_sides_key_by_key() -> None:
    out = command("protocols", "diff", "sciatic-transgluteal", "sciatic-anterior").out
    assert "stimulus.start_current_ma\n  - 1.0" in out
    assert "\n  + 1.5" in out
    assert json.loads(command("protocols", "diff", "tibial-knee", "tibial-knee", "--json").out) == []


def test_diff_prints_what_the_site_changed_by_whom_and_why(site: Path) -> None:
    (site / "femoral.toml").write_text(OVERRIDE, encoding="utf-8")
    out = command("protocols", "diff", "femoral").out
    assert out.startswith(
        "stimulus.max_current_ma\n  - 5.0 (hns12-p9)\n  + 5.5 (site)\n  by Dr A. Example: obese patients"
    )


def test_schema_is_json() -> None:
    assert json.loads(command("protocols", "schema").out)["$schema"].startswith("https://json-schema.org")
