"""The way of a user without a command line: Start, its forms, the list of procedures, and the pages that sign a note.

Each choice becomes the words of a command, and the command does the work: there is one way to do each thing.
"""
