"""THE table of bytecodes: numbers, operand modes and metamethods, as in LuaJIT 2.1.

An instruction is a 32-bit word in one of two forms, the opcode in the lowest byte:

    B:8 C:8 A:8 OP:8      ADDVV  A = B + C
    D:16    A:8 OP:8      KSHORT A = D; jumps bias D by 0x8000

    >>> disassemble = lambda ins: (OPCODES[op_of(ins)].name, a_of(ins), d_of(ins))
    >>> disassemble(ins_ad(BC.KSHORT, 3, 7))
    ('KSHORT', 3, 7)

Invariants: numbers are LuaJIT's (its own Lua modules read our bytecode by number), and the distances between
related opcodes that the emitter and the handlers calculate with are asserted at the end of the table.
Not here: what a bytecode does.  Handlers, recorder and listing register against this table.
"""

from __future__ import annotations

from ir.enums import IntEnum


class Mode(IntEnum):
    """What an operand field holds.  The first six fit the A field."""

    NONE = 0
    DST = 1      # slot written
    BASE = 2     # first of several slots
    VAR = 3      # slot read
    RBASE = 4    # first of several slots, only read
    UV = 5       # upvalue number
    LIT = 6      # unsigned literal
    LITS = 7     # signed literal
    PRI = 8      # nil, false, true
    NUM = 9      # number constant
    STR = 10     # string constant
    TAB = 11     # template table
    FUNC = 12    # prototype
    JUMP = 13    # biased distance from the next instruction
    CDATA = 14   # 64-bit or complex constant


class Meta(IntEnum):
    """The metamethod a bytecode falls back to, in LuaJIT's order; NONE is one past the last."""

    INDEX = 0
    NEWINDEX = 1
    GC = 2
    MODE = 3
    EQ = 4
    LEN = 5
    LT = 6
    LE = 7
    CONCAT = 8
    CALL = 9
    ADD = 10
    SUB = 11
    MUL = 12
    DIV = 13
    MOD = 14
    POW = 15
    UNM = 16
    METATABLE = 17
    TOSTRING = 18
    NEW = 19
    PAIRS = 20
    IPAIRS = 21
    NONE = 22


M = Mode
MM = Meta


