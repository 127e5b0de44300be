"""The one error of the native Python compiler."""

from __future__ import annotations


class NativeError(Exception):
    """A function is not native Python: file, line and reason."""

    def __init__(self, filename: str, line: int, reason: str) -> None:
        super().__init__(f"{filename}:{line}: {reason}")
        self.filename, self.line, self.reason = filename, line, reason
