"""Start: the menu and its pages, by keys and mouse; what fails is one sentence, and what was entered stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from drivers.base import DeviceError, Discovery, FoundDevice
from guidance import language
from guidance.cli.command_table import COMMANDS, load_command
from guidance.common.config import Config
from guidance.common.errors import UserError
from guidance.start import recent, searches
from guidance.start.choice import StartChoice, StartMemory, start_defaults
from guidance.start.review_pages import ReviewPage, matching
from guidance.start.settings_pages import SettingsPage
from guidance.start.start_app import StartApp, StartPage
from guidance.ui.forms.line import AnswerLine
from tests.guidance.ui.golden import differs, pictured
from tests.support.scripted_procedure import femoral_block

SIZES = [(80, 24), (120, 40), (200, 50)]
FOUND = Discovery((FoundDevice("ona:/dev/ttyACM0", "ONA-2", "sure", None, None),), ("RHX is never searched for.",))


@pytest.fixture(autouse=True)
def _one_device(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(searches, "find_devices", lambda **_: FOUND)
    monkeypatch.setattr(recent, "recent_path", lambda: tmp_path / "state" / "recent.json")
    monkeypatch.delenv("NO_COLOR", raising=False)


def memory_of(store: Path, **tables: dict[str, object]) -> StartMemory:
    return StartMemory(load_command, Config(Path("config.toml"), **tables), store, "dark")


def app_of(memory: StartMemory, output: str = "") -> StartApp:
    return StartApp(memory, frozenset(COMMANDS), output)


def text_of(pilot: Pilot[StartChoice]) -> str:
    return pictured(pilot.app).partition("\n--\n")[0]  # type: ignore[arg-type]


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(20.0):
        while not holds():
            await asyncio.sleep(0.02)


async def typed(pilot: Pilot[StartChoice], text: str) -> None:
    await pilot.press(*text)
    await pilot.press("enter")


async def begin_femoral(pilot: Pilot[StartChoice]) -> None:
    """Fill in a procedure up to the side."""
    await pilot.press("b")
    await until(lambda: pilot.app.screen.query(AnswerLine))
    await typed(pilot, "femoral")
    await until(lambda: "ona:/dev/ttyACM0" in text_of(pilot))
    await typed(pilot, "acm")
    await pilot.press("2")


async def test_a_procedure_is_begun_by_keys_alone(tmp_path: Path) -> None:
    app = app_of(memory_of(tmp_path))
    async with app.run_test(size=(120, 40)) as pilot:
        await begin_femoral(pilot)
        await pilot.press("f10")
    assert app.return_value == StartChoice(
        ("run", "--device", "ona:/dev/ttyACM0", "--protocol", "femoral"), 'side = "right"\n', "run"
    )


async def test_site_defaults_need_no_key(tmp_path: Path) -> None:
    app = app_of(memory_of(tmp_path, start={"device": "sim:3", "solution": "ropivacaine 0.5%", "no-audio": True}))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("b")
        await until(lambda: "sim:3  (site default)" in text_of(pilot))
        await typed(pilot, "femoral")
        await pilot.press("1", "f10")
    assert app.return_value is not None
    assert app.return_value.words == (
        "run", "--device", "sim:3", "--protocol", "femoral", "--no-audio", "--solution", "ropivacaine 0.5%",
    )  # fmt: skip


def test_a_wrong_site_default_is_one_sentence() -> None:
    run = load_command("run")
    with pytest.raises(UserError, match="there is no option 'colour' of the command run"):
        start_defaults(Config(Path("config.toml"), start={"colour": 1}), run)
    with pytest.raises(UserError, match="device is one value"):
        start_defaults(Config(Path("config.toml"), start={"device": ["a"]}), run)


async def test_the_end_goes_to_what_is_missing(tmp_path: Path) -> None:
    app = app_of(memory_of(tmp_path))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("b", "f10")
        await until(lambda: "Missing: Protocol; Device; Side." in text_of(pilot))
        assert app.return_value is None


async def test_after_a_failure_the_form_opens_again_with_the_sentence_and_all_that_was_entered(tmp_path: Path) -> None:
    memory = memory_of(tmp_path)
    app = app_of(memory)
    async with app.run_test(size=(120, 40)) as pilot:
        await begin_femoral(pilot)
        await typed(pilot, "A. Patient")
        await pilot.press("f10")
    memory.page, memory.message = "run", "The device ona:/dev/ttyACM0 has gone."
    again = app_of(memory)
    async with again.run_test(size=(120, 40)) as pilot:
        await until(lambda: "A. Patient" in text_of(pilot))
        shown = text_of(pilot)
        assert "The device ona:/dev/ttyACM0 has gone." in shown
        assert "✔ Side" in shown
    assert "Patient" not in recent.recent_path().read_text("utf-8")


async def test_a_device_that_vanishes_while_it_is_chosen_is_no_longer_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_of(memory_of(tmp_path))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("b")
        await until(lambda: app.screen.query(AnswerLine))
        await typed(pilot, "femoral")
        await until(lambda: "ona:/dev/ttyACM0" in text_of(pilot))

        def gone(*, probe: bool) -> Discovery:
            raise DeviceError("The port went away.")

        monkeypatch.setattr(searches, "find_devices", gone)
        await pilot.press("f5")
        await until(lambda: "The search for devices failed: The port went away." in text_of(pilot))
        assert "ttyACM0" not in text_of(pilot)
        assert "sim:7" in text_of(pilot)


async def test_a_store_that_cannot_be_read_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Path) -> None:
        raise UserError("The store cannot be read (Input/output error); name another --store.")

    monkeypatch.setattr("guidance.start.review_pages.StoreIndex", broken)
    app = app_of(memory_of(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("v")
        await until(lambda: "The store cannot be read" in text_of(pilot))
        await pilot.press("enter", "escape")
        assert isinstance(app.screen, StartPage)


async def test_a_procedure_is_found_and_its_note_is_signed_from_review(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path)
    app = app_of(memory_of(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("v")
        await until(lambda: "UNSIGNED  2026-03-14" in text_of(pilot))
        await pilot.press(*"unsigned 2026-04")
        assert "0 of 1 procedures, 1 not signed" in text_of(pilot)
        await pilot.press("backspace")
        await pilot.press(*"3 femoral finished")
        assert "1 of 1" in text_of(pilot)
        await pilot.press("enter")
        await until(lambda: "Sign the note" in text_of(pilot))
        await pilot.press("s")
    assert app.return_value == StartChoice(("procedures", "sign", "--store", str(tmp_path), folder.name), page="review")


def test_unsigned_procedures_come_first_then_the_newest() -> None:
    from guidance.journal.index import IndexedProcedure
    from guidance.journal.summary import Summary

    rows = [
        IndexedProcedure(Summary(name, "finished", protocol="femoral"), signed, "")
        for name, signed in (("a", True), ("b", False), ("c", True), ("d", False))
    ]
    assert [row.summary.name for row in matching(rows, "")] == ["d", "b", "c", "a"]
    assert [row.summary.name for row in matching(rows, "signed FEMORAL")] == ["c", "a"]
    assert matching(rows, "sciatic") == []


async def test_the_mouse_opens_entries_and_answers(tmp_path: Path) -> None:
    app = app_of(memory_of(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click("OptionList", offset=(4, 4))
        await until(lambda: isinstance(app.screen, ReviewPage))
        await pilot.press("escape")
        await pilot.click("OptionList", offset=(4, 0))
        await until(lambda: "BEGIN A PROCEDURE" in text_of(pilot))
        await pilot.click("#choices", offset=(6, 0))
        await until(lambda: "✔ Protocol" in text_of(pilot))


async def test_what_a_command_printed_is_shown_and_control_codes_are_not(tmp_path: Path) -> None:
    app = app_of(memory_of(tmp_path), "first\n\x1b[31mred\x07\nthird")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "RESULT" in text_of(pilot))
        assert "[31mred\n" in text_of(pilot).replace(" ", "") + "\n"
        await pilot.press("escape")
        assert isinstance(app.screen, StartPage)


async def test_a_pedal_is_tested_by_pressing_it(tmp_path: Path) -> None:
    app = app_of(memory_of(tmp_path, keys={"pedal": "abc"}))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("s", "p", "a")
        await until(lambda: "does: arm" in text_of(pilot))
        await pilot.press("z")
        await until(lambda: "has no action: it stops the stimulator" in text_of(pilot))
        await pilot.press("escape", "escape")
        assert "Test keys and pedal" in text_of(pilot)


def test_recent_choices_are_kept_without_the_patient_and_a_damaged_file_is_none(tmp_path: Path) -> None:
    recent.keep_recent({"protocol_id": "femoral", "patient": "A. Patient", "address": "sim:1"})
    recent.keep_recent({"protocol_id": "sciatic", "address": "sim:1"})
    known = recent.recent_choices()
    assert known["protocol_id"] == ["sciatic", "femoral"]
    assert known["address"] == ["sim:1"]
    assert "A. Patient" not in recent.recent_path().read_text("utf-8")
    recent.recent_path().write_text("[1, 2", "utf-8")
    assert recent.recent_choices()["protocol_id"] == []


def test_protocols_are_found_by_words_recent_ones_first() -> None:
    search = searches.ProtocolSearch(["sciatic-anterior"])
    assert search("")[0].value == "sciatic-anterior"
    assert search("femoral")[0].value == "femoral"
    assert "botulinum-fds" in [choice.value for choice in search("fds")]
    assert search("\x1b" * 10_000) == []


async def test_settings_choose_the_language_and_name_its_lack_of_review(tmp_path: Path) -> None:
    app = app_of(memory_of(tmp_path / "none"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: "Begin a procedure" in text_of(pilot))
        await pilot.press("s", "l")
        await until(lambda: "[screen] language =" in text_of(pilot))
        assert language.in_use() == "de"
        assert "Deutsch" in text_of(pilot)
        assert "No clinician has reviewed this translation." in " ".join(text_of(pilot).split())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_pages_look_as_before(size: tuple[int, int], pytestconfig: pytest.Config, tmp_path: Path) -> None:
    seen: dict[str, str] = {}
    memory = memory_of(tmp_path / "none", start={"solution": "ropivacaine 0.5%"})
    memory.message = "Recorded: 20260314T082653Z-femoral."
    app = app_of(memory)

    async def keep(name: str, words: str) -> None:
        await until(lambda: words in text_of(pilot))
        await pilot.pause(0.1)
        await until(lambda: "Back" in text_of(pilot))
        seen[name] = pictured(app)  # type: ignore[arg-type]

    async with app.run_test(size=size) as pilot:
        await keep("start", "Begin a procedure")
        await pilot.press("b")
        await keep("protocols", "Accessory nerve block")
        await begin_again(pilot)
        await keep("patient", "Name: one line")
        await pilot.press("escape", "d")
        await keep("demo", "Words" if "Words" in text_of(pilot) else "DEMO")
    assert not differs(f"start-{size[0]}x{size[1]}", seen, update=pytestconfig.getoption("update_snapshots"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_settings_and_review_look_as_before(
    size: tuple[int, int], pytestconfig: pytest.Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guidance.start.settings_pages.config_path", lambda: Path("/home/user/config.toml"))
    seen: dict[str, str] = {}
    femoral_block().record_in(tmp_path / "store")
    memory = memory_of(Path("/srv/store"), note={"position": "supine"})
    app = app_of(memory)

    async def keep(name: str, words: str) -> None:
        await until(lambda: words in text_of(pilot))
        await pilot.pause(0.1)
        await until(lambda: "Back" in text_of(pilot))
        seen[name] = pictured(app)  # type: ignore[arg-type]

    async with app.run_test(size=size) as pilot:
        await pilot.press("s")
        await keep("settings", "SETTINGS")
        await pilot.press("k")
        await keep("keys", "SETTINGS  keys")
        await pilot.press("escape", "p", "o")
        await keep("test keys", "does: arm")
        await pilot.press("escape", "escape", "escape", "v")
        await keep("empty review", "There is no recorded procedure")
        await pilot.press("escape")
        memory.store = tmp_path / "store"
        await pilot.press("v")
        await keep("review", "1 of 1 procedures")
        await pilot.press("enter")
        await keep("procedure", "Sign the note")
    assert not differs(f"settings-{size[0]}x{size[1]}", seen, update=pytestconfig.getoption("update_snapshots"))


async def test_the_search_on_start_finds_entries_and_documents(tmp_path: Path) -> None:
    app = StartApp(memory_of(tmp_path), frozenset(COMMANDS), topics={"sound": "what the sounds mean"})
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+p", *"settings")
        await until(lambda: "keys, pedal, sound" in text_of(pilot))
        await pilot.press("enter")
        await until(lambda: "SETTINGS" in text_of(pilot))
        await pilot.press("ctrl+p")
        assert isinstance(app.screen, SettingsPage)
        await pilot.press("escape", "ctrl+p", *"help: sou")
        await until(lambda: "what the sounds mean" in text_of(pilot))
        await pilot.press("enter")
        await until(lambda: app.return_value is not None)
    assert app.return_value == StartChoice(("help", "sound"))


async def test_a_group_of_commands_is_a_menu_of_their_forms(tmp_path: Path) -> None:
    app = app_of(memory_of(tmp_path))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("p")
        await until(lambda: "Progress" in text_of(pilot))
        await pilot.click("OptionList", offset=(4, 2))
        await until(lambda: "PLAN LIST" in text_of(pilot))
        await pilot.press("f10")
    assert app.return_value == StartChoice(("plan", "list"), page="plan list")


async def begin_again(pilot: Pilot[StartChoice]) -> None:
    """Answer protocol, device and side on the open form."""
    await typed(pilot, "femoral")
    await until(lambda: "ona:/dev/ttyACM0" in text_of(pilot))
    await typed(pilot, "acm")
    await pilot.press("2")
