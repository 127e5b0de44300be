"""Standard output, buffered: as C's stdio would, by line on a terminal and by block elsewhere.

Everything the program prints goes through here, in order; `flush` before anything else may write.
"""

from __future__ import annotations

import os

BLOCK = 1 << 16


class Output:
    """Bytes on their way to a file descriptor."""

    def __init__(self, fd: int = 1) -> None:
        self.fd = fd
        self._parts: list[bytes] = []
        self._size = 0
        self._limit = 0 if _is_terminal(fd) else BLOCK

    def write(self, data: bytes) -> None:
        self._parts.append(data)
        self._size += len(data)
        if self._size > self._limit and (self._limit or data.endswith(b"\n") or self._size > BLOCK):
            self.flush()

    def flush(self) -> None:
        """Writes all there is; a reader that went away ends the process as SIGPIPE would."""
        data = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        while data:
            data = data[os.write(self.fd, data):]


def _is_terminal(fd: int) -> bool:
    try:
        return os.isatty(fd)
    except OSError:
        return False
