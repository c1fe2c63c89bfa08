"""The strict check: every shipped protocol agrees with itself, and each kind of contradiction is found by its key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from guidance.citations import ProtocolError, tables_of
from guidance.dose.drugs import load as load_drugs
from guidance.protocol import names
from guidance.protocol.innervation import SUPPLY
from guidance.protocol.library import load_sheet, text_of
from guidance.protocol.reading import sheet_of
from guidance.protocol.sheet import NerveBlock
from guidance.protocol.strict import LEG_NERVES, contradiction_of, strict_faults
from tests.support.command_line import command

LIMIT = load_drugs().session_limit


def faults_of(name: str, *changes: tuple[str, str]) -> list[str]:
    text = text_of(name)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return list(strict_faults(sheet_of(tables_of(text, "f.toml"), "f.toml"), LIMIT))


@pytest.mark.parametrize("name", names())
def test_every_shipped_protocol_agrees_with_itself(name: str) -> None:
    assert list(strict_faults(load_sheet(name).sheet, LIMIT)) == []


@pytest.mark.parametrize(
    ("name", "change", "found"),
    [
        ("femoral", ("[2.0, 40.0]", "[2.0, 25.0]"), "a leg block's window reaches 35 ms"),
        ("popliteal", ("[10.5, 16.0]", "[10.5, 60.0]"), "target.muscles.muscles-of-the-foot.m_latency_ms"),
        ("interscalene", ("[3.0, 5.5]", "[1.0, 5.5]"), "target.muscles.deltoid.m_latency_ms"),
        ("obturator", ("value = [80.0, 100.0]", "value = [30.0, 50.0]"), "needle.length_mm"),
        ("femoral", ("is gone at {proximity.lower_bound_ma} mA", "is gone at 0.3 mA"), "names 0.3 mA"),
        ("lumbar-plexus", ("at or below {proximity.lower_bound_ma} mA", "below 0.2 mA"), "refuse.dural-sleeve"),
        ("tibial-ankle", ('"abductor-hallucis"', '"gastrocnemius"'), "accept.toes.muscles names gastrocnemius"),
        ("femoral", ('"femoral nerve"', '"femural nerve"'), "is not a known nerve"),
        ("popliteal", ('"Calf without the foot"', '"Inversion of the foot"'), "accepted or refused, not both"),
        ("botulinum-fds", ("muscle_max_u = { value = 50.0", "muscle_max_u = { value = 500.0"), "session's limit"),
        ("botulinum-adductor-pollicis", ("muscle_max_u = { value = 30.0", "muscle_max_u = { value = 80.0"), "region"),
        ("botulinum-scm", ('indication = "cervical dystonia"', 'indication = "other"'), ""),
    ],
)  # fmt: skip
def test_a_contradiction_is_found_by_its_key(name: str, change: tuple[str, str], found: str) -> None:
    faults = faults_of(name, change)
    assert found in "\n".join(faults)
    assert all("\n" not in fault for fault in faults)
    assert faults or not found


def test_a_product_without_a_limit_of_its_session_is_found() -> None:
    faults = list(strict_faults(load_sheet("botulinum-fds").sheet, lambda _product, _indication: None))
    assert "no session limit" in faults[0]


def test_every_nerve_of_a_shipped_block_is_in_the_table_of_supply() -> None:
    blocks = [sheet for name in names() if isinstance(sheet := load_sheet(name).sheet, NerveBlock)]
    assert {block.target.nerve.value for block in blocks} - {"any motor nerve"} <= set(SUPPLY)
    assert "common peroneal nerve" in LEG_NERVES
    assert "median nerve at the elbow" not in LEG_NERVES


@pytest.mark.parametrize(
    "name", [n for n in names() if isinstance(load_sheet(n).sheet, NerveBlock) and n != "generic-block"]
)
def test_every_accepted_motor_response_names_its_muscles(name: str) -> None:
    sheet = load_sheet(name).sheet
    assert isinstance(sheet, NerveBlock)
    silent = {key for key, row in sheet.accept.items() if not row.muscles}
    assert silent == ({"paraesthesia"} if name == "saphenous" else set())


def test_a_number_in_braces_is_the_sheets_own_also_after_a_change_by_the_site() -> None:
    text = text_of("femoral").replace(
        "lower_bound_ma = { value = 0.2,", "lower_bound_ma = { value = 0.25,"
    ).replace("target_from_ma = { value = 0.2,", "target_from_ma = { value = 0.25,")  # fmt: skip
    sheet = sheet_of(tables_of(text, "f.toml"), "f.toml")
    assert "gone at 0.25 mA" in " ".join(step.do for step in sheet.steps)


def test_a_name_in_braces_that_is_no_number_of_the_sheet_is_refused() -> None:
    text = text_of("femoral").replace("{proximity.lower_bound_ma}", "{proximity.upper_bound_ma}")
    with pytest.raises(ProtocolError, match=r"f\.toml: steps\.\d+ names \{proximity\.upper_bound_ma\}"):
        sheet_of(tables_of(text, "f.toml"), "f.toml")


def test_the_command_checks_strictly_on_request(tmp_path: Path, site: Callable[[str, str], Path]) -> None:
    assert command("protocols", "validate", "--strict").status == 0
    bad = tmp_path / "mine.toml"
    bad.write_text(text_of("femoral").replace("[2.0, 40.0]", "[2.0, 25.0]"), encoding="utf-8")
    assert command("protocols", "validate", str(bad)).status == 0
    done = command("protocols", "validate", "--strict", str(bad))
    assert done.status == 1
    assert "leg block's window reaches 35 ms" in done.out


def test_a_procedure_with_a_site_sheet_that_contradicts_itself_does_not_start(site: Path) -> None:
    short = '{ value = [2.0, 25.0], source = "unsourced", certainty = "unsourced" }'
    text = f'[override]\nauthor = "Dr A. Example"\n[response]\nwindow_ms = {short}\n'
    (site / "femoral.toml").write_text(text, encoding="utf-8")
    done = command("demo", "--protocol", "femoral", "--headless", "--duration", "1")
    assert (done.status, done.is_one_sentence) == (2, True)
    assert "contradicts itself: response.window_ms ends at 25 ms" in done.err


def test_a_site_sheet_of_a_nerve_that_is_not_in_the_table_is_no_contradiction() -> None:
    text = text_of("femoral").replace('"femoral nerve"', '"nerve of the site"')
    assert contradiction_of(sheet_of(tables_of(text, "f.toml"), "f.toml"), LIMIT) is None
