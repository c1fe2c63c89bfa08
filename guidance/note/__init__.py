"""The procedure's note: what must stand in it, filled from the record and the case sheet, signed, and written out.

Reads in this order: ``answers`` and ``fields`` (what is asked), ``case`` (the case sheet), ``pulses`` and ``course``
(what the record shows), ``compose`` (the note), ``signing``, ``page`` and the formats ``markdown``, ``web``, ``paper``
with their ``pictures``.
"""
