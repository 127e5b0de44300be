"""Ctrl-C, also while native code runs.

CPython notices a signal only between its own bytecodes; native code runs none for as long as it likes.  But
CPython's C-level signal handler writes to the wakeup descriptor at once, and a watcher thread waits for that.
It has the runtime redirect the interpreter's loop and call bytecodes (`runtime/switch.py`) and the back edges
of traces (`x64/diversion.py`), so that the program comes by and raises "interrupted!".

As with luajit, the signal has its default action from then on: a second Ctrl-C ends the process, whatever it
does.  A watcher is entered for one chunk; between those of the interactive mode, too, it ends the process.
"""

from __future__ import annotations

import os
import signal
import threading

from x64.foreign import function

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

STOP = b"\0"


class Watcher:
    """Turns SIGINT into an error of the Lua program, while it is entered."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._old_handler = signal.getsignal(signal.SIGINT)
        self._old_fd = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Nobody reads what we write: that ends a Lua program.

    def __enter__(self) -> None:
        """SIGINT interrupts what runs within, once.  Main thread only."""
        self.runtime.forget_interrupt()
        signal.signal(signal.SIGINT, lambda number, frame: None)

    def __exit__(self, *raised: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def _watch(self) -> None:
        while True:
            data = os.read(self._read, 1)
            if data == STOP or not data:
                return
            if data[0] == signal.SIGINT:
                # signal.signal is for the main thread alone, which may be deep in native code.
                function("signal", "iQ>Q")(int(signal.SIGINT), int(signal.SIG_DFL))
                self.runtime.interrupt()

    def close(self) -> None:
        signal.set_wakeup_fd(self._old_fd)
        signal.signal(signal.SIGINT, self._old_handler)
        os.write(self._write, STOP)
        self._thread.join()
        os.close(self._read)
        os.close(self._write)
