"""Recorded procedures run again through today's code, and where the decisions differ."""
