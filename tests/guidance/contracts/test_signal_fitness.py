"""Limits of what is fit for use: the check before a procedure and the screen judge alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guidance.contracts.signal_fitness import (  # fmt: skip
    CLIPPED_SHARE,
    IMPEDANCE_KOHM,
    MAINS_UV,
    NOISE_UV,
    Unfit,
    signal_faults,
    stale_after_s,
)
from guidance.device_check.advice import faults_to_fix
from guidance.ui.states import StatusLevel, checks
from tests.support.device_check import GOOD
from tests.support.screens import build_stimulator, build_whole

FIT = {"rms_uv": 5.0, "mains_uv": 2.0, "clipped": 0.0}
LIMITS = [
    ("rms_uv", NOISE_UV, Unfit.NOISE),
    ("mains_uv", MAINS_UV, Unfit.MAINS),
    ("clipped", CLIPPED_SHARE, Unfit.CLIPPED),
]


def on_the_screen(name: str, **changes: Any) -> tuple[StatusLevel, str]:
    (state,) = [state for state in checks(build_whole(**changes)) if state.name == name]
    return state.level, state.advice


def in_the_check(rms_uv: float, mains_uv: float, clipped: float) -> list[str]:
    measured = replace(GOOD.channels[0], rms_uv=rms_uv, mains_uv=mains_uv, clipped_fraction=clipped)
    return faults_to_fix(replace(GOOD, channels=(measured,)))


@pytest.mark.parametrize(("key", "limit", "fault"), LIMITS)
def test_check_and_screen_find_the_same_signal_unfit_and_give_the_same_advice(
    key: str, limit: float, fault: Unfit
) -> None:
    above = FIT | {key: limit * 1.001}
    (sentence,) = in_the_check(**above)
    level, advice = on_the_screen("signal", **above)
    assert fault.remedy in sentence
    assert (level, fault.remedy in advice) == (StatusLevel.HEED, True)


@pytest.mark.parametrize(("key", "limit"), [(key, limit) for key, limit, _ in LIMITS])
def test_at_its_limit_a_signal_is_fit_for_both(key: str, limit: float) -> None:
    at = FIT | {key: limit}
    assert in_the_check(**at) == []
    assert on_the_screen("signal", **at)[0] is StatusLevel.GOOD


def test_a_flat_signal_is_unfit_for_both() -> None:
    flat = FIT | {"rms_uv": 0.0}
    assert Unfit.FLAT.remedy in in_the_check(**flat)[0]
    assert on_the_screen("signal", **flat) == (StatusLevel.HEED, f"Flat: {Unfit.FLAT.remedy}.")


@pytest.mark.parametrize(("kohm", "is_fit"), [(IMPEDANCE_KOHM, True), (IMPEDANCE_KOHM + 0.1, False)])
def test_a_high_impedance_is_unfit_for_both(kohm: float, is_fit: bool) -> None:
    assert (faults_to_fix(replace(GOOD, impedance_kohm=kohm)) == []) == is_fit
    level, _ = on_the_screen("impedance", stimulator=build_stimulator(impedance_kohm=kohm))
    assert (level is StatusLevel.GOOD) == is_fit


def test_what_is_not_known_is_not_judged() -> None:
    assert list(signal_faults(None, None, None)) == []


@pytest.mark.parametrize(("rate_hz", "seconds"), [(5.0, 3.0), (1.0, 3.0), (0.5, 5.0), (0.2, 12.5)])
def test_an_estimate_lasts_three_seconds_or_two_and_a_half_pulses(rate_hz: float, seconds: float) -> None:
    assert stale_after_s(rate_hz) == pytest.approx(seconds)
