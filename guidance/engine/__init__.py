"""The pure loop of a procedure: its settings, stages, records, counters, timeline and snapshot builder."""
