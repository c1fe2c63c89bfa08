"""The record of a procedure, on disk: what is written while it runs, and what is read of it afterwards."""
