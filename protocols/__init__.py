"""Procedures as data: one TOML a procedure."""
