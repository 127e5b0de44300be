"""Recording of library functions: each becomes a few IR instructions instead of a call.

    @builtin("math.floor", data=FPM_FLOOR)
    def rounding(call): ...

Arguments stand in the slots from 0 on, all loaded and specialised; results go to the slots from 0 on, one
unless `results` says otherwise.  A function without a recorder, or one used in a way not covered, ends the
trace before the call (`not_compiled`); the interpreter goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable

from ir.abort import Abort, TraceError
from ir.calls import CALL_NUMBERS
from ir.objects import Frame
from ir.ops import Op
from ir.passes import narrow
from ir.record import dataclass
from ir.trace import LinkType
from ir.types import IRType
from ir.values import Ins
from jitvm.front.bytecode import BC, Meta
from jitvm.record.arith import TOSTR_INT, TOSTR_NUM
from jitvm.record.calls import record_call, record_return, record_tail_call
from jitvm.record.compare import object_compare
from jitvm.record.index import Index, record_index
from jitvm.record.meta import Lookup
from jitvm.record.recorder import (
    FUNC,
    INT,
    NUM,
    P64,
    STR,
    TAB,
    Operands,
    Recorder,
    is_integer,
    is_numeric,
    record,
)
from jitvm.record.stitch import stitch
from jitvm.record.traverse import Step, record_next
from jitvm.record.view import bits_of, irt_of, is_number, num2int, number_of, pointer_of

NIL = IRType.NIL
PENDING = -1
#: Bytecodes that take as many operands as the call before them gives: no trace can begin there.
OPEN = (BC.CALLM, BC.CALLMT, BC.RETM, BC.TSETM)
TMPREF_IN = 1
TAB_KEYINDEX = CALL_NUMBERS["lj_tab_keyindex"]


@dataclass(slots=True)
class BuiltinCall:
    """One call of a library function while it is recorded."""

    rec: Recorder
    data: int
    results: int = 1
    coerces: bool = False  # LuaJIT's fast version does not take such arguments: tried again with others.

    def arg(self, index: int) -> Ins:
        """An argument; its absence is an error that the interpreter raises."""
        tr = self.rec.get(index)
        if tr is None:
            raise Abort(TraceError.BADTYPE)
        return tr

    def optional(self, index: int) -> Ins | None:
        """An argument that may be missing or nil."""
        tr = self.rec.get(index) if index < self.rec.maxslot else None
        return None if tr is None or tr.type is NIL else tr

    def value(self, index: int) -> int:
        return self.rec.view.slot(index)

    def pointer(self, index: int) -> int:
        """The address of an object."""
        return pointer_of(self.value(index))

    def integer(self, index: int) -> int:
        """The run-time value of an integer argument."""
        return num2int(self.rec.number(self.arg(index), self.value(index)))

    def string(self, index: int) -> bytes:
        """The run-time value of a string argument; numbers are formatted."""
        value = self.value(index)
        if irt_of(value) is STR:
            return self.rec.view.string(pointer_of(value))
        heap = self.rec.builder.heap
        assert heap is not None
        return heap.format_number(self.rec.number(self.arg(index), value))

    def give(self, tr: Ins, index: int = 0) -> None:
        self.rec.put(index, tr)


BuiltinRecorder = Callable[[BuiltinCall], None]
#: Name of the library function -> its recorder and the recorder's datum.
BUILTINS: dict[str, tuple[BuiltinRecorder, int]] = {}


def builtin(name: str, data: int = 0) -> Callable[[BuiltinRecorder], BuiltinRecorder]:
    """Registers the recorder of a library function."""

    def register(function: BuiltinRecorder) -> BuiltinRecorder:
        assert name not in BUILTINS, name
        BUILTINS[name] = function, data
        return function

    return register


#: Builtins that a trace neither calls nor continues after.
_NEVER_STITCHED = ("error", "jit.flush", "debug.sethook")


def not_compiled(call: BuiltinCall) -> None:
    """End the trace before the call; after it another one may go on."""
    rec = call.rec
    if rec.nins < rec.limits.minstitch:
        raise Abort(TraceError.TRACEUV)
    call.results = PENDING
    link = rec.view.link(rec.view.base - 8)
    if rec.framedepth > 0 and link & 3 == Frame.LUA and rec.view.ins(link) & 0xFF not in OPEN:
        if rec.context.builtin_name(rec.view.ffid(rec.fn)) not in _NEVER_STITCHED:
            stitch(rec)
            return
    rec.stop(LinkType.RETURN, 0)


@record(BC.FUNCC, BC.FUNCCW)
def library_function(rec: Recorder, x: Operands) -> None:
    name = rec.context.builtin_name(rec.view.ffid(rec.fn))
    function, data = BUILTINS.get(name, (not_compiled, 0))
    call = BuiltinCall(rec, data)
    rec.put(rec.maxslot, None)  # Marks the end of the arguments.
    function(call)
    rec.retried = call.coerces
    if call.results >= 0:
        record_return(rec, 0, call.results)


# The base library.


@builtin("assert")
def assert_(call: BuiltinCall) -> None:
    call.results = call.rec.maxslot


@builtin("type")
def type_(call: BuiltinCall) -> None:
    kind = irt_of(call.value(0))
    call.arg(0)
    call.give(call.rec.builder.kstr(TYPE_NAMES.get(kind, b"number")))


TYPE_NAMES = {
    IRType.NIL: b"nil", IRType.FALSE: b"boolean", IRType.TRUE: b"boolean", IRType.STR: b"string", TAB:
    b"table", FUNC: b"function", IRType.THREAD: b"thread", IRType.UDATA: b"userdata", IRType.LIGHTUD:
    b"userdata", IRType.CDATA: b"cdata", IRType.PROTO: b"proto",
}  # fmt: skip


@builtin("rawget")
def rawget(call: BuiltinCall) -> None:
    if call.arg(0).type is TAB:
        ix = Index(call.arg(0), call.value(0), call.arg(1), call.value(1), chain=0)
        result = record_index(call.rec, ix)
        assert result is not None
        call.give(result)


@builtin("rawset")
def rawset(call: BuiltinCall) -> None:
    if call.arg(0).type is TAB:
        args = call.arg(0), call.value(0), call.arg(1), call.value(1), call.arg(2), call.value(2)
        record_index(call.rec, Index(*args, chain=0))


@builtin("rawequal")
def rawequal(call: BuiltinCall) -> None:
    differ = object_compare(call.rec, call.arg(0), call.arg(1), call.value(0), call.value(1))
    call.give(call.rec.builder.kpri(IRType.FALSE if differ else IRType.TRUE))


def select_mode(rec: Recorder, tr: Ins, value: int) -> int:
    """0 for select('#', ...), else the number; a guard keeps it so where it must."""
    if tr.type is STR:
        text = rec.view.string(pointer_of(value))
        if text[:1] == b"#":
            if len(text) == 1:
                rec.guard(Op.EQ, STR, tr, rec.builder.kgc(pointer_of(value), STR))
            else:
                first = rec.emit(Op.STRREF, P64, tr, rec.builder.kint(0))
                char = rec.emit(Op.XLOAD, IRType.U8, first, 1)
                rec.guard(Op.EQ, INT, char, rec.builder.kint(ord("#")))
            return 0
    start = num2int(rec.number(tr, value))
    if start == 0:
        raise Abort(TraceError.BADTYPE)
    return start


@builtin("select")
def select(call: BuiltinCall) -> None:
    rec, tr = call.rec, call.arg(0)
    start, count = select_mode(rec, tr, call.value(0)), rec.maxslot
    if start == 0:
        call.give(rec.builder.kint(count - 1))
    elif tr.is_const:
        start = start + count if start < 0 else min(start, count)
        if start >= 1:
            call.results = count - start
            for i in range(count - start):
                rec.put(i, rec.get(start + i))
    else:
        not_compiled(call)


@builtin("tonumber")
def tonumber(call: BuiltinCall) -> None:
    rec, tr, base = call.rec, call.arg(0), call.optional(1)
    if base is not None:
        base = narrow.narrow_toint(rec.builder, base)
        if not base.is_const or base.value != 10:
            not_compiled(call)
            return
    if tr.type is STR:
        heap = rec.builder.heap
        assert heap is not None
        if heap.parse_number(call.string(0)) is None:
            not_compiled(call)
            return
        call.give(rec.guard(Op.STRTO, NUM, tr))
    elif not is_numeric(tr):
        call.give(rec.cur.k_nil)


@builtin("tostring")
def tostring(call: BuiltinCall) -> None:
    rec, tr = call.rec, call.arg(0)
    if tr.type is STR:
        return
    if _metamethod_called(call, Meta.TOSTRING):
        return
    if is_numeric(tr):
        call.give(rec.emit(Op.TOSTR, STR, tr, TOSTR_NUM if tr.type is NUM else TOSTR_INT))
    elif tr.type <= IRType.TRUE:
        call.give(rec.builder.kstr(tr.type.name.lower().encode()))
    else:
        not_compiled(call)


def _metamethod_called(call: BuiltinCall, event: Meta) -> bool:
    """A metamethod of the first argument takes over the call, if there is one."""
    rec, tr = call.rec, call.arg(0)
    found = Lookup(rec, tr, call.value(0), event)
    if not found:
        return False
    rec.put(2, tr)
    rec.put(0, found.function)
    record_tail_call(rec, 0, 1, found.functionv)
    call.results = PENDING
    return True


@builtin("ipairs", 1)
@builtin("pairs", 0)
def pairs(call: BuiltinCall) -> None:
    rec, tr = call.rec, call.arg(0)
    if tr.type is TAB:
        iterator = pointer_of(rec.view.builtin_upvalue(rec.fn, 0))
        call.give(rec.builder.kgc(iterator, FUNC))
        call.give(tr, 1)
        call.give(rec.builder.kint(0) if call.data else rec.cur.k_nil, 2)
        call.results = 3


@builtin("ipairs_aux")
def ipairs_aux(call: BuiltinCall) -> None:
    rec, tab = call.rec, call.arg(0)
    if tab.type is not TAB:
        return
    if not is_number(call.value(1)):
        raise Abort(TraceError.BADTYPE)
    key = narrow.narrow_toint(rec.builder, call.arg(1))
    key = rec.emit(Op.ADD, INT, key, rec.builder.kint(1))
    call.give(key)
    index = num2int(number_of(call.value(1))) + 1
    value = record_index(rec, Index(tab, call.value(0), key, bits_of(float(index)), chain=0))
    assert value is not None
    call.give(value, 1)
    call.results = 0 if value.type is NIL else 2


@builtin("next")
def next_(call: BuiltinCall) -> None:
    rec, tab = call.rec, call.arg(0)
    if tab.type is not TAB:
        return
    key, table = call.optional(1), pointer_of(call.value(0))
    if key is None:
        index, keyindex = rec.builder.kint(0), 0
    else:
        key = rec.to_num(key) if is_integer(key) else key
        place = rec.emit(Op.TMPREF, P64, key, TMPREF_IN)
        index = rec.call(TAB_KEYINDEX, tab, place)
        keyindex = rec.view.key_index(table, call.value(1))
    link = rec.view.link(rec.view.base - 8)
    from_lua = rec.framedepth > 0 and link & 3 == Frame.LUA
    want_value = not (from_lua and (rec.view.ins(link - 4) >> 24) - 1 < 2)
    step = Step(tab, table, index, keyindex, want_value, want_index=False)
    call.results = record_next(rec, step)
    assert step.next_key is not None and step.value is not None
    call.give(step.next_key)
    call.give(step.value, 1)


@builtin("pcall")
def pcall(call: BuiltinCall) -> None:
    rec = call.rec
    if rec.maxslot < 1:
        return
    function = call.value(0)
    rec.move_slots(rec.baseslot + 1, rec.baseslot, rec.maxslot)
    record_call(rec, 0, rec.maxslot - 1, function)
    call.results = PENDING
    rec.builder.need_snapshot = True


@builtin("xpcall")
def xpcall(call: BuiltinCall) -> None:
    """Function and handler change places; the function's frame is above both."""
    rec = call.rec
    if rec.maxslot < 2:
        return
    function, base = call.value(0), rec.baseslot
    called, handler = call.arg(0), call.arg(1)
    rec.move_slots(base + 2, base + 1, rec.maxslot - 1)
    rec.put(0, handler)
    rec.put(1, called)
    rec.put(2, None)
    record_call(rec, 1, rec.maxslot - 2, function)
    call.results = PENDING
    rec.builder.need_snapshot = True
