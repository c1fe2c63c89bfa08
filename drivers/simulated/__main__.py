"""``python -m drivers.simulated``: run a simulated amplifier as a process of its own."""

from drivers.simulated.server import main

main()
