"""`jitvm` and `python3 -m jitvm`: the command line as a process of its own.

Python's garbage collector has nothing to find while modules are loaded, and what they leave is not looked at
again.  At the end the operating system takes the memory back; taking Python down in good order first would
last longer than an empty script.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys

gc.disable()

from jitvm.cachedir import keep_modules  # noqa: E402

keep_modules()

from jitvm.cli import main as run  # noqa: E402

#: Objects made between two collections: a trace being compiled makes a few thousand, which die by themselves.
THRESHOLD = 50_000


def main() -> None:
    gc.freeze()
    gc.set_threshold(THRESHOLD)
    gc.enable()
    leave(run())


def leave(status: int) -> None:
    """Ends the process: Python's and the C library's streams are written, exit handlers run."""
    from x64.foreign import function

    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is None:  # It was closed from the beginning.
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or 1
    function("fflush", "Q>i")(0)
    os._exit(status)


if __name__ == "__main__":
    main()
