"""Standard output as Python writes to it: the C library's stream, which the program prints to as well.

So what listings and the program write comes in the right order.  `flush` before anything else may write.
"""

from __future__ import annotations

from jitvm.runtime.files import libc, standard_stream


class Output:
    """Bytes on their way to standard output."""

    def __init__(self) -> None:
        self._stream = standard_stream("stdout")

    def write(self, data: bytes) -> None:
        libc("fwrite")(data, 1, len(data), self._stream)

    def flush(self) -> None:
        """Writes all there is."""
        libc("fflush")(self._stream)
