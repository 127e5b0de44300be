"""The heap as the IR sees it: every native struct, one class each.

Object kinds and NaN-boxing are LuaJIT's GC64 scheme: a slot is 64 bits, a double as it is, or a 17-bit tag
over a 47-bit pointer.  A Lua frame has two slots below `base`: the function (base[-2]) and the frame link
(base[-1]), as LuaJIT's FR2 layout.

Every collectable object starts with the fields of `GCObject`.  Mark bits live beside the arena, not here;
`color` only says whether a store into the object has to be told to the collector (runtime/barrier.py).
"""

from __future__ import annotations

from ir.enums import IntEnum
from ir.layout import Array, FnPtr, Ptr, Struct, f64, i32, i64, offset_of, u8, u16, u32, u64


class TValue(Struct, at={"num": 0, "lo": 0, "hi": 4, "ihi": 4, "int": 0, "sbits": 0, "ptr": 0}):
    """One slot.  `bits` is all of it; the other names are views of the same 8 bytes."""

    bits: u64
    num: f64
    lo: u32
    hi: u32
    ihi: i32
    int: i32
    sbits: i64
    ptr: Ptr[u8]


class GCObject(Struct):
    """Common header.  `gct` is ~tag (LuaJIT's numbering: 4 string, 8 function, 11 table ...)."""

    gct: u8
    color: u8


GCT_STR, GCT_UPVAL, GCT_THREAD, GCT_PROTO, GCT_FUNC, GCT_TAB, GCT_UDATA = 4, 5, 6, 7, 8, 11, 12


class GCstr(Struct, size=24):
    """Interned string; the bytes and a final NUL follow the struct."""

    gct: u8
    color: u8
    reserved: u8  # Token number of a reserved word, plus one.
    pad: u8
    len: u32
    hash: u32
    sid: u32
    next: Ptr[GCstr]  # Chain of the intern table.


class Node(Struct):
    """Hash part entry.  24 bytes, as the HREFK lowering assumes."""

    val: TValue
    key: TValue
    next: Ptr[Node]


class GCtab(Struct):
    """Table with array and hash part.  `array[0]` is index 0; `asize` counts it."""

    gct: u8
    color: u8
    nomm: u8  # Bit n set: metamethod n is known to be absent (n < 8).
    colo: u8
    asize: u32
    array: Ptr[TValue]
    node: Ptr[Node]
    hmask: u32
    lsizenode: u32
    metatable: Ptr[GCtab]
    freetop: Ptr[Node]
    gclist: Ptr[GCObject]


class GCudata(Struct):
    """Userdata: what the library needs, then the payload.  `metatable` is where a table has its own."""

    gct: u8
    color: u8
    udtype: u8  # What the library keeps in it; 0 is a plain one.
    finalized: u8  # Its __gc has been called, or is not to be.
    len: u32
    env: Ptr[GCtab]
    file: u64  # The library's own word, if it has one.
    next: Ptr[GCudata]  # Chain of those that may have a finalizer, newest first.
    metatable: Ptr[GCtab]
    gclist: Ptr[GCObject]


class Buffer(Struct):
    """What follows the header of a string.buffer: the bytes from `r` to `w` are there to be read.

    While they are those of the string `ref`, which must not be written to, `l` has the bit BUFFER_COW; else
    the memory from `b` to `e` is the buffer's own."""

    w: Ptr[u8]
    e: Ptr[u8]
    b: Ptr[u8]
    l: u64
    ref: Ptr[GCstr]
    r: Ptr[u8]
    strings: Ptr[GCtab]  # Dictionaries for serialising.
    metatables: Ptr[GCtab]


BUFFER_COW = 2

#: Kinds of userdata.
UDTYPE_USERDATA, UDTYPE_IO_FILE, UDTYPE_BUFFER = 0, 1, 3


class GCupval(Struct):
    """`v` points into a stack while open, at `tv` once closed."""

    gct: u8
    color: u8
    closed: u8
    immutable: u8
    dhash: u32
    v: Ptr[TValue]
    tv: TValue
    next: Ptr[GCupval]  # Open upvalues of a thread, highest slot first.


