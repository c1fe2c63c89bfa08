"""Tests, laid out as the house is."""

import guidance

__all__ = ["guidance"]
