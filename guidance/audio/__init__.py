"""Sound: guidance cues, the needle's EMG and alarms, played by a process of its own on the engine's orders.

This package imports nothing here, so that the process starts fast.
"""
