"""Formats of recordings, recognised by content; `registry` lists them, `opening` opens one (and imports them all)."""
