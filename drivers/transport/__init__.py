"""Bytes in and out: opening a port, and the thread that reads it."""
