"""The parts of the screen that guide: gauge, zone and stimulator."""

from __future__ import annotations

from typing import Any

import pytest

from guidance.contracts.snapshot import Snapshot
from guidance.contracts.zones import USUAL_EDGES_MA, Edges
from guidance.ui.arming import Stage
from guidance.ui.estimate import ShownEstimate
from guidance.ui.raster import Canvas
from guidance.ui.theme import NO_VALUE, Ground
from guidance.ui.widgets.estimated import Estimated
from guidance.ui.widgets.gauge import GaugePanel
from guidance.ui.widgets.keys import KeyBar
from guidance.ui.widgets.output import StimulatorPanel
from guidance.ui.widgets.panel import Panel
from guidance.ui.widgets.reading import Reading
from guidance.ui.widgets.stopped import Stopped
from guidance.ui.widgets.title import Title
from guidance.ui.widgets.zone import ZoneWord
from guidance.ui.zones import ZONES, bands
from tests.guidance.ui.painting import HOSTILE, OBEYED, canvas_of, drawn
from tests.support.screens import build_live, build_snapshot, build_stimulator

SIZES = [(20, 14), (28, 35), (42, 46)]
INSIDE_MA = {"far": 3.0, "approach": 0.7, "target": 0.35, "close": 0.1}
OFF = build_stimulator(armed=False, current_ma=None)


def known(zone: str, median_ma: float, **changes: Any) -> ShownEstimate:
    fields: dict[str, Any] = {
        "zone": zone,
        "probability": 0.87,
        "threshold_ma": (median_ma * 0.8, median_ma, median_ma * 1.2),
        "distance_mm": (1.0, 2.0, 3.5),
    }
    return ShownEstimate(**fields | changes)


def lines(canvas: Canvas) -> list[str]:
    return [strip.text for strip in canvas.strips()]


def text(panel: Estimated, estimate: ShownEstimate, size: tuple[int, int] = (94, 9)) -> str:
    return "\n".join(lines(canvas_of(panel, estimate, size)))


def row_of(what: str, rows: list[str]) -> int:
    return next(index for index, row in enumerate(rows) if what in row)


def test_a_wide_interval_is_a_grey_block_on_a_hatched_scale_without_zone_or_median() -> None:
    wide = ShownEstimate(threshold_ma=(0.3, 0.7, 1.6), why="threshold not known: 0.3 to 1.6 mA")
    canvas = canvas_of(GaugePanel(), wide, (42, 46))
    rows = "\n".join(lines(canvas))
    assert "█" in rows
    assert NO_VALUE in rows
    assert "━" not in rows
    assert not any(zone.word in rows for zone in ZONES.values())
    word = text(ZoneWord(), wide)
    assert "threshold not known: 0.3 to 1.6 mA" in word
    assert NO_VALUE in word


def test_a_threshold_above_the_limit_is_no_response_and_above_what() -> None:
    above = ShownEstimate("none", why="threshold above 5 mA")
    assert "threshold above 5 mA" in text(ZoneWord(), above)
    assert "█" not in "\n".join(lines(canvas_of(GaugePanel(), above, (42, 46))))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("zone", ZONES)
def test_the_marker_stands_in_the_band_of_its_zone(zone: str, size: tuple[int, int]) -> None:
    for share in range(1, 20):
        low_ma, high_ma = bands(USUAL_EDGES_MA)[zone]
        median_ma = low_ma * (high_ma / low_ma) ** (share / 20)
        canvas = canvas_of(GaugePanel(), known(zone, median_ma), size)
        row = row_of("━", lines(canvas))
        assert canvas.grounds[row, 7] == ZONES[zone].now


@pytest.mark.parametrize("size", SIZES)
def test_far_is_above_close_below_and_every_zone_is_named(size: tuple[int, int]) -> None:
    rows = lines(canvas_of(GaugePanel(), known("far", 3.0), size))
    at = [row_of(zone.word, rows) for zone in ZONES.values()]
    assert at == sorted(at)


@pytest.mark.parametrize("size", SIZES)
def test_the_block_spans_the_interval_and_its_value_is_written(size: tuple[int, int]) -> None:
    rows = lines(canvas_of(GaugePanel(), known("approach", 0.7, threshold_ma=(0.3, 0.7, 3.0)), size))
    block = [index for index, row in enumerate(rows) if "█" in row]
    assert block[0] <= row_of("0.70", rows) <= block[-1]
    assert len(block) > len(rows) / 3
    assert not {"▲", "▼"} & set("".join(rows))


def test_an_interval_that_leaves_the_gauge_ends_in_an_arrow() -> None:
    rows = lines(canvas_of(GaugePanel(), known("close", 0.06, threshold_ma=(0.03, 0.06, 12.0)), (28, 35)))
    assert "▲" in rows[1]
    assert "▼" in rows[-1]


