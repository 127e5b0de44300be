"""THE table of IR opcodes: one row per opcode, read by builder, printer, parser, verifier and evaluator.

Opcodes 0-100 are LuaJIT's, with LuaJIT's numbers, kinds and operand modes, so that tools made for it can
read our traces.  Opcodes from 101 on are ours: blocks, branches and calls of native functions.

A row is  NAME = "operand modes", kind letters:

    ref   another instruction           lit   a literal integer
    cst   a constant's own value        edge  a successor block with the arguments of its parameters
    name  the symbol of a callee        *     any number of the mode before it

    N normal (pure)   C commutative   A allocation   L load   S store or other side effect   T block end
    W weak guard: removed when unused, although it guards
"""

from __future__ import annotations

from ir.enums import IntEnum


class Op(IntEnum):
    """NAME = operand modes, kind."""

    modes: tuple[str, ...]
    kind: str

    def __new__(cls, modes: str, kind: str) -> Op:
        number = len(cls.__members__)
        self = int.__new__(cls, number)
        self._value_ = number
        self.modes, self.kind = tuple(modes.split()), kind
        return self

    # Guarded comparisons.  `^ 1` inverts, `^ 4` makes an ordered comparison unsigned or unordered.
    LT = "ref ref", "N"
    GE = "ref ref", "N"
    LE = "ref ref", "N"
    GT = "ref ref", "N"
    ULT = "ref ref", "N"
    UGE = "ref ref", "N"
    ULE = "ref ref", "N"
    UGT = "ref ref", "N"
    EQ = "ref ref", "C"
    NE = "ref ref", "C"
    ABC = "ref ref", "N"
    RETF = "ref ref", "S"
    # Miscellaneous.
    NOP = "", "N"
    BASE = "lit lit", "N"
    PVAL = "lit", "N"
    GCSTEP = "", "S"
    HIOP = "ref ref", "S"
    LOOP = "", "S"
    USE = "ref", "S"
    PHI = "ref ref", "S"
    RENAME = "ref lit", "S"
    PROF = "", "S"
    # Constants.
    KPRI = "", "N"
    KINT = "cst", "N"
    KGC = "cst", "N"
    KPTR = "cst", "N"
    KKPTR = "cst", "N"
    KNULL = "cst", "N"
    KNUM = "cst", "N"
    KINT64 = "cst", "N"
    KSLOT = "ref lit", "N"
    # Bit operations.
    BNOT = "ref", "N"
    BSWAP = "ref", "N"
    BAND = "ref ref", "C"
    BOR = "ref ref", "C"
    BXOR = "ref ref", "C"
    BSHL = "ref ref", "N"
    BSHR = "ref ref", "N"
    BSAR = "ref ref", "N"
    BROL = "ref ref", "N"
    BROR = "ref ref", "N"
    # Arithmetic.
    ADD = "ref ref", "C"
    SUB = "ref ref", "N"
    MUL = "ref ref", "C"
    DIV = "ref ref", "N"
    MOD = "ref ref", "N"
    POW = "ref ref", "N"
    NEG = "ref ref", "N"
    ABS = "ref ref", "N"
    LDEXP = "ref ref", "N"
    MIN = "ref ref", "C"
    MAX = "ref ref", "C"
    FPMATH = "ref lit", "N"
    # Overflow-checking arithmetic.
    ADDOV = "ref ref", "CW"
    SUBOV = "ref ref", "NW"
    MULOV = "ref ref", "CW"
    # Memory references.
    AREF = "ref ref", "R"
    HREFK = "ref ref", "R"
    HREF = "ref ref", "L"
    NEWREF = "ref ref", "S"
    UREFO = "ref lit", "LW"
    UREFC = "ref lit", "LW"
    FREF = "ref lit", "R"
    TMPREF = "ref lit", "S"
    STRREF = "ref ref", "N"
    LREF = "", "L"
    # Loads.
    ALOAD = "ref", "L"
    HLOAD = "ref", "L"
    ULOAD = "ref", "L"
    FLOAD = "ref lit", "L"
    XLOAD = "ref lit", "L"
    SLOAD = "lit lit", "L"
    VLOAD = "ref lit", "L"
    ALEN = "ref ref", "L"
    # Stores.
    ASTORE = "ref ref", "S"
    HSTORE = "ref ref", "S"
    USTORE = "ref ref", "S"
    FSTORE = "ref ref", "S"
    XSTORE = "ref ref", "S"
    # Allocations.
    SNEW = "ref ref", "N"
    XSNEW = "ref ref", "A"
    TNEW = "lit lit", "AW"
    TDUP = "ref", "AW"
    CNEW = "ref ref", "AW"
    CNEWI = "ref ref", "NW"
    # Buffer operations.
    BUFHDR = "ref lit", "L"
    BUFPUT = "ref ref", "LW"
    BUFSTR = "ref ref", "AW"
    # Barriers.
    TBAR = "ref", "S"
    OBAR = "ref ref", "S"
    XBAR = "", "S"
    # Conversions.
    CONV = "ref lit", "N"
    TOBIT = "ref ref", "N"
    TOSTR = "ref lit", "N"
    STRTO = "ref", "N"
    # Calls.
    CALLN = "ref lit", "NW"
    CALLA = "ref lit", "AW"
    CALLL = "ref lit", "LW"
    CALLS = "ref lit", "S"
    CALLXS = "ref ref", "S"
    CARG = "ref ref", "N"
    # Ours: native functions of many blocks.
    PARAM = "lit", "N"  # A parameter of a function or of a block; the literal is its position.
    COPY = "ref", "N"  # Same bits in another register class or under another type.
    CALL = "name ref*", "S"  # System V call of a native function by symbol.
    CALLPTR = "ref ref*", "S"  # System V call through a pointer held by the first operand.
    JMP = "edge", "T"
    BR = "ref edge edge", "T"  # Taken edge first; the condition is an unguarded comparison.
    RET = "ref*", "T"
    NEXT = "ref*", "T"  # End of a handler: fetch, decode, jump to the next one.  Operands: pinned state.
    TAIL = "name ref*", "T"  # Tail jump to another function of the handler convention.
    TAILPTR = "ref ref*", "T"  # Tail jump through a pointer, pinned state and two operands as for TAIL.
    LINK = "name ref*", "T"  # End of a trace: jump to machine code by name, with BASE and perhaps PC.
    POLL = "", "N"  # A guard without code: where the loop of a trace leaves when the program is stopped.
    BARRIER = "ref ref", "S"  # Object, VM: see jitvm/runtime/barrier.py.
    IDIV = "ref ref", "N"  # Integer quotient, truncated, as DIV or IDIV by the type; faults on zero.
    IREM = "ref ref", "N"  # Its remainder, with the sign of the dividend.
    CLZ = "ref", "N"  # Leading zero bits of a 32-bit word that is not 0.
    CTZ = "ref", "N"  # Trailing zero bits of a 32-bit word that is not 0.


