"""The muscle's own EMG: potentials found and measured, sorted into units, judged by phase; and what a recording shows."""
