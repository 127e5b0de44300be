"""The dispatch tables: which handler a bytecode runs.

    off        loops and calls do not count           (the JIT is off)
    on         the handlers proper
    recording  every bytecode goes to the recorder first
    hooks      bytecodes that a hook watches go to it; no compiled code runs
    stopping   loops and calls look for the interrupt: on top of any of the others

Also called from the watcher thread, while native code runs: single stores only.
"""

from __future__ import annotations

import struct

from ir.layout import offset_of
from ir.objects import VM, Stop
from jitvm.front.bytecode import BC
from jitvm.interp.headers import DISPATCH_END, HEADERS

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.engine import Engine
    from jitvm.runtime.heap import Heap

#: Counting bytecodes; the variant that does not count follows each.
COUNTING = (BC.FORL, BC.ITERL, BC.LOOP, BC.FUNCF)
#: Events of hooks (runtime/hooks.py).
CALL, RETURN, LINE, COUNT = 1, 2, 4, 8
#: A hook, or a handler of `jit.attach`, is running.
HOOK_ACTIVE = 16
RETURNS = (BC.RETM, BC.RET, BC.RET0, BC.RET1)
#: What enters a trace, or counts towards one.
COMPILED = (BC.FORL, BC.JFORI, BC.JFORL, BC.ITERL, BC.JITERL, BC.LOOP, BC.JLOOP, BC.FUNCF, BC.JFUNCF)
#: Where a program that does not end must come by.
POLLING = (BC.FORL, BC.IFORL, BC.ITERL, BC.IITERL, BC.ITERN, BC.LOOP, BC.ILOOP, BC.FUNCF, BC.IFUNCF, BC.FUNCV,
           BC.IFUNCV, BC.JFORL, BC.JITERL, BC.JLOOP, BC.JFUNCF)


class Switch:
    """Fills `g.dispatch` and `g.dispatch_plain`."""

    def __init__(self, heap: Heap, engine: Engine) -> None:
        self.heap = heap
        self._table = heap.g.addr + offset_of(VM, "dispatch")
        self._plain_table = heap.g.addr + offset_of(VM, "dispatch_plain")
        self._plain = [engine.handler(number) for number in range(DISPATCH_END)]
        self._record = engine.handler("vm_record")
        self._interrupt = engine.handler("vm_interrupt")
        self._itern = engine.handler("vm_itern")
        self._start = self._plain[BC.FUNCCW + 1]
        self.recording = 0
        self.counting = 0
        self.hooks = 0
        self._hook = engine.handler("vm_hook")
        self._compiled = engine.handler("vm_compiled")
        self._store(self._plain_table, self._plain)
        self.update()

    def _store(self, table: int, entries: list[int]) -> None:
        self.heap.memory.write(table, struct.pack(f"<{len(entries)}Q", *entries))

    def entries(self) -> list[int]:
        """The table as it should be, interrupts aside."""
        if self.recording:
            after = DISPATCH_END - BC.FUNCCW - 2
            return [*[self._record] * (BC.FUNCCW + 1), self._start, *[self._record] * after]
        entries = list(self._plain)
        if self.hooks:
            self._hook_entries(entries)
        elif not self.counting:
            for op in COUNTING:
                entries[op] = self._plain[op + 1]
            entries[BC.ITERN] = self._itern
        return entries

    def _hook_entries(self, entries: list[int]) -> None:
        """No compiled code runs, and the bytecodes that a hook wants to see go to it."""
        for op in COMPILED:
            entries[op] = self._compiled
        if self.hooks & (LINE | COUNT):
            entries[:BC.FUNCF] = [self._hook] * BC.FUNCF
        elif self.hooks & RETURN:
            for op in (*RETURNS, BC.JLOOP):
                entries[op] = self._hook
        if self.hooks & CALL:
            for op in (*range(BC.FUNCF, BC.FUNCCW + 1), *HEADERS.values()):
                entries[op] = self._hook

    def update(self) -> None:
        """An interrupt that arrives meanwhile is not lost: its flag comes first, its entries later."""
        self._store(self._table, self.entries())
        if self.heap.g.interrupt:
            self._poll()

    def set_recording(self, on: int) -> None:
        self.recording = on
        self.heap.g.recording = on
        self.update()

    def set_hooks(self, mask: int) -> None:
        """Which events a hook wants to hear of."""
        self.hooks = mask
        self.update()

    def set_counting(self, on: int) -> None:
        """Is the JIT on?"""
        self.counting = on
        self.update()

    def interrupt(self, how: Stop) -> None:
        """Have the running program look for the interrupt soon.  Callable from any thread."""
        self.heap.g.interrupt = max(how, self.heap.g.interrupt)
        self._poll()

    def _poll(self) -> None:
        word = struct.pack("<Q", self._interrupt)
        for op in POLLING:
            self.heap.memory.write(self._table + 8 * op, word)

    def resume(self) -> None:
        """The interrupt has been seen."""
        self.heap.g.interrupt = 0
        self.update()
