"""``python -m downstack.cli`` is the command ``downstack``."""

from downstack.cli.commands import main

main()
