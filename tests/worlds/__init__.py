"""Simulated worlds that tests and benchmarks share; they use nothing of the product's own models."""
