"""Biofeedback: a muscle's activity shown to the one who moves it. Nothing is stimulated.

Reads in this order: ``hum`` and ``envelope`` (the signal), ``heart``, ``plan`` (what is asked), ``calibration``,
``scoring``, ``sequence`` (what comes when), ``engine`` (the loop).
"""
