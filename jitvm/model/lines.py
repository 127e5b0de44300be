"""Lines of a listing, read: bytecodes, instructions, snapshots, machine code.

    LineReader("T").instruction("0002  + int ADD    0001  +1  ")
        Instruction(2, "ADD", "int", (Ref(1), Constant("+1")), phi=True, register=None)

Colors are taken off first: what they tell about types is kept as spans of the plain text.  Where a line can
be read in two ways (strings contain quotes and blanks, and are not escaped), the shortest operand is taken.

Invariant: what is returned prints as the line it was read from; a line for which that cannot be had is
refused.  Not here: what lines belong together (`jitvm.model.reader`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from ir.ops import Op
from jitvm.model.objects import (
    Bytecode,
    Call,
    Constant,
    Form,
    Instruction,
    Literal,
    MachineInstruction,
    Operand,
    Ref,
    Snapshot,
    SnapshotSlot,
)
from jitvm.model.printer import DumpText, bytecode_text

TYPES = (
    "nil fal tru lud str p32 thr pro fun p64 cdt tab udt flt num i8 u8 i16 u16 int u32 i64 u64 sfp"
).split()
_TYPE = "|".join(f"{name:<3}" for name in TYPES)
_HEAD = re.compile(rf"(\d{{4,18}}) (?:(.{{6,}}?))??([ >}}])([ +]) ({_TYPE}) ([A-Z0-9]+) +")
_LOOP = re.compile(r"(\d{4,18}) (------)?------ LOOP ------------$")
_BETWEEN = re.compile(r"\.\.\.\.        (      )?SNAP   #(\d{1,18}) *\[ ")
_ALONE = re.compile(r"#(\d{1,18}) +(\d{4,18}) \[ ")
_CODE = re.compile(r"([0-9a-f]{8,16})  ([^\t]*)(?:\t->(.*))?$")
_BYTECODE = re.compile(r"(\d{4,18}) ((?: \.)*) ([A-Z][A-Z0-9 ]{5}) ( {3}|[ \d]{2}\d) ")
BYTECODE_START = re.compile(r"\d{4,} (?: \.)* [A-Z]")
_OPERANDS = re.compile(r"(?:=> (\d{1,18})|( *-?\d{1,18})(?: ( *-?\d{1,18}))?)?")

_ANSI_SPAN = re.compile(r"(\033\[3m)?\033\[(\d+)m(.*?)\033\[m")
_HTML_SPAN = re.compile(r'<span class="irt_(.{2,3}?)( irt_extra)?">(.*?)</span>')
#: Types that share a color are told apart by how their constants look.
_ANSI_TYPES = {"36": "lud", "32": "str", "1": "fun", "33": "cdt", "31": "tab", "34": "num", "35": "int"}
_LOOKS = {"userdata:": "udt", "thread:": "thr"}

_NUMBER = r"[+-]\d+(?:\.\d+)?(?:e[+-]\d+)?|[+-]0x[0-9a-f.]+p[+-]\d+|[+-]?inf|[+-]?nan|bias|contpc|ftsz"
#: Constants by how they look, with the type that tells; what remains are names of functions.
_CONSTANTS: tuple[tuple[str, str | None], ...] = (
    (_NUMBER, None),
    (r'"[^"]*"~?', "str"),
    (r"\{[^}]*\}", "tab"),
    (r"\[0x[0-9a-f]+\]|\[?NULL\]?", "p64"),
    ("nil", "nil"),
    ("false", "fal"),
    ("true", "tru"),
    (r"userdata:\S+", "udt"),
    (r"thread: \S+", "thr"),
    (r"proto: \S+", "pro"),
    (r"trace: \S+", "p64"),
    (r"(?:cdata|ctype)<.*?>(?:: \S+)?", "cdt"),
    (r'".*?"~?', "str"),
    (r".*?:\d+", "fun"),
    (r"[^ ]+?", "fun"),
    (r".+?", "fun"),
)


@dataclass(frozen=True, slots=True)
class Follow:
    """What may stand behind an operand, and the patterns of constants that it ends."""

    pattern: re.Pattern[str]
    constants: tuple[tuple[re.Pattern[str], str | None], ...]


def _follow(pattern: str) -> Follow:
    ended = tuple([(re.compile(f"(?:{text})(?={pattern})"), type_) for text, type_ in _CONSTANTS])
    return Follow(re.compile(pattern), ended)


#: Ends of the first operand of two, of the last one, of an argument, of a slot of a snapshot.
FIRST, LAST = _follow(r"(?: @\d+)?(?:  |$)"), _follow(r"(?: @\d+)?$")
ARGUMENT, SLOT = _follow(r" |\)$|\) ctype "), _follow(r"[ |]")
_SHORT = tuple([(re.compile(text), type_) for text, type_ in _CONSTANTS])
_REF = re.compile(r"\d{4,18}")
_NODE = re.compile(r" @(\d{1,18})")
_CALLEE = re.compile(r"(\[0x[0-9a-f]+\])\(|(\d{4,}) \(|(\S+) *  \(")
#: Width of the smallest operand.
CELL = 4
_MODES = {op.name: op.modes for op in Op}


class BadLine(ValueError):
    """A line that is not what it should be, and at which index."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message, column)
        self.message, self.column = message, column


