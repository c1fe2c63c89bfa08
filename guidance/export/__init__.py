"""A procedure written out for other programs: signal, table, FHIR, BIDS; each with who it was, or without."""
