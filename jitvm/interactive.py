"""The interactive mode: a prompt, chunks that may take several lines, `=expr` for `return expr`.

On a terminal, lines are edited and remembered by readline.  A Ctrl-C while a chunk runs is its error; at the
prompt it ends the process, as with luajit.
"""

from __future__ import annotations

import os
import signal
import sys

from jitvm.front.errors import LuaError, LuaSyntaxError
from jitvm.lib.jit_py import CPU
from jitvm.reports import message_of

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.interrupts import Watcher
    from jitvm.runtime.runtime import Runtime

PROMPTS = {"_PROMPT": b"> ", "_PROMPT2": b">> "}
INCOMPLETE = b"'<eof>'"


def interact(runtime: Runtime, watcher: Watcher) -> None:
    """Reads and runs chunks until the input ends."""
    _print_status(runtime)
    while True:
        source = _line(runtime, "_PROMPT")
        if source is None:
            break
        if source.startswith(b"="):
            source = b"return " + source[1:]
        try:
            _run(runtime, source, watcher)
        except LuaError as error:
            runtime.out.flush()
            shown = message_of(runtime, error)
            if shown is not None:
                os.write(2, shown + b"\n")
    runtime.out.write(b"\n")
    runtime.out.flush()


def _run(runtime: Runtime, source: bytes, watcher: Watcher) -> None:
    while True:
        try:
            loaded = runtime.load(source, b"=stdin")
            break
        except LuaSyntaxError as error:
            more = _line(runtime, "_PROMPT2") if error.message.endswith(INCOMPLETE) else None
            if more is None:
                raise
            source += b"\n" + more
    with watcher:
        results = runtime.call_bits(loaded.bits, [])
        if results:
            _print(runtime, results)


def _print(runtime: Runtime, results: list[int]) -> None:
    try:
        runtime.call_bits(runtime.global_bits("print"), results)
    except LuaError as error:
        reason = error.message
        raise LuaError(b"error calling 'print' (" + reason + b")") from None


def _line(runtime: Runtime, prompt: str) -> bytes | None:
    own = runtime.values.to_python(runtime.global_bits(prompt))
    shown = own if isinstance(own, bytes) else PROMPTS[prompt]
    if os.isatty(0) and os.isatty(1):
        runtime.out.flush()
        return _edited(os.fsdecode(shown))
    runtime.out.write(shown)
    runtime.out.flush()
    line = sys.stdin.buffer.readline() if sys.stdin is not None else b""  # It may be closed.
    return line.rstrip(b"\n") if line else None


def _edited(prompt: str) -> bytes | None:
    import readline  # noqa: F401  (`input` uses it)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # So that the terminal is put in order.
    try:
        return os.fsencode(input(prompt))
    except EOFError:
        return None
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
        raise
    finally:
        signal.signal(signal.SIGINT, before)


def _print_status(runtime: Runtime) -> None:
    options = runtime.options
    names = [name.decode() for name in CPU]
    names += [flag.name.lower() for flag in type(options.flags) if flag in options.flags and flag.name]
    state = "ON" if options.jit else "OFF"
    runtime.out.write(f"JIT: {state} {' '.join(names)}\n".encode())
