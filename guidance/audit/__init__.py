"""Audit: recorded procedures of one or many stores, counted by operator, protocol, device, site and month."""
