"""The language in use: where it comes from, and what is translated."""

from __future__ import annotations

from pathlib import Path

import pytest

from guidance import language
from guidance.cli.language import language_of, set_language
from guidance.common.config import Config
from guidance.common.errors import UsageError
from guidance.language.catalogue import read_catalogue
from guidance.language.sentences import Sentences
from tests.support.command_line import command


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "fr_CA@euro"}, "fr"),
        ({"LANG": "de_DE", "LC_MESSAGES": "es_ES.UTF-8"}, "es"),
        ({"LC_ALL": "fr_FR", "LANG": "de_DE"}, "fr"),
        ({"LC_ALL": "", "LANG": "es"}, "es"),
        ({"LC_ALL": "C", "LANG": "de_DE"}, "en"),
        ({"LANG": "pt_BR.UTF-8"}, "en"),
        ({"LANG": "\x00 nonsense"}, "en"),
    ],
)
def test_the_environment_names_the_language(environment: dict[str, str], code: str) -> None:
    assert language.of_environment(environment) == code


def test_the_option_goes_before_the_settings_and_they_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    set_language(None)
    assert language.in_use() == "de"
    monkeypatch.setattr("guidance.cli.language.load_config", lambda: Config(tmp_path, screen={"language": "fr"}))
    set_language(None)
    assert language.in_use() == "fr"
    set_language("es")
    assert language.in_use() == "es"


def test_settings_with_an_unknown_language_end_with_a_sentence() -> None:
    with pytest.raises(UsageError, match=r"config.toml, \[screen\]: there is no language 'klingon'; there are en, de"):
        language_of(Config(Path("config.toml"), screen={"language": "klingon"}))


def test_a_text_without_a_translation_stays_english_with_its_values() -> None:
    language.use("de")
    assert language.tr("nobody wrote {this}", this=1.5) == "nobody wrote 1.5"
    assert language.recorded("a protocol's own words") == "a protocol's own words"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(KeyError):
        language.use("klingon")


def test_a_parameter_that_looks_like_a_place_is_text() -> None:
    language.use("de")
    assert language.recorded("pulse withheld: {0} {why}") == "Impuls zurückgehalten: {0} {why}"


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("low; {words}", None),
        ("the device is lost", "das Gerät ist weg"),
        ("dose of 3.5 mL: the device is lost", "Dosis von 3.5 mL: das Gerät ist weg"),
        ("refused: dose of 2 mL: pain", "refused: dose of 2 mL: pain"),
        ("the device is lost. Dose of 3 mL: x. More.", "das Gerät ist weg. Dosis von 3 mL: x. More."),
        ("", ""),
    ],
)
def test_a_sentence_is_recognised_with_its_parameters(english: str, german: str | None) -> None:
    sentences = Sentences(
        {
            "the device is lost": "das Gerät ist weg",
            "Dose of {ml} mL: {why}": "Dosis von {ml} mL: {why}",
        }
    )
    assert sentences.translate(english) == (english if german is None else german)


def test_a_very_long_text_is_left_alone() -> None:
    sentences = Sentences({"Dose of {ml} mL.": "Dosis von {ml} mL."})
    text = "Dose of 3 mL. " * 10_000
    assert sentences.translate(text) == text


def test_a_file_that_is_no_catalogue_is_refused_with_its_line() -> None:
    with pytest.raises(ValueError, match="line 2"):
        read_catalogue('msgid "a"\nnot a line of it\n')


def test_the_option_after_the_command_is_refused_with_its_place() -> None:
    done = command("demo", "--language", "fr")
    assert done.status == 2
    assert (
        done.err == "needle-guidance: --language stands before the command, as in: needle-guidance --language de demo\n"
    )
