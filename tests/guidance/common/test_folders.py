"""Users without a home, and files as Windows' editors save them."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from guidance.common.config import load_config
from guidance.common.folders import config_folder, state_folder, text_of_file
from guidance.protocol import names
from tests.support.command_line import command


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the home from the user, as in a container whose user has no entry in passwd."""

    def nowhere(*_: object, **__: object) -> Path:
        raise RuntimeError("could not determine the home directory")

    for name in ("user_config_path", "user_data_path", "user_state_path"):
        monkeypatch.setattr(platformdirs, name, nowhere)


@pytest.mark.usefixtures("homeless")
def test_without_a_home_there_are_no_settings_and_a_store_must_be_named(tmp_path: Path) -> None:
    assert not config_folder().exists()
    assert not state_folder().exists()
    assert load_config().sounds == {}
    assert "generic-block" in names()
    refused = command("demo", "--headless", "--duration", "0.2", "--no-audio")
    assert (refused.status, refused.is_one_sentence) == (2, True)
    assert "give --store DIR" in refused.err
    assert command("procedures", "list", "--store", tmp_path).status == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_each_encoding_with_a_mark(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes('[sounds]\r\nmapping = "tempo" # \u00b5V\r\n'.encode(encoding))
    assert text_of_file(path) == '[sounds]\nmapping = "tempo" # \u00b5V\n'
    assert load_config(path).sounds == {"mapping": "tempo"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_case_sheet_and_a_drug_table_with_a_mark_are_read(tmp_path: Path, encoding: str) -> None:
    sheet, table = tmp_path / "sheet.toml", tmp_path / "table.toml"
    sheet.write_bytes('side = "left"\r\n'.encode(encoding))
    table.write_bytes(b"x = 1\n".decode().encode(encoding))
    store = tmp_path / "store"
    done = command("demo", "--headless", "--duration", "0.2", "--no-audio", "--store", store, "--case", sheet)
    assert done.status == 0, done.err
    done = command("dose", "--weight", "70", "--drug", "ropivacaine", "--table", table)
    assert "x is not a key" in done.err
