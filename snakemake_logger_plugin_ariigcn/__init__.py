"""What Snakemake finds as the logger plugin ``ariigcn``: it looks for packages with this prefix."""

from ariigcn.terminal.handler import LogHandler, LogHandlerSettings

__all__ = ["LogHandler", "LogHandlerSettings"]