class GCproto(Struct):
    """Function prototype.  The bytecode follows at +sizeof(GCproto); `k` points between the constants:
    k[-1-i] is the i-th GC constant (raw pointer), k[i] the i-th number."""

    gct: u8
    color: u8
    numparams: u8
    framesize: u8
    sizebc: u32
    k: Ptr[u64]
    uv: Ptr[u16]
    sizekgc: u32
    sizekn: u32
    sizeuv: u8
    protoflags: u8
    trace: u16  # Root traces anchored here, chained.
    firstline: i32
    numline: i32
    ident: u32  # Number of the prototype in the runtime's Python-side table of debug information.
    env_hint: Ptr[GCtab]
    gclist: Ptr[GCObject]


class GCfunc(Struct):
    """Lua closure or builtin.  Upvalues follow: GCupval pointers (Lua) or TValues (builtin)."""

    gct: u8
    color: u8
    ffid: u8
    nupvalues: u8
    pad: u32
    env: Ptr[GCtab]
    pc: Ptr[u32]  # First bytecode (the FUNC* header); for a builtin, its FUNCC word.
    gclist: Ptr[GCObject]
    fn: FnPtr[[Ptr[VM], Ptr[State], Ptr[TValue], u32], i64]  # Builtin: its native function.
    uv: Array[u64, 0]


class State(Struct):
    """A Lua thread: one stack."""

    gct: u8
    color: u8
    status: u8
    handling: u8  # A message handler runs, and no error has been thrown in it.
    stacksize: u32
    base: Ptr[TValue]
    top: Ptr[TValue]
    maxstack: Ptr[TValue]
    stack: Ptr[TValue]
    openupval: Ptr[GCupval]
    env: Ptr[GCtab]
    vm: Ptr[VM]
    cframe: u64  # The entry into the interpreter that a coroutine was resumed in.
    gclist: Ptr[GCObject]
    resumer: Ptr[State]  # The thread that waits for this one.
    next: Ptr[State]  # Chain of all threads, newest first.


class TraceHead(Struct):
    """What native code must know of a trace."""

    number: u32
    exits: u32  # Number of entries in `recipes` and `hotcounts`.
    mcode: u64
    recipes: Ptr[u64]  # Address of the packed recipe of each internal exit number.
    hotcounts: Ptr[u16]
    startpc: Ptr[u32]
    startins: u32
    szmcode: u32
    link: u32  # A trace that ends in a call: the trace that goes on after it; itself if none shall.
    pad: u32
    serial: u64  # Never used again, unlike the number.


class ExitState(Struct):
    """Registers at a trace exit, dumped by the common exit stub."""

    gpr: Array[u64, 16]
    fpr: Array[f64, 16]


MAX_CAPTURES = 32


class MatchState(Struct):
    """One match of a string pattern.  A capture's size may be one of the marks of `lib/pattern.py`."""

    start: Ptr[u8]  # The subject.
    end: Ptr[u8]
    level: u32  # Captures so far, finished or not.
    depth: u32
    failed: u32  # The `Bad` of an error in the pattern; 0 if there is none.
    pad: u32
    starts: Array[u64, MAX_CAPTURES]
    sizes: Array[i64, MAX_CAPTURES]


DISPATCH_SIZE = 256


