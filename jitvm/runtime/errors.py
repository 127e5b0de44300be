"""Messages of run-time errors, word for word LuaJIT's.

Native code says what went wrong by number (`errcodes.py`); here the message is made, with the names of the
variables involved, in front of it where it happened, and left in `g.errval`.

    x = nil + 1      attempt to perform arithmetic on a nil value
    local a; a()     attempt to call local 'a' (a nil value)
    math.floor({})   bad argument #1 to 'floor' (number expected, got table)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.layout import Ptr
from ir.objects import TValue
from jitvm.front.errors import BadArgument
from jitvm.runtime.debug import FrameInfo, slot_name, where
from jitvm.runtime.errcodes import Bad, Err
from jitvm.runtime.state import ERROR_IN_ERROR
from jitvm.runtime.value import str_of

if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

#: Names of types by ~tag; upvalues, prototypes and traces are never seen.
TYPE_NAMES = (b"nil", b"boolean", b"boolean", b"userdata", b"string", b"upval", b"thread", b"proto",
              b"function", b"trace", b"cdata", b"table", b"userdata")
TAGS = 0x1FFFF
OPERATIONS = {
    Err.ARITH: b"perform arithmetic on",
    Err.CONCAT: b"concatenate",
    Err.LEN: b"get length of",
    Err.INDEX: b"index",
    Err.CALL: b"call",
}
FIXED = {
    Err.FOR_INIT: b"'for' initial value must be a number",
    Err.FOR_LIMIT: b"'for' limit must be a number",
    Err.FOR_STEP: b"'for' step must be a number",
    Err.CDATA: b"64-bit and complex constants need the FFI, which is not supported",
    Err.INDEX_LOOP: b"loop in gettable",
    Err.NEWINDEX_LOOP: b"loop in settable",
    Err.TEXT_LENGTH: b"string length overflow",
    Err.BADTYPE: b"bad operand type in generated code",
}
KEY_ERRORS = {1: b"table index is nil", 2: b"table index is NaN"}
TABLE_OVERFLOW = b"table overflow"
STACK_OVERFLOW = b"stack overflow"
#: What a library function expected.
EXPECTED = {
    Bad.NUMBER: b"number",
    Bad.STRING: b"string",
    Bad.TABLE: b"table",
    Bad.FUNCTION: b"function",
    Bad.BOOLEAN: b"boolean",
    Bad.FILE: b"FILE*",
    Bad.BUFFER: b"buffer",
    Bad.BUFFER_ITEM: b"string/number/__tostring",
}
REASONS = {
    Bad.THREAD: b"coroutine expected",
    Bad.VALUE: b"value expected",
    Bad.NIL_OR_TABLE: b"nil or table expected",
    Bad.INT_RANGE: b"number out of range",
    Bad.INDEX_RANGE: b"index out of range",
    Bad.INTERVAL: b"interval is empty",
    Bad.INVALID_VALUE: b"invalid value",
    Bad.BASE_RANGE: b"base out of range",
    Bad.INVALID_OPTION: b"invalid option",
    Bad.INVALID_LEVEL: b"invalid level",
    Bad.FUNCTION_OR_LEVEL: b"function or level expected",
    Bad.INVALID_FORMAT: b"invalid format",
    Bad.REPLACEMENT_TYPE: b"string/function/table expected",
    Bad.BUFFER_SELF: b"cannot put buffer into itself",
}
#: Failures that are not about one argument.
FAILURES = {
    Bad.STRING_OVERFLOW: b"not enough memory",
    Bad.NEXT_KEY: b"invalid key to 'next'",
    Bad.UNPACK: b"too many results to unpack",
    Bad.TABLE_OVERFLOW: b"table overflow",
    Bad.TABLE_NIL: b"table index is nil",
    Bad.TABLE_NAN: b"table index is NaN",
    Bad.STACK_OVERFLOW: b"stack overflow",
    Bad.INSERT_ARGS: b"wrong number of arguments to 'insert'",
    Bad.ASSERTION: b"assertion failed!",
    Bad.PROTECTED: b"cannot change a protected metatable",
    Bad.SORT_ORDER: b"invalid order function for sorting",
    Bad.SLICE: b"string slice too long",
    Bad.INDEX_LOOP: b"loop in gettable",
    Bad.C_STACK: b"C stack overflow",
    Bad.YIELD: b"attempt to yield across C-call boundary",
    Bad.CO_DEAD: b"cannot resume dead coroutine",
    Bad.CO_RUNNING: b"cannot resume running coroutine",
    Bad.PATTERN_FRONTIER: b"missing '[' after '%f' in pattern",
    Bad.PATTERN_CAPTURE: b"invalid pattern capture",
    Bad.PATTERN_ESCAPE: b"malformed pattern (ends with '%')",
    Bad.PATTERN_SET: b"malformed pattern (missing ']')",
    Bad.PATTERN_BALANCE: b"unbalanced pattern",
    Bad.PATTERN_COMPLEX: b"pattern too complex",
    Bad.CAPTURE_INDEX: b"invalid capture index",
    Bad.CAPTURES: b"too many captures",
    Bad.CAPTURE_OPEN: b"unfinished capture",
    Bad.CLOSED_FILE: b"attempt to use a closed file",
    Bad.STD_CLOSED: b"standard file is closed",
    Bad.PRINT: b"'tostring' must return a string to 'print'",
    Bad.MEMORY: b"not enough memory",
    Bad.BUFFER_OPTIONS: b"bad options table",
}


def type_name(bits: int) -> bytes:
    """The Lua type of a slot."""
    tag = TAGS ^ (bits >> 47)
    return TYPE_NAMES[tag] if tag < len(TYPE_NAMES) else b"number"


#: Messages without the caller's position.
UNPLACED = (
    Bad.MEMORY, Bad.STRING_OVERFLOW, Bad.TABLE_OVERFLOW, Bad.NEXT_KEY, Bad.TABLE_NIL, Bad.TABLE_NAN
)  # fmt: skip


class Messages:
    """Makes the message of an error of a running thread."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def make(self, thread: Ptr, code: int, detail: int) -> bytes:
        """The message, where it happened included."""
        err = Err(code)
        if err is Err.BUILTIN:
            return self.builtin(thread, Bad(detail))
        if err is Err.STACK and detail == ERROR_IN_ERROR:
            return STACK_OVERFLOW
        if err is Err.CALL_VALUE:
            return b"attempt to call a " + type_name(_bits(detail)) + b" value"
        here = next(self.runtime.frames.walk(thread, self.runtime.heap.g.savepc), None)
        return where(here) + self._text(thread, here, err, detail)

    def _text(self, thread: Ptr, here: FrameInfo | None, err: Err, detail: int) -> bytes:
        match err:
            case Err.ARITH | Err.LEN | Err.INDEX | Err.CALL | Err.CONCAT:
                return self._operand(thread, here, err, detail)
            case Err.COMPARE:
                return _compare(thread, detail)
            case Err.TABLE_KEY:
                return KEY_ERRORS.get(detail, TABLE_OVERFLOW)
            case Err.STACK:
                return STACK_OVERFLOW
            case _:
                return FIXED[err]

    def _operand(self, thread: Ptr, here: FrameInfo | None, err: Err, address: int) -> bytes:
        kind = type_name(_bits(address))
        name = None
        slot = (address - thread.base.addr) // 8
        if here is not None and here.proto is not None and 0 <= slot < here.proto.framesize:
            name = slot_name(here.proto, here.pc, slot)
        if name is None:
            return b"attempt to %s a %s value" % (OPERATIONS[err], kind)
        return b"attempt to %s %s '%s' (a %s value)" % (OPERATIONS[err], *name, kind)

    def builtin(self, thread: Ptr, bad: Bad) -> bytes:
        """A native library function failed."""
        number = self.runtime.heap.g.errarg
        if bad is Bad.CONCAT_VALUE:
            kind = type_name(self.runtime.heap.g.tmptv.bits)
            number -= (number >> 31) << 32  # The index has a sign.
            message = b"invalid value (%s) at index %d in table for 'concat'" % (kind, number)
            return self.caller_where(thread) + message
        if bad is Bad.COMPARE:  # LuaJIT does not say where.
            return incomparable(self.runtime.heap.g.tmptv.bits, self.runtime.heap.g.tmptv2.bits)
        if bad is Bad.REPLACEMENT:
            kind = type_name(self.runtime.heap.g.tmptv.bits)
            return self.caller_where(thread) + b"invalid replacement value (a %s)" % kind
        if bad is Bad.OPTION_NAME:
            option = self.runtime.heap.text(str_of(thread.base + (number - 1)))
            return self.argument(thread, number, b"invalid option '%s'" % option.partition(b"\0")[0])
        if bad in UNPLACED:
            return FAILURES[bad]
        if bad in FAILURES:
            return self.caller_where(thread) + FAILURES[bad]
        if bad in REASONS:
            return self.argument(thread, number, REASONS[bad])
        return self.argument(thread, number, self.expected(thread, number, EXPECTED[bad]))

    def expected(self, thread: Ptr, number: int, wanted: bytes) -> bytes:
        """ "number expected, got nil" """
        address = thread.base.addr + 8 * (number - 1)
        got = type_name(_bits(address)) if address < thread.top.addr else b"no value"
        return wanted + b" expected, got " + got

    def argument(self, thread: Ptr, number: int, reason: bytes) -> bytes:
        """ "bad argument" of the library function at L.base, with its caller's position."""
        frames = self.runtime.frames.walk(thread, 0)
        next(frames, None)
        caller = next(frames, None)
        named = self.runtime.frames.called_as(caller)
        name = named[1] if named else b"?"
        if named and named[0] == b"method":
            number -= 1
            if number == 0:
                return where(caller) + b"calling '%s' on bad self (%s)" % (name, reason)
        return where(caller) + b"bad argument #%d to '%s' (%s)" % (number, name, reason)

    def wrong_argument(self, error: BadArgument) -> bytes:
        """The message of an error of the running library function."""
        return self.argument(self.runtime.heap.g.cur, error.number, error.reason)

    def caller_where(self, thread: Ptr, level: int = 1) -> bytes:
        """Position of the function `level` calls out from the running library function."""
        for at, frame in enumerate(self.runtime.frames.walk(thread, 0)):
            if at == level:
                return where(frame)
        return b""


def _compare(thread: Ptr, detail: int) -> bytes:
    base = thread.base.addr
    return incomparable(*(_bits(base + 8 * slot) for slot in (detail >> 32, detail & 0xFFFF)))


def incomparable(a: int, b: int) -> bytes:
    """The message for two values that have no order."""
    left, right = type_name(a), type_name(b)
    if left == right:
        return b"attempt to compare two %s values" % left
    return b"attempt to compare %s with %s" % (left, right)


def _bits(address: int) -> int:
    return int(Ptr(TValue, address).bits)
