"""Simulated worlds that tests and benchmarks share; no world uses the models of the product."""