class VM(Struct):
    """Global state; DISPATCH (r14) points at its first byte.  Hot fields come before `dispatch`, so that
    both they and the dispatch table are within an 8-bit displacement."""

    cur: Ptr[State]  # 0x00 running thread
    vmstate: i32  # 0x08 number of the running trace; negative: ~VMState
    hookmask: u32  # 0x0c
    jit_base: Ptr[TValue]  # 0x10 BASE of the running trace
    gc_total: u64  # 0x18 bytes allocated
    gc_threshold: u64  # 0x20
    hot_base: u64  # 0x28 counter of pc is u16 at hot_base + (pc >> 1)
    traces: Ptr[Ptr[TraceHead]]  # 0x30 by trace number
    tmptv: TValue  # 0x38
    tmptv2: TValue  # 0x40
    kslots: u64  # 0x48 constants for encoders: address of the shared constant pool
    multres: u64  # 0x50 results + 1 of the last open call or vararg
    freelists: Ptr[u64]  # 0x58 by size class
    exit_number: u32  # 0x60
    interrupt: u32  # 0x64 a `Stop`, set by a signal or another thread; polled where loops and calls go slow
    upcall: FnPtr[[u32, u64, u64, u64], i64]  # 0x68 the one entry into Python: number, three arguments
    gc_color: u32  # 0x70 color of objects whose contents have been marked; NO_COLOR while nothing is marked
    gc_epoch: u32  # 0x74 color of the cycle
    dispatch: Array[u64, DISPATCH_SIZE]  # 0x78
    dispatch_plain: Array[u64, DISPATCH_SIZE]  # handlers proper; `dispatch` holds these or the recording ones
    main: Ptr[State]
    registry: TValue
    globals: Ptr[GCtab]
    strhash: Ptr[Ptr[GCstr]]
    strmask: u32
    strnum: u32
    strseed: u64
    stremptyz: Ptr[GCstr]
    basemt: Array[u64, 24]  # Metatables of basic types by ~tag; 0 if none.
    mmnames: Array[u64, 32]  # Names of metamethods, by MM number.
    nilnode: Node  # The hash part of tables without one.
    niltv: TValue
    errval: TValue  # The error on its way while a status is propagated.
    errcode: u32
    recording: u32
    hotloop: u32  # Start values of counters, from the -O parameters.
    hotexit: u32
    cframe: u64  # rsp of the innermost entry from Python; 0 when not inside.
    exit_state: ExitState
    tmpbuf: Ptr[u8]
    tmpbuf_size: u64
    # System V functions outside the image, filled in from Python through cffi.
    memcpy: FnPtr[[Ptr[u8], Ptr[u8], u64], u64]
    memmove: FnPtr[[Ptr[u8], Ptr[u8], u64], u64]
    memset: FnPtr[[Ptr[u8], i32, u64], u64]
    memcmp: FnPtr[[Ptr[u8], Ptr[u8], u64], i32]
    pow: FnPtr[[f64, f64], f64]
    fmod: FnPtr[[f64, f64], f64]
    exp: FnPtr[[f64], f64]
    log: FnPtr[[f64], f64]
    log2: FnPtr[[f64], f64]
    log10: FnPtr[[f64], f64]
    sin: FnPtr[[f64], f64]
    cos: FnPtr[[f64], f64]
    tan: FnPtr[[f64], f64]
    asin: FnPtr[[f64], f64]
    acos: FnPtr[[f64], f64]
    atan: FnPtr[[f64], f64]
    atan2: FnPtr[[f64, f64], f64]
    sinh: FnPtr[[f64], f64]
    cosh: FnPtr[[f64], f64]
    tanh: FnPtr[[f64], f64]
    ldexp: FnPtr[[f64, i32], f64]
    # Heap (runtime/gc.py and runtime/alloc.py own these).
    heap_base: u64
    heap_top: u64
    heap_end: u64
    heap_limit: u64
    code_top: u64  # Prototypes live in a region of their own, so that hot counters have fixed places.
    code_end: u64
    gc_state: u32
    gc_stress: u32
    gc_pause: u32
    gc_stepmul: u32
    gc_threads: Ptr[State]  # All threads, newest first.
    gc_estimate: u64
    gc_debt: u64  # Bytes of allocation for which no work has been done yet.
    gc_handles: Ptr[u64]  # Objects that Python holds on to.
    gc_handle_count: u64
    prng: Array[u64, 4]  # math.random
    gc_marks: u64  # Mark bits of the cycle: one per 16 bytes from heap_base on.
    gc_blocks: u64  # Block[], by (address - heap_base) / BLOCK_SIZE.
    gc_classes: u64  # SizeClass[]
    gc_classof: u64  # u8[]: size class by (size + 15) / 16.
    gc_grays: u64  # Stack of marked objects still to be traversed.
    gc_taken: u64  # Mark bits of the cycle before, which the allocator goes by.
    gc_marks_top: u64  # No bit of gc_marks, of gc_taken, is set for an address from here on.
    gc_taken_top: u64
    gc_clear: u64  # Marks of the heap below this address are cleared.
    gc_again: u64  # End of the list of objects to be traversed once more, and its start.
    gc_agains: u64
    gc_next: u64  # Where in that list to go on, and where to stop for now.
    gc_round_end: u64
    gc_round: u64  # Another round is worth it if the list is shorter than this.
    gc_blacks: u64  # While barriers are checked: the traversed objects.
    gc_black_count: u64
    gc_paid: u64  # gc_total when gc_debt was last brought up to date.
    gc_dead: u64  # Bytes that the sweep is about to find free.
    gc_gray_count: u64
    gc_live: u64  # Bytes marked so far.
    gc_spans: u32  # First free run of blocks.
    gc_cycles: u32  # Completed collections.
    strid: u32  # Next string id.
    errarg: u32  # With errcode of a builtin: which argument.
    errkind: u32  # What was expected of it.
    gc_stopped: u32
    heap_first: u64  # First block of the object heap.
    traces_size: u64
    next_slots: Array[u64, 3]  # Results of a traversal step of a trace: value, key, value.
    next_index: i64  # Index to go on with; -1: no such key.
    buf_length: u64  # Bytes in tmpbuf, while a trace builds a string there.
    savepc: u64  # PC of the running Lua function while an error is raised; 0 in a library function.
    gc_weak: u64  # Weak tables met while marking, chained through gclist.
    char_bits: Ptr[u8]  # What kind of character each byte is (lib/pattern.py).
    class_bits: Ptr[u8]  # Which kinds a class letter of a pattern stands for.
    match: MatchState
    enter: FnPtr[[Ptr[VM], Ptr[State], Ptr[u32], Ptr[TValue], u64], i64]  # vm_enter: runs the interpreter.
    start_pc: Ptr[u32]  # The word it starts at to call a function.
    native_calls: u32  # Calls of Lua functions by library functions that are under way.
    memmem: FnPtr[[Ptr[u8], u64, Ptr[u8], u64], u64]
    strfromd: FnPtr[[Ptr[u8], u64, Ptr[u8], f64], i32]
    gc_udata: Ptr[GCudata]  # All userdata but those in gc_pending, newest first.
    gc_pending: Ptr[GCudata]  # Userdata whose finalizers are to be called, in order.
    gc_finalizing: u32
    gc_chain: u32  # Next chain of the intern table to be swept.
    gc_shrink: Ptr[State]  # Threads whose stacks are much larger than they need, met while marking.
    gc_peak: u64  # Memory below this address may be backed by pages.
    madvise: FnPtr[[u64, u64, i32], i32]
    chain_slot: Ptr[TValue]  # Where a search along __index or __newindex ended (runtime/meta.py).
    chain_object: Ptr[TValue]
    # Streams of the C library, for io and print (runtime/stdio.py).
    fwrite_unlocked: FnPtr[[Ptr[u8], u64, u64, u64], u64]
    fread_unlocked: FnPtr[[Ptr[u8], u64, u64, u64], u64]
    fgets_unlocked: FnPtr[[Ptr[u8], i32, u64], u64]
    fgetc_unlocked: FnPtr[[u64], i32]
    ungetc: FnPtr[[i32, u64], i32]
    fflush_unlocked: FnPtr[[u64], i32]
    fscanf: FnPtr[[u64, Ptr[u8], Ptr[u8]], i32]
    ferror_unlocked: FnPtr[[u64], i32]
    clearerr_unlocked: FnPtr[[u64], i32]
    strlen: FnPtr[[Ptr[u8]], u64]
    stdout: u64
    io_input: Ptr[GCudata]  # What io.read and io.write use.
    io_output: Ptr[GCudata]
    io_metatable: Ptr[GCtab]
    buffer_metatable: Ptr[GCtab]
    scan_number: Ptr[u8]  # "%lf"
    # The xpcall whose handler has run already (its frame's offset in the stack), and the error it made.
    handled_place: u64
    handled_error: u64
    clock: FnPtr[[], i64]
    hook_count: u32  # Bytecodes until the next count event, and what it starts from.
    hook_start: u32
    exit_watch: u32  # Somebody wants to know of exits.
    time: FnPtr[[u64], i64]
    fseeko: FnPtr[[u64, i64, i32], i32]
    ftello: FnPtr[[u64], i64]
    fopen: FnPtr[[Ptr[u8], Ptr[u8]], u64]
    fclose: FnPtr[[u64], i32]


class Stop(IntEnum):
    """How a running program is to be stopped."""

    NOT = 0
    ERROR = 1  # By an error that a pcall may catch.
    BUG = 2  # At once: every frame up to the entry from Python is given up.


class Frame(IntEnum):
    """Low bits of a frame link (base[-1]): a return PC, or a delta in bytes with one of these types."""

    LUA = 0
    C = 1
    CONT = 2
    VARG = 3
    LUAP = 4
    CP = 5
    PCALL = 6
    PCALLH = 7


assert GCudata.sizeof() == 48  # Traces add it, as LuaJIT's do.
assert TValue.sizeof() == 8 and Node.sizeof() == 24 and GCstr.sizeof() == 24
assert offset_of(VM, "dispatch") == 0x78
assert offset_of(GCtab, "metatable") == offset_of(GCudata, "metatable")
assert offset_of(GCtab, "array") == 8 and offset_of(GCtab, "node") == 16
