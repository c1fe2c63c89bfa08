"""What TOML can hold that no program can use is one error, wherever TOML is read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from guidance.citations import ProtocolError
from guidance.citations.reading import tables_of
from guidance.common.config import load_config
from guidance.common.errors import UsageError
from guidance.common.toml import NotToml, tables_of_toml
from guidance.note.case_sheet import case_from_toml

UNUSABLE = {
    "digits": f"x = {'9' * 5000}",
    "hex digits": f"x = 0b{'1' * 20_000}_",
    "depth": f"x = {'[' * 5000}",
    "day": "x = 2024-02-31",
    "offset": "x = 2024-02-01T10:00:00+99:00",
    "nonsense": "= =",
}


@pytest.mark.parametrize("text", UNUSABLE.values(), ids=UNUSABLE)
def test_it_is_one_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(NotToml):
        tables_of_toml(text)
    with pytest.raises(ProtocolError, match=r"p\.toml is not TOML"):
        tables_of(text, "p.toml")
    with pytest.raises(UsageError, match="is not TOML"):
        case_from_toml(text, "case.toml", datetime(2026, 1, 1, tzinfo=UTC))
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match="are not TOML"):
        load_config(path)


def test_many_digits_are_named() -> None:
    with pytest.raises(NotToml, match="thousands of digits"):
        tables_of_toml(f"x = {'9' * 5000}")
