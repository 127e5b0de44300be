"""The base library's functions that are no hot path."""

from __future__ import annotations

from ir.layout import Ptr
from ir.objects import GCtab, GCudata, TValue
from jitvm.front.errors import BadArgument
from jitvm.lib.call_py import Call, Results, Slot, function
from jitvm.lib.table import opener
from jitvm.runtime.value import FALSE, NIL, POINTER, TAB_BITS, TRUE, UDATA_BITS
from jitvm.runtime.values import KIND_UDATA, bits_of_number, kind_of, parse_number

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime


def _as_header(call: Call) -> Results:
    raise AssertionError("this function is a handler (interp/protected.py)")


function("pcall")(_as_header)
function("xpcall")(_as_header)


def string_to_number(runtime: Runtime, string: int, number: int, _: int) -> int:
    """Native code has a string where a number is wanted: 1, and the number is put into a slot, or 0."""
    value = parse_number(runtime.values.text(Ptr(TValue, string).bits))
    if value is None:
        return 0
    Ptr(TValue, number).bits = bits_of_number(value)
    return 1


# Userdata.

PROXIES = b"newproxy"


@opener
def open_proxies(runtime: Runtime) -> None:
    """The metatables that `newproxy` has made, in a table that does not keep them alive."""
    made = runtime.new_table({})
    weak = runtime.new_table({b"__mode": b"k"})
    Ptr(GCtab, made.address).metatable = weak.address
    runtime.set_field(Ptr(GCtab, runtime.heap.g.registry.bits & POINTER), PROXIES, made.bits)


@function("newproxy")
def base_newproxy(call: Call) -> Results:
    """An empty userdata: with true it gets a metatable, with another proxy it shares that one's."""
    runtime, bits = call.runtime, call.bits(1)
    known = Ptr(GCtab, runtime.field(Ptr(GCtab, runtime.heap.g.registry.bits & POINTER), PROXIES) & POINTER)
    metatable = 0
    if bits == TRUE:
        metatable = int(runtime.heap.table(0, 1).addr)
        runtime.set_key(known, metatable | TAB_BITS, TRUE)
    elif bits not in (NIL, FALSE):
        if kind_of(bits) == KIND_UDATA:
            metatable = int(Ptr(GCudata, bits & POINTER).metatable.addr)
        if not metatable or runtime.key(known, metatable | TAB_BITS) != TRUE:
            raise BadArgument(1, b"boolean or proxy expected")
    made = runtime.heap.call("udata_new", runtime.heap.g, metatable)
    return (Slot(int(made.addr if isinstance(made, Ptr) else made) | UDATA_BITS),)
