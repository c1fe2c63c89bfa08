"""Front ends of simulated amplifiers: what comes out of them, sample by sample, for the voltage at their input."""

from drivers.simulated.front_ends.kinds import KINDS, REALISTIC, kinds_in_words
from drivers.simulated.front_ends.stage import InputStage, Scene

__all__ = ["KINDS", "REALISTIC", "InputStage", "Scene", "kinds_in_words"]
