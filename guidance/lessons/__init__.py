"""A course on EMG in five pages, with signals of the program's own simulated patient, and their sound.

Read in this order: ``signals`` (the traces), ``course`` (the pages), ``text`` (the pages as plain text), ``sound``.
"""
