"""Table constructors.

    {1, 2, x = 3, f()}     TDUP of {1, 2, x = 3}, call f, TSETM from index 3
    {}                     TNEW
    {[k] = v}              TNEW, TSETV

The table starts as a TNEW whose sizes are filled in at the end; the first constant field turns it into a
TDUP of a template.  A named field with a value that is not constant is also put into the template, without
a value, so that storing it does not grow the table.  The result may stay relocatable if nothing was stored.
"""

from __future__ import annotations

from jitvm.front.bytecode import BC, ins_ad
from jitvm.front.expr import (
    CALL,
    FALSE,
    NIL,
    NONRELOC,
    NUMBER,
    RELOC,
    STRING,
    TRUE,
    Exp,
    index,
    store,
    to_any_reg,
    to_value,
)
from jitvm.front.expressions import expression
from jitvm.front.proto import CDataConst, Constant, TemplateTable
from jitvm.front.state import MAX_LEVEL, ParseState, operand
from jitvm.front.template import Key, TemplateBuilder, hash_bits
from jitvm.front.tokens import (
    CH_ASSIGN,
    CH_BRACE,
    CH_BRACE_END,
    CH_BRACKET,
    CH_BRACKET_END,
    CH_COMMA,
    CH_SEMICOLON,
    TK_GOTO,
    TK_NAME,
    TK_NUMBER,
    TK_STRING,
)

TNEW, TDUP, TSETM = int(BC.TNEW), int(BC.TDUP), int(BC.TSETM)
ARRAY_BITS = 11            # of TNEW's operand; the rest are the bits of the hash part
MAX_ARRAY = (1 << ARRAY_BITS) - 1
MIN_ARRAY = 3
TSETM_BIAS = 2.0 ** 52     # makes the index of TSETM the low word of a number
FEW_ITEMS = 256            # beyond, a positional key takes a register
NAMES = frozenset((TK_NAME, TK_GOTO))
LITERALS = frozenset((TK_NUMBER, TK_STRING))
FIELD_ENDS = frozenset((CH_COMMA, CH_SEMICOLON, CH_BRACE_END))
CONSTANTS = {NIL: None, FALSE: False, TRUE: True}


class Constructor:
    """A table constructor while its fields are read."""

    __slots__ = ("builder", "e", "fs", "items", "named", "needs_array", "open_call", "p", "pc",
                 "template", "top")

    def __init__(self, p: ParseState) -> None:
        fs = p.fs
        self.p = p
        self.fs = fs
        self.pc = fs.emit(ins_ad(TNEW, fs.freereg, 0))
        self.e = Exp(NONRELOC, fs.freereg)
        fs.reserve(1)
        self.top = fs.freereg
        self.items = 1              # index of the next positional field
        self.named = 0
        self.needs_array = False
        self.open_call = False      # the last field takes all results of a call
        self.template: TemplateTable | None = None
        self.builder = TemplateBuilder(0, 0)

    def field(self) -> None:
        p, lexer = self.p, self.p.lexer
        if lexer.tok in LITERALS and lexer.follows() in FIELD_ENDS and p.level < MAX_LEVEL - 1:
            value = lexer.value
            if not isinstance(value, CDataConst):
                self._literal(value)
                return
        self._general_field()

    def _literal(self, value: Constant) -> None:
        """A number or string alone, as long lists have them."""
        self.open_call = False
        self.needs_array = True
        key = float(self.items)
        self.items += 1
        self._template_builder().set(key, value)
        self.p.lexer.next()

    def _general_field(self) -> None:
        key = self._key()
        value = expression(self.p)
        fs = self.fs
        fixed = value.is_plain_constant
        if key.is_constant and key.kind != NIL and (key.kind == STRING or fixed):
            builder = self._template_builder()
            self.open_call = False
            if fixed:
                builder.set(_key_value(key), _value(value))
                fs.freereg = self.top
                return
            builder.reserve(_key_value(key))
        if value.kind != CALL:
            to_any_reg(fs, value)
            self.open_call = False
        if key.is_constant:
            index(fs, self.e, key)
        store(fs, self.e, value)
        fs.freereg = self.top

    def _key(self) -> Exp:
        p, tok = self.p, self.p.lexer.tok
        self.open_call = False
        if tok == CH_BRACKET:
            p.lexer.next()
            key = expression(p)
            to_value(self.fs, key)
            p.expect(CH_BRACKET_END)
            if not key.is_constant:
                index(self.fs, self.e, key)
            if key.kind == NUMBER and key.number() == 0.0:
                self.needs_array = True
            else:
                self.named += 1
            p.expect(CH_ASSIGN)
            return key
        if tok in NAMES and p.lexer.peek() == CH_ASSIGN:
            key = Exp(STRING, 0, 0, p.name())
            p.expect(CH_ASSIGN)
            self.named += 1
            return key
        key = Exp(NUMBER, 0, 0, float(self.items))
        self.items += 1
        self.needs_array = self.open_call = True
        return key

    def _template_builder(self) -> TemplateBuilder:
        if self.template is None:
            self.template = TemplateTable()
            self.builder = TemplateBuilder(self.items if self.needs_array else 0, hash_bits(self.named))
            self.fs.code[self.pc] = ins_ad(TDUP, self.top - 1, self.fs.const_object(self.template))
        return self.builder

    def finish(self) -> Exp:
        fs, e = self.fs, self.e
        if self.open_call:
            self._store_all()
        if self.pc == fs.pc - 1:
            e.info = self.pc
            fs.freereg -= 1
            e.kind = RELOC
        else:
            e.kind = NONRELOC
        if self.template is not None:
            if self.needs_array:
                self.builder.grow_array(self.items)
            self.builder.finish(self.template)
        else:
            size = min(max(self.items, MIN_ARRAY), MAX_ARRAY) if self.needs_array else 0
            fs.set_d(self.pc, size | hash_bits(self.named) << ARRAY_BITS)
        return e

    def _store_all(self) -> None:
        """Replaces the store of the last call's first result by one of all its results."""
        fs = self.fs
        if self.items > FEW_ITEMS:
            fs.drop_last()
        fs.code[-1] = ins_ad(TSETM, self.top, fs.const_num(TSETM_BIAS + (self.items - 1)))
        fs.set_b(fs.pc - 2, 0)


@operand(CH_BRACE)
def constructor(p: ParseState) -> Exp:
    line = p.lexer.line
    table = Constructor(p)
    p.expect(CH_BRACE)
    while p.lexer.tok != CH_BRACE_END:
        table.field()
        if not p.accept(CH_COMMA) and not p.accept(CH_SEMICOLON):
            break
    p.close(CH_BRACE_END, CH_BRACE, line)
    return table.finish()


def _value(e: Exp) -> Constant:
    if e.kind == STRING:
        return e.string()
    return e.number() if e.kind == NUMBER else CONSTANTS[e.kind]


def _key_value(e: Exp) -> Key:
    value = _value(e)
    assert value is not None
    return value
