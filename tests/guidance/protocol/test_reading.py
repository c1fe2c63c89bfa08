"""The shipped protocols are valid; a faulty one is refused with file, key, value and the allowed values."""

from __future__ import annotations

from multiprocessing.reduction import ForkingPickler

import pytest

from guidance.citations import tables_of
from guidance.protocol import ProtocolError, check_window, load, names, parse
from guidance.protocol.library import text_of
from guidance.protocol.reading import sheet_of


def good(name: str = "generic-block") -> str:
    return text_of(name)


def changed(old: str, new: str, name: str = "generic-block") -> str:
    assert good(name).count(old) == 1, old
    return good(name).replace(old, new)


@pytest.mark.parametrize("name", names())
def test_every_protocol_that_comes_with_the_program_loads(name: str) -> None:
    protocol = load(name)
    assert protocol.id == name
    assert protocol.start_current_ma <= protocol.max_current_ma
    assert protocol.rate_hz <= protocol.max_rate_hz
    assert protocol.lower_bound_ma < protocol.target_ma


def test_the_default_is_among_them() -> None:
    assert "generic-block" in names()


def test_the_drug_table_is_no_protocol() -> None:
    assert "drugs" not in names()


def test_the_values_are_those_of_the_file() -> None:
    protocol = parse(good(), "x.toml")
    assert protocol.window_ms == (2.0, 25.0)
    assert protocol.criterion_uv is None
    assert (protocol.start_current_ma, protocol.max_current_ma) == (1.0, 5.0)
    assert (protocol.lower_bound_ma, protocol.target_ma) == (0.2, 0.5)
    assert "stimulus.start_current_ma" in protocol.unsourced
    assert "stimulus.width_ms" not in protocol.unsourced


def test_a_criterion_may_be_named() -> None:
    named = 'criterion_uv = { value = 50, source = "unsourced", certainty = "unsourced" }'
    assert parse(changed("[response]", f"[response]\n{named}"), "x.toml").criterion_uv == 50.0


def test_what_is_missing_is_assumed_in_words() -> None:
    saphenous = load("saphenous")
    assert saphenous.target_ma == 0.5
    assert saphenous.assumed == ("target 0.5 mA assumed (purely sensory: there is no motor end-point)",)


def test_a_biofeedback_protocol_allows_no_pulse() -> None:
    relax = load("relax")
    assert relax.stimulation == "never"
    assert (relax.start_current_ma, relax.max_current_ma, relax.max_rate_hz) == (0.0, 0.0, 0.0)


