"""Detectors that one and the same simulated procedure is scored with: ours and the field's."""
