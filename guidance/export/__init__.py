"""A procedure exported for other programs as signal, table, FHIR or BIDS, with or without identifiers."""
