"""io: opening, closing and what else happens once per file.  Reading and writing are native (`io.py`)."""

from __future__ import annotations

from ir.layout import Ptr
from ir.objects import UDTYPE_IO_FILE, GCfunc, GCtab, GCudata, State
from jitvm.front.errors import BadArgument, LuaError
from jitvm.lib.call_py import Call, Result, Results, Slot, function, give
from jitvm.lib.table import opener
from jitvm.runtime.files import error_text, last_error, libc, standard_stream
from jitvm.runtime.stdio import CLOSE_AT_END, KIND_FILE, KIND_PIPE, KIND_STANDARD
from jitvm.runtime.value import FUNC_BITS, POINTER, TAB_BITS, UDATA_BITS
from jitvm.runtime.values import KIND_UDATA, NUMBER_FROM, kind_of, number_of

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

SCAN_FORMAT = b"%lf\0"
CLOSED = b"attempt to use a closed file"
#: No offset reaches as far.
FAR = 2.0**63
#: Values of `whence` and of the buffering mode by name.
SEEK = {b"set": 0, b"cur": 1, b"end": 2}
BUFFERING = {b"full": 0, b"line": 1, b"no": 2}
BUFFER_SIZE = 8192
#: An iterator of lines can have so many formats (LJ_MAX_UPVAL).
MAX_FORMATS = 60


# Files.


def new_file(runtime: Runtime, stream: int, kind: int) -> int:
    """The slot of a file object."""
    found = runtime.heap.call("file_new", runtime.heap.g, stream, kind)
    return int(found.addr if isinstance(found, Ptr) else found) | UDATA_BITS


def file_object(bits: int) -> Ptr | None:
    """The userdata of a file's slot; None if it is anything else."""
    if kind_of(bits) != KIND_UDATA:
        return None
    ud = Ptr(GCudata, bits & POINTER)
    return ud if ud.udtype == UDTYPE_IO_FILE else None


def check_file(call: Call, *, is_open: bool = True) -> Ptr:
    """The file that is the first argument."""
    ud = file_object(call.bits(1))
    if ud is None:
        raise call.wrong(1, b"FILE*")
    if is_open and not ud.file:
        raise call.error(CLOSED)
    return ud


def outcome(succeeded: object, name: bytes | None = None) -> Results:
    """true; or nil, the C library's reason and its number."""
    if succeeded:
        return (True,)
    number = last_error()
    reason = error_text(number)
    return None, reason if name is None else name + b": " + reason, number


def close_file(ud: Ptr) -> Results:
    """Closes an open file; its results as `file:close` returns them."""
    kind = ud.len & ~CLOSE_AT_END
    if kind == KIND_STANDARD:
        return None, b"cannot close standard file"
    stream, ud.file = int(ud.file), 0
    if kind == KIND_PIPE:
        return outcome(libc("pclose")(stream) != -1)
    return outcome(libc("fclose")(stream) == 0)


def failed(runtime: Runtime, number: int) -> Results:
    """What a native operation that failed returns."""
    return None, error_text(number), number


@opener
def open_io(runtime: Runtime) -> None:
    """Standard files and the metatable of files."""
    g = runtime.heap.g
    g.scan_number = runtime.heap.constant(SCAN_FORMAT)
    methods = runtime.builtins.module("io.method")
    runtime.set_field(methods, b"__index", methods.addr | TAB_BITS)
    runtime.set_field(Ptr(GCtab, g.registry.bits & POINTER), b"FILE*", methods.addr | TAB_BITS)
    g.io_metatable = methods.addr
    library = runtime.builtins.module("io")
    g.stdout = standard_stream("stdout")
    for name in ("stdin", "stdout", "stderr"):
        bits = new_file(runtime, standard_stream(name), KIND_STANDARD)
        runtime.set_field(library, name.encode(), bits)
        if name == "stdin":
            g.io_input = bits & POINTER
        elif name == "stdout":
            g.io_output = bits & POINTER


def _opened(call: Call, stream: int | None, kind: int, name: bytes | None) -> Results:
    if not stream:
        return outcome(stream, name)
    return (Slot(new_file(call.runtime, stream, kind)),)


@function("io.open")
def io_open(call: Call) -> Results:
    name = call.c_string(1)
    return _opened(call, libc("fopen")(name, call.c_string(2, b"r")), KIND_FILE, name)


@function("io.popen")
def io_popen(call: Call) -> Results:
    command, mode = call.c_string(1), call.c_string(2, b"r")
    libc("fflush")(0)
    return _opened(call, libc("popen")(command, mode), KIND_PIPE, command)


