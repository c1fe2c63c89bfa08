"""Intan RHX over TCP: commands, samples, amplifier, stimulator."""
