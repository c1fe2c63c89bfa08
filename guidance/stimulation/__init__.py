"""Stimulation: which pulse comes next, and whether it may be given (interlock)."""
