"""From blocks to sweeps: the ring buffer, pulses found and aligned, the baseline before a pulse."""
