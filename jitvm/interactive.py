"""The interactive mode: a prompt, chunks that may take several lines, `=expr` for `return expr`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from jitvm.front.errors import LuaError, LuaSyntaxError

if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

PROMPTS = {"_PROMPT": b"> ", "_PROMPT2": b">> "}
INCOMPLETE = b"'<eof>'"


def interact(runtime: Runtime, message: Callable[[LuaError], bytes]) -> None:
    """Reads and runs chunks until the input ends."""
    _print_status(runtime)
    while True:
        source = _line(runtime, "_PROMPT")
        if source is None:
            break
        if source.startswith(b"="):
            source = b"return " + source[1:]
        try:
            _run(runtime, source)
        except LuaError as error:
            runtime.out.flush()
            shown = message(error) + (b"\n" + error.traceback if error.traceback else b"")
            sys.stderr.buffer.write(shown + b"\n")
            sys.stderr.flush()
    runtime.out.write(b"\n")
    runtime.out.flush()


def _run(runtime: Runtime, source: bytes) -> None:
    while True:
        try:
            loaded = runtime.load(source, b"=stdin")
            break
        except LuaSyntaxError as error:
            more = _line(runtime, "_PROMPT2") if error.message.endswith(INCOMPLETE) else None
            if more is None:
                raise
            source += b"\n" + more
    results = runtime.call_bits(loaded.bits, [])
    if results:
        runtime.call_bits(runtime.global_bits("print"), results)


def _line(runtime: Runtime, prompt: str) -> bytes | None:
    own = runtime.values.to_python(runtime.global_bits(prompt))
    runtime.out.write(own if isinstance(own, bytes) else PROMPTS[prompt])
    runtime.out.flush()
    line = sys.stdin.buffer.readline()
    return line.rstrip(b"\n") if line else None


def _print_status(runtime: Runtime) -> None:
    options = runtime.options
    names = [flag.name.lower() for flag in type(options.flags) if flag in options.flags and flag.name]
    state = "ON" if options.jit else "OFF"
    runtime.out.write(f"JIT: {state} {' '.join(names)}\n".encode())
