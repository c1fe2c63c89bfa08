"""The procedure's note: its fields, filled from the record and the case sheet, signed, and written in a format.

Reading order: ``field_forms`` and ``fields`` (what a note must contain), ``case_sheet``, ``event_query`` and ``pulses``
(the record), the ``*_sentences``, ``compose`` (the note), ``signing``, ``page`` and the formats ``markdown``, ``html``
and ``pdf`` with their ``pictures``.
"""
