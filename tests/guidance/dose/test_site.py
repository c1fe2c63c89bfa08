"""A site may tighten the drug table freely and loosen it only with a reason; both are listed with their author."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guidance.citations import ProtocolError
from guidance.dose.drugs import load
from guidance.dose.site import table_from, table_here
from tests.support.command_line import command

HEAD = '[override]\nauthor = "Dr A. Example"\n'
REFS = '[refs]\nsite = "Minutes of the department"\n'


def number(key: str, value: object) -> str:
    return f'{key} = {{ value = {value}, source = "site", certainty = "sourced" }}\n'


def written(folder: Path, body: str, reasons: str = "") -> Path:
    path = folder / "drugs.toml"
    path.write_text(f"{HEAD}{reasons}{body}{REFS}", encoding="utf-8")
    return path


def test_a_limit_is_tightened_without_a_reason_and_listed_with_its_author(tmp_path: Path) -> None:
    here = table_from(written(tmp_path, "[anaesthetic.ropivacaine]\n" + number("max_mg_per_kg", 2.0)))
    assert here.table.anaesthetic["ropivacaine"].max_mg_per_kg.value == 2.0
    assert here.table.anaesthetic["lidocaine"] == load().anaesthetic["lidocaine"]
    (words,) = here.changed()
    assert "3.0" in words
    assert "2.0" in words
    assert "Dr A. Example" in words


LOOSER = {
    "more by weight": ("anaesthetic.lidocaine", "max_mg_per_kg", 5.0),
    "more at all": ("anaesthetic.ropivacaine", "max_mg", 350.0),
    "younger": ("anaesthetic.ropivacaine", "least_age_years", 2.0),
    "another weight of the obese": ("anaesthetic.ropivacaine", "obese_weight", '"actual"'),
    "a limit with epinephrine where there was none": ("anaesthetic.prilocaine", "max_mg_per_kg_epinephrine", 8.0),
    "fewer aspirations": ("technique", "aspirate_every_ml", 8.0),
    "weaker epinephrine": ("epinephrine", "weakest_ug_per_ml", 2.5),
    "another lipid bolus": ("lipid", "bolus_ml", 50.0),
    "obese later": ("patient", "obese_from_bmi", 40.0),
    "lighter without an age": ("patient", "light_below_kg", 10.0),
}


@pytest.mark.parametrize("way", LOOSER)
def test_a_limit_is_loosened_with_a_reason_alone(tmp_path: Path, way: str) -> None:
    table, key, value = LOOSER[way]
    body = f"[{table}]\n" + number(key, value)
    with pytest.raises(ProtocolError, match="say why"):
        table_from(written(tmp_path, body))
    here = table_from(written(tmp_path, body, f'[override.reasons]\n"{table}.{key}" = "decided in March"\n'))
    assert "decided in March" in here.changed()[0]


def test_toxin_limits_are_not_replaced_without_a_reason(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="say why"):
        table_from(written(tmp_path, "[toxin.onabotulinumtoxinA]\nlimits = []\n"))


def test_taking_a_limit_with_epinephrine_away_tightens(tmp_path: Path) -> None:
    body = '[anaesthetic.lidocaine]\nmax_mg_per_kg_epinephrine = { missing = "not used here" }\n'
    assert table_from(written(tmp_path, body)).table.anaesthetic["lidocaine"].max_mg_per_kg_epinephrine.value is None


def test_without_a_site_file_the_programs_table_holds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("guidance.dose.site.site_folder", lambda: tmp_path)
    assert table_here().table == load()
    assert table_here().changes == ()


def test_the_command_uses_the_sites_table_and_names_the_changes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("guidance.dose.site.site_folder", lambda: tmp_path)
    written(tmp_path, "[anaesthetic.ropivacaine]\n" + number("max_mg_per_kg", 2.0))
    done = command("dose", "--weight", "70", "--drug", "ropivacaine")
    assert "limit: 140 mg" in done.out
    assert "Changed at this site" in done.out


def test_a_faulty_site_table_is_refused_and_not_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("guidance.dose.site.site_folder", lambda: tmp_path)
    written(tmp_path, "[anaesthetic.ropivacaine]\n" + number("max_mg_per_kg", 300.0))
    done = command("dose", "--weight", "70", "--drug", "ropivacaine")
    assert (done.status, done.is_one_sentence) == (2, True), done


def test_a_faulty_site_table_does_not_block_the_rescue_card(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("guidance.dose.site.site_folder", lambda: tmp_path)
    written(tmp_path, "[lipid]\n" + number("bolus_ml_per_kg", 150.0))
    done = command("dose", "rescue", "--weight", "50")
    assert done.status == 0
    assert "about 75 mL" in done.out
    assert "the site's drug table is not valid" in done.out
    assert "lipid.bolus_ml_per_kg" in done.out
    card = json.loads(command("dose", "rescue", "--weight", "50", "--json").out)
    assert card["bolus_ml"] == 75.0
    assert len(card["amiss"]) == 1
