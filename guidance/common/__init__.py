"""Basics for every part: errors with their exit status, safe text, the user's settings, the background worker."""