class BC(IntEnum):
    """One row per bytecode: number, mode of A, mode of B (NONE: D form), mode of C or D, metamethod."""

    mode_a: Mode
    mode_b: Mode
    mode_cd: Mode
    meta: Meta

    def __new__(cls, number: int, mode_a: Mode, mode_b: Mode, mode_cd: Mode, meta: Meta) -> BC:
        row = int.__new__(cls, number)
        row._value_ = number
        row.mode_a = mode_a
        row.mode_b = mode_b
        row.mode_cd = mode_cd
        row.meta = meta
        return row

    @property
    def mode_word(self) -> int:
        """The packed modes as `jit.util.funcbc` returns them."""
        return self.mode_a | self.mode_b << 3 | self.mode_cd << 7 | self.meta << 11

    @property
    def has_d(self) -> bool:
        """True for the form with one 16-bit operand."""
        return self.mode_b is Mode.NONE

    # Comparisons: a jump follows; op ^ 1 is the opposite test.
    ISLT = 0, M.VAR, M.NONE, M.VAR, MM.LT
    ISGE = 1, M.VAR, M.NONE, M.VAR, MM.LT
    ISLE = 2, M.VAR, M.NONE, M.VAR, MM.LE
    ISGT = 3, M.VAR, M.NONE, M.VAR, MM.LE
    ISEQV = 4, M.VAR, M.NONE, M.VAR, MM.EQ
    ISNEV = 5, M.VAR, M.NONE, M.VAR, MM.EQ
    ISEQS = 6, M.VAR, M.NONE, M.STR, MM.EQ
    ISNES = 7, M.VAR, M.NONE, M.STR, MM.EQ
    ISEQN = 8, M.VAR, M.NONE, M.NUM, MM.EQ
    ISNEN = 9, M.VAR, M.NONE, M.NUM, MM.EQ
    ISEQP = 10, M.VAR, M.NONE, M.PRI, MM.EQ
    ISNEP = 11, M.VAR, M.NONE, M.PRI, MM.EQ
    # Tests and conditional copies.
    ISTC = 12, M.DST, M.NONE, M.VAR, MM.NONE
    ISFC = 13, M.DST, M.NONE, M.VAR, MM.NONE
    IST = 14, M.NONE, M.NONE, M.VAR, MM.NONE
    ISF = 15, M.NONE, M.NONE, M.VAR, MM.NONE
    ISTYPE = 16, M.VAR, M.NONE, M.LIT, MM.NONE
    ISNUM = 17, M.VAR, M.NONE, M.LIT, MM.NONE
    # Unary operators.
    MOV = 18, M.DST, M.NONE, M.VAR, MM.NONE
    NOT = 19, M.DST, M.NONE, M.VAR, MM.NONE
    UNM = 20, M.DST, M.NONE, M.VAR, MM.UNM
    LEN = 21, M.DST, M.NONE, M.VAR, MM.LEN
    # Binary operators: the last two letters name the operands, V a slot, N a number constant.
    ADDVN = 22, M.DST, M.VAR, M.NUM, MM.ADD
    SUBVN = 23, M.DST, M.VAR, M.NUM, MM.SUB
    MULVN = 24, M.DST, M.VAR, M.NUM, MM.MUL
    DIVVN = 25, M.DST, M.VAR, M.NUM, MM.DIV
    MODVN = 26, M.DST, M.VAR, M.NUM, MM.MOD
    ADDNV = 27, M.DST, M.VAR, M.NUM, MM.ADD
    SUBNV = 28, M.DST, M.VAR, M.NUM, MM.SUB
    MULNV = 29, M.DST, M.VAR, M.NUM, MM.MUL
    DIVNV = 30, M.DST, M.VAR, M.NUM, MM.DIV
    MODNV = 31, M.DST, M.VAR, M.NUM, MM.MOD
    ADDVV = 32, M.DST, M.VAR, M.VAR, MM.ADD
    SUBVV = 33, M.DST, M.VAR, M.VAR, MM.SUB
    MULVV = 34, M.DST, M.VAR, M.VAR, MM.MUL
    DIVVV = 35, M.DST, M.VAR, M.VAR, MM.DIV
    MODVV = 36, M.DST, M.VAR, M.VAR, MM.MOD
    POW = 37, M.DST, M.VAR, M.VAR, MM.POW
    CAT = 38, M.DST, M.RBASE, M.RBASE, MM.CONCAT
    # Constants.
    KSTR = 39, M.DST, M.NONE, M.STR, MM.NONE
    KCDATA = 40, M.DST, M.NONE, M.CDATA, MM.NONE
    KSHORT = 41, M.DST, M.NONE, M.LITS, MM.NONE
    KNUM = 42, M.DST, M.NONE, M.NUM, MM.NONE
    KPRI = 43, M.DST, M.NONE, M.PRI, MM.NONE
    KNIL = 44, M.BASE, M.NONE, M.BASE, MM.NONE
    # Upvalues and closures.
    UGET = 45, M.DST, M.NONE, M.UV, MM.NONE
    USETV = 46, M.UV, M.NONE, M.VAR, MM.NONE
    USETS = 47, M.UV, M.NONE, M.STR, MM.NONE
    USETN = 48, M.UV, M.NONE, M.NUM, MM.NONE
    USETP = 49, M.UV, M.NONE, M.PRI, MM.NONE
    UCLO = 50, M.RBASE, M.NONE, M.JUMP, MM.NONE
    FNEW = 51, M.DST, M.NONE, M.FUNC, MM.GC
    # Tables: key V slot, S string, B byte, R integer slot known to be in the array; M many values.
    TNEW = 52, M.DST, M.NONE, M.LIT, MM.GC
    TDUP = 53, M.DST, M.NONE, M.TAB, MM.GC
    GGET = 54, M.DST, M.NONE, M.STR, MM.INDEX
    GSET = 55, M.VAR, M.NONE, M.STR, MM.NEWINDEX
    TGETV = 56, M.DST, M.VAR, M.VAR, MM.INDEX
    TGETS = 57, M.DST, M.VAR, M.STR, MM.INDEX
    TGETB = 58, M.DST, M.VAR, M.LIT, MM.INDEX
    TGETR = 59, M.DST, M.VAR, M.VAR, MM.INDEX
    TSETV = 60, M.VAR, M.VAR, M.VAR, MM.NEWINDEX
    TSETS = 61, M.VAR, M.VAR, M.STR, MM.NEWINDEX
    TSETB = 62, M.VAR, M.VAR, M.LIT, MM.NEWINDEX
    TSETM = 63, M.BASE, M.NONE, M.NUM, MM.NEWINDEX
    TSETR = 64, M.VAR, M.VAR, M.VAR, MM.NEWINDEX
    # Calls and varargs: M takes all results of the last call, T is a tail call.
    CALLM = 65, M.BASE, M.LIT, M.LIT, MM.CALL
    CALL = 66, M.BASE, M.LIT, M.LIT, MM.CALL
    CALLMT = 67, M.BASE, M.NONE, M.LIT, MM.CALL
    CALLT = 68, M.BASE, M.NONE, M.LIT, MM.CALL
    ITERC = 69, M.BASE, M.LIT, M.LIT, MM.CALL
    ITERN = 70, M.BASE, M.LIT, M.LIT, MM.CALL
    VARG = 71, M.BASE, M.LIT, M.LIT, MM.NONE
    ISNEXT = 72, M.BASE, M.NONE, M.JUMP, MM.NONE
    # Returns.
    RETM = 73, M.BASE, M.NONE, M.LIT, MM.NONE
    RET = 74, M.RBASE, M.NONE, M.LIT, MM.NONE
    RET0 = 75, M.RBASE, M.NONE, M.LIT, MM.NONE
    RET1 = 76, M.RBASE, M.NONE, M.LIT, MM.NONE
    # Loops and branches: I interpreter only, J compiled.
    FORI = 77, M.BASE, M.NONE, M.JUMP, MM.NONE
    JFORI = 78, M.BASE, M.NONE, M.JUMP, MM.NONE
    FORL = 79, M.BASE, M.NONE, M.JUMP, MM.NONE
    IFORL = 80, M.BASE, M.NONE, M.JUMP, MM.NONE
    JFORL = 81, M.BASE, M.NONE, M.LIT, MM.NONE
    ITERL = 82, M.BASE, M.NONE, M.JUMP, MM.NONE
    IITERL = 83, M.BASE, M.NONE, M.JUMP, MM.NONE
    JITERL = 84, M.BASE, M.NONE, M.LIT, MM.NONE
    LOOP = 85, M.RBASE, M.NONE, M.JUMP, MM.NONE
    ILOOP = 86, M.RBASE, M.NONE, M.JUMP, MM.NONE
    JLOOP = 87, M.RBASE, M.NONE, M.LIT, MM.NONE
    JMP = 88, M.RBASE, M.NONE, M.JUMP, MM.NONE
    # Function headers: F fixed, V varargs, C function in another language.
    FUNCF = 89, M.RBASE, M.NONE, M.NONE, MM.NONE
    IFUNCF = 90, M.RBASE, M.NONE, M.NONE, MM.NONE
    JFUNCF = 91, M.RBASE, M.NONE, M.LIT, MM.NONE
    FUNCV = 92, M.RBASE, M.NONE, M.NONE, MM.NONE
    IFUNCV = 93, M.RBASE, M.NONE, M.NONE, MM.NONE
    JFUNCV = 94, M.RBASE, M.NONE, M.LIT, MM.NONE
    FUNCC = 95, M.RBASE, M.NONE, M.NONE, MM.NONE
    FUNCCW = 96, M.RBASE, M.NONE, M.NONE, MM.NONE

