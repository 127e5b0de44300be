"""One Lua: its heap, its native code, its library, its traces.

    rt = Runtime(Options())
    rt.call(rt.load(b"return 1 + ...", b"=demo"), 41)      [42]

Everything native code asks of Python arrives at `_upcall` and goes to one method per number.  No exception
leaves it: an error of the Lua program goes into `g.errval`, and native code unwinds.

Nothing is global: a process may have many runtimes.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable

from ir.layout import ACCESS, Ptr, offset_of
from ir.objects import VM, Frame, GCfunc, State, Stop, TValue
from jitvm.front.bytecode import ins_ad
from jitvm.front.errors import BadArgument, LuaError
from jitvm.front.program import read_program
from jitvm.front.template import hash_bits
from jitvm.interp.headers import Header
from jitvm.options import Options
from jitvm.runtime.builtins import Builtins
from jitvm.runtime.engine import ImageEngine
from jitvm.runtime.hooks import Hooks
from jitvm.runtime.output import Output
from jitvm.runtime.packing import pack_table
from jitvm.runtime.protos import Protos
from jitvm.runtime.raised import MAX_ENTRIES, Raised
from jitvm.runtime.span import set_frame, set_top, span
from jitvm.runtime.switch import Switch
from jitvm.runtime.upcalls import Upcall
from jitvm.runtime.value import FUNC_BITS, NIL, POINTER, TAB_BITS
from jitvm.runtime.values import LuaObject, Values

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.debug import Frames, Tracer
    from jitvm.runtime.engine import Engine
    from jitvm.runtime.errors import Messages
    from jitvm.runtime.jit import Jit
    from jitvm.runtime.profile import Profiler
    from jitvm.runtime.vm_events import VMEvents
    from jitvm.trace.events import Bus

#: What serves an upcall: three arguments to a status.
Upcalled = Callable[[int, int, int], int]

#: Upcalls that record and compile.
TRACING = tuple(
    int(number)
    for number in (Upcall.HOTLOOP, Upcall.HOTCALL, Upcall.RECORD, Upcall.HOTEXIT, Upcall.STITCH, Upcall.EXIT)
)

FAILED = -1
#: The first fields of the VM: the running thread, vmstate, the frame of the running trace.
_RUNNING = struct.Struct("<Q4s4x8s")
_VMSTATE, _JIT_BASE, _MULTRES, _CFRAME = (
    offset_of(VM, name) for name in ("vmstate", "jit_base", "multres", "cframe")
)
assert (offset_of(VM, "cur"), _VMSTATE, _JIT_BASE) == (0, 8, 16)
_WORD = struct.Struct("<Q")
#: How often, when the program ends, finalizers run for what finalizers made.
FINALIZER_ROUNDS = 10
NO_MEMORY = b"not enough memory"


class Runtime:
    """A Lua state with everything that belongs to it."""

    def __init__(self, options: Options | None = None, engine: Engine | None = None) -> None:
        self.options = options or Options()
        self.out = Output()
        self.engine = engine = engine or ImageEngine()
        self.heap = engine.new_heap()
        self.values = Values(self.heap)
        self.protos = Protos(self.heap)
        self.switch = Switch(self.heap, engine)
        self.hooks = Hooks(self)
        self.interrupted = False
        self._exhausted = False
        self.entries = 0
        self.has_locale = False  # Has the program asked for the locale yet?
        self.start_word = 0
        self.traceback: bytes | None = None
        self._index: LuaObject | None = None
        self._jit: Jit | None = None
        self._bus: Bus | None = None
        self._vm_events: VMEvents | None = None
        self._profiler: Profiler | None = None
        self._frames: Frames | None = None
        self._messages: Messages | None = None
        self._bug: BaseException | None = None
        self.raised = Raised(self)
        self._upcalls = self._upcall_table()
        self.heap.g.upcall = engine.upcall(self._upcall)
        self.builtins = Builtins(self)
        self._open()
        self.apply_options()
        if (stress := os.environ.get("JITVM_GCSTRESS", "0")) != "0":
            self.heap.collect_always(int(stress))

    def _open(self) -> None:
        """The library: as a snapshot has it, or made (and a snapshot taken)."""
        engine, heap = self.engine, self.heap
        if heap.saved is not None:
            from jitvm.runtime.snapshot import restore

            restore(self, heap.saved)
            return
        self.start_word = heap.code(8)
        heap.memory.write(self.start_word, struct.pack("<I", ins_ad(Header.START, 0, 0)))
        heap.g.enter, heap.g.start_pc = engine.entry(), self.start_word
        self.builtins.install()
        engine.keep(self)

    def close(self) -> None:
        """Runs the finalizers and writes what is buffered; nothing may be used afterwards."""
        ACCESS.memory = self.heap.memory
        for _ in range(FINALIZER_ROUNDS):  # Finalizers may make objects that have one.
            if not self.heap.call("gc_separate_all", self.heap.g):
                break
            while self.heap.call("run_finalizers", self.heap.g) < 0:
                pass  # One has failed; the others run all the same.
        self.out.flush()

    def release(self) -> None:
        """After `close`, for a process that goes on without this runtime: gives its memory back."""
        self._jit = self._bus = None
        self.engine.release()
        self.heap.close()

    # Loading and calling.

    def load(self, source: bytes, chunkname: bytes, mode: bytes = b"bt") -> LuaObject:
        """The function of a chunk: bytecode if `mode` has a b, text if it has a t.  Raises LuaSyntaxError."""
        return LuaObject(self.heap, self.load_bits(source, chunkname, mode))

    def load_bits(self, source: bytes, chunkname: bytes, mode: bytes) -> int:
        """The same as a slot, which nothing keeps alive yet."""
        proto = read_program(source, chunkname, mode)
        if self.protos.is_due and not self.heap.g.gc_stopped:
            self.free_protos()
        self.protos.recent = []
        address = self.protos.load(proto)
        if self._bus is not None:
            for loaded in self.protos.recent:
                self._bus.loaded(loaded)
        return self.heap.make("func_new_main", address) | FUNC_BITS

    def free_protos(self) -> None:
        """Prototypes that no function has any more go, and what was noted of their bytecode with them."""
        self.heap.call("gc_full", self.heap.g)
        dead = self.protos.sweep(self._jit.start_protos() if self._jit is not None else set())
        if dead:
            self.heap.call("forget_messages", self.heap.g)
            if self._jit is not None:
                self._jit.forget(dead)

    def call(self, function: LuaObject, *args: object) -> list[object]:
        """Calls a Lua function with Python values.  Raises LuaError."""
        bits = [self.values.from_python(arg) for arg in args]
        return [self.values.to_python(word) for word in self.call_bits(function.bits, bits)]

    def call_bits(self, function: int, args: list[int], pc: int = 0) -> list[int]:
        """The same on slots.  `pc`: where the running Lua function is, if there is one."""
        if self.entries >= MAX_ENTRIES:
            raise LuaError(b"C stack overflow")
        g, memory = self.heap.g.addr, self.heap.memory
        thread, vmstate, jit_base = _RUNNING.unpack(memory.read(g, _RUNNING.size))
        cframe = memory.read(g + _CFRAME, 8)
        if not self._has_room(thread, len(args) + 8):
            self.reserve(Ptr(State, thread), len(args) + 8)
        old_base, top, _, stack = span(memory, thread)
        base = top + 16
        link = (base - old_base) | Frame.CP
        memory.write(top, struct.pack(f"<{2 + len(args)}Q", function, link, *args))
        set_top(memory, thread, base + 8 * len(args))
        memory.write(g + _MULTRES, _WORD.pack(len(args) + 1))
        status = self._enter(thread, base, old_base - stack, pc)
        memory.write(g + _VMSTATE, vmstate)
        memory.write(g + _JIT_BASE, jit_base)
        memory.write(g + _CFRAME, cframe)
        if self._bug is not None:
            bug, self._bug = self._bug, None
            self._let_run()
            raise bug
        _, end, _, moved = span(memory, thread)
        results = []
        if status >= 0:
            results = list(struct.unpack(f"<{status}Q", memory.read(end - 8 * status, 8 * status)))
        set_frame(memory, thread, old_base - stack + moved, top - stack + moved)
        if status < 0:
            raise self.thrown()
        return results

    def _enter(self, thread: int, base: int, caller: int, pc: int) -> int:
        """Runs what is below `base`.  `caller`: offset of the frame that is at `pc`."""
        self.entries += 1
        if pc:
            self.frames.interrupted[thread, caller] = pc
        try:
            return self.engine.enter(self.heap.g.addr, thread, self.start_word, base, 0)
        finally:
            self.entries -= 1
            if pc:
                del self.frames.interrupted[thread, caller]

    def _has_room(self, thread: int, slots: int) -> bool:
        """Are there so many more slots above `top`?"""
        _, top, maxstack, _ = span(self.heap.memory, thread)
        return bool(top + 8 * slots <= maxstack)

    def thrown(self) -> LuaError:
        """The error that `throw`, or native code, put on its way."""
        bits = self.heap.g.errval.bits
        value = self.values.to_python(bits)
        error = LuaError(value, self.traceback)
        self.traceback = None
        return error

    def reserve(self, thread: Ptr, slots: int) -> None:
        """Room for so many more slots above `top`."""
        if thread.top.addr + 8 * slots > thread.maxstack.addr:
            if self.heap.call("stack_grow", self.heap.g, thread, slots) != 0:
                raise LuaError(b"stack overflow")

    # Objects.

    def set_environment(self, function: int, table: int) -> None:
        """The globals of a function; slots."""
        Ptr(GCfunc, function & POINTER).env = table & POINTER
        self.heap.barrier(function & POINTER)

    def set_field(self, table: Ptr, name: bytes, bits: int) -> None:
        """table[name] = value, raw."""
        table.nomm = 0  # It may be a metatable, and this a metamethod.
        slot = self.heap.call("tab_setstr", self.heap.g, table, self.heap.string(name))
        self.heap.memory.write(slot.addr if isinstance(slot, Ptr) else slot, struct.pack("<Q", bits))
        self.heap.barrier(table.addr)

    def field(self, table: Ptr, name: bytes) -> int:
        """table[name], raw."""
        slot = self.heap.call("tab_getstr", self.heap.g, table, self.heap.string(name))
        return int(Ptr(TValue, slot.addr if isinstance(slot, Ptr) else slot).bits)

    def index(self, table: int, key: int) -> int:
        """table[key], with metamethods; slots."""
        if self._index is None:
            self._index = self.load(b"local t, k = ... return t[k]", b"=[C]")
        return self.call_bits(self._index.bits, [table, key])[0]

    def set_global(self, name: str, value: object) -> None:
        self.set_field(self.heap.g.globals, name.encode(), self.values.from_python(value))

    def global_bits(self, name: str) -> int:
        """The slot of a global variable."""
        return self.field(self.heap.g.globals, name.encode())

    def require(self, name: bytes) -> list[object]:
        """Calls the program's `require`."""
        require = self.values.to_python(self.global_bits("require"))
        if not isinstance(require, LuaObject):
            raise LuaError(b"module '" + name + b"' not found: there is no function 'require'")
        return self.call(require, name)

    def forget_interrupt(self) -> None:
        """An interrupt that nobody has seen, because the program ended, is over."""
        if self.interrupted:
            self.interrupted = False
            self._let_run()

    def _let_run(self) -> None:
        self.switch.resume()
        if self._jit is not None:
            self._jit.resume()

    def interrupt(self) -> None:
        """Stop the running program with an error soon.  Callable from any thread."""
        self.interrupted = True
        self.come_by()

    def come_by(self) -> None:
        """Have the running program call `_interrupt` soon.  Callable from any thread."""
        self.switch.interrupt(Stop.ERROR)
        if self._jit is not None:
            self._jit.interrupt()

    def key(self, table: Ptr, key: int) -> int:
        """table[key], raw; slots."""
        slot = self.heap.scratch()
        slot.bits = key
        found = self.heap.call("tab_get", self.heap.g, table, slot)
        return int(Ptr(TValue, found.addr if isinstance(found, Ptr) else found).bits)

    def set_key(self, table: Ptr, key: int, value: int) -> None:
        """table[key] = value, raw; slots."""
        slot = self.heap.scratch()
        slot.bits = key
        found = self.heap.call("tab_set", self.heap.g, table, slot)
        self.heap.memory.write(found.addr if isinstance(found, Ptr) else found, struct.pack("<Q", value))
        self.heap.barrier(table.addr)

    def new_table(self, items: dict[object, object]) -> LuaObject:
        """A table with these entries."""
        return LuaObject(self.heap, self.table_bits(items))

    def table_bits(self, items: dict[object, object]) -> int:
        """The same as a slot, which nothing keeps alive yet."""
        parcel = pack_table(self.values, 0, hash_bits(len(items)), (), items.items())
        return self.heap.call_with_bytes("template_unpack", parcel) | TAB_BITS

    def tostring(self, bits: int) -> bytes:
        """As Lua's `tostring`."""
        return self.values.tostring(bits)

    # What only errors need.

    @property
    def frames(self) -> Frames:
        """The stack, read."""
        if self._frames is None:
            from jitvm.runtime.debug import Frames

            self._frames = Frames(self.protos)
        return self._frames

    @property
    def messages(self) -> Messages:
        """Maker of messages."""
        if self._messages is None:
            from jitvm.runtime.errors import Messages

            self._messages = Messages(self)
        return self._messages

    # The JIT.

    @property
    def jit(self) -> Jit:
        """The trace compiler, made when the first loop becomes hot."""
        if self._jit is None:
            from jitvm.runtime.jit import make_jit

            self._jit = make_jit(self)
            if self.interrupted:
                self._jit.interrupt()
        return self._jit

    @property
    def has_jit(self) -> bool:
        """Has any loop become hot yet?"""
        return self._jit is not None

    def flush_traces(self) -> None:
        """Drop all traces.  Who listens is told so even if there were none."""
        if self._jit is not None:
            self._jit.flush()
        elif self._bus is not None:
            self._bus.flush()

    @property
    def bus(self) -> Bus:
        """What happens to functions and traces, for whoever listens; made for the first one."""
        if self._bus is None:
            from jitvm.trace.events import Bus

            self._bus = Bus()
        return self._bus

    @property
    def vm_events(self) -> VMEvents:
        """Handlers of `jit.attach`."""
        if self._vm_events is None:
            from jitvm.runtime.vm_events import VMEvents

            self._vm_events = VMEvents(self)
        return self._vm_events

    @property
    def profiler(self) -> Profiler:
        """The sampling profiler."""
        if self._profiler is None:
            from jitvm.runtime.profile import Profiler

            self._profiler = Profiler(self)
        return self._profiler

    def apply_options(self) -> None:
        """After a change of `options`: memory, counters and dispatch."""
        self.heap.limit(self.options.memory)
        hotloop = self.options.parameters["hotloop"]
        start = max(hotloop * 2 - 1, 0) & 0xFFFF
        if start != self.protos.hotcount:
            self.protos.reset_counters(start)
        self.switch.set_counting(int(self.options.jit))
        if self._jit is not None:
            self._jit.configure(self.options)

    # Upcalls.

    def _upcall_table(self) -> dict[int, Upcalled]:
        table = {
            Upcall.ERROR: self._make_error,
            Upcall.RAISED: self.raised.raised,
            Upcall.BUILTIN: lambda head, at, n: self.builtins.by_header[head](self, at, n),
            Upcall.HOTLOOP: lambda thread, pc, _: _done(self.jit.hot_loop, thread, pc),
            Upcall.HOTCALL: lambda thread, pc, _: _done(self.jit.hot_call, thread, pc),
            Upcall.RECORD: lambda thread, pc, _: _done(self.jit.record, thread, pc),
            Upcall.HOTEXIT: lambda trace, snap, pc: _done(self.jit.hot_exit, trace, snap, pc),
            Upcall.STITCH: lambda thread, pc, trace: _done(self.jit.stitch, thread, pc, trace),
            Upcall.INTERRUPT: self._interrupt,
            Upcall.WHERE: self._where,
            Upcall.HANDLER_FAILED: self.raised.handler_failed,
            Upcall.STRING_TO_NUMBER: self._library("base_py", "string_to_number"),
            Upcall.OUT_OF_MEMORY: self._out_of_memory,
            Upcall.HOOK: lambda thread, pc, _: self.hooks.bytecode(thread, pc) or 0,
            Upcall.EXIT: lambda trace, snap, _: _done(self.jit.exit_taken, trace, snap),
            Upcall.FORMAT: self._library("format_items", "item_for_trace"),
            Upcall.SERIALIZE: self._library("buffer_py", "serialize_for_trace"),
            Upcall.IO_FAILED: self._library("io_py", "failed_natively"),
            Upcall.IO_CLOSE: self._library("io_py", "end_of_lines"),
            Upcall.MISSING_BARRIER: self._library("debug_py", "missing_barrier"),
        }
        return {int(number): function for number, function in table.items()}

    def wrap_tracing(self, wrap: Callable[[Upcalled], Upcalled]) -> None:
        """Recording and compiling is to be done through what `wrap` makes of it."""
        for number in TRACING:
            self._upcalls[number] = wrap(self._upcalls[number])

    def _library(self, module: str, name: str) -> Upcalled:
        """What a module of the library answers, which is imported when it is asked."""

        def answer(a: int, b: int, c: int) -> int:
            function = getattr(__import__(f"jitvm.lib.{module}", fromlist=[name]), name)
            return int(function(self, a, b, c))

        return answer

    def _upcall(self, number: int, a: int, b: int, c: int) -> int:
        try:
            return self._upcalls[number](a, b, c)
        except BaseException as error:
            try:
                self._failed(error)
            except BaseException as bug:
                self._stop(bug)
        self.heap.g.errcode = 0
        return FAILED

    def _failed(self, error: BaseException) -> None:
        """What an upcall raised becomes the error of the Lua program, or stops it."""
        if isinstance(error, LuaError):
            self.throw(error)
        elif isinstance(error, BadArgument):
            self.heap.g.errval.bits = self.values.string(self.messages.wrong_argument(error))
        elif isinstance(error, RecursionError):
            self.heap.g.errval.bits = self.values.string(b"stack overflow")
        elif isinstance(error, MemoryError):
            self.heap.g.errval.bits = self.values.string(b"not enough memory")
        else:
            self._stop(error)

    def _stop(self, bug: BaseException) -> None:
        """A bug of ours goes on from where Python entered, once native code has unwound.

        No pcall of the program catches it, and where nobody looks at the upcall's result, the next loop or
        call stops."""
        if self._bug is None:
            self._bug = bug
        self.heap.g.errval.bits = NIL
        self.switch.interrupt(Stop.BUG)
        if self._jit is not None:
            self._jit.interrupt()

    @property
    def has_bug(self) -> bool:
        """Is a bug of ours on its way?"""
        return self._bug is not None

    def throw(self, error: LuaError) -> None:
        """Puts an error on its way: native code unwinds when the upcall returns."""
        self.traceback = error.traceback
        value = error.value
        known = isinstance(value, LuaObject)
        self.heap.g.errval.bits = value.bits if known else self.values.from_python(value)

    def _make_error(self, thread: int, code: int, detail: int) -> int:
        message = self.messages.make(Ptr(State, thread), code, detail)
        self.heap.g.errval.bits = self.values.string(message)
        return 0

    @property
    def tracer(self) -> Tracer:
        """Addresses that tracebacks show."""
        from jitvm.runtime.debug import Tracer

        return Tracer(self.heap.g.main.addr, self.heap.g.addr)

    def _where(self, thread: int, level: int, _: int) -> int:
        """The position of a caller."""
        place = self.messages.caller_where(Ptr(State, thread), level)
        self.heap.g.errval.bits = self.values.string(place)
        return 0

    def _interrupt(self, thread: int, pc: int, _: int) -> int:
        """A program that is to be stopped comes by."""
        if self._bug is not None:
            return FAILED
        self._let_run()
        if self._exhausted:
            self._exhausted = False
            if self.heap.lacks_memory():
                raise LuaError(NO_MEMORY)
        if self._profiler is not None:
            self._profiler.deliver(thread, pc + 4)
        if not self.interrupted:
            return 0
        self.interrupted = False
        from jitvm.runtime.debug import where

        here = next(self.frames.walk(Ptr(State, thread), pc + 4), None)
        raise LuaError(where(here) + b"interrupted!")

    def _out_of_memory(self, size: int, _b: int, _c: int) -> int:
        """The limit is reached: the program is stopped soon.  Beyond all limits the process ends."""
        if size != 0:
            self.out.flush()
            os.write(2, b"jitvm: not enough memory\n")
            os._exit(1)
        if not self._exhausted:
            self._exhausted = True
            self.come_by()
        return 0


def _done(action: Callable[..., object], *arguments: int) -> int:
    action(*arguments)
    return 0


assert POINTER.bit_length() == 47
