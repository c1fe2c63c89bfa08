"""Benchmarks: each is a command, and prints a table."""

import guidance  # noqa: F401 - before numpy, so that BLAS has one thread as in the program
