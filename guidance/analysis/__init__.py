"""Analysis of a recording: spontaneous activity, motor units, interference pattern and nerve conduction."""