OPCODES: tuple[BC, ...] = tuple(BC)    # rows by number
MODE_WORDS = tuple(op.mode_word for op in BC)
BC_COUNT = len(BC)

# Ranges of operand fields.
MAX_A = 0xFF
MAX_B = 0xFF
MAX_C = 0xFF
MAX_D = 0xFFFF
JUMP_BIAS = 0x8000
NO_REG = MAX_A

# Slots of a numeric loop, relative to operand A of FORI and FORL.
FORL_INDEX, FORL_STOP, FORL_STEP, FORL_EXT = range(4)

assert [int(op) for op in BC] == list(range(97)), "opcodes are numbered without gaps"
assert all(op.mode_a <= Mode.UV for op in BC), "mode of A has three bits"
for _low, _high in ((BC.ISEQV, BC.ISNEV), (BC.ISEQS, BC.ISNES), (BC.ISEQN, BC.ISNEN), (BC.ISEQP, BC.ISNEP),
                    (BC.ISLT, BC.ISGE), (BC.ISLE, BC.ISGT)):
    assert _low ^ 1 == _high, f"the opposite of {_low.name} is one bit away"
assert BC.ISLT ^ 3 == BC.ISGT and BC.ISGE ^ 3 == BC.ISLE, "swapping operands flips two bits"
assert BC.IST - BC.ISTC == BC.ISF - BC.ISFC, "conditional copies pair with tests"
assert BC.ISEQP - BC.ISEQV == BC.ISNEP - BC.ISNEV == 6, "equality against constants keeps the parity"
assert BC.CALLT - BC.CALL == BC.CALLMT - BC.CALLM and BC.CALLMT + 1 == BC.CALLT, "calls pair with tail calls"
assert BC.RETM + 1 == BC.RET, "RETM precedes RET"
assert BC.ADDVV - BC.ADDNV == BC.ADDNV - BC.ADDVN == 5, "operand forms stand five apart"
assert BC.POW == BC.MODVV + 1, "POW follows the last VV form"
for _plain in (BC.FORL, BC.ITERL, BC.LOOP, BC.FUNCF, BC.FUNCV):
    _names = [row.name for row in OPCODES[_plain:_plain + 3]]
    assert _names == [_plain.name, "I" + _plain.name, "J" + _plain.name], _names


def ins_abc(op: int, a: int, b: int, c: int) -> int:
    """Packs an instruction with three byte operands."""
    return op | a << 8 | c << 16 | b << 24


def ins_ad(op: int, a: int, d: int) -> int:
    """Packs an instruction with a 16-bit operand; a negative literal is taken modulo 2**16."""
    return op | a << 8 | (d & 0xFFFF) << 16


def ins_aj(op: int, a: int, distance: int) -> int:
    """Packs a jump of `distance` instructions, counted from the one after it."""
    return op | a << 8 | (distance + JUMP_BIAS & 0xFFFF) << 16


def op_of(ins: int) -> int:
    return ins & 0xFF


def a_of(ins: int) -> int:
    return ins >> 8 & 0xFF


def b_of(ins: int) -> int:
    return ins >> 24


def c_of(ins: int) -> int:
    return ins >> 16 & 0xFF


def d_of(ins: int) -> int:
    return ins >> 16


def jump_of(ins: int) -> int:
    """The distance of a jump, counted from the instruction after it."""
    return (ins >> 16) - JUMP_BIAS
