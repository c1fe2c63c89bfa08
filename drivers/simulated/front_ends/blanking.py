"""Input stages that hide what follows a pulse: to zero, by holding, or by an artefact suppressor's slow release."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from drivers.simulated.draws import FloatArray, Uniform
from drivers.simulated.front_ends.stage import Scene

UNTIL_MS = Uniform(1.0, 4.0, "blanking after the pulse, as machines offer it", "assumed")
RELEASE_MS = Uniform(0.2, 0.6, "time in which an artefact suppressor lets go", "assumed")
NOISE_UV = Uniform(0.2, 4.0, "noise of the blanked amplifier itself", "assumed")


class Blanking:
    """Hides the input for ``until_ms`` after each pulse; ``holds`` the last value instead of giving zero.

    It then lets go over ``release_ms``.
    """

    def __init__(self, scene: Scene, until_ms: float, *, holds: bool, release_ms: float = 0.0) -> None:
        self._rng, self._noise_uv = scene.rng, NOISE_UV.draw(scene.rng)
        self._length, self._release = scene.samples(until_ms), scene.samples(release_ms)
        self._holds = holds
        self._since = self._length + self._release
        self._held = np.zeros(scene.channels)
        self._last = np.zeros(scene.channels)

    def process(self, uv: FloatArray, pulses: Sequence[int]) -> FloatArray:
        """Return ``uv``, hidden after each pulse."""
        out, edges = uv.copy(), [0, *pulses, len(uv)]
        for begin, stop in pairwise(edges):
            if begin in pulses:
                self._since = 0
                self._held = (out[begin - 1] if begin else self._last) if self._holds else np.zeros_like(self._held)
            out[begin:stop] = self._hidden(uv[begin:stop])
        self._last = out[-1] if len(out) else self._last
        return out

    def _hidden(self, uv: FloatArray) -> FloatArray:
        """Return ``uv`` as it is seen, and go on in time by its length."""
        since = self._since + np.arange(len(uv))
        self._since += len(uv)
        if not len(uv) or since[0] >= self._length + self._release:
            return uv
        hidden = int(np.clip(self._length - since[0], 0, len(uv)))
        noise = self._noise_uv * self._rng.standard_normal((hidden, uv.shape[1]))
        share = np.clip((since[hidden:] - self._length + 1) / (self._release + 1), 0.0, 1.0)[:, None]
        return np.concatenate([self._held + noise, share * uv[hidden:] + (1 - share) * self._held])
