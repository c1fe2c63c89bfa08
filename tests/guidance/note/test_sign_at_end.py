"""Signing when the screen closes: the pages of the command; it may be left for later, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guidance.cli.notes import sign_at_end
from guidance.note.case_sheet import save_case
from guidance.start.signing_pages import SigningPages
from tests.support.case_sheets import sheet
from tests.support.scripted_procedure import femoral_block


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A procedure whose note has all answers."""
    folder = femoral_block().record_in(tmp_path)
    save_case(folder, sheet(), None)
    return folder


def end_pages(monkeypatch: pytest.MonkeyPatch, result: str | None, code: int = 0) -> None:
    """Let the pages end with ``result`` and return code ``code``."""

    def run(app: SigningPages, **_: Any) -> str | None:
        app._return_code = code
        app.written.append(Path("note.pdf"))
        return result

    monkeypatch.setattr(SigningPages, "run", run)


def test_the_signature_and_the_files_are_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    end_pages(monkeypatch, "Signed by Dr A. Example.")
    sign_at_end(folder, None)
    assert capsys.readouterr().out == "Signed by Dr A. Example.\nWritten: note.pdf\n"


@pytest.mark.parametrize("code", [0, 1], ids=["left for later", "a fault of the pages"])
def test_what_is_not_signed_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: int
) -> None:
    end_pages(monkeypatch, None, code)
    with pytest.raises(SystemExit) as left:
        sign_at_end(folder, None)
    assert left.value.code == 1
    err = capsys.readouterr().err
    later = f"To sign it later: needle-guidance procedures sign {folder.name} --store {folder.parent}"
    assert (later if code == 0 else "ended with a fault") in err
