"""THE table of functions that CALLN, CALLA, CALLL and CALLS name, with LuaJIT's numbers.

A row is  NAME, argument types, result, kind, flags.

The name is the one listings print; the native function that does the work has the name without `lj_`, or is
the VM's pointer field of that name if it comes from the C library (flag `EXTERN`).

    kind   N pure   A allocates   S side effects   L loads (buffer operations, chained by the first argument)
    flags  THROW: may fail, so the call is a guard and the native function returns 0 for failure
           STATE: takes the running thread as an implicit first argument, which is not an operand
           EXTERN: a System V function outside the image, called through its `VM` field

A number below 113 without a row belongs to machines without floating point, to object kinds that are not in
this language, or to what LuaJIT's backend makes of BUFPUT; it keeps its name and cannot be called.
"""

from __future__ import annotations

from enum import IntFlag

from ir.ops import Op
from ir.record import dataclass
from ir.types import IRType


class CallFlag(IntFlag):
    """See the module's text."""

    THROW = 1
    STATE = 2
    EXTERN = 4


@dataclass(frozen=True, slots=True)
class CallInfo:
    """One callable function."""

    number: int
    name: str
    args: tuple[IRType, ...] = ()
    result: IRType = IRType.NIL
    op: Op = Op.CALLS
    flags: int = 0
    available: bool = True

    @property
    def symbol(self) -> str:
        """Name of the native function, or of the VM's pointer to it."""
        return self.name.removeprefix("lj_")


_T = {
    "str": IRType.STR,
    "tab": IRType.TAB,
    "int": IRType.INT,
    "num": IRType.NUM,
    "u64": IRType.U64,
    "ptr": IRType.P64,
    "nil": IRType.NIL,
    "thr": IRType.THREAD,
    "obj": IRType.P64,
}
_KINDS = {"N": Op.CALLN, "A": Op.CALLA, "L": Op.CALLL, "S": Op.CALLS}
_THROW, _STATE, _EXTERN = CallFlag.THROW, CallFlag.STATE, CallFlag.EXTERN
_Row = tuple[str, str, str, str, int]

_ROWS: dict[int, _Row] = {
    0: ("lj_str_cmp", "str str", "int", "N", 0),
    1: ("lj_str_find", "ptr ptr int int", "ptr", "N", 0),
    2: ("lj_str_new", "ptr int", "str", "S", _STATE | _THROW),
    3: ("lj_strscan_num", "str ptr", "int", "N", 0),
    4: ("lj_strfmt_int", "int", "str", "N", _STATE | _THROW),
    5: ("lj_strfmt_num", "ptr", "str", "N", _STATE | _THROW),
    6: ("lj_strfmt_char", "int", "str", "N", _STATE | _THROW),
    9: ("lj_strfmt_putquoted", "ptr str", "ptr", "L", _THROW),
    10: ("lj_strfmt_putfxint", "ptr int u64", "ptr", "L", _THROW),
    11: ("lj_strfmt_putfnum_int", "ptr int num", "ptr", "L", _THROW),
    12: ("lj_strfmt_putfnum_uint", "ptr int num", "ptr", "L", _THROW),
    13: ("lj_strfmt_putfnum", "ptr int num", "ptr", "L", _THROW),
    14: ("lj_strfmt_putfstr", "ptr int str", "ptr", "L", _THROW),
    15: ("lj_strfmt_putfchar", "ptr int int", "ptr", "L", _THROW),
    16: ("lj_buf_putmem", "ptr ptr int", "ptr", "S", _THROW),
    19: ("lj_buf_putstr_reverse", "ptr str", "ptr", "L", _THROW),
    20: ("lj_buf_putstr_lower", "ptr str", "ptr", "L", _THROW),
    21: ("lj_buf_putstr_upper", "ptr str", "ptr", "L", _THROW),
    22: ("lj_buf_putstr_rep", "ptr str int", "ptr", "L", _THROW),
    23: ("lj_buf_puttab", "ptr tab str int int", "ptr", "L", _THROW),
    24: ("lj_bufx_set", "ptr ptr int str", "nil", "S", 0),
    26: ("lj_serialize_put", "ptr ptr", "ptr", "S", _THROW),
    27: ("lj_serialize_get", "ptr ptr", "ptr", "S", _THROW),
    28: ("lj_serialize_encode", "ptr", "str", "A", _STATE | _THROW),
    29: ("lj_serialize_decode", "ptr str", "int", "A", _STATE | _THROW),
    30: ("lj_buf_tostr", "ptr", "str", "L", _THROW),
    31: ("lj_tab_new_ah", "int int", "tab", "A", _STATE | _THROW),
    32: ("lj_tab_new1", "int", "tab", "A", _STATE | _THROW),
    33: ("lj_tab_dup", "tab", "tab", "A", _STATE | _THROW),
    34: ("lj_tab_clear", "tab", "nil", "S", 0),
    35: ("lj_tab_newkey", "tab ptr", "ptr", "S", _STATE | _THROW),
    36: ("lj_tab_keyindex", "tab ptr", "int", "L", 0),
    37: ("lj_vm_next", "tab int", "ptr", "L", 0),
    38: ("lj_tab_len", "tab", "int", "L", 0),
    39: ("lj_tab_len_hint", "tab int", "int", "L", 0),
    40: ("lj_gc_step_jit", "int", "nil", "S", _STATE),
    41: ("lj_gc_barrieruv", "ptr", "nil", "S", 0),
    42: ("lj_mem_newgco", "int", "ptr", "A", _STATE | _THROW),
    43: ("lj_prng_u64d", "ptr", "num", "S", 0),
    44: ("lj_vm_modi", "int int", "int", "N", 0),
    45: ("log10", "num", "num", "N", _EXTERN),
    46: ("exp", "num", "num", "N", _EXTERN),
    47: ("sin", "num", "num", "N", _EXTERN),
    48: ("cos", "num", "num", "N", _EXTERN),
    49: ("tan", "num", "num", "N", _EXTERN),
    50: ("asin", "num", "num", "N", _EXTERN),
    51: ("acos", "num", "num", "N", _EXTERN),
    52: ("atan", "num", "num", "N", _EXTERN),
    53: ("sinh", "num", "num", "N", _EXTERN),
    54: ("cosh", "num", "num", "N", _EXTERN),
    55: ("tanh", "num", "num", "N", _EXTERN),
    56: ("fputc", "int ptr", "int", "S", 0),
    57: ("fwrite", "ptr int int ptr", "int", "S", 0),
    58: ("fflush", "ptr", "int", "S", 0),
    63: ("log", "num", "num", "N", _EXTERN),
    64: ("lj_vm_log2", "num", "num", "N", 0),
    65: ("pow", "num num", "num", "N", _EXTERN),
    66: ("atan2", "num num", "num", "N", _EXTERN),
    67: ("ldexp", "num int", "num", "N", _EXTERN),
    104: ("memcpy", "ptr ptr int", "ptr", "S", _EXTERN),
    105: ("memset", "ptr int int", "ptr", "S", _EXTERN),
}