START = "start_current_ma = { value = 1.0,"
RATE = "\nrate_hz = { value = 2.0,"
MOST = "max_current_ma = { value = 5.0,"
TOP = "max_rate_hz = { value ="
WINDOW = "{ value = [2.0, 25.0],"
FAULTY = {
    "an unknown key": (changed("width_ms", "widht_ms"), "stimulus.widht_ms", "width_ms"),
    "a wrong unit": (changed("start_current_ma", "start_current_ua"), "stimulus.start_current_ua", "start_current_ma"),
    "an unknown table": (changed("[proximity]", "[proximitry]"), "proximitry", "proximity"),
    "a missing key": (changed(RATE, "\n# {"), "stimulus.rate_hz", "missing"),
    "a bare number": (changed(START, "start_current_ma = 1.0 # {"), "stimulus.start_current_ma", "1.0"),
    "a number without a source": (
        changed(WINDOW, "{ value = [2.0, 25.0] } # {"),
        "response.window_ms",
        "value, source and certainty",
    ),
    "a text for a number": (changed(RATE, '\nrate_hz = { value = "fast",'), "stimulus.rate_hz.value", "'fast'"),
    "a number for a text": (changed('id = "generic-block"', "id = 5"), "id", "5"),
    "a truth for a number": (changed(RATE, "\nrate_hz = { value = true,"), "stimulus.rate_hz.value", "True"),
    "a negative current": (
        changed(MOST, "max_current_ma = { value = -5.0,"),
        "stimulus.max_current_ma.value = -5.0",
        "0.01 to 6 mA",
    ),
    "a current in microamperes": (
        changed(START, "start_current_ma = { value = 1000,"),
        "stimulus.start_current_ma.value = 1000",
        "0.01 to 6 mA",
    ),
    "a current that is no number": (changed(MOST, "max_current_ma = { value = nan,"), "max_current_ma.value", "finite"),
    "an endless current": (changed(MOST, "max_current_ma = { value = inf,"), "max_current_ma.value", "finite"),
    "a window backwards": (changed(WINDOW, "{ value = [25.0, 2.0],"), "response.window_ms.value", "2 ms after"),
    "a window outside the sweep": (changed(WINDOW, "{ value = [2.0, 2500.0],"), "window_ms.value.2 = 2500", "0 to 500"),
    "a window of truths": (changed(WINDOW, "{ value = [false, true],"), "window_ms.value.1", "False"),
    "a window of three": (changed(WINDOW, "{ value = [2.0, 25.0, 30.0],"), "window_ms.value", "3"),
    "a window that is no list": (changed(WINDOW, "{ value = 25.0,"), "window_ms.value", "25.0"),
    "a source that is not cited": (changed('source = "hns12-p9"', 'source = "hns13"'), "max_current_ma", "'hns13'"),
    "a certainty that there is not": (
        changed('0.1, source = "access-572", certainty = "sourced"', '0.1, source = "access-572", certainty = "sure"'),
        "stimulus.width_ms.certainty = 'sure'",
        "'sourced'",
    ),
    "a source called certain without one": (
        changed('0.1, source = "access-572"', '0.1, source = "unsourced"'),
        "stimulus.width_ms",
        "'unsourced'",
    ),
    "a start above the limit": (changed(START, "start_current_ma = { value = 5.5,"), "start_current_ma = 5.5", "5"),
    "a rate above the limit": (changed(f"{TOP} 5.0", f"{TOP} 1.0"), "rate_hz = 2", "1"),
    "a kind that there is not": (changed('kind = "block"', 'kind = "bloc"'), "'bloc'", "'botulinum'"),
    "no kind": (changed('kind = "block"', ""), "kind", "missing"),
    "a needed number said to be missing": (
        changed(WINDOW, '{ missing = "unknown" } # {'),
        "response.window_ms",
        "no procedure can run without it",
    ),
    "what is not TOML": ("id = = 5", "not TOML", "line 1"),
    "an empty file": ("", "kind", "missing"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_protocol_is_refused_by_file_key_value_and_what_is_allowed(fault: str) -> None:
    text, *named = FAULTY[fault]
    with pytest.raises(ProtocolError) as refused:
        parse(text, "mine.toml")
    sentence = str(refused.value)
    assert sentence.startswith("mine.toml")
    assert all(words in sentence for words in named), sentence
    assert "\n" not in sentence


def test_every_fault_of_a_file_is_reported() -> None:
    text = changed(START, "start_current_ma = { value = 9.0,").replace(
        "width_ms = { value = 0.1", "width_ms = { value = 3"
    )
    with pytest.raises(ProtocolError) as refused:
        parse(text, "mine.toml")
    assert ["start_current_ma" in fault or "width_ms" in fault for fault in refused.value.faults] == [True, True]


def test_a_first_dose_outside_its_range_is_refused() -> None:
    text = changed("start_u = { value = 20.0", "start_u = { value = 80.0", "botulinum-fds")
    with pytest.raises(ProtocolError, match=r"dose\.onabotulinumtoxinA\.start_u = 80.*20 to 50 U"):
        parse(text, "mine.toml")


def test_limits_of_a_product_without_a_dose_are_refused() -> None:
    tables = tables_of(good("botulinum-fds"), "mine.toml")
    del tables["dose"]["onabotulinumtoxinA"]
    with pytest.raises(ProtocolError, match=r"limits\.onabotulinumtoxinA: has no table \[dose\.onabotulinumtoxinA\]"):
        sheet_of(tables, "mine.toml")


@pytest.mark.hazard("wrong-muscle")
def test_a_dose_above_the_muscles_limit_is_refused() -> None:
    text = changed("muscle_max_u = { value = 50.0", "muscle_max_u = { value = 40.0", "botulinum-fds")
    with pytest.raises(ProtocolError, match=r"range_u = 20 to 50: is above .*muscle_max_u = 40"):
        parse(text, "mine.toml")


def test_an_unknown_protocol_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ProtocolError, match=r"'stellate'.*generic-block"):
        load("stellate")


@pytest.mark.parametrize("name", ["../protocols/generic-block", "generic-block.toml", "", "GENERIC-BLOCK"])
def test_a_protocol_is_known_by_its_id_alone(name: str) -> None:
    with pytest.raises(ProtocolError):
        load(name)


def test_a_protocol_crosses_to_another_process_whole() -> None:
    femoral = load("femoral")
    assert femoral.muscles
    assert ForkingPickler.loads(ForkingPickler.dumps(femoral)) == femoral


@pytest.mark.parametrize("window", [(-1.0, 20.0), (5.0, 5.0), (5.0, 6.0), (0.0, 501.0), (float("nan"), 20.0)])
def test_a_window_outside_the_sweep_is_refused(window: tuple[float, float]) -> None:
    with pytest.raises(ProtocolError, match=r"^--window"):
        check_window(window, "--window")


@pytest.mark.parametrize("window", [(0.0, 2.0), (2.0, 25.0), (0.0, 500.0)])
def test_a_window_inside_the_sweep_is_taken(window: tuple[float, float]) -> None:
    assert check_window(window, "--window") == window
