"""The Open Needle Amplifier, protocol version 1: frames, messages, samples, commands, amplifier."""
