"""The view in a browser on this machine: an HTTP server that gives each browser an observer of its own.

Read in this order: ``access`` (who may come in), ``server`` (what is served), ``view`` (the observer's process).
"""

from guidance.processes.web.server import serve

__all__ = ["serve"]
