"""The kinds of front ends that a simulated amplifier may have, by name.

Measured amplifiers differ in more ways than these. All is drawn for each seed; what is assumed has no source.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.simulated.draws import Uniform
from drivers.simulated.front_ends.blanking import RELEASE_MS, UNTIL_MS, Blanking
from drivers.simulated.front_ends.filtering import Filter, high_pass, low_pass, notch
from drivers.simulated.front_ends.rails import (
    FAST_MS,
    FAST_SHARE,
    SLOW_MS,
    SLOW_SHARE,
    SLUGGISH_DEAD_MS,
    SLUGGISH_MS,
    SLUGGISH_SHARE,
    AutomaticGain,
    HardRail,
    MovingRail,
    Recovering,
    SoftRail,
    draw_rail,
)
from drivers.simulated.front_ends.stage import Chain, InputStage, Open, Scene

Maker = Callable[[Scene], InputStage]

DECLARED_UV, OPEN_UV = 25_000.0, 838_861.0
"""The range that most amplifiers here declare; and that of a 24-bit converter at a gain of 6, which nothing reaches."""

HIGH_PASS_HZ = Uniform(5.0, 30.0, "high-pass of EMG machines", "assumed")
LOW_HZ = Uniform(5.0, 20.0, "lower corner of a band for EMG: 10 or 20 Hz", "assumed")
BAND_HZ = Uniform(500.0, 1500.0, "upper corner of amplifiers for surface EMG", "assumed")
NOTCH_QUALITY = Uniform(2.0, 15.0, "quality of a mains notch", "assumed")
MACHINE_HZ = 3000.0
"""Upper corner of a clinical machine's loudspeaker output (assumed)."""

COUPLING_HZ = Uniform(2.0, 10.0, "coupling of a sound card's input", "assumed")
CARD_UV = Uniform(2000.0, 12_000.0, "rail of a sound card, in uV at the machine's input", "assumed")


def _recovering(scene: Scene, rail_uv: float) -> InputStage:
    shares = FAST_SHARE.draw(scene.rng), SLOW_SHARE.draw(scene.rng)
    return Recovering(scene, rail_uv, 0.0, shares, (FAST_MS.draw(scene.rng), SLOW_MS.draw(scene.rng)))


def _sluggish(scene: Scene) -> InputStage:
    share, constant_ms = SLUGGISH_SHARE.draw(scene.rng), SLUGGISH_MS.draw(scene.rng)
    return Recovering(scene, draw_rail(scene, 0.6), SLUGGISH_DEAD_MS.draw(scene.rng), (share,), (constant_ms,))


def _high_passed(scene: Scene) -> InputStage:
    corner = high_pass(HIGH_PASS_HZ.draw(scene.rng), scene.sample_rate_hz, int(scene.rng.integers(1, 3)))
    return Chain(HardRail(draw_rail(scene)), Filter(scene, [corner]))


def _band_limited(scene: Scene) -> InputStage:
    rate_hz = scene.sample_rate_hz
    band = [high_pass(LOW_HZ.draw(scene.rng), rate_hz), low_pass(BAND_HZ.draw(scene.rng), rate_hz)]
    return Chain(HardRail(draw_rail(scene)), Filter(scene, band))


def _notched(scene: Scene) -> InputStage:
    hz = float(scene.rng.choice([50.0, 60.0]))
    section = notch(hz, NOTCH_QUALITY.draw(scene.rng), scene.sample_rate_hz)
    return Chain(HardRail(draw_rail(scene)), Filter(scene, [section]))


def _suppressor(scene: Scene) -> InputStage:
    until_ms, release_ms = UNTIL_MS.draw(scene.rng), RELEASE_MS.draw(scene.rng)
    corner = high_pass(LOW_HZ.draw(scene.rng), scene.sample_rate_hz, 1)
    return Chain(Blanking(scene, until_ms, holds=True, release_ms=release_ms), Filter(scene, [corner]))


def _sound_card(scene: Scene) -> InputStage:
    rate_hz = scene.sample_rate_hz
    machine = [high_pass(LOW_HZ.draw(scene.rng), rate_hz), low_pass(MACHINE_HZ, rate_hz)]
    coupling = Filter(scene, [high_pass(COUPLING_HZ.draw(scene.rng), rate_hz, 1)])
    card = HardRail(CARD_UV.draw(scene.rng))
    return Chain(HardRail(draw_rail(scene, 0.4)), Filter(scene, machine), coupling, card)


KINDS: dict[str, tuple[str, float, Maker]] = {
    "open": ("nothing overloads it", OPEN_UV, lambda scene: Open()),  # noqa: ARG005
    "rail": ("clips at the range it declares", DECLARED_UV, lambda scene: _recovering(scene, scene.range_uv)),
    "rail-below": (
        "clips below the range it declares", DECLARED_UV, lambda scene: _recovering(scene, draw_rail(scene, 0.6)),
    ),
    "soft": ("bends towards its rail", DECLARED_UV, lambda scene: SoftRail(draw_rail(scene, 0.6))),
    "slow-recovery": ("clips, and takes milliseconds to come back", DECLARED_UV, _sluggish),
    "moving-rail": (
        "its range is switched while it runs", DECLARED_UV, lambda scene: MovingRail(scene, draw_rail(scene)),
    ),
    "high-pass": ("clips, then a high-pass", DECLARED_UV, _high_passed),
    "band-limited": ("clips, then a band of 10 Hz to 1 kHz", DECLARED_UV, _band_limited),
    "notch": ("clips, then a mains notch", DECLARED_UV, _notched),
    "automatic-gain": (
        "turns itself down after each pulse", DECLARED_UV, lambda scene: AutomaticGain(scene, draw_rail(scene)),
    ),
    "blank-zero": (
        "blanks to zero", DECLARED_UV, lambda scene: Blanking(scene, UNTIL_MS.draw(scene.rng), holds=False),
    ),
    "blank-hold": (
        "blanks and holds", DECLARED_UV, lambda scene: Blanking(scene, UNTIL_MS.draw(scene.rng), holds=True),
    ),
    "suppressor": ("an artefact suppressor holds and lets go", DECLARED_UV, _suppressor),
    "sound-card": ("a machine's loudspeaker output into a sound card", DECLARED_UV, _sound_card),
}  # fmt: skip
"""For each name: what it does in words, the range in uV that it declares, and its maker."""

REALISTIC = "rail-below"
"""The front end of the demo: most amplifiers clip before their converter does."""


def kinds_in_words() -> str:
    """Return one line for each kind: name and what it does."""
    return "\n".join(f"{name:15}{words}" for name, (words, _, _) in KINDS.items())
