"""The command line: ``downstack serve``, ``impact``, ``explain``, ``sensitivity``, ``solve``, ``validate``."""

from downstack.cli.commands import command_line, main

__all__ = ["command_line", "main"]
