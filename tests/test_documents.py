"""The documents name only what exists: links, benchmarks, commands and options."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from guidance.cli.command_table import COMMANDS, load_command
from guidance.cli.help import TOPICS

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", ".github/*.md", "drivers/*.md", "protocols/*.md", "guidance/**/*.md", "tests/**/*.md")
    for path in ROOT.glob(pattern)
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDERS = ("guidance", "drivers", "protocols", "tests")
OF_THE_USER = {"config.toml", "line_amplifier.py", "line_rig.py", "pyproject.toml", "ID.toml"}
FIRST_SCREEN_LINES = 24
README_LINES = 170


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def document(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_every_document_is_found() -> None:
    assert len(DOCUMENTS) > 15


def test_every_relative_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_file_that_is_named_with_its_ending_exists(document: Path) -> None:
    named = set(re.findall(r"`((?:[\w-]+/)*[\w-]+\.(?:py|toml|md))`", document.read_text(encoding="utf-8")))
    files = [str(path.relative_to(ROOT)) for folder in FOLDERS for path in (ROOT / folder).rglob("*.*")]
    assert (
        sorted(name for name in named - OF_THE_USER if not any(f"/{file}".endswith(f"/{name}") for file in files)) == []
    )


def test_every_benchmark_exists(document: Path) -> None:
    names = set(re.findall(r"\bbench_\w+", document.read_text(encoding="utf-8")))
    assert sorted(name for name in names if not (ROOT / "tests" / "benchmarks" / f"{name}.py").exists()) == []


def test_every_test_module_that_is_run_by_name_exists(document: Path) -> None:
    modules = set(re.findall(r"python -m (tests\.[\w.]*\w)", document.read_text(encoding="utf-8")))
    paths = [ROOT.joinpath(*module.split(".")) for module in modules - {"tests.benchmarks.NAME"}]
    assert [path for path in paths if not (path.is_dir() or path.with_suffix(".py").exists())] == []


def test_every_command_and_option_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"^ {4}.*needle-guidance ([a-z-]+.*)$", text, re.MULTILINE)
    assert [line for line in lines if not _is_known(line)] == []


def test_the_readme_is_short_and_its_first_screen_states_that_this_is_no_medical_device() -> None:
    lines = README.splitlines()
    assert len(lines) <= README_LINES
    assert "not a medical device" in "\n".join(lines[:FIRST_SCREEN_LINES])


def test_the_readme_lists_every_help_topic() -> None:
    assert [topic for topic in TOPICS if not re.search(rf"\b{topic}\b", README)] == []


def _is_known(line: str) -> bool:
    """Return whether the command that ``line`` begins with exists and has all the options in it."""
    first, *words = re.split(r"\s+", line)
    name = first.strip(".,:;)")
    if name not in COMMANDS:
        return False
    command = load_command(name)
    if isinstance(command, click.Group) and words and words[0] in command.commands:
        command = command.commands[words[0]]
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)} | {"--help", "-h"}
    return {word.rstrip(".,;:)") for word in words if re.match(r"--\w", word)} <= known
