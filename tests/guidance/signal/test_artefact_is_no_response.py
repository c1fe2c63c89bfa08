"""No artefact is ever a response: contrast between currents, overload, blanking, contractions within the window."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.base import Pulse
from guidance.contracts.events import Response
from guidance.signal.response.components import SweepFrame
from guidance.signal.response.contrast import Contrast, Proportion
from guidance.signal.response.matched_filter import LearnedTemplate
from guidance.signal.response.noise import NoiseModel
from guidance.signal.response.overload import OverloadFinder
from guidance.signal.response.sweep_result import Doubt
from tests.support.some import some
from tests.support.streams import Stream, of_kind, records_of, settings
from tests.support.waves import Wave, add, artefact, m_wave, noise, voluntary
from tests.worlds.front_ends import stream as world
from tests.worlds.front_ends.amplifiers import KINDS
from tests.worlds.front_ends.results import results_of
from tests.worlds.front_ends.split import Part

RATE_HZ = 10_000.0


def responses(signal: Wave, at: list[int], currents: list[float], width_ms: float | None = 0.1) -> list[Response]:
    pulses = tuple(Pulse(sample, current_ma=ma, width_ms=width_ms) for sample, ma in zip(at, currents, strict=True))
    return of_kind(records_of(Stream(RATE_HZ, (signal,), pulses), settings(window_ms=(2.0, 25.0))), Response)


def ramp(currents: list[float], tail: Wave, threshold_ma: float = 1e9, seed: int = 3) -> list[Response]:
    """The responses to ``currents`` of a muscle with this threshold, beside an artefact ``tail`` (n,) at 1 mA."""
    at = [4000 + 4000 * i for i in range(len(currents))]
    signal = noise(np.random.default_rng(seed), at[-1] + 4000, 5.0)
    for sample, ma in zip(at, currents, strict=True):
        add(signal, sample, ma * tail)
        if ma > threshold_ma:
            add(signal, sample + 50, m_wave(RATE_HZ, 900.0))
    return responses(signal, at, currents)


def swing(size_uv: float) -> Wave:
    """An artefact whose tail swings as an M-wave does: from 3 to 12 ms after the pulse."""
    tail = np.zeros(300)
    tail[30:120] = m_wave(RATE_HZ, size_uv, 9.0)
    out = artefact(RATE_HZ, 20 * size_uv, size_uv, 2.0)
    out[:300] += tail
    return out


def test_what_comes_at_every_current_in_proportion_to_it_is_no_response() -> None:
    found = ramp([1.0, 1.3, 1.69, 2.2, 2.86, 3.72, 4.84, 5.0, 5.0, 5.0], swing(200.0))
    assert not any(response.detected for response in found)
    assert not found[-1].contaminated


def at_one_current(ma: float | None) -> list[Response]:
    """The responses to 14 pulses of ``ma`` beside a wave from 2.5 ms on; from the eighth pulse a larger one follows."""
    at = [4000 + 4000 * i for i in range(14)]
    signal = noise(np.random.default_rng(3), at[-1] + 4000, 5.0)
    for number, sample in enumerate(at):
        add(signal, sample, artefact(RATE_HZ, 2000.0, 50.0, 2.0))
        add(signal, sample + 25, m_wave(RATE_HZ, 600.0))
        if number >= 7:
            add(signal, sample + 80, m_wave(RATE_HZ, 900.0))
    pulses = tuple(Pulse(sample, current_ma=ma, width_ms=0.1) for sample in at)
    return of_kind(records_of(Stream(RATE_HZ, (signal,), pulses), settings(window_ms=(2.0, 25.0))), Response)


@pytest.mark.parametrize("ma", [1.0, None])
def test_a_wave_that_was_there_from_the_first_pulse_is_in_doubt_and_what_grows_beyond_it_is_a_response(
    ma: float | None,
) -> None:
    found = at_one_current(ma)
    assert all(response.contaminated and not response.detected for response in found[:7])
    assert all(response.detected for response in found[7:])


def test_a_response_beside_such_an_artefact_is_found_once_a_lower_current_lacked_it() -> None:
    currents = [1.0, 1.3, 1.69, 2.2, 2.86, 2.2, 2.86, 2.2, 2.86]
    found = ramp(currents, swing(200.0), threshold_ma=2.5)
    assert [response.detected for response in found] == [ma > 2.5 for ma in currents]


def test_a_response_from_the_first_pulse_is_detected_as_well_where_the_width_is_not_known() -> None:
    at = [4000 + 4000 * i for i in range(6)]
    signal = noise(np.random.default_rng(3), at[-1] + 4000, 5.0)
    for sample in at:
        add(signal, sample, artefact(RATE_HZ, 2000.0, 100.0, 2.0))
        add(signal, sample + 50, m_wave(RATE_HZ, 400.0))
    found = [responses(signal, at, [1.0] * len(at), width_ms) for width_ms in (0.1, None)]
    detected = [[response.detected for response in one] for one in found]
    assert detected[1] == detected[0]
    assert any(detected[0])


def test_begun_above_threshold_a_current_below_it_is_never_called_a_response() -> None:
    currents = [2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.3, 1.0, 2.0, 2.0]
    found = ramp(currents, swing(200.0), threshold_ma=1.5)
    assert not any(response.detected for response, ma in zip(found, currents, strict=True) if ma < 1.5)
    assert found[-1].detected


def test_a_contaminated_sweep_has_a_reason_in_one_word_and_in_a_sentence() -> None:
    first = ramp([1.0], swing(2000.0))[0]
    assert first.contaminated
    assert first.doubt in set(Doubt)
    assert first.why


def test_a_contraction_that_begins_within_the_window_is_no_response() -> None:
    at = [4000 + 4000 * i for i in range(12)]
    rng = np.random.default_rng(5)
    signal = noise(rng, at[-1] + 6000, 5.0)
    for sample in at:
        add(signal, sample, artefact(RATE_HZ, 2000.0, 100.0))
    for sample in at[6:]:
        add(signal, sample + 80, voluntary(rng, 1500, RATE_HZ, 120.0))
    found = responses(signal, at, [1.0] * len(at))
    assert sum(response.detected for response in found) <= 1
    assert sum(response.contaminated for response in found[6:]) >= 4


@pytest.mark.parametrize("kind", KINDS)
def test_behind_no_front_end_an_empty_sweep_is_a_response(kind: str) -> None:
    empty = some(one for one in results_of(world(kind, Part.TUNING, 1)) if one.truth.true_uv == 0)
    assert sum(one.result.detected for one in empty) <= 0.05 * len(empty) + 1


def test_every_doubtful_sweep_has_its_reason_and_every_other_has_none() -> None:
    for one in some(results_of(world("rail below", Part.TUNING, 2))):
        assert (one.result.doubt is not None) == one.result.contaminated == (one.result.why is not None)


def test_an_empty_sweep_speaks_for_a_comparable_current_only() -> None:
    contrast = Contrast()
    assert not contrast.was_absent(1.0, 500.0)
    contrast.add(1.0, 60.0)
    assert contrast.was_absent(1.3, 100.0)
    assert not contrast.was_absent(1.3, 50.0)
    assert not contrast.was_absent(5.0, 5000.0)
    assert not contrast.was_absent(0.5, 500.0)
    contrast.forget()
    assert not contrast.has_any


def test_a_row_in_proportion_is_distinguished_from_recruitment() -> None:
    charges = (1.0, 1.3, 1.69, 2.2, 2.86)
    artefacts, recruited = Proportion(), Proportion()
    assert [artefacts.add(charge, 100.0 * charge) for charge in charges][-1]
    assert not any(recruited.add(charge, 3000.0 / (1 + (2.0 / charge) ** 8)) for charge in charges)


def test_two_currents_are_no_row_in_proportion_whatever_the_responses() -> None:
    row = Proportion()
    assert not any(row.add(charge, 1900.0 * charge) for charge in (0.22, 0.22, 0.22, 0.22, 0.073, 0.22, 0.073))


def test_a_response_of_the_known_shape_after_a_jump_down_is_not_learned_as_artefact() -> None:
    at = [4000 + 4000 * i for i in range(14)]
    currents = [1.0, 1.3, 1.69, 2.2, 2.2, 2.2, 2.2, 2.2, *[0.73] * 6]
    sizes = [0.0, 0.0, 0.0, *[4200.0] * 5, 1400.0, *[1500.0] * 5]
    signal = noise(np.random.default_rng(3), at[-1] + 4000, 5.0)
    for sample, ma, size_uv in zip(at, currents, sizes, strict=True):
        add(signal, sample, ma * artefact(RATE_HZ, 2000.0, 50.0, 2.0))
        add(signal, sample + 50, m_wave(RATE_HZ, size_uv))
    assert [response.detected for response in responses(signal, at, currents)] == [size_uv > 0 for size_uv in sizes]


def begun_with_a_response(large_uv: tuple[float, float]) -> tuple[list[Response], list[float]]:
    """The responses, and their true sizes in uV, of a muscle that responded to the first pulse already: its response
    is learned as artefact in part. At the end responses of ``large_uv``.
    """
    currents = [1.0, 0.82, 1.07, 0.89, 1.16, 1.45, 1.4, 1.2, 1.57, 1.6, 1.69, 1.29, 1.27, 1.65, 1.2, 2.1, 2.1]
    sizes = [200.0, 0.0, 130.0, 0.0, 110.0, 660.0, 290.0, 0.0, 540.0, 500.0, 440.0, *[0.0] * 4, *large_uv]
    at = [4000 + 4000 * i for i in range(len(currents))]
    signal = noise(np.random.default_rng(3), at[-1] + 4000, 5.0)
    for sample, ma, size_uv in zip(at, currents, sizes, strict=True):
        add(signal, sample, ma * artefact(RATE_HZ, 16_000.0, 400.0, 2.0))
        add(signal, sample + 70, m_wave(RATE_HZ, size_uv))
    return responses(signal, at, currents), sizes


def test_a_response_learned_as_artefact_is_taken_out_of_it_by_the_sweeps_that_lack_the_known_shape() -> None:
    found, sizes = begun_with_a_response((560.0, 980.0))
    assert [one.amplitude_uv for one in found[-2:]] == pytest.approx(sizes[-2:], rel=0.05)
    assert not any(one.detected for one, size_uv in zip(found, sizes, strict=True) if not size_uv)


def test_where_the_first_sweeps_held_a_response_its_absence_later_is_no_response() -> None:
    empty = some(one for one in results_of(world("none", Part.TUNING, 23)) if one.truth.true_uv == 0)
    assert not any(one.result.detected for one in empty)


def lead(peak_uv: float, flat: int, count: int = 250) -> Wave:
    signal = np.zeros(count)
    signal[2 : 2 + flat] = peak_uv
    signal[2 + flat : 60 + flat] = peak_uv * np.exp(-np.arange(58) / 8.0)
    return signal


@pytest.mark.parametrize(("kind", "number"), [("blanked, held", 13), ("tanh", 30)])
def test_an_artefact_that_slowly_changes_or_grows_never_confirms_itself_as_a_response(kind: str, number: int) -> None:
    found = list(results_of(world(kind, Part.TUNING, number)))
    assert not [one for one in found if one.result.detected and one.truth.true_uv == 0]
    assert any(one.result.detected for one in found if one.truth.true_uv >= 100)


@pytest.mark.parametrize("range_uv", [None, 25_000.0, 3000.0])
def test_the_rail_is_inferred_whatever_range_is_declared(range_uv: float | None) -> None:
    finder = OverloadFinder(RATE_HZ, range_uv)
    raw = lead(4000.0, 9) + np.random.default_rng(0).normal(0, 1.0, 250)
    seen = finder.find(raw, raw, 0.1, 5.0, 10.0)
    assert finder.rail_uv == pytest.approx(4000.0, rel=0.01)
    assert seen.end_ms == pytest.approx(1.1, abs=0.15)


def test_a_response_that_is_flat_on_top_is_no_rail() -> None:
    finder = OverloadFinder(RATE_HZ, 25_000.0)
    raw = np.zeros(250)
    raw[60:140] = m_wave(RATE_HZ, 6000.0)
    assert finder.find(raw, raw, 0.1, 5.0, 10.0).end_ms == 0.0
    assert finder.rail_uv is None


def test_a_blanked_input_is_recognised_by_the_edge_where_it_lets_go_and_stays_so() -> None:
    finder = OverloadFinder(RATE_HZ, 25_000.0)
    rng = np.random.default_rng(0)
    blanked = np.where(np.arange(250) < 30, 0.0, 400.0 * np.exp(-(np.arange(250) - 30) / 60.0)) + rng.normal(0, 2, 250)
    for charge in (0.1, 0.13):
        assert finder.find(blanked, blanked, charge, 3.0, 5.0).blanked_ms == pytest.approx(3.2, abs=0.15)
    flat = rng.normal(0, 2, 250)
    assert finder.find(flat, flat, 0.1, 3.0, 5.0).blanked_ms == pytest.approx(3.2, abs=0.15)


def test_behind_a_blanked_input_a_large_wave_is_no_rail() -> None:
    finder = OverloadFinder(RATE_HZ, 25_000.0)
    rng = np.random.default_rng(0)
    for charge in (0.1, 0.2, 0.3):
        raw = rng.normal(0, 2, 250)
        raw[10:] += 800.0 * np.exp(-np.arange(240) / 40.0)
        assert finder.find(raw, raw, charge, 3.0, 5.0).end_ms == 0.0
    assert finder.rail_uv is None


def test_an_input_that_stays_at_its_rail_from_the_pulse_on_is_overloaded_and_not_blanked() -> None:
    finder = OverloadFinder(RATE_HZ, None)
    raw = np.where(np.arange(250) < 20, 4000.0, 0.0)
    assert finder.find(raw, raw, 0.1, 3.0, 5.0).end_ms == pytest.approx(2.0, abs=0.15)


def alternating(seed: int) -> list[Response]:
    """The responses to 16 pulses of alternating polarity behind an input blanked for 2.5 ms: those of every second
    pair of pulses evoke one.
    """
    at = [4000 + 4000 * i for i in range(16)]
    signal = noise(np.random.default_rng(seed), at[-1] + 4000, 5.0)
    for number, sample in enumerate(at):
        add(signal, sample + 25, (-1) ** number * 1500.0 * np.exp(-np.arange(300) / 40.0))
        if number % 4 >= 2:
            add(signal, sample + 60, m_wave(RATE_HZ, 400.0))
    return responses(signal, at, [1.0 if number % 4 < 2 else 1.2 for number in range(len(at))])


def test_behind_a_blanked_input_a_stimulus_that_alternates_is_followed() -> None:
    found = alternating(2)[8:]
    assert [response.detected for response in found] == [number % 4 >= 2 for number in range(8)]


def test_two_sure_responses_that_are_alike_make_a_shape_sure_and_two_unlike_ones_do_not() -> None:
    frame = SweepFrame.over((2.0, 25.0), RATE_HZ)
    basis, times = frame.basis(NoiseModel(frame.times)), frame.times
    early, later = (np.exp(-((times - middle) ** 2)) for middle in (6.0, 14.0))
    for second, is_sure in ((early, True), (later, False)):
        template = LearnedTemplate()
        template.learn(early, basis, (), sure=True)
        assert not template.is_sure
        template.learn(second, basis, (), sure=True)
        assert template.is_sure == is_sure
