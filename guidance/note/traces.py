"""Pictures of parts of a signal, for paper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from guidance.note.pictures import Picture

_COLUMNS = 3
_WIDTH_IN, _ROW_IN = 7.0, 1.5
_INK = "#0b5394"


def traces(
    name: str, caption: str, stretches: Sequence[tuple[str, NDArray[np.floating]]], columns: int = _COLUMNS
) -> Picture:
    """Return a picture of ``stretches``, each with a title and its signal (samples,) in uV, positive upwards.

    Lost samples (NaN) interrupt the line.
    """
    rows = -(-len(stretches) // columns)
    figure = Figure(figsize=(_WIDTH_IN, rows * _ROW_IN), layout="constrained")
    for number, (title, uv) in enumerate(stretches, start=1):
        axes = figure.add_subplot(rows, columns, number)
        axes.plot(uv, color=_INK, linewidth=0.7)
        axes.set_title(title, fontsize=7)
        axes.set_xticks([])
        axes.tick_params(labelsize=6)
        axes.spines[["top", "right", "bottom"]].set_visible(False)
    return Picture(name, caption, figure)
