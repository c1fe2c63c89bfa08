"""Devices that this machine can see without opening any."""
