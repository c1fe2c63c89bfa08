"""What is heard: guidance, the needle's EMG, alarms. A process of its own plays it; the engine only says what.

Imports nothing: that process has to be ready soon.
"""
