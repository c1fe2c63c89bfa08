"""The virtual trial: thousands of insertions of a simulated needle, each guided by the engine of a live procedure.

All of it is simulation: its results need not hold for a person.
"""