_UNAVAILABLE = {
    7: "lj_strfmt_putint lj_strfmt_putnum",
    17: "lj_buf_putstr lj_buf_putchar",
    25: "lj_bufx_more",
    59: "lj_vm_floor lj_vm_ceil lj_vm_trunc sqrt",
    68: "lj_vm_tobit softfp_add softfp_sub softfp_mul softfp_div softfp_cmp softfp_i2d softfp_d2i "
    "lj_vm_sfmin lj_vm_sfmax lj_vm_tointg softfp_ui2d softfp_f2d softfp_d2ui softfp_d2f softfp_i2f "
    "softfp_ui2f softfp_f2i softfp_f2ui fp64_l2d fp64_ul2d fp64_l2f fp64_ul2f fp64_d2l "
    "fp64_d2ul fp64_f2l fp64_f2ul "
    "lj_carith_divi64 lj_carith_divu64 lj_carith_modi64 lj_carith_modu64 lj_carith_powi64 lj_carith_powu64 "
    "lj_cdata_newv lj_cdata_setfin strlen",
    106: "lj_vm_errno lj_carith_mul64 lj_carith_shl64 lj_carith_shr64 lj_carith_sar64 lj_carith_rol64 "
    "lj_carith_ror64",
}


def _table() -> tuple[CallInfo, ...]:
    rows: dict[int, CallInfo] = {}
    for number, (name, args, result, kind, flags) in _ROWS.items():
        types = tuple(_T[word] for word in args.split())
        rows[number] = CallInfo(number, name, types, _T[result], _KINDS[kind], flags)
    for first, names in _UNAVAILABLE.items():
        for number, name in enumerate(names.split(), first):
            assert number not in rows
            rows[number] = CallInfo(number, name, available=False)
    return tuple(rows[number] for number in range(len(rows)))


CALLS: tuple[CallInfo, ...] = _table()
CALL_NUMBERS: dict[str, int] = {call.name: call.number for call in CALLS}

assert len(CALLS) == 113 and CALLS[112].name == "lj_carith_ror64"
#: What appends to a buffer and gives that back.
BUFFER_PUTS = range(CALL_NUMBERS["lj_strfmt_putint"], CALL_NUMBERS["lj_bufx_set"])
#: What changes a buffer other than by its fields, as far as forwarding of those is concerned.
BUFFER_CALLS = range(CALL_NUMBERS["lj_strfmt_putint"], CALL_NUMBERS["lj_buf_tostr"])
#: The buffer operations that fold may replay on another buffer stand together.
assert CALL_NUMBERS["lj_buf_putstr_rep"] - CALL_NUMBERS["lj_buf_putstr_reverse"] == 3