@dataclass(frozen=True, slots=True)
class Span:
    """A colored part of a line."""

    end: int
    type: str
    extra: bool


def without_colors(line: str, color: str) -> tuple[str, dict[int, Span]]:
    """The plain text, and by their beginnings in it what was colored."""
    if color == "T":
        return line, {}
    pattern = _ANSI_SPAN if color == "A" else _HTML_SPAN
    parts: list[str] = []
    spans: dict[int, Span] = {}
    at = length = 0
    for match in pattern.finditer(line):
        before = line[at : match.start()]
        if color == "A":
            text, type_, extra = match[3], _ANSI_TYPES.get(match[2], "nil"), bool(match[1])
        else:
            text, type_, extra = unescape(match[3]), match[1].strip(), bool(match[2])
        parts += before, text
        spans[length + len(before)] = Span(length + len(before) + len(text), type_, extra)
        length += len(before) + len(text)
        at = match.end()
    parts.append(line[at:])
    return "".join(parts), spans


class LineReader:
    """Reads the lines of listings in one color."""

    def __init__(self, color: str) -> None:
        self.color = color
        self.printer = DumpText(Form("dump", "tbisrmX", color))

    # Instructions.

    def instruction(self, line: str) -> Instruction:
        text, spans = without_colors(line, self.color)
        loop = _LOOP.match(text)
        if loop is not None:
            ins = Instruction(int(loop[1]), "LOOP", "nil", guard=True, register="" if loop[2] else None)
        else:
            ins = self._instruction(text, spans)
        shown = self.printer.instruction(ins, registers=ins.register is not None)
        self._check(shown, line, "this instruction")
        return ins

    def _instruction(self, text: str, spans: dict[int, Span]) -> Instruction:
        head = _HEAD.match(text)
        if head is None:
            raise BadLine("an instruction was expected", 0)
        op = head[6]
        try:
            operands = tuple(_Operands(text, spans).of(op, head.end()))
        except IndexError:
            raise BadLine(f"these are no operands of {op}", head.end()) from None
        return Instruction(
            int(head[1]),
            op,
            head[5].strip(),
            operands,
            guard=head[3] == ">",
            phi=head[4] == "+",
            sunk=head[3] == "}",
            register=head[2].rstrip() if head[2] is not None else None,
        )

    # Snapshots.

    def snapshot(self, line: str) -> tuple[Snapshot, bool]:
        """A snapshot between instructions, its `ref` not known; and whether there are registers."""
        text, spans = without_colors(line, self.color)
        head = _BETWEEN.match(text)
        if head is None:
            raise BadLine("a snapshot was expected", 0)
        snap = Snapshot(int(head[2]), 0, tuple(_Operands(text, spans).slots(head.end())))
        registers = head[1] is not None
        self._check(self.printer.snapshot_between(snap, registers=registers), line, "this snapshot")
        return snap, registers

    def lone_snapshot(self, line: str) -> Snapshot:
        """A snapshot of a listing without instructions."""
        text, spans = without_colors(line, self.color)
        head = _ALONE.match(text)
        if head is None:
            raise BadLine("a snapshot was expected", 0)
        snap = Snapshot(int(head[1]), int(head[2]), tuple(_Operands(text, spans).slots(head.end())))
        self._check(self.printer.snapshot_alone(snap), line, "this snapshot")
        return snap

    # Bytecode and machine code.

    def bytecode(self, line: str) -> Bytecode:
        """The line as text: HTML escapes have been undone."""
        head = _BYTECODE.match(line)
        if head is None:
            raise BadLine("a bytecode was expected", 0)
        depth, a = len(head[2]) // 2, int(head[4]) if head[4].strip() else None
        rest = _OPERANDS.match(line, head.end())
        assert rest is not None
        numbers = tuple([int(number) for number in rest.groups()[1:] if number is not None])
        comment, function = _remark(line[rest.end() :], numbers)
        target = None if rest[1] is None else int(rest[1])
        code = Bytecode(int(head[1]), head[3].rstrip(), a, numbers, target, comment, function, depth)
        self._check(bytecode_text(code), line, "this bytecode")
        return code

    def machine_instruction(self, line: str) -> MachineInstruction:
        match = _CODE.match(line)
        if match is None:
            raise BadLine("a machine instruction was expected", 0)
        if f"{int(match[1], 16):08x}" != match[1]:
            raise BadLine("this is no address", 0)
        return MachineInstruction(int(match[1], 16), match[2], match[3])

    def _check(self, shown: str, line: str, what: str) -> None:
        if shown == line + "\n":
            return
        same = next((at for at, pair in enumerate(zip(shown, line)) if pair[0] != pair[1]), len(line))
        raise BadLine(f"{what} is cut off or written in a way that LuaJIT does not write it", same)


