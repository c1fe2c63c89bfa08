"""Needle guidance by stimulated and free-run EMG. Research software, not a medical device."""

from __future__ import annotations

import os

__version__ = "0.1.0"

# the matrices are small, and the engine shares the cores with screen and sound
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
