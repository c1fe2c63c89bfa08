"""The program's own ``run --headless`` on a virtual clock, a faulty device and a faulty disk."""