# Facts that code relies on.
assert Op.LT ^ 1 == Op.GE and Op.LE ^ 1 == Op.GT and Op.EQ ^ 1 == Op.NE
assert Op.LT ^ 4 == Op.ULT and Op.GT ^ 4 == Op.UGT
assert [int(op) for op in (Op.CARG, Op.KINT, Op.ADD, Op.CONV)] == [100, 23, 41, 91]

COMPARISONS = frozenset(op for op in Op if op <= Op.NE)
CONSTANTS = frozenset(op for op in Op if Op.KPRI <= op <= Op.KSLOT)
TERMINATORS = frozenset(op for op in Op if "T" in op.kind)

# Literal operands, LuaJIT's bits.
SLOAD_PARENT, SLOAD_FRAME, SLOAD_TYPECHECK, SLOAD_CONVERT = 0x01, 0x02, 0x04, 0x08
SLOAD_READONLY, SLOAD_INHERIT, SLOAD_KEYINDEX = 0x10, 0x20, 0x40
SLOAD_MARKED = 0x80  # Ours, and not printed: it is guarded that the slot has the mark of a key index.
XLOAD_READONLY, XLOAD_VOLATILE, XLOAD_UNALIGNED = 1, 2, 4
CONV_SRC_MASK, CONV_DST_SHIFT, CONV_SEXT = 0x1F, 5, 0x800
CONV_CHECK_SHIFT = 12
CONV_ANY, CONV_INDEX, CONV_CHECK = 1 << 12, 2 << 12, 3 << 12
FPM_FLOOR, FPM_CEIL, FPM_TRUNC, FPM_SQRT, FPM_LOG, FPM_LOG2, FPM_OTHER = range(7)
FPM_NAMES = ("floor", "ceil", "trunc", "sqrt", "log", "log2", "other")
