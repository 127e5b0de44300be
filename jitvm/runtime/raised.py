"""Errors that leave frames, where Python has something to do before they do (upcalls RAISED, HANDLER_FAILED).

A library function that called a Lua function passes its error on, but a message handler below sees the stack
as it was where the error arose: so the handler runs at once, and is left out when the error arrives there
(`g.handled_place`).  An error that nobody catches leaves a traceback.
"""

from __future__ import annotations

from ir.layout import Ptr
from ir.objects import Frame, State, TValue
from jitvm.front.errors import LuaError
from jitvm.lib.ffnames import FFIDS
from jitvm.runtime.links import KIND, NOT_LUA
from jitvm.runtime.span import has_handler_room
from jitvm.runtime.value import HANDLER_MARK, func_of

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

TOO_DEEP = b"error in error handling"
NO_STACK = b"stack overflow"
#: Entries from Python within entries from Python, at most (LuaJIT's limit of nested C calls).
MAX_ENTRIES = 190
CATCHERS = (Frame.PCALL, Frame.C, Frame.CP)
LINK_BITS = ~7


class Raised:
    """What one runtime does."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def raised(self, thread: int, catcher: int, _: int) -> int:
        """An error is about to leave frames: the last chance to look at them."""
        state = Ptr(State, thread)
        if self.runtime.has_bug:
            return 0
        if self.runtime.heap.g.recording:
            self.runtime.jit.error_thrown()
        link = self._link(catcher)
        while link & KIND == Frame.CP and not (self._is_handler(catcher) and state.handling):
            below = self._below(state, catcher)
            if not below:
                break
            # A library function that called back passes the error on, but the handler sees where it arose.
            catcher, link = below, self._link(below)
        if link & KIND == Frame.PCALL:
            if link & LINK_BITS == 24:
                self._handle(state, catcher)
        elif link & KIND != Frame.C and self.runtime.traceback is None and self._is_reported(state):
            from jitvm.runtime.debug import traceback

            savepc = self.runtime.heap.g.savepc
            self.runtime.traceback = traceback(self.runtime.frames, state, savepc, self.runtime.tracer)
        return 0

    def kept(self, thread: Ptr, error: LuaError) -> LuaError:
        """What becomes of an error that a library function keeps to itself: handlers see that one too."""
        self.runtime.throw(error)
        self.raised(thread.addr, self._nearest(thread), 0)
        return self.runtime.thrown()

    def forget(self) -> None:
        """No error is on its way any more: the next one is new, though it may have the same value."""
        self.runtime.heap.g.handled_place = 0

    def _link(self, base: int) -> int:
        return int(Ptr(TValue, base - 8).bits)

    def _is_reported(self, state: Ptr) -> bool:
        """Does an error of this thread end the program, with a traceback?"""
        return has_handler_room(self.runtime.heap.memory, state.addr) and not self._is_caught(state)

    def _is_caught(self, state: Ptr) -> bool:
        """Is there a pcall anywhere below, or a resume?"""
        base = state.base.addr
        while base > state.stack.addr + 16:
            link = self._link(base)
            if link & KIND == Frame.PCALL:
                return True
            if link & NOT_LUA == 0:
                base -= 16 + 8 * (int.from_bytes(self.runtime.heap.memory.read(link - 3, 1), "little"))
            elif link & KIND == Frame.C:
                state = state.resumer
                base = state.base.addr
                if func_of(state.base - 2).ffid == FFIDS["coroutine.resume"]:
                    return True
            else:
                base -= link & LINK_BITS
        return False

    def _below(self, state: Ptr, base: int) -> int:
        """The next frame down that errors do not simply leave; 0 if there is none."""
        while True:
            link = self._link(base)
            if link & NOT_LUA == 0:
                base -= 16 + 8 * (int.from_bytes(self.runtime.heap.memory.read(link - 3, 1), "little"))
            else:
                base -= link & LINK_BITS
            if base <= state.stack.addr + 16:
                return 0
            if self._link(base) & KIND in CATCHERS:
                return base

    def _handle(self, state: Ptr, catcher: int) -> None:
        """The handler of an xpcall runs once for an error, though library functions may pass that on."""
        g, place = self.runtime.heap.g, catcher - state.stack.addr
        if (g.handled_place, g.handled_error) == (place, g.errval.bits):
            return
        if self.runtime.entries < MAX_ENTRIES:
            self._enter(state, catcher)
        else:
            g.errval.bits = self.runtime.values.string(NO_STACK)
        if state.stack.addr + place != self._nearest(state):
            g.handled_place, g.handled_error = place, g.errval.bits

    def _enter(self, state: Ptr, catcher: int) -> None:
        """A handler that runs again for its own error: native code in Python in native code ever on."""
        g = self.runtime.heap.g
        kept = g.vmstate, g.jit_base.addr, g.cframe
        self.runtime.entries += 1
        self.runtime.heap.call("handle_error", g, state, Ptr(TValue, catcher))
        self.runtime.entries -= 1
        g.vmstate, g.jit_base, g.cframe = kept

    def _is_handler(self, base: int) -> bool:
        """Is it the frame of a message handler?  Its errors have no handler, unless it has caught one."""
        return int(Ptr(TValue, base - 24).bits) == HANDLER_MARK

    def _nearest(self, state: Ptr) -> int:
        base = state.base.addr
        return base if self._link(base) & KIND in CATCHERS else self._below(state, base)

    def handler_failed(self, _: int, full: int, place: int) -> int:
        """No stack was left for a message handler, or else it failed: with the error in g.errval."""
        g = self.runtime.heap.g
        if self.runtime.has_bug or (g.handled_place, g.handled_error) == (place, g.errval.bits):
            return 0
        self.runtime.traceback = None
        error = self.runtime.values.to_python(g.errval.bits)
        no_stack = isinstance(error, bytes) and error.endswith(NO_STACK)  # With a position, mostly.
        g.errval.bits = self.runtime.values.string(NO_STACK if full or no_stack else TOO_DEEP)
        return 0
