"""The command ``dose``: what it calculates, and what it refuses in one sentence."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guidance.dose.drugs import load
from tests.support.command_line import Done, command

FINDING, BAD_ARGUMENTS = 1, 2
ROPIVACAINE = ("--drug", "ropivacaine", "--concentration", "0.5%")


def dose(*arguments: str | Path) -> Done:
    return command("dose", *arguments)


def lines_for(*arguments: str | Path, status: int = 0) -> str:
    done = dose(*arguments)
    assert (done.status, done.err) == (status, "")
    return done.out


def as_json(*arguments: str | Path) -> dict[str, Any]:
    found = json.loads(lines_for(*arguments, "--json"))
    assert isinstance(found, dict)
    return found


def test_it_shows_mg_limit_binding_rule_fraction_and_remainder() -> None:
    out = lines_for("--weight", "70", *ROPIVACAINE, "--volume", "30mL")
    assert "150 mg" in out
    assert "limit 210 mg, by weight: 3 mg/kg x 70 kg" in out
    assert "71.5 %" in out
    assert "12 mL" in out


def test_it_shows_the_source_and_the_certainty_of_each_limit() -> None:
    out = lines_for("--weight", "70", *ROPIVACAINE, "--volume", "30mL")
    assert re.search(r"ropivacaine 3 mg/kg .*\[conflicting: poisoning-table\]", out)
    assert "poisoning-table: Poisoning and Drug Overdose, table II-2" in out


@pytest.mark.parametrize(
    ("volume", "verdict", "status"),
    [
        ("33mL", "Together", 0),
        ("34mL", "WARNING", 0),
        ("42mL", "THE LIMIT IS REACHED", 0),
        ("43mL", "OVER THE LIMIT", FINDING),
    ],
)
def test_the_verdict_grows_with_the_dose_and_over_the_limit_it_is_the_status(
    volume: str, verdict: str, status: int
) -> None:
    assert verdict in lines_for("--weight", "70", *ROPIVACAINE, "--volume", volume, status=status)


def test_a_mixture_and_an_earlier_dose_add_up() -> None:
    found = as_json(
        "--weight", "70", *ROPIVACAINE, "--volume", "10mL",
        "--with", "lidocaine 1% 10mL epinephrine 1:200000", "--given", "bupivacaine 14mg 40min ago",
    )  # fmt: skip
    assert found["fraction"] == pytest.approx(50 / 210 + 100 / 490 + 14 / 140)
    assert [item["planned"] for item in found["doses"]] == [True, True, False]
    assert found["epinephrine_ug"] == pytest.approx(50.0)
    assert any("earlier dose counts in full" in text for text in found["remarks"])
    assert any("advise against mixing" in text for text in found["remarks"])


def test_epinephrine_raises_the_limit_and_its_amount_is_shown() -> None:
    given = ("--weight", "70", "--drug", "lidocaine", "--concentration", "1%", "--volume", "20mL")
    plain, with_it = as_json(*given), as_json(*given, "--epinephrine", "1:200000")
    assert (plain["limit"]["mg"], with_it["limit"]["mg"]) == (300.0, 490.0)
    assert with_it["epinephrine_ug"] == pytest.approx(100.0)
    assert as_json(*given, "--epinephrine")["epinephrine_ug"] is None


def test_the_obese_are_dosed_by_ideal_weight_once_the_height_is_known() -> None:
    given = ("--weight", "130", "--drug", "ropivacaine")
    assert "obesity was not checked" in lines_for(*given)
    found = as_json(*given, "--height", "165", "--sex", "female")
    assert (found["limit"]["mg"], found["limit"]["weight"]["kind"]) == (180.0, "ideal")


def test_without_a_weight_no_limit_is_invented() -> None:
    found = as_json(*ROPIVACAINE, "--volume", "30mL")
    assert (found["weight_kg"], found["fraction"], found["left_ml"], found["limit"]["mg"]) == (None, None, None, None)
    assert found["fraction_at_least"] == pytest.approx(0.5)
    out = lines_for(*ROPIVACAINE, "--volume", "30mL")
    assert "no weight was given" in out
    assert "at least 50 %" in out


def test_without_a_volume_only_the_limit_is_shown() -> None:
    out = lines_for("--weight", "70", *ROPIVACAINE)
    assert "ropivacaine, limit: 210 mg" in out
    assert "42 mL of 0.5 %" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("--weight", "70", *ROPIVACAINE, "--volume", "1mL"),
        ("rescue", "--weight", "70"),
        ("rescue",),
        ("toxin", "botox", "--units", "1"),
        ("drugs",),
        ("--help",),
    ],
)
def test_the_word_safe_never_appears(arguments: tuple[str, ...]) -> None:
    assert not re.search(r"\bsafe(ly)?\b", lines_for(*arguments), re.IGNORECASE)  # a source may be "safety information"


def test_the_rescue_card_leads_with_the_volumes_for_this_weight() -> None:
    lines = lines_for("rescue", "--weight", "50").splitlines()
    bolus = next(number for number, line in enumerate(lines) if "BOLUS" in line)
    assert bolus < 10
    assert lines[bolus].split()[:3] == ["BOLUS", "about", "75"]
    assert lines[bolus + 1].split()[0] == "INFUSION"
    assert lines[bolus + 2].split() == ["MAXIMUM", "TOTAL", "600", "mL"]


def test_a_weight_before_the_word_rescue_is_not_lost() -> None:
    assert lines_for("--weight", "50", "rescue") == lines_for("rescue", "--weight", "50")


def test_the_rescue_card_without_a_weight_gives_what_is_known_and_assumes_none() -> None:
    out = lines_for("rescue")
    assert "1.5 mL/kg" in out
    assert "none is assumed" in out
    assert as_json("rescue")["bolus_ml"] is None
    assert as_json("rescue", "--weight", "80")["bolus_ml"] == 100.0


@pytest.mark.hazard("wrong-drug-unit")
def test_toxin_units_are_labelled_as_the_products_own() -> None:
    out = lines_for("toxin", "Botox", "--units", "420", "--age", "40", status=FINDING)
    assert "not units of any other product" in out
    assert "105 %" in out
    assert "child," not in out
    other = as_json("toxin", "dysport", "--units", "420")
    assert [limit["max_units"] for limit in other["limits"]] == [1000.0]  # its own limits, none of Botox


def test_the_list_shows_every_drug_and_how_sure_its_limits_are() -> None:
    out = lines_for("drugs")
    for name, drug in load().anaesthetic.items():
        assert f"{name} ({', '.join(drug.names)})" in out
    assert re.search(r"by weight +4\.5 mg/kg \[sourced: ", out)
    assert re.search(r"with epinephrine, absolute +none: ", out)
    found = re.search(r"The whole table: (\d+) numbers and statements: (.*); (\d+) missing", out)
    assert found
    assert int(found[1]) == sum(map(int, re.findall(r"\d+", found[2]))) + int(found[3])


def test_another_drug_table_is_used_and_a_faulty_one_refused(tmp_path: Path) -> None:
    text = resources.files("protocols").joinpath("drugs.toml").read_text(encoding="utf-8")
    tighter, faulty = tmp_path / "tighter.toml", tmp_path / "faulty.toml"
    tighter.write_text(text.replace("value = 4.5,", "value = 3.0,", 1), encoding="utf-8")
    faulty.write_text(text.replace("value = 4.5,", "value = 45,", 1), encoding="utf-8")
    given = ("--weight", "60", "--drug", "lidocaine")
    assert as_json(*given, "--table", tighter)["limit"]["mg"] == 180.0
    done = dose(*given, "--table", faulty)
    assert (done.status, done.is_one_sentence) == (BAD_ARGUMENTS, True)
    assert "0.1 to 30 mg/kg" in done.err


REFUSED: dict[str, tuple[list[str], str]] = {
    "no drug": (["--weight", "70"], "--drug"),
    "a weight of nothing": (["--weight", "0", *ROPIVACAINE], "cannot be"),
    "a weight below nothing": (["--weight", "-70", *ROPIVACAINE], "cannot be"),
    "an absurd weight": (["--weight", "7000", *ROPIVACAINE], "1 to 350 kg"),
    "a weight in pounds": (["--weight", "154lb", *ROPIVACAINE], "kg"),
    "a weight in words": (["--weight", "heavy", *ROPIVACAINE], "kg"),
    "a height in metres": (["--weight", "70", "--height", "1.72", *ROPIVACAINE], "cm"),
    "a child": (["--weight", "20", "--age", "6", *ROPIVACAINE], "12 years"),
    "a light patient of no age": (["--weight", "20", *ROPIVACAINE], "--age"),
    "an unknown drug": (["--weight", "70", "--drug", "ropivacain"], "ropivacaine"),
    "a drug of another kind": (["--weight", "70", "--drug", "morphine"], "bupivacaine"),
    "a toxin among the anaesthetics": (["--weight", "70", "--drug", "botox"], "No local anaesthetic"),
    "a concentration without a unit": (["--drug", "lidocaine", "--concentration", "1"], "0.5% or 5mg/mL"),
    "a concentration that is none": (["--drug", "lidocaine", "--concentration", "20%"], "0.01% to 5%"),
    "a volume without a unit": ([*ROPIVACAINE, "--volume", "30"], "30mL"),
    "a volume in litres": ([*ROPIVACAINE, "--volume", "3L"], "30mL"),
    "a volume of nothing": ([*ROPIVACAINE, "--volume", "0mL"], "cannot be"),
    "a volume of what": (["--drug", "lidocaine", "--volume", "30mL"], "--concentration"),
    "a further dose without an amount": ([*ROPIVACAINE, "--with", "lidocaine 1%"], "concentration and volume"),
    "an earlier dose that is not understood": ([*ROPIVACAINE, "--given", "some lidocaine, 5"], "not understood"),
    "epinephrine that is too strong": ([*ROPIVACAINE, "--epinephrine", "1:1000"], "stronger"),
    "epinephrine that is not understood": ([*ROPIVACAINE, "--epinephrine", "200000"], "1:200000"),
    "a table that is not there": ([*ROPIVACAINE, "--table", "/nowhere/drugs.toml"], "/nowhere/drugs.toml"),
    "a table that is a folder": ([*ROPIVACAINE, "--table", "/"], "cannot be read"),
    "a rescue of nobody": (["rescue", "--weight", "0"], "cannot be"),
    "an unknown toxin": (["toxin", "botax", "--units", "5"], "botox"),
    "toxin without units": (["toxin", "botox"], "--units"),
    "units of no number": (["toxin", "botox", "--units", "nan"], "cannot be"),
    "an unknown word": (["antidote"], "antidote"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_bad_arguments_are_refused_in_one_sentence(fault: str) -> None:
    arguments, named = REFUSED[fault]
    done = dose(*arguments)
    assert (done.status, done.is_one_sentence) == (BAD_ARGUMENTS, True), done
    assert named in done.err


WORDS = [
    "--weight", "--age", "--height", "--drug", "--concentration", "--volume", "--epinephrine", "--with", "--given",
    "--json", "rescue", "toxin", "70", "70kg", "-1", "nan", "1e400", "1.5", "ropivacaine", "botox", "0.5%", "30mL",
    "1:200000", "lidocaine 1% 10mL", "bupivacaine 25mg 1h ago", "", " ", "--units", "%", "mL", "\x00", "½", "٣", "--",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=8))
@settings(max_examples=150, deadline=None)
def test_any_command_line_is_calculated_or_refused_in_one_sentence(arguments: list[str]) -> None:
    done = dose(*arguments)
    assert done.status == 0 or (done.status == BAD_ARGUMENTS and (done.is_one_sentence or not arguments)), done


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--weight", "70"], "--solution"),
        (["--given", "lidocaine 50mg"], "--solution"),
        (["--solution", "ropivacaine"], "a solution is"),
        (["--solution", "ropivacaine 0.5%", "--weight", "0"], "cannot be"),
        (["--solution", "ropivacaine 0.5%", "--weight", "30", "--age", "8"], "12 years"),
    ],
)
def test_a_procedure_does_not_begin_with_a_dose_that_cannot_be_guarded(options: list[str], named: str) -> None:
    done = command("demo", "--headless", "--duration", "1", *options)
    assert (done.status, done.is_one_sentence) == (BAD_ARGUMENTS, True), done
    assert named in done.err
