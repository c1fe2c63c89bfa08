"""Discovery of devices without opening any."""
