"""JITVM_STATS=1: where the time of a run went, on standard error when it ends.

    start: python 14.2 ms, modules 17.0 ms, runtime 2.1 ms; run 812.4 ms
    compile: 12 traces 840 ir 31.0 us/ir
    record: 840 ir 55.1 us/ir

Times are those of the processor.  "python" is the interpreter's own start; "run" everything after the runtime
was there, recording and compiling included.  "compile" is the way from IR to machine code, "record" what
comes before it: following the program, folding, optimising, also of recordings that were given up.  Traces
given up because of a bug of ours come last, each with its Python traceback.
"""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime, Upcalled

VARIABLE = "JITVM_STATS"


class Statistics:
    """The phases of one process."""

    def __init__(self) -> None:
        self._marks: list[tuple[str, float]] = []
        self._tracing = 0.0  # Spent on recording and compiling.
        self.mark("python")

    def mark(self, name: str) -> None:
        """A phase has ended."""
        self._marks.append((name, time.process_time()))

    def watch(self, runtime: Runtime) -> None:
        """From now on its recording and compiling is timed."""
        runtime.wrap_tracing(self._timed)

    def _timed(self, serve: Upcalled) -> Upcalled:
        def timed(a: int, b: int, c: int) -> int:
            started = time.thread_time()
            status = serve(a, b, c)
            self._tracing += time.thread_time() - started
            return status

        return timed

    def report(self, runtime: Runtime) -> bytes:
        """The lines to print."""
        before = 0.0
        spent = []
        for name, at in self._marks:
            spent.append(f"{name} {(at - before) * 1000:.1f} ms")
            before = at
        lines = [f"start: {', '.join(spent)}; run {(time.process_time() - before) * 1000:.1f} ms"]
        if runtime.has_jit:
            from jitvm.trace.machine import Machine

            machine = runtime.jit.code
            assert isinstance(machine, Machine), machine
            compiled = machine.statistics
            recording = self._tracing - compiled.seconds
            count = compiled.instructions
            cost, recorded = (_microseconds(seconds, count) for seconds in (compiled.seconds, recording))
            lines.append(f"compile: {compiled.traces} traces {count} ir {cost:.1f} us/ir")
            lines.append(f"record: {count} ir {recorded:.1f} us/ir")
            lines += [_told(bug) for bug in runtime.jit.compiler.bugs]
        return "".join(f"{line}\n" for line in lines).encode()


def _told(bug: Exception) -> str:
    """A trace that was given up because of a mistake of ours."""
    import traceback

    return "bug: " + "".join(traceback.format_exception(bug)).rstrip()


def _microseconds(seconds: float, count: int) -> float:
    return seconds * 1e6 / max(count, 1)


def wanted() -> Statistics | None:
    """Statistics, if the environment asks for them."""
    return Statistics() if os.environ.get(VARIABLE) == "1" else None
