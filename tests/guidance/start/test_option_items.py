"""Forms made from commands: every option is there, and the words are those that the command takes."""

from __future__ import annotations

import tomllib

import click
import pytest

from guidance.cli.command_table import load_command
from guidance.note.fields import BLOCK, BOTULINUM
from guidance.protocol.library import all_names
from guidance.start.option_items import option_items, words_of
from guidance.start.procedure_form import dose_sentence, procedure_items, procedure_words
from guidance.ui.forms import Form, FormItem

RUN = load_command("run")
FOR_SCRIPTS = {"headless", "as_json", "jobs", "fast", "help"}


def item_of(command: click.Command, name: str) -> FormItem:
    return next(item for item in option_items(command) if item.key == name)


@pytest.mark.parametrize("name", ["run", "demo", "replay", "biofeedback", "check"])
def test_every_option_but_those_for_scripts_has_an_item(name: str) -> None:
    command = load_command(name)
    assert {item.key for item in option_items(command)} == {param.name for param in command.params} - FOR_SCRIPTS


def test_a_procedure_has_every_option_of_the_command_too() -> None:
    items = {item.key for item in procedure_items(RUN, BLOCK, {}, {})}
    assert {param.name for param in RUN.params} - FOR_SCRIPTS - {"case_file"} <= items
    assert "case_file" not in items, "the form itself is the case sheet"


def test_no_item_shows_a_place_that_the_help_fills_in() -> None:
    assert "p24:PORT" in item_of(RUN, "stimulator").allowed
    for name in ("run", "demo", "check", "record"):
        assert not [item.allowed for item in option_items(load_command(name)) if "{" in item.allowed]


def test_the_words_are_taken_by_the_command() -> None:
    answers = {"address": "sim:7", "window": "2 25", "no_audio": "yes", "raw_log": "no", "given": "lidocaine 50mg; "}
    words = words_of(RUN, answers)
    parsed = RUN.make_context("run", list(words)).params
    assert (parsed["address"], parsed["window"], parsed["given"]) == ("sim:7", (2.0, 25.0), ("lidocaine 50mg",))
    assert (parsed["no_audio"], parsed["raw_log"]) == (True, False)


def test_an_argument_that_looks_like_an_option_stays_an_argument() -> None:
    replay = load_command("replay")
    assert replay.make_context("replay", words_of(replay, {"file": "--fast"})).params["file"] == "--fast"


@pytest.mark.parametrize(
    ("name", "typed", "why"),
    [
        ("max_current_ma", "-3", "Max current is not taken: '-3' is not a number above 0"),
        ("weight_kg", "150 lb", "Weight is not taken: '150 lb' is not a number of kg; write it as 70"),
        ("weight_kg", "-", "Weight takes no '-' here"),
        ("window", "2", "Window needs 2 values"),
        ("mode", "fast", "Mode must be"),
    ],
)
def test_a_wrong_value_is_refused_in_one_sentence(name: str, typed: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        item_of(RUN, name).answer_of(typed)
    assert str(refused.value).endswith(".")


def test_a_procedure_gives_options_and_case_sheet() -> None:
    answers = {
        "protocol_id": "femoral", "address": "sim:7", "side": "left", "patient": 'A "B" Patient', "weight_kg": "70",
        "sex": "other", "solution": "ropivacaine 0.5%",
    }  # fmt: skip
    words, case = procedure_words(RUN, answers)
    parsed = RUN.make_context("run", words[1:]).params
    assert words[0] == "run"
    assert (parsed["weight_kg"], parsed["sex"], parsed["solution"]) == (70.0, None, "ropivacaine 0.5%")
    assert tomllib.loads(case) == {"side": "left", "patient": 'A "B" Patient', "weight_kg": "70", "sex": "other"}
    assert "patient" not in " ".join(words).lower()


def test_a_weight_without_a_solution_is_in_the_case_sheet_only() -> None:
    words, case = procedure_words(RUN, {"address": "sim:7", "weight_kg": "70"})
    assert "--weight" not in words
    assert tomllib.loads(case) == {"weight_kg": "70"}


def test_the_dose_limit_is_stated_or_why_it_is_not_known() -> None:
    known = {"solution": "ropivacaine 0.5%", "weight_kg": "70"}
    assert dose_sentence(known) == "The limit for this patient is 42.0 mL of ropivacaine 0.5%."
    assert "The weight is open" in dose_sentence({"solution": "ropivacaine 0.5%"})
    assert dose_sentence({}) == ""
    assert "5" in dose_sentence(known | {"weight_kg": "5"})


def test_no_answer_of_the_form_is_an_item_of_the_stop_moment_and_side_is_required() -> None:
    form = Form(tuple(procedure_items(RUN, BLOCK, {}, {})))
    assert [item.key for item in form.missing] == ["protocol_id", "address", "side"]
    assert not {"consent", "allergies", "monitors", "iv_access", "stop_moment"} & {item.key for item in form.items}


def test_the_items_of_every_kind_are_unique() -> None:
    for kind in (BLOCK, BOTULINUM):
        keys = [item.key for item in procedure_items(RUN, kind, {}, {})]
        assert len(keys) == len(set(keys))
    assert "femoral" in all_names()
