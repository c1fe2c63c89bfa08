"""EDF and BDF headers with one field changed: equal to other readers, or a sentence, and never a traceback."""

from __future__ import annotations

import pytest

from tests.drivers.formats.mutated_headers import Mutated, compared, mutations, read_ours


@pytest.mark.parametrize("file", [pytest.param(each, id=f"{each.family} {each.name}") for each in mutations()])
def test_a_changed_header_gives_what_edfio_reads_or_a_sentence(
    file: Mutated, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = compared(file, tmp_path_factory.mktemp("mutated"), ["edfio"])
    assert found.silent_differences == {}
    assert "\n" not in found.ours.error + found.ours.notes


@pytest.mark.parametrize("family", ["EDF", "BDF"])
def test_the_file_that_is_changed_is_read_silently_with_its_stimuli(
    family: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plain = next(each for each in mutations() if (each.family, each.name) == (family, "none"))
    found = compared(plain, tmp_path_factory.mktemp("plain"), ["edfio", "pyedflib"])
    assert found.outcome == "silent"
    assert found.ours.stimuli == (1.25, 4.25)
    assert found.peers == {"edfio": "equal", "pyedflib": "equal"}


def test_a_version_padded_with_nuls_is_that_of_edf(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("version") / "a.edf"
    data = next(each.data for each in mutations())
    path.write_bytes(b"0" + bytes(7) + data[8:])
    assert read_ours(path).error == ""


@pytest.mark.slow
def test_no_difference_from_three_readers_is_silent(tmp_path_factory: pytest.TempPathFactory) -> None:
    pytest.importorskip("mne", reason="mne is not installed; it is in the group peers")
    folder = tmp_path_factory.mktemp("sweep")
    found = [compared(each, folder, ["MNE", "edfio", "pyedflib"]) for each in mutations()]
    assert {
        f"{each.file.family} {each.file.name}": each.silent_differences for each in found if each.silent_differences
    } == {}
    assert sum(each.outcome == "silent" for each in found) > 100