@function("io.tmpfile")
def io_tmpfile(call: Call) -> Results:
    return _opened(call, libc("tmpfile")(), KIND_FILE, None)


@function("io.method.close")
def file_close(call: Call) -> Results:
    if call.count:
        return close_file(check_file(call))
    ud = Ptr(GCudata, call.runtime.heap.g.io_output.addr)
    if not ud.file:
        raise call.error(CLOSED)
    return close_file(ud)


function("io.close")(file_close)


def _standard(call: Call, field: str, mode: bytes) -> Results:
    """Gets or sets a standard file."""
    g = call.runtime.heap.g
    if not call.is_absent(1):
        if kind_of(call.bits(1)) == KIND_UDATA:
            address = check_file(call).addr
        else:
            address = _open_named(call, mode) & POINTER
        setattr(g, field, address)
    return (Slot(int(getattr(g, field).addr) | UDATA_BITS),)


def _open_named(call: Call, mode: bytes) -> int:
    """The file whose name is the first argument; the slot."""
    name = call.c_string(1)
    stream = libc("fopen")(name, mode)
    if not stream:
        raise BadArgument(1, name + b": " + error_text(last_error()))
    return new_file(call.runtime, stream, KIND_FILE)


@function("io.input")
def io_input(call: Call) -> Results:
    return _standard(call, "io_input", b"r")


@function("io.output")
def io_output(call: Call) -> Results:
    return _standard(call, "io_output", b"w")


# Iterators.


def _iterator(call: Call, file: int) -> Results:
    """The function that reads the next line, or what the formats say."""
    runtime = call.runtime
    formats = call.slots[1:]
    if len(formats) + 1 > MAX_FORMATS:
        raise call.error(b"too many results to unpack")
    # The file is not rooted yet: nothing may be collected before it is in the function.
    model = Ptr(GCfunc, runtime.builtins.function("io.lines_aux"))
    made = runtime.heap.call(
        "func_new_builtin", runtime.heap.g, model.ffid, model.fn, model.pc, len(formats) + 1
    )
    address = int(made.addr if isinstance(made, Ptr) else made)
    for index, bits in enumerate((file, *formats)):
        Ptr(GCfunc, address).uv[index] = bits
    return (Slot(address | FUNC_BITS),)


@function("io.lines")
def io_lines(call: Call) -> Results:
    if call.is_absent(1):
        return _iterator(call, int(call.runtime.heap.g.io_input.addr) | UDATA_BITS)
    file = _open_named(call, b"r")
    Ptr(GCudata, file & POINTER).len = KIND_FILE | CLOSE_AT_END
    return _iterator(call, file)


@function("io.method.lines")
def file_lines(call: Call) -> Results:
    return _iterator(call, check_file(call).addr | UDATA_BITS)


def failed_natively(runtime: Runtime, thread: int, _b: int, _c: int) -> int:
    """The C library failed in native code: the results that say so."""
    return give(runtime, thread, failed(runtime, last_error()))


def end_of_lines(runtime: Runtime, thread: int, file: int, _: int) -> int:
    """An iterator of lines is done: close its file, or raise what went wrong."""
    if file:
        close_file(Ptr(GCudata, file))
        return 0
    reason = runtime.values.text(runtime.heap.g.errval.bits)
    raise LuaError(runtime.messages.caller_where(Ptr(State, thread)) + reason)


# Methods.


@function("io.method.seek")
def file_seek(call: Call) -> Results:
    ud = check_file(call)
    whence = call.option(2, SEEK, b"cur")
    offset = 0
    if kind_of(call.bits(3)) >= NUMBER_FROM:
        number = number_of(call.bits(3))
        offset = int(number) if -FAR <= number < FAR else -int(FAR)  # As the machine converts.
    elif not call.is_absent(3):
        raise call.wrong(3, b"number")
    if libc("fseeko")(ud.file, offset, whence) != 0:
        return outcome(None)
    return (libc("ftello")(ud.file),)


@function("io.method.setvbuf")
def file_setvbuf(call: Call) -> Results:
    ud = check_file(call)
    mode, size = call.option(2, BUFFERING), call.integer(3, BUFFER_SIZE)
    return outcome(libc("setvbuf")(ud.file, 0, mode, size) == 0)


@function("io.method.__gc")
def file_gc(call: Call) -> Results:
    ud = check_file(call, is_open=False)
    if ud.file and ud.len & ~CLOSE_AT_END != KIND_STANDARD:
        close_file(ud)
    return ()


@function("io.method.__tostring")
def file_tostring(call: Call) -> Results:
    stream: Result = check_file(call, is_open=False).file
    return (b"file (0x%08x)" % stream if stream else b"file (closed)",)