def _remark(rest: str, numbers: tuple[int, ...]) -> tuple[str | None, str | None]:
    """What stands behind a semicolon: a constant or name, or the function that is entered."""
    if rest.startswith("         ; "):
        return None, rest[11:]
    gap = "  ; " if len(numbers) > 1 else "      ; "
    return (rest[len(gap) :], None) if rest.startswith(gap) else (None, None)


class _Operands:
    """Reads operands off a plain line."""

    def __init__(self, text: str, spans: dict[int, Span]) -> None:
        self.text, self.spans = text, spans

    def of(self, op: str, at: int) -> list[Operand]:
        """All operands of an instruction, which begin at `at`."""
        text = self.text
        if op.startswith("CALL"):
            return [self._call(at)]
        if at >= len(text):
            return []
        first: Operand
        if text[at] == "#":
            end = text.find(" ", at)
            end = max(end if end >= 0 else len(text), at + CELL)
            first = Literal(text[at:end].rstrip())
        else:
            first, end = self.value(at, FIRST)
        if end >= len(text):
            return [first]
        end += 2
        if _MODES.get(op, ("ref", "ref"))[1:] == ("lit",) or text[end : end + 1] == "#":
            rest = text[end:]
            return [first, Literal(rest.rstrip() if rest.startswith("#") else rest)]
        return [first, self.value(end, LAST)[0]]

    def value(self, at: int, follow: Follow) -> tuple[Ref | Constant, int]:
        """A reference or constant at `at`, and where it ends."""
        text, span = self.text, self.spans.get(at)
        ref = _REF.match(text, at)
        if ref is not None and follow.pattern.match(text, ref.end()):
            return Ref(int(ref[0])), ref.end()
        if span is not None:
            shown, end = _unpadded(text[at : span.end]), span.end
            type_: str | None = _type_in(text, at, span)
        else:
            shown, end, type_ = self._constant(at, follow)
        node = _NODE.match(text, end) if follow is FIRST or follow is LAST else None
        if node is not None:
            end = node.end()
        if not follow.pattern.match(text, end):
            raise BadLine("this is no operand", at)
        return Constant(shown, type_, None, int(node[1]) if node is not None else None), end

    def _constant(self, at: int, follow: Follow) -> tuple[str, int, str | None]:
        """Text, end (padding included) and type."""
        text = self.text
        cell = text[at : at + CELL]
        if cell.endswith(" ") and len(cell) == CELL and follow.pattern.match(text, at + CELL):
            for pattern, type_ in _SHORT:
                if pattern.fullmatch(cell.rstrip(" ")):
                    return cell.rstrip(" "), at + CELL, type_
        for pattern, type_ in follow.constants:
            match = pattern.match(text, at)
            if match is not None:
                return match[0], match.end(), type_
        raise BadLine("an operand was expected", at)

    def _call(self, at: int) -> Call:
        text = self.text
        head = _CALLEE.match(text, at)
        if head is None:
            raise BadLine("the name of a function was expected", at)
        arguments: list[Ref | Constant] = []
        at = head.end()
        while text[at : at + 1] != ")":
            argument, at = self.value(at, ARGUMENT)
            arguments.append(argument)
            if text[at : at + 1] == " ":
                at += 1
        ctype = None
        if text.startswith(") ctype ", at):
            value, _ = self.value(at + 8, LAST)
            ctype = value if isinstance(value, Constant) else None
        return Call(head[1] or head[2] or head[3], tuple(arguments), ctype)

    def slots(self, at: int) -> list[SnapshotSlot | None]:
        """The slots of a snapshot, from behind the bracket on."""
        text = self.text
        found: list[SnapshotSlot | None] = []
        while not text.startswith("]", at) or len(text) > at + 1:
            if at >= len(text):
                raise BadLine("the snapshot ends early", at)
            span = self.spans.get(at)
            if text.startswith("----", at) and span is None:
                frame = text.startswith("|", at + CELL)
                found.append(SnapshotSlot(None, frame=True) if frame else None)
                at += CELL + 1
                continue
            value, end = self.value(at, SLOT)
            type_ = span.type if span is not None else (value.type if isinstance(value, Constant) else None)
            extra = span is not None and span.extra
            found.append(SnapshotSlot(value, type_, text[end] == "|", extra))
            at = end + 1
        return found


def _unpadded(shown: str) -> str:
    return shown.rstrip(" ") if len(shown) == CELL else shown


def _type_in(text: str, at: int, span: Span) -> str:
    """The type of a colored constant."""
    for look, type_ in _LOOKS.items():
        if span.type in ("lud", "fun") and text.startswith(look, at):
            return type_
    return span.type
