"""Ctrl-C, also while native code runs.

CPython notices a signal only between its own bytecodes; native code runs none for as long as it likes.  But
CPython's C-level signal handler writes to the wakeup descriptor at once, and a watcher thread waits for that:
it redirects the interpreter's loop and call bytecodes (and the back-edges of traces) so that the program
comes by and raises "interrupted!".  A second Ctrl-C before that ends the process, as luajit does.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

STOP = b"\0"
KILLED = 128 + signal.SIGINT


class Watcher:
    """Turns SIGINT into an error of the Lua program, from creation to `close`."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._old_handler = signal.signal(signal.SIGINT, lambda number, frame: None)
        self._old_fd = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while True:
            data = os.read(self._read, 1)
            if data == STOP or not data:
                return
            if data[0] != signal.SIGINT:
                continue
            if self.runtime.interrupted:
                os._exit(KILLED)
            self.runtime.interrupt()

    def close(self) -> None:
        signal.set_wakeup_fd(self._old_fd)
        signal.signal(signal.SIGINT, self._old_handler)
        os.write(self._write, STOP)
        self._thread.join()
        os.close(self._read)
        os.close(self._write)
