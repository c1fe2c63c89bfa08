"""The virtual trial: thousands of insertions of a simulated needle, each guided by the very engine of a live procedure.

It is a simulation throughout: what holds for the simulated patient need not hold for a person.
"""
