"""THE table of fields that FLOAD, FREF and FSTORE name, with LuaJIT's numbers and printed names.

A row is  NAME = printed name, struct or None, field, IR type.  Fields of object kinds that this VM does not
have (cdata) keep their numbers, without a struct.  A buffer's stand behind the header of its userdata.

A literal at or above `len(FIELDS)` is not a field: LuaJIT loads constants of its global state that way,
with nil as the object (`FLOAD nil #276` is the sign mask of NEG).  The numbers are LuaJIT's, so listings
agree; the backend knows them by the names here.
"""

from __future__ import annotations

from ir.layout import Struct, offset_of
from ir.objects import Buffer, GCfunc, GCstr, GCtab, GCudata, State
from ir.record import dataclass
from ir.types import IRType


@dataclass(frozen=True, slots=True)
class Field:
    """One loadable field."""

    number: int
    name: str
    struct: type[Struct] | None
    field: str
    type: IRType

    @property
    def offset(self) -> int:
        assert self.struct is not None, f"no struct has {self.name}"
        header = GCudata.sizeof() if self.struct is Buffer else 0
        return header + offset_of(self.struct, self.field)


_ROWS: tuple[tuple[str, type[Struct] | None, str, IRType], ...] = (
    ("str.len", GCstr, "len", IRType.INT),
    ("func.env", GCfunc, "env", IRType.TAB),
    ("func.pc", GCfunc, "pc", IRType.P64),
    ("func.ffid", GCfunc, "ffid", IRType.U8),
    ("thread.env", State, "env", IRType.TAB),
    ("tab.meta", GCtab, "metatable", IRType.TAB),
    ("tab.array", GCtab, "array", IRType.P64),
    ("tab.node", GCtab, "node", IRType.P64),
    ("tab.asize", GCtab, "asize", IRType.INT),
    ("tab.hmask", GCtab, "hmask", IRType.INT),
    ("tab.nomm", GCtab, "nomm", IRType.U8),
    ("udata.meta", GCudata, "metatable", IRType.TAB),
    ("udata.udtype", GCudata, "udtype", IRType.U8),
    ("udata.file", GCudata, "file", IRType.P64),
    ("sbuf.w", Buffer, "w", IRType.P64),
    ("sbuf.e", Buffer, "e", IRType.P64),
    ("sbuf.b", Buffer, "b", IRType.P64),
    ("sbuf.l", Buffer, "l", IRType.P64),
    ("sbuf.ref", Buffer, "ref", IRType.P64),
    ("sbuf.r", Buffer, "r", IRType.P64),
    ("cdata.ctypeid", None, "ctypeid", IRType.U16),
    ("cdata.ptr", None, "ptr", IRType.P64),
    ("cdata.int", None, "int", IRType.INT),
    ("cdata.int64", None, "int64", IRType.I64),
    ("cdata.int64_4", None, "int64_4", IRType.INT),
)

FIELDS: tuple[Field, ...] = tuple(Field(number, *row) for number, row in enumerate(_ROWS))
FIELD_NUMBERS: dict[str, int] = {field.name: field.number for field in FIELDS}

(
    FL_STR_LEN,
    FL_FUNC_ENV,
    FL_FUNC_PC,
    FL_FUNC_FFID,
    FL_THREAD_ENV,
    FL_TAB_META,
    FL_TAB_ARRAY,
    FL_TAB_NODE,
    FL_TAB_ASIZE,
    FL_TAB_HMASK,
    FL_TAB_NOMM,
    FL_UDATA_META,
    FL_UDATA_UDTYPE,
    FL_UDATA_FILE,
    FL_SBUF_W,
    FL_SBUF_E,
    FL_SBUF_B,
    FL_SBUF_L,
    FL_SBUF_REF,
    FL_SBUF_R,
) = range(20)

#: Loaded with nil as the object: masks of ABS and NEG for numbers, default output, metatables of basic
#: types, two by two (`VM.basemt` has them in the same order).
GG_ABS, GG_NEG, GG_OUTPUT = 272, 276, 204
GG_BASEMT = range(174, 204, 2)

assert FIELDS[FL_SBUF_R].name == "sbuf.r" and FIELDS[FL_TAB_NOMM].name == "tab.nomm"
assert len(FIELDS) == 25 and min(GG_ABS, GG_NEG) > len(FIELDS)
