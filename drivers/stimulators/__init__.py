"""Stimulators beside the amplifier, each on a clock of its own."""
