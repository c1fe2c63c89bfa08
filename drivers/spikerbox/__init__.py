"""The Backyard Brains family on a serial port: messages and amplifier."""
