"""Reading and writing files: the part of io that loops, and print.

    io.write(s)    file:read("n", "*l", 10)    for line in file:lines() do ... end

Files are userdata whose `file` is a stream of the C library (`runtime/stdio.py`).  They are opened and closed
here where that succeeds; failures, pipes, and whatever else happens once per file are in `io_py.py`.

A failure of the C library becomes three results, nil, the message and the number (upcall IO_FAILED): the
native that saw it fail makes that upcall at once, before anything else may change errno.
"""

from __future__ import annotations

from ir.objects import UDTYPE_IO_FILE, VM, GCstr, GCudata, State, TValue
from jitvm.interp.dispatch import builtin_upcall
from jitvm.lib.args import arg_error, check_any, is_absent, result_bits, result_number, result_string
from jitvm.lib.base import upvalue_string
from jitvm.lib.ffnames import FFIDS
from jitvm.lib.string import FREE_SLOTS
from jitvm.lib.table import library
from jitvm.native import Ptr, addr, f64, i32, i64, inline, native, u32, u64, unlikely
from jitvm.runtime.callback import call_lua
from jitvm.runtime.errcodes import Bad
from jitvm.runtime.meta import FOUND, index_chain, metatable_of
from jitvm.runtime.state import stack_grow
from jitvm.runtime.stdio import (
    CLOSE_AT_END,
    KIND_FILE,
    READ_LIMIT,
    file_new,
    read_ahead,
    read_all,
    read_line,
    read_number,
    stream_put,
    stream_write,
)
from jitvm.runtime.udata import is_buffer
from jitvm.runtime.upcalls import UPCALL_IO_CLOSE, UPCALL_IO_FAILED
from jitvm.runtime.value import (
    NIL,
    POINTER,
    STR_BITS,
    TRUE,
    UDATA_BITS,
    copy,
    func_of,
    is_func,
    is_nil,
    is_number,
    is_str,
    is_udata,
    num2int,
    set_nil,
    set_str,
    set_tab,
    str_data,
    str_of,
    udata_of,
)

FILE, CLOSED_FILE, STD_CLOSED = int(Bad.FILE), int(Bad.CLOSED_FILE), int(Bad.STD_CLOSED)
STRING, INVALID_FORMAT, INVALID_OPTION = int(Bad.STRING), int(Bad.INVALID_FORMAT), int(Bad.INVALID_OPTION)
PRINT, MEMORY, STACK_OVERFLOW = int(Bad.PRINT), int(Bad.MEMORY), int(Bad.STACK_OVERFLOW)
FF_TOSTRING = FFIDS["tostring"]
#: Of the C library, in the order of the upvalues that name them.
SEEK_CUR, SEEK_END = 1, 2
STAR, LETTER_N, LETTER_L, LETTER_A = ord("*"), ord("n"), ord("l"), ord("a")
TAB_CHAR, NEWLINE = ord("\t"), ord("\n")


@inline
def is_file(tv: Ptr[TValue]) -> bool:
    return is_udata(tv) and udata_of(tv).udtype == UDTYPE_IO_FILE


@native
def file_arg(g: Ptr[VM], base: Ptr[TValue], nargs: u32) -> u64:
    """The stream of the first argument, an open file; 0 is an error."""
    if nargs == 0 or not is_file(base):
        arg_error(g, 1, FILE)
        return 0
    stream = udata_of(base).file
    if stream == 0:
        arg_error(g, 0, CLOSED_FILE)
    return stream


