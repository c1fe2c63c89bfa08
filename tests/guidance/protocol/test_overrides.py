"""A site's own file: merged by key, every change with its author, limits loosened only with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from guidance.protocol import ProtocolError, all_names, load
from guidance.protocol.library import load_sheet, text_of
from guidance.protocol.limits import is_limit, loosens

HEAD = '[override]\nauthor = "Dr A. Example"\n'
REFS = '[refs]\nsite = "Minutes of the department"\n'


def sited(value: object) -> str:
    return f'{{ value = {value}, source = "site", certainty = "sourced" }}'


def put(site: Path, text: str, name: str = "femoral") -> None:
    (site / f"{name}.toml").write_text(text, encoding="utf-8")


def refusal(name: str = "femoral") -> str:
    with pytest.raises(ProtocolError) as refused:
        load(name)
    assert all("\n" not in fault for fault in refused.value.faults)
    return str(refused.value)


def test_a_limit_is_tightened_without_a_reason_and_the_change_is_known(site: Path) -> None:
    put(site, f"{HEAD}[stimulus]\nmax_current_ma = {sited(3.0)}\n{REFS}")
    protocol = load("femoral")
    (change,) = protocol.changes
    assert protocol.max_current_ma == 3.0
    assert (change.key, change.author, change.loosens) == ("stimulus.max_current_ma", "Dr A. Example", False)
    assert (change.old, change.new) == ("5.0 (hns12-p9)", "3.0 (site)")


def test_what_the_site_does_not_mention_stays(site: Path) -> None:
    before = load_sheet("femoral", with_site=False).sheet
    put(site, f"{HEAD}[stimulus]\nmax_current_ma = {sited(3.0)}\n{REFS}")
    after = load_sheet("femoral").sheet
    assert after.refuse == before.refuse  # type: ignore[union-attr]
    assert after.stimulus.rate_hz == before.stimulus.rate_hz  # type: ignore[union-attr]


def test_a_limit_is_not_loosened_without_a_reason(site: Path) -> None:
    put(site, f"{HEAD}[stimulus]\nmax_current_ma = {sited(5.5)}\n{REFS}")
    sentence = refusal()
    assert "stimulus.max_current_ma loosens a limit from 5.0 (hns12-p9) to 5.5 (site)" in sentence
    assert "femoral.toml" in sentence


def test_a_limit_is_loosened_with_a_reason_that_is_kept(site: Path) -> None:
    reasons = '[override.reasons]\n"stimulus.max_current_ma" = "obese patients"\n'
    put(site, f"{HEAD}{reasons}[stimulus]\nmax_current_ma = {sited(5.5)}\n{REFS}")
    (change,) = load("femoral").changes
    assert (change.loosens, change.reason) == (True, "obese patients")


LIMITS = [
    ("femoral", "stimulus.start_current_ma", 0.5, 2.0),
    ("femoral", "stimulus.width_ms", 0.05, 0.3),
    ("femoral", "stimulus.max_current_ma", 4.0, 5.5),
    ("generic-block", "proximity.lower_bound_ma", 0.22, 0.1),
    ("femoral", "injection.volume_ml", "[10.0, 15.0]", "[10.0, 50.0]"),
    ("botulinum-fds", "dose.onabotulinumtoxinA.range_u", "[20.0, 40.0]", "[20.0, 50.5]"),
    ("botulinum-biceps", "dose.onabotulinumtoxinA.sites", "[2, 3]", "[2, 5]"),
    ("botulinum-fds", "limits.onabotulinumtoxinA.site_max_u", 40.0, 60.0),
]


def only(key: str, value: object) -> str:
    table, _, name = key.rpartition(".")
    return f"{HEAD}[{table}]\n{name} = {sited(value)}\n{REFS}"


@pytest.mark.parametrize(("name", "key", "tight", "loose"), LIMITS, ids=[limit[1] for limit in LIMITS])
def test_every_limit_knows_which_way_is_tighter(site: Path, name: str, key: str, tight: object, loose: object) -> None:
    put(site, only(key, tight), name)
    assert [change.loosens for change in load(name).changes] == [False]
    put(site, only(key, loose), name)
    assert f"{key} loosens a limit" in refusal(name)


def test_removing_a_limit_loosens_it() -> None:
    assert loosens("injection.volume_ml", [5.0, 10.0], None)
    assert not loosens("injection.volume_ml", None, [5.0, 10.0])


@pytest.mark.parametrize("key", ["response.window_ms", "needle.length_mm", "proximity.target_ma"])
def test_what_is_no_limit_changes_freely(key: str) -> None:
    assert not is_limit(key)
    assert not loosens(key, 1.0, 2.0)


def test_a_new_value_does_not_keep_the_old_source(site: Path) -> None:
    put(site, f"{HEAD}[stimulus]\nmax_current_ma = {{ value = 3.0 }}\n")
    assert "give value, source and certainty" in refusal()


def test_no_site_passes_the_absolute_limit_whatever_its_reason(site: Path) -> None:
    reasons = '[override.reasons]\n"stimulus.max_current_ma" = "because"\n'
    put(site, f"{HEAD}{reasons}[stimulus]\nmax_current_ma = {sited(7.0)}\n{REFS}")
    assert "0.01 to 6 mA" in refusal()


def test_a_response_may_be_added_and_one_be_reworded(site: Path) -> None:
    entry = '[refuse.{}]\nresponse = "{}"\nmeans = "m"\ndo = "d"\nsource = "site"\ncertainty = "sourced"\n'
    put(site, HEAD + entry.format("gracilis", "Gracilis") + entry.format("sartorius", "Sartorius!") + REFS)
    keys = {change.key for change in load("femoral").changes}
    assert {"refuse.gracilis.response", "refuse.sartorius.response"} <= keys


REFUSED = {
    "no author": ("[override]\n", "override.author is missing"),
    "an empty author": ('[override]\nauthor = ""\n', "override.author"),
    "an unknown key of the head": (HEAD + 'date = "x"\n', "override.date"),
    "a head that is none": ("override = 5\n", "override"),
    "another identifier": ('id = "x"\n' + HEAD, "cannot change it"),
    "another kind": ('kind = "botulinum"\n' + HEAD, "cannot change it"),
    "a key that there is not": (f"{HEAD}[stimulus]\nmax_curent_ma = {sited(3.0)}\n{REFS}", "stimulus.max_curent_ma"),
    "a table turned into a number": (HEAD.replace("[over", "stimulus = 5\n[over"), "stimulus"),
    "a source that is not explained": (f"{HEAD}[stimulus]\nmax_current_ma = {sited(3.0)}\n", "'site'"),
    "a reason for what is not changed": (
        f'{HEAD}[override.reasons]\n"stimulus.max_curent_ma" = "x"\n[stimulus]\nmax_current_ma = {sited(3.0)}\n{REFS}',
        "did you mean 'stimulus.max_current_ma'",
    ),
    "a whole protocol under a name that is taken": (text_of("femoral"), "is a protocol of the program"),
    "what is not TOML": ("= 5", "not TOML"),
    "words under a source that does not say them": (
        f'{HEAD}[refuse.sartorius]\ndo = "Go on."\n',
        "keeps the old source",
    ),
    "a citation turned into another": (f'{HEAD}[refs]\nhns12-p9 = "Another"\n', "under another key"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_faulty_file_of_the_site_is_refused_and_never_ignored(site: Path, fault: str) -> None:
    text, words = REFUSED[fault]
    put(site, text)
    sentence = refusal()
    assert words in sentence
    assert "femoral.toml" in sentence


def test_a_faulty_file_of_the_site_leaves_other_protocols_alone(site: Path) -> None:
    put(site, "= 5")
    assert load("interscalene").changes == ()


def test_a_file_that_is_not_text_is_refused(site: Path) -> None:
    (site / "femoral.toml").write_bytes(b"\xff\xfe")
    assert "UTF-8" in refusal()


def test_a_folder_in_place_of_a_file_is_refused(site: Path) -> None:
    (site / "femoral.toml").mkdir()
    assert "cannot be read" in refusal()


def test_changes_to_an_unknown_protocol_are_refused(site: Path) -> None:
    put(site, HEAD, "femorall")
    assert "there is no protocol 'femorall'" in refusal("femorall")


def test_a_protocol_of_the_sites_own_is_known(site: Path) -> None:
    put(site, text_of("femoral").replace('id = "femoral"', 'id = "our-femoral"'), "our-femoral")
    assert "our-femoral" in all_names()
    assert load("our-femoral").max_current_ma == load("femoral").max_current_ma


def test_a_protocol_of_the_sites_own_is_called_as_its_file(site: Path) -> None:
    put(site, text_of("femoral"), "our-femoral")
    assert "must be 'our-femoral'" in refusal("our-femoral")


def test_without_a_site_folder_the_shipped_protocols_load(site: Path) -> None:
    site.rmdir()
    assert load("femoral").changes == ()
