"""The registry of fold rules and the choice of those that may apply.

A rule is a function; its name is the rule's name, its patterns are rows of the decorator:

    @fold("ADD any KINT", "ADDOV any KINT", "SUBOV any KINT")
    def simplify_intadd_k(b, ins, left, right):
        '''i o 0  =>  i'''
        return left if right.args[0] == 0 else None

A pattern names the opcode of the instruction and those of its operands; `any` matches everything.  A
literal second operand is written as listings print it: `FLOAD any tab.asize`, `CONV CONV num.int`.
The candidate `ins` is not part of the trace yet; `left` and `right` are its operands.

A rule returns the value to use instead, `DROPPED` for a guard that always holds, or None: it does not apply.
What it builds through `b.emit` is folded again.  Rules are tried from the most specific pattern to the least:
both operands, right only, left only, none; at most one rule stands at each level.  When all decline, the
instruction goes on to CSE.

Laws for rules.  The type of the result is that of the instruction.  No new instruction may take an operand
*through* a loop-carried value (`left.phi`), since that would need another PHI; returning an existing
instruction is fine.  Every rule makes things smaller or simpler in one fixed direction, so that folding ends.
"""

from __future__ import annotations

from collections.abc import Callable

from ir.calls import CALL_NUMBERS
from ir.fields import FIELD_NUMBERS
from ir.ops import CONV_DST_SHIFT, FPM_NAMES, Op
from ir.record import dataclass
from ir.types import IRType
from ir.values import Ins

RuleFunction = Callable[..., Ins | None]

#: Wildcard of a pattern.
ANY = -1
#: Key bits of a literal operand: the field, call or conversion without its check mode.
LITERAL_MASK = 0x3FF

#: What `emit` returns for a guard that was proved; it is never an operand.
DROPPED = Ins(Op.NOP, IRType.NIL)


@dataclass(eq=False, slots=True)
class Rule:
    """One named rule and how often it applied."""

    name: str
    patterns: tuple[str, ...]
    function: RuleFunction
    fired: int = 0


RULES: dict[str, Rule] = {}
_BY_KEY: dict[tuple[Op, int, int], Rule] = {}


def fold(*patterns: str) -> Callable[[RuleFunction], RuleFunction]:
    """Register the function as the rule for these patterns."""

    def add(function: RuleFunction) -> RuleFunction:
        name = function.__name__
        assert name not in RULES, f"two rules are named {name}"
        rule = RULES[name] = Rule(name, patterns, function)
        for pattern in patterns:
            key = _parse(pattern)
            assert key not in _BY_KEY, f"{name} and {_BY_KEY[key].name} both claim {pattern}"
            _BY_KEY[key] = rule
        return function

    return add


def rules_for(op: Op, left: int, right: int) -> tuple[Rule, ...]:
    """Rules for an instruction with these operand keys (opcodes or literals), most specific first."""
    found: list[Rule] = []
    for key in ((op, left, right), (op, ANY, right), (op, left, ANY), (op, ANY, ANY)):
        rule = _BY_KEY.get(key)
        if rule is not None and rule not in found:
            found.append(rule)
    return tuple(found)


def _parse(pattern: str) -> tuple[Op, int, int]:
    op, left, right = (pattern.split() + ["any", "any"])[:3]
    return Op[op], _operand(Op[op], left), _operand(Op[op], right)


def _operand(op: Op, word: str) -> int:
    if word == "any":
        return ANY
    if word in Op.__members__:
        return Op[word]
    match op:
        case Op.FLOAD:
            return FIELD_NUMBERS[word]
        case Op.FPMATH:
            return FPM_NAMES.index(word)
        case Op.CONV:
            return conversion(word)
        case Op.CALLN | Op.CALLL | Op.CALLS | Op.CALLA:
            return CALL_NUMBERS[word]
    raise AssertionError(f"{op.name} has no literal {word}")


def conversion(word: str) -> int:
    """The literal of CONV for `destination.source`, as listings print it."""
    dst, src = word.split(".")
    return (_TYPES[dst] << CONV_DST_SHIFT) | _TYPES[src]


_TYPES = {member.name3.strip(): member for member in IRType}
