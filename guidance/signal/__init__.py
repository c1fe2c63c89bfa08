"""The signal path: blocks in, sweeps and evoked responses out; streaming, with no result depending on block size."""

from __future__ import annotations
