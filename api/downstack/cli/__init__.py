"""The command line: ``downstack serve``, ``impact``, ``explain``, ``sensitivity``, ``solve``, ``validate``."""

from downstack.cli.commands import app, main

__all__ = ["app", "main"]