@pytest.mark.parametrize("zone", ["none", None])
def test_what_is_unknown_is_hatched_with_its_reason_and_has_no_colour(zone: str | None) -> None:
    unknown = ShownEstimate(zone=zone, why="electrode off")
    for panel, size in ((GaugePanel(), (28, 35)), (ZoneWord(), (94, 9))):
        canvas = canvas_of(panel, unknown, size)
        drawn_text = "\n".join(lines(canvas))
        assert NO_VALUE in drawn_text
        assert "electrode off" in drawn_text
        assert set(canvas.grounds.flat) <= {Ground.BASE, Ground.UNKNOWN}
        assert not any(word in drawn_text for word in ("FAR", "TARGET", "likely", "est."))


def test_the_zone_is_drawn_as_large_as_it_fits() -> None:
    heights = [
        sum("█" in row for row in lines(canvas_of(ZoneWord(), known("target", 0.4), (160, n)))) for n in (6, 9, 13)
    ]
    assert heights == sorted(heights)
    assert heights[0] < heights[-1]


def test_probability_trend_and_distance_stand_small_below() -> None:
    line = text(ZoneWord(), known("target", 0.4, trend="closer")).splitlines()[-1]
    assert line.strip() == "87% likely   ▼ closer   est. 1.0 to 3.5 mm"


def test_no_estimate_is_called_certain() -> None:
    assert "> 99% likely" in text(ZoneWord(), known("target", 0.4, probability=1.0))


def test_close_is_inverted_and_nothing_else_is() -> None:
    for zone, median_ma in INSIDE_MA.items():
        grounds = canvas_of(ZoneWord(), known(zone, median_ma), (94, 9)).grounds
        assert (grounds == Ground.HIGH).all() == (zone == "close")


def test_beyond_the_highest_current_is_not_far() -> None:
    shown = text(ZoneWord(), known("none", 6.4))
    assert "threshold above currents tried" in shown
    assert NO_VALUE in shown


def test_what_the_stimulator_does_is_shown_by_word_and_shape() -> None:
    assert "◉ ARMED" in drawn(StimulatorPanel(), build_live(), 34, 12)
    assert "○ OFF" in drawn(StimulatorPanel(), build_live(stimulator=OFF), 34, 12)


def test_a_lost_device_is_shown_and_its_output_does_not_count_as_off() -> None:
    shown = drawn(StimulatorPanel(), build_live(stimulator=OFF, connected=False), 26, 8)
    assert "✖ DEVICE LOST" in shown
    assert "○ OFF?" in shown


@pytest.mark.parametrize(("mode", "word"), [("manual", "dial"), ("auto", "next")])
def test_the_pulse_its_limit_and_the_impedance_are_written(mode: str, word: str) -> None:
    shown = drawn(StimulatorPanel(), build_live(mode=mode), 60, 12)
    for part in ("requested 0.52", f"{word} 0.48 mA", "limit 5 mA", "6.4 kΩ", "0.1 ms", "2 per s"):
        assert part in shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"doing": "searching upward"}, "searching upward"),
        ({"doing": ""}, "controller owns current"),
        ({"current_owner": "held"}, "HELD: current stays"),
        ({"current_owner": "operator"}, "OPERATOR OWNS"),
    ],
)
@pytest.mark.parametrize("size", [(26, 7), (34, 12)])
def test_who_owns_the_current_and_what_it_does_is_shown(
    changes: dict[str, Any], words: str, size: tuple[int, int]
) -> None:
    assert words in drawn(StimulatorPanel(), build_live(stimulator=build_stimulator(**changes)), *size)
    assert words not in drawn(
        StimulatorPanel(), build_live(mode="manual", stimulator=build_stimulator(**changes)), *size
    )


def test_why_it_was_not_armed_is_shown_in_place_of_the_particulars() -> None:
    output = StimulatorPanel()
    output.stage = Stage.REFUSED
    why = "the record of the procedure cannot be written"
    refused = build_live(stimulator=build_stimulator(armed=False, current_ma=None, why=why))
    assert why in " ".join(drawn(output, refused, 30, 12).split())
    output.stage = Stage.NONE
    assert "record" not in drawn(output, refused, 30, 12)


EDGES_MA = Edges(2.0, 1.2, 0.6)


@pytest.mark.parametrize(("zone", "median_ma"), [("far", 2.2), ("approach", 1.5), ("target", 0.7), ("close", 0.5)])
def test_the_bands_are_those_of_the_protocol(zone: str, median_ma: float) -> None:
    canvas = canvas_of(GaugePanel(), known(zone, median_ma, edges_ma=EDGES_MA), (42, 46))
    assert canvas.grounds[row_of("━", lines(canvas)), 7] == ZONES[zone].now


def test_a_zone_without_room_has_no_band_and_the_gauge_stands() -> None:
    assert "approach" not in bands(Edges(0.5, 0.5, 0.2))
    assert list(bands(Edges(50.0, 0.5, 0.01))) == ["approach", "target"]
    drawn_text = "\n".join(
        lines(canvas_of(GaugePanel(), known("target", 0.3, edges_ma=Edges(0.5, 0.5, 0.2)), (42, 46)))
    )
    assert "APPROACH" not in drawn_text
    assert "TARGET" in drawn_text


