"""Biofeedback: shows patients the activity of their muscles. Nothing is stimulated.

Read in this order: ``mains_tracker`` and ``envelope`` (the signal), ``heart_artefact``, ``plan`` (the exercise),
``calibration``, ``scoring``, ``trial_sequence`` (the order of phases), ``engine`` (the loop).
"""
