"""From a sweep to a response: artefact and noise separated, response detected and measured."""
