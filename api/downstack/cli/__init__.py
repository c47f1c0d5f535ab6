"""The command line: ``downstack serve``, ``impact``, ``explain``, ``validate``."""

from downstack.cli.commands import app, main

__all__ = ["app", "main"]
