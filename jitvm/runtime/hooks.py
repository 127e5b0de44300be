"""Hooks: a function of the program that is called at calls, returns, new lines, or every so many bytecodes.

    hooks.set(function, CALL | LINE, 0)
    hooks.clear()

While a hook is set, `g.dispatch` sends the bytecodes concerned to `vm_hook` (interp/hooks.py), which counts
and asks Python; every other bytecode costs what it always does, and without a hook nothing costs anything.
Compiled loops run interpreted meanwhile, so that hooks see them too, and nothing is recorded.

Invariants: the function does not hook itself; the values of the running function are what they were when it
returns.
"""

from __future__ import annotations

from ir.layout import Ptr
from ir.objects import GCfunc, State
from jitvm.front.bytecode import BC, op_of
from jitvm.runtime.protos import LoadedProto
from jitvm.runtime.switch import CALL, COUNT, HOOK_ACTIVE, LINE, RETURN, RETURNS
from jitvm.runtime.value import NIL, POINTER
from jitvm.runtime.values import LuaObject, bits_of_number

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

EVENT_MASK = 15


class Hooks:
    """The hook of a runtime: there is one for all its threads."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._function: LuaObject | None = None
        self.count = 0
        self._old_pc = 0

    @property
    def mask(self) -> int:
        return int(self.runtime.heap.g.hookmask) & EVENT_MASK

    @property
    def function(self) -> int:
        """The slot of the function, nil if there is none."""
        return NIL if self._function is None else self._function.bits

    def set(self, function: int, mask: int, count: int) -> None:
        """Calls `function` at the events of `mask`, or every `count` bytecodes."""
        self._function = LuaObject(self.runtime.heap, function) if function != NIL else None
        self.count = count
        g = self.runtime.heap.g
        g.hook_start = g.hook_count = count if mask & COUNT else 0
        g.hookmask = g.hookmask & HOOK_ACTIVE | mask
        if g.recording:
            self.runtime.jit.error_thrown()
        self.runtime.switch.set_hooks(mask)

    def clear(self) -> None:
        self.set(NIL, 0, 0)

    def bytecode(self, thread: int, pc: int) -> None:
        """The bytecode at `pc` is about to run."""
        state, g = Ptr(State, thread), self.runtime.heap.g
        op = op_of(int.from_bytes(self.runtime.heap.memory.read(pc, 4), "little"))
        mask = g.hookmask
        if op >= BC.FUNCF:
            if mask & CALL:
                missing = self._fill_parameters(state)
                self._call(b"call", pc + 4, -1)
                while missing and state.top[-1].bits == NIL:
                    state.top, missing = state.top.addr - 8, missing - 1
            return
        old, self._old_pc = self._old_pc, pc
        if mask & COUNT and g.hook_count == 0:
            g.hook_count = g.hook_start
            self._call(b"count", pc + 4, -1)
            mask = g.hookmask  # It may have set another hook.
        if not mask & (LINE | RETURN):
            return
        loaded = self.runtime.protos.of_function(_running(state))
        at = (pc - loaded.bytecode) // 4
        if mask & LINE:
            line = _new_line(loaded, at, pc, old)
            if line is not None:
                self._call(b"line", pc + 4, line)
                mask = g.hookmask
        if mask & RETURN and op_of(loaded.proto.bytecode[at]) in RETURNS:
            self._call(b"return", pc + 4, -1)

    def _fill_parameters(self, state: Ptr) -> int:
        """A function just called has all its parameters, for whoever looks; the number of those added."""
        fn = _running(state)
        end = state.base.addr
        if fn.ffid == 0:
            end += 8 * self.runtime.protos.of_function(fn).proto.numparams
        missing = max(0, (end - state.top.addr) // 8)
        self.runtime.reserve(state, missing)
        for _ in range(missing):
            state.top[0].bits = NIL
            state.top = state.top.addr + 8
        return missing

    def _call(self, event: bytes, pc: int, line: int) -> None:
        runtime, g = self.runtime, self.runtime.heap.g
        assert self._function is not None
        multres = g.multres
        g.hookmask |= HOOK_ACTIVE
        shown = NIL if line < 0 else bits_of_number(float(line))
        try:
            runtime.call_bits(self._function.bits, [runtime.values.string(event), shown], pc)
        finally:
            g.hookmask &= ~HOOK_ACTIVE
            g.multres = multres


def _running(state: Ptr) -> Ptr:
    return Ptr(GCfunc, state.base[-2].bits & POINTER)


def _new_line(loaded: LoadedProto, at: int, pc: int, old: int) -> int | None:
    """The line of a bytecode, unless the one before was on it.  Without debug information all is line 0."""
    lines = loaded.proto.lines or [0] * len(loaded.proto.bytecode)
    if at >= len(lines):
        return None
    before = (old - loaded.bytecode) // 4
    is_new = pc <= old or not 0 <= before < len(lines) or lines[before] != lines[at]
    return lines[at] if is_new else None
