"""A finished procedure once more: its recorded signal through today's code, and where the decisions differ."""
