"""The sampling profiler: a function of the program is called every few milliseconds of running time.

    profiler.start("li10", handler)      handler(thread, samples, state) at the next loop or call
    dump_stack(frames, thread, pc, b"fZ;", -100)

A thread counts time and, as Ctrl-C does, has the program come by: the interpreter at its next loop or call,
compiled code at its next iteration.  There the handler runs, with the samples since the last one.

States are N for compiled code, I for the interpreter, J for the compiler.
"""

from __future__ import annotations

import threading

from ir.layout import Ptr
from ir.objects import GCfunc
from jitvm.lib.ffnames import FF_C
from jitvm.runtime.debug import FrameInfo, Frames
from jitvm.runtime.value import THREAD_BITS
from jitvm.runtime.values import LuaObject

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

INTERVAL_MS = 10


class Profiler:
    """One per runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.place: tuple[int, int] | None = None  # Thread and PC, while a handler runs.
        self._handler: LuaObject | None = None
        self._samples = 0
        self._state = b"I"
        self._stop = threading.Event()

    def start(self, mode: str, handler: LuaObject) -> None:
        """`mode`: the letter i is followed by the interval in milliseconds."""
        self.stop()
        _, _, rest = mode.partition("i")
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        interval = max(int(digits), 1) if digits else INTERVAL_MS
        self._handler, self._samples, self._stop = handler, 0, threading.Event()
        threading.Thread(target=self._run, args=(interval / 1000, self._stop), daemon=True).start()

    def stop(self) -> None:
        self._stop.set()
        self._handler = None

    def _run(self, seconds: float, stop: threading.Event) -> None:
        while not stop.wait(seconds):
            g = self.runtime.heap.g
            self._state = b"N" if g.vmstate >= 0 else b"J" if g.recording else b"I"
            self._samples += 1
            self.runtime.come_by()

    def deliver(self, thread: int, pc: int) -> None:
        """The program has come by."""
        samples, self._samples = self._samples, 0
        if self._handler is None or samples == 0 or self.place is not None:
            return
        shown = self.runtime.values.to_python(thread | THREAD_BITS)
        self.place = thread, pc
        try:
            self.runtime.vm_events.call_aside(self._handler, shown, samples, self._state)
        finally:
            self.place = None


def dump_stack(frames: Frames, thread: Ptr, pc: int, pattern: bytes, depth: int) -> bytes:
    """Up to `depth` frames in the form that `pattern` says; negative: from the outermost inwards."""
    listed = list(frames.walk(thread, pc))
    callers: list[FrameInfo | None] = [*listed[1:], None]
    pairs = list(zip(listed, callers))
    chosen = pairs[:-depth][::-1] if depth < 0 else pairs[:depth]
    text, end = b"", 0
    for info, caller in chosen:
        text, end = _dump_frame(frames, info, caller, pattern, text, end)
    return text[:end] if end else text


def _dump_frame(
    frames: Frames, info: FrameInfo, caller: FrameInfo | None, pattern: bytes, text: bytes, end: int
) -> tuple[bytes, int]:
    """Appends a frame; Z remembers where the text ends if no other follows."""
    keeps_path = False
    for letter in pattern.decode("latin-1"):
        match letter:
            case "p":
                keeps_path = True
            case "f" | "F":
                named = frames.called_as(caller)
                if named is None:
                    text += _module_line(info, "f", keeps_path)
                else:
                    text += _module(info, keeps_path) + b":" if letter == "F" and info.proto else b""
                    text += named[1]
            case "l":
                text += _module_line(info, "l", keeps_path)
            case "Z":
                end = len(text)
            case _:
                text += letter.encode("latin-1")
    return text, end


def _module(info: FrameInfo, keeps_path: bool) -> bytes:
    assert info.proto is not None
    name = info.proto.chunkname
    if name[:1] not in (b"=", b"@"):
        return b"[string]"
    return name[1:] if keeps_path else name[1:].rpartition(b"/")[2]


def _module_line(info: FrameInfo, letter: str, keeps_path: bool) -> bytes:
    if info.proto is None:
        fn = Ptr(GCfunc, info.function)
        return b"[builtin#%d]" % fn.ffid if fn.ffid > FF_C else b"@0x%08x" % fn.fn
    line = info.line if letter == "l" and info.line >= 0 else info.proto.firstline
    return b"%s:%d" % (_module(info, keeps_path), line)