@library("io.open", b"r")
@native
def lib_io_open(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if nargs != 0 and is_str(base) and (is_absent(base, nargs, 2) or is_str(base + 1)):
        mode = upvalue_string(base, 0) if is_absent(base, nargs, 2) else str_of(base + 1)
        stream = g.fopen(str_data(str_of(base)), str_data(mode))
        if stream != 0:
            return result_bits(L, base, addr(file_new(g, stream, KIND_FILE)) | UDATA_BITS)
    return builtin_upcall(g, L, base, nargs)


@library("io.close")
@library("io.method.close")
@native
def lib_file_close(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if nargs == 0 or not is_file(base) or udata_of(base).len & ~u32(CLOSE_AT_END) != KIND_FILE:
        return builtin_upcall(g, L, base, nargs)
    stream = udata_of(base).file
    if stream == 0:
        return builtin_upcall(g, L, base, nargs)
    udata_of(base).file = 0
    if unlikely(g.fclose(stream) != 0):
        return g.upcall(UPCALL_IO_FAILED, addr(L), u64(0), u64(0))
    return result_bits(L, base, TRUE)


@library("io.type", b"file", b"closed file")
@native
def lib_io_type(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_any(g, nargs, 1)):
        return -1
    if not is_file(base):
        return result_bits(L, base, NIL)
    return result_string(L, base, upvalue_string(base, 0 if udata_of(base).file != 0 else 1))


# Output.


@native
def write_values(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], first: u32, nargs: u32, stream: u64) -> i64:
    """Writes the arguments from `first` on."""
    written = True
    for i in range(first, nargs):
        tv = base + i
        if unlikely(not is_str(tv) and not is_number(tv) and not is_buffer(tv)):
            return arg_error(g, i + 1, STRING)
        written = written and stream_write(g, stream, tv)
    if unlikely(not written):
        return g.upcall(UPCALL_IO_FAILED, addr(L), u64(0), u64(0))
    return result_bits(L, base, TRUE)


@library("io.write")
@native
def lib_io_write(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    stream = g.io_output.file
    if unlikely(stream == 0):
        return arg_error(g, 0, STD_CLOSED)
    return write_values(g, L, base, 0, nargs, stream)


@library("io.method.write")
@native
def lib_file_write(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    stream = file_arg(g, base, nargs)
    if unlikely(stream == 0):
        return -1
    return write_values(g, L, base, 1, nargs, stream)


@native
def flush_stream(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], stream: u64) -> i64:
    if unlikely(g.fflush_unlocked(stream) != 0):
        return g.upcall(UPCALL_IO_FAILED, addr(L), u64(0), u64(0))
    return result_bits(L, base, TRUE)


@library("io.flush")
@native
def lib_io_flush(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    stream = g.io_output.file
    if unlikely(stream == 0):
        return arg_error(g, 0, STD_CLOSED)
    return flush_stream(g, L, base, stream)


@library("io.method.flush")
@native
def lib_file_flush(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    stream = file_arg(g, base, nargs)
    if unlikely(stream == 0):
        return -1
    return flush_stream(g, L, base, stream)


@library("print", b"tostring")
@native
def lib_print(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """Through the global `tostring`, which is kept above the arguments."""
    convert = base + nargs
    find_global(g, L, convert, upvalue_string(base, 0))
    own = is_func(convert) and func_of(convert).ffid == FF_TOSTRING
    for i in range(nargs):
        if i != 0:
            stream_put(g, g.stdout, TAB_CHAR)
        tv = L.base + i
        if not (own and (is_str(tv) or is_number(tv) and not metatable_of(g, tv))):
            tv = printed(g, L, tv, L.base + nargs)
            if unlikely(addr(tv) == 0):
                return -1
        stream_write(g, g.stdout, tv)
    stream_put(g, g.stdout, NEWLINE)
    return 0


@native
def find_global(g: Ptr[VM], L: Ptr[State], slot: Ptr[TValue], name: Ptr[GCstr]) -> None:
    """A global variable, also one that the globals only inherit, on top of the stack."""
    set_str(slot + 1, name)
    set_tab(slot, L.env)
    L.top = slot + 2
    how = index_chain(g, slot, slot + 1)
    found = g.chain_slot
    if how == FOUND:
        copy(slot, found)
    else:
        set_nil(slot)
    L.top = slot + 1


@native
def printed(g: Ptr[VM], L: Ptr[State], tv: Ptr[TValue], convert: Ptr[TValue]) -> Ptr[TValue]:
    """What a function makes of a value, above the top of the stack; null for an error."""
    slot = convert + 1
    copy(slot, convert)
    copy(slot + 2, tv)
    count = call_lua(g, L, slot, 1)
    if unlikely(count < 0):
        return Ptr[TValue](u64(0))
    result = L.top - count
    L.top = result
    if unlikely(count == 0 or not (is_str(result) or is_number(result))):
        arg_error(g, 0, PRINT)
        return Ptr[TValue](u64(0))
    return result


# Input.


@native
def read_item(g: Ptr[VM], base: Ptr[TValue], index: u32, stream: u64, out: Ptr[TValue]) -> i64:
    """Reads what the format at `index` asks for: 1 done, 0 nothing left, -1 no such format."""
    tv = base + index
    done = False
    if is_str(tv):
        p = str_data(str_of(tv))
        if p[0] == STAR:
            p = p + 1
        if p[0] == LETTER_N:
            done = read_number(g, stream, out)
        elif p[0] | 32 == LETTER_L:
            done = read_line(g, stream, out, 1 if p[0] == LETTER_L else 0)
        elif p[0] == LETTER_A:
            read_all(g, stream, out, READ_LIMIT)
            done = True
        else:
            return arg_error(g, index + 1, INVALID_FORMAT)
    elif is_number(tv):
        size = num2int(tv.num)
        if unlikely(size < 0):
            return arg_error(g, 0, MEMORY)
        done = read_all(g, stream, out, u64(size)) != 0 if size != 0 else read_ahead(g, stream, out)
    else:
        return arg_error(g, index + 1, INVALID_OPTION)
    return 1 if done else 0


@native
def read_values(g: Ptr[VM], L: Ptr[State], first: u32, nargs: u32, stream: u64) -> i64:
    """Reads what the arguments from `first` on ask for, or else a line; the results end at L.top."""
    if unlikely(L.top + (nargs + FREE_SLOTS) > L.maxstack) and stack_grow(g, L, nargs + FREE_SLOTS) != 0:
        return arg_error(g, 0, STACK_OVERFLOW)
    base = L.base
    out = base + nargs
    count: u32 = 0
    found = i64(1)
    g.clearerr_unlocked(stream)
    if nargs == first:
        found = 1 if read_line(g, stream, out, 1) else 0
        count = 1
    while found > 0 and first + count < nargs:
        found = read_item(g, base, first + count, stream, out + count)
        count += 1
    if unlikely(found < 0):
        return -1
    if unlikely(g.ferror_unlocked(stream) != 0):
        return g.upcall(UPCALL_IO_FAILED, addr(L), u64(0), u64(0))
    if found == 0:
        set_nil(out + (count - 1))
    L.top = out + count
    return i64(count)


@library("io.read")
@native
def lib_io_read(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    stream = g.io_input.file
    if unlikely(stream == 0):
        return arg_error(g, 0, STD_CLOSED)
    return read_values(g, L, 0, nargs, stream)


@library("io.method.read")
@native
def lib_file_read(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    stream = file_arg(g, base, nargs)
    if unlikely(stream == 0):
        return -1
    return read_values(g, L, 1, nargs, stream)


@library("io.method.seek", b"set", b"cur", b"end")
@native
def lib_file_seek(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """What is wrong, or fails, is left to Python: a seek that fails has done nothing."""
    if nargs != 0 and is_file(base) and udata_of(base).file != 0:
        whence: i32 = SEEK_CUR
        if not is_absent(base, nargs, 2):
            whence = SEEK_END
            while whence >= 0 and (base + 1).bits != addr(upvalue_string(base, u32(whence))) | STR_BITS:
                whence = whence - 1
        offset = i64(0)
        is_known = is_absent(base, nargs, 3)
        if not is_known and is_number(base + 2):
            is_known = True
            offset = i64((base + 2).num)
        stream = udata_of(base).file
        if is_known and whence >= 0 and g.fseeko(stream, offset, whence) == 0:
            return result_number(L, base, f64(g.ftello(stream)))
    return builtin_upcall(g, L, base, nargs)


@library("io.lines_aux")
@native
def lib_io_lines_aux(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """The iterator of lines: its upvalues are the file and the formats."""
    fn = func_of(base - 2)
    ud = Ptr[GCudata](fn.uv[0] & POINTER)
    stream = ud.file
    if unlikely(stream == 0):
        return arg_error(g, 0, CLOSED_FILE)
    formats = u32(fn.nupvalues) - 1
    L.top = base
    if unlikely(base + (formats + FREE_SLOTS) > L.maxstack) and stack_grow(g, L, formats + FREE_SLOTS) != 0:
        return arg_error(g, 0, STACK_OVERFLOW)
    for i in range(formats):
        (L.base + i).bits = fn.uv[i + 1]
    L.top = L.base + formats
    count = read_values(g, L, 0, formats, stream)
    if unlikely(count > 0 and g.ferror_unlocked(stream) != 0):
        g.errval.bits = (L.top - 2).bits
        return g.upcall(UPCALL_IO_CLOSE, addr(L), u64(0), u64(0))
    if unlikely(count > 0 and is_nil(L.top - count) and (ud.len & CLOSE_AT_END) != 0):
        g.upcall(UPCALL_IO_CLOSE, addr(L), addr(ud), u64(0))
        return 0
    return count
