"""The record of a procedure on disk: written while it runs, read and verified afterwards."""
