"""Needle guidance by stimulated and free-run EMG. Research software, not a medical device."""

from __future__ import annotations

__version__ = "0.1.0"
