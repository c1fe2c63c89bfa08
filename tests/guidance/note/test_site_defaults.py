"""The site's default answers: only of staff, equipment and routine, marked, and never over an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from guidance.common.config import Config, load_config
from guidance.common.errors import UsageError
from guidance.note.case_sheet import CaseSheet, load_case, save_case
from guidance.note.fields import FIELDS
from guidance.note.site_defaults import ORIGIN, WITH_DEFAULT, notes_folder, site_defaults, with_defaults
from guidance.note.stop_sentences import FIELD_ITEMS
from tests.support.case_sheets import NOW

ABOUT_THE_PATIENT = {
    "patient",
    "side",
    "stop_moment",
    "time_out",
    "nerve_disease",
    "pain",
    "complications",
    "aspiration",
}


def test_no_default_is_an_item_of_the_stop_moment_or_a_finding() -> None:
    assert not set(WITH_DEFAULT) & ({*FIELD_ITEMS} | ABOUT_THE_PATIENT)
    assert set(WITH_DEFAULT) <= {field.key for field in FIELDS}


@pytest.mark.parametrize("key", sorted({*FIELD_ITEMS} | ABOUT_THE_PATIENT))
def test_a_default_for_another_field_is_refused_in_one_sentence(key: str) -> None:
    with pytest.raises(UsageError, match=f"'{key}' has no default; fields with one are performer, "):
        site_defaults(Config(Path("config.toml"), note={key: "none"}))


def test_defaults_are_read_in_their_standard_form(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[note]\nneedle_gauge = 22\nultrasound = false\nposition = "supine"\n', "utf-8")
    assert site_defaults(load_config(path)) == {"needle_gauge": "22", "ultrasound": "no", "position": "supine"}
    path.write_text("[note]\nneedle_gauge = 900\n", "utf-8")
    with pytest.raises(UsageError, match="needle_gauge must be a number of G from 14 to 34"):
        site_defaults(load_config(path))


def test_the_folder_of_signed_notes_must_exist(tmp_path: Path) -> None:
    assert notes_folder(Config(Path("config.toml"), note={"folder": str(tmp_path)})) == tmp_path
    assert notes_folder(Config(Path("config.toml"))) is None
    for wrong in (str(tmp_path / "none"), 7):
        config = Config(Path("config.toml"), note={"folder": wrong})
        assert not site_defaults(config)
        with pytest.raises(UsageError, match=r"config.toml, \[note\]: folder = .* is no folder here"):
            notes_folder(config)


def test_a_default_fills_only_what_is_missing_and_is_marked_until_somebody_answers(tmp_path: Path) -> None:
    case = CaseSheet().with_answer("position", "prone", NOW)
    case = with_defaults(case, ("asepsis",), {"asepsis": "chlorhexidine", "position": "supine"}, NOW)
    assert dict(case.answers) == {"position": "prone", "asepsis": "chlorhexidine"}
    assert dict(case.origins) == {"asepsis": ORIGIN}
    save_case(tmp_path, case, None)
    assert load_case(tmp_path, None) == case
    assert not case.with_answer("asepsis", "povidone", NOW).origins
