"""Standard output as Python writes to it: the C library's stream, which the program prints to as well.

So what listings and the program write comes in the right order.  `flush` before anything else may write.
"""

from __future__ import annotations

import functools
import os
import sys

from jitvm.runtime.files import libc, standard_stream

FULLY_BUFFERED, LINE_BUFFERED, BUFFER_SIZE = 0, 1, 4096


class Output:
    """Bytes on their way to standard output."""

    def __init__(self) -> None:
        self._stream = standard_stream("stdout")
        if getattr(sys.stdout, "write_through", False):
            _buffer(self._stream)

    def write(self, data: bytes) -> None:
        libc("fwrite")(data, 1, len(data), self._stream)

    def flush(self) -> None:
        """Writes all there is."""
        libc("fflush")(self._stream)


@functools.cache
def _buffer(stream: int) -> None:
    """As the C library does by itself, but Python was told not to: that is about Python's output."""
    mode = LINE_BUFFERED if os.isatty(1) else FULLY_BUFFERED
    memory = libc("malloc", "Q>Q")(BUFFER_SIZE)  # For as long as the process lives, like the stream.
    libc("setvbuf")(stream, memory, mode, BUFFER_SIZE)
