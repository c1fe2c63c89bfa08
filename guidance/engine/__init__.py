"""The one pure loop of a procedure: its settings, records, counters, timeline and snapshot builder."""
