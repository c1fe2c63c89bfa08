"""The muscle's own EMG: potentials found, measured and sorted into units; how near they are; how they fit an effort."""
