"""What is wrong with a file of traces, and where."""

from __future__ import annotations


class MalformedLog(ValueError):
    """A listing or a JSON file that cannot be read.  Lines and columns count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message, line, column)
        self.message, self.line, self.column = message, line, column

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"
