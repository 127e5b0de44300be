"""Lua errors as Python sees them.

One class for every error a Lua program can catch; a syntax error is the same thing raised before the program
runs.  The value is what `pcall` would return: bytes for a message, any Lua value for `error(value)`.

    raise LuaSyntaxError(b"x.lua:1: unexpected symbol near '='")

Not for bugs of ours (assert) nor for giving up on a trace (Abort).
"""

from __future__ import annotations


class LuaError(Exception):
    """An error of the Lua program: its error object, and the Lua stack if it was taken."""

    def __init__(self, value: object, traceback: bytes | None = None) -> None:
        super().__init__(value)
        self.value = value
        self.traceback = traceback

    @property
    def message(self) -> bytes:
        """The error object as the command line prints it."""
        return self.value if isinstance(self.value, bytes) else b"(error object is not a string)"

    def __str__(self) -> str:
        return self.message.decode("utf-8", "backslashreplace")


class BadArgument(Exception):
    """Raised by library functions written in Python: argument `number` is not what it should be."""

    def __init__(self, number: int, reason: bytes) -> None:
        super().__init__(number, reason)
        self.number, self.reason = number, reason


class LuaSyntaxError(LuaError):
    """The source text is not a Lua chunk.  The value is always a message."""