def test_a_current_that_no_longer_flows_is_called_the_last() -> None:
    assert "last" in drawn(StimulatorPanel(), build_live(stimulator=OFF), 34, 12)
    assert "last" not in drawn(StimulatorPanel(), build_live(), 34, 12)


def test_nothing_delivered_is_a_question_mark_not_zero() -> None:
    nothing = build_stimulator(delivered_ma=None, impedance_kohm=None)
    shown = drawn(StimulatorPanel(), build_live(stimulator=nothing), 18, 4)
    assert "? mA" in shown
    assert "0.00" not in shown


@pytest.mark.parametrize("stage", [Stage.REQUESTED, Stage.CONFIRMED, Stage.REFUSED])
def test_the_stages_of_arming_show_while_it_is_off_only(stage: Stage) -> None:
    output = StimulatorPanel()
    output.stage = stage
    assert "○ OFF" not in drawn(output, build_live(stimulator=OFF), 34, 12)
    assert "◉ ARMED" in drawn(output, build_live(), 34, 12)


@pytest.mark.parametrize(("mode", "word"), [("manual", "recorded"), ("listen", "set by hand")])
def test_without_a_stimulator_the_current_is_that_of_the_newest_sweep(mode: str, word: str) -> None:
    assert word in drawn(StimulatorPanel(), build_snapshot(mode=mode), 34, 12)


def test_a_simulation_is_called_one_in_the_title_only() -> None:
    snapshot = build_live(simulated=True)
    assert drawn(Title(), snapshot, 80, 1).startswith(" SIMULATION ")
    assert "SIMULATION" not in drawn(Title(), build_live(), 80, 1)


def test_a_response_that_is_old_is_called_the_last() -> None:
    reading = Reading()
    reading.is_old = True
    shown = drawn(reading, build_live(), 34, 12)
    assert "○ LAST RESPONSE" in shown
    assert "● RESPONSE" not in shown


@pytest.mark.parametrize("height", [1, 2, 3, 5, 6, 8])
def test_the_amplitude_is_in_sight_at_any_height(height: int) -> None:
    shown = drawn(Reading(), build_live(), 26, height)
    assert "842" in shown or "▞" in shown or "▀" in shown


@pytest.mark.parametrize("snapshot", [None, build_live()])
def test_the_banner_states_that_the_device_switches_off_by_its_own_rule(snapshot: Snapshot | None) -> None:
    shown = drawn(Stopped(), snapshot, 100, 12)
    assert "switches itself off within a second" in shown
    assert "check that" in shown


@pytest.mark.parametrize("field", ["source", "protocol", "mode", "notice"])
def test_names_from_outside_are_never_obeyed(field: str) -> None:
    changes: dict[str, Any] = {field: HOSTILE}
    shown = "".join(drawn(panel(), build_live(**changes), 180) for panel in (Title, StimulatorPanel, Reading))
    assert not set(shown) & OBEYED


def test_keys_wrap_into_a_second_line_and_never_break_one() -> None:
    keys = KeyBar()
    keys.shown = tuple((str(index), "Aspiration") for index in range(8))
    rows = drawn(keys, build_live(), 80, 2).splitlines()
    assert " ".join(rows).count("Aspiration") == 8


@pytest.mark.parametrize("panel", [GaugePanel, ZoneWord, StimulatorPanel, KeyBar, Stopped])
@pytest.mark.parametrize("size", [(1, 1), (9, 2), (20, 3), (79, 5)])
def test_guiding_panels_bear_any_size(panel: type[Panel], size: tuple[int, int]) -> None:
    drawn(panel(), None, *size)
    drawn(panel(), build_live(), *size)
    for estimate in (ShownEstimate(why="electrode off"), known("close", 0.1), known("none", 30.0)):
        if issubclass(panel, Estimated):
            canvas_of(panel(), estimate, size)


DOING = "tracking: closing in on the threshold"


@pytest.mark.parametrize(
    ("size", "words"), [((60, 12), f"▸ {DOING}"), ((26, 7), "▸ tracking "), ((12, 7), "▸ tracking")]
)
def test_what_the_controller_does_is_shown_whole_or_without_its_particulars(size: tuple[int, int], words: str) -> None:
    shown = drawn(StimulatorPanel(), build_live(stimulator=build_stimulator(doing=DOING)), *size)
    assert words in shown
    assert (DOING in shown) is (DOING in words)
    assert "closing in on" not in shown.replace(DOING, "")


@pytest.mark.parametrize("changes", [{"stimulator": build_stimulator(doing=DOING, armed=False)}, {"connected": False}])
def test_a_controller_without_pulses_is_not_shown_at_work(changes: dict[str, Any]) -> None:
    snapshot = build_live(**{"stimulator": build_stimulator(doing=DOING)} | changes)
    assert "tracking" not in drawn(StimulatorPanel(), snapshot, 60, 12)
