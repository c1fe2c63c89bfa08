"""How often ``impedance-rise`` and ``-fall`` are raised where the tip entered a nerve or a vessel, and where not.

``python -m tests.benchmarks.bench_impedance [--quick] [--insertions N]``. A simulation: paths of the virtual trial
through the simulated tissue, its impedance read twice a second with a scatter of so many per cent, no signal made.
A rise is right if it begins inside the nerve; any other is false. The last column gives false rises by where
the tip had been in the five seconds before: leaving a vessel, in the vessel still, within 2 mm of the nerve, elsewhere.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from drivers.simulated.patient import Patient
from guidance.alarms.impedance import ImpedanceTrend
from guidance.trial.needle_path import NeedlePath, draw_needle_path

INSIDE_MM = -0.15
SCATTERS = (0.0, 0.01, 0.03)
EVERY_S = 0.5
LATELY_S = 5.0

_COLUMNS = (15, 11, 12, 8, 11, 12)


@dataclass(slots=True)
class Tally:
    """Insertions, those that entered the nerve, those in which that raised the alarm, those with a false rise, and its
    causes; the same of vessels and falls.
    """

    insertions: int = 0
    entered: int = 0
    reported: int = 0
    false: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    crossed: int = 0
    fell: int = 0
    false_fall: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the tip is: mm to the nerve's surface, and whether in a vessel."""

    distance_mm: float
    in_vessel: bool


def insertion(seed: int, scatter: float, tally: Tally) -> None:
    """Follow the needle of one insertion, and count."""
    rng = np.random.default_rng([seed, 11])
    path = draw_needle_path(rng)
    patient = Patient(seed, sample_rate_hz=2000, scenario="hold", start_mm=path.start_mm)
    trend, places = ImpedanceTrend(), list[Place]()
    entered = crossed = reported = false = fell = false_fall = False
    before = (False, False)
    for t in steered(patient, path):
        tip = patient.motion.tip(t)
        place = Place(patient.nerve.distance_mm(tip), patient.tissue._in_vessel(tip))
        places.append(place)
        kohm = patient.tissue.impedance_kohm(t, tip, place.distance_mm)
        trend.read(t, kohm * float(np.exp(scatter * rng.standard_normal())))
        entered |= place.distance_mm < INSIDE_MM
        crossed |= place.in_vessel
        now = trend.rise is not None, trend.fall is not None
        if now[0] and not before[0]:
            inside = place.distance_mm < INSIDE_MM
            reported |= inside
            if not inside and not false:
                tally.causes[cause(places)] += 1
            false |= not inside
        if now[1] and not before[1]:
            fell |= place.in_vessel
            false_fall |= not any(lately.in_vessel for lately in places[-6:])
        before = now
    tally.insertions += 1
    tally.entered += entered
    tally.reported += reported
    tally.false += false
    tally.crossed += crossed
    tally.fell += fell
    tally.false_fall += false_fall


def steered(patient: Patient, path: NeedlePath) -> list[float]:
    """Times in s of the readings, the needle having been sent on its ``path``."""
    t = 0.0
    for leg in path.legs:
        if leg.speed_mm_s:
            patient.motion.steer(t, leg.ahead_mm, leg.aside_mm, leg.speed_mm_s)
        t += leg.seconds
    return np.arange(0.0, path.seconds, EVERY_S).tolist()


def cause(places: list[Place]) -> str:
    """Where the tip had been."""
    lately = places[-round(LATELY_S / EVERY_S) :]
    if places[-1].in_vessel:
        return "in a vessel"
    if any(place.in_vessel for place in lately):
        return "left a vessel"
    return "near the nerve" if any(place.distance_mm < 2.0 for place in lately) else "elsewhere"


def main() -> None:
    """Print a row for each scatter of the readings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--insertions", type=int, default=1000)
    parser.add_argument("--first", type=int, default=50_000, help="first seed")
    parser.add_argument("--quick", action="store_true", help="100 insertions")
    chosen = parser.parse_args()
    count = 100 if chosen.quick else chosen.insertions
    names = ("nerve entered", "rise reported", "false rise", "vessel", "fall reported", "false fall")
    print(f"{'scatter':8}" + "".join(f"{name:>{width}}" for name, width in zip(names, _COLUMNS, strict=True)))
    for scatter in SCATTERS:
        tally = Tally()
        for seed in range(chosen.first, chosen.first + count):
            insertion(seed, scatter, tally)
        causes = ", ".join(f"{name} {number}" for name, number in tally.causes.most_common())
        cells = (
            f"{tally.entered}", f"{tally.reported / tally.entered:.1%}", f"{tally.false / count:.1%}",
            f"{tally.crossed}", f"{tally.fell / max(tally.crossed, 1):.1%}", f"{tally.false_fall / count:.1%}",
        )  # fmt: skip
        row = "".join(f"{cell:>{width}}" for cell, width in zip(cells, _COLUMNS, strict=True))
        print(f"{scatter:<8.0%}{row}   {causes}", flush=True)


if __name__ == "__main__":
    main()
