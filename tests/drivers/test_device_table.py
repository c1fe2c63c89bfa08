"""The table of devices in drivers/README.md has every driver, and names tests that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers import DRIVERS, STIMULATORS
from tests.drivers.device_table import BEGIN, END, PEERS, README, table


def test_every_driver_has_a_row_and_no_row_is_of_another() -> None:
    assert set(PEERS) == {*DRIVERS, *STIMULATORS}


@pytest.mark.parametrize("scheme", sorted(PEERS))
def test_the_test_that_confirms_a_driver_exists_and_names_its_peer(scheme: str) -> None:
    path = Path(__file__).parent / PEERS[scheme].file
    assert path.exists()
    if "PyPI " in PEERS[scheme].peer:
        package = PEERS[scheme].peer.split("PyPI ")[1].split()[0].rstrip(":")
        known = {"python-oephys": "pyoephys"}.get(package, package)
        text = path.read_text(encoding="utf-8")
        assert package in text or known in text or package.replace("-", "_") in text


def test_the_readme_holds_the_table_as_it_is_printed() -> None:
    printed = README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip()
    assert printed == table(), "put the output of python -m tests.drivers.device_table there"
