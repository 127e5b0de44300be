"""Replays a recorder's output, taken from LuaJIT, through our optimiser.

`luajit -O0 -O+narrow,+loop,+abc` prints, up to LOOP, the instructions as its recorder emits them: nothing
folded, merged or removed.  `Replay` parses such a listing and emits it through a `TraceBuilder`, then runs
the passes; the result must be the listing that `luajit -O3` prints for the same script.  Both sides are
compared as lines of tokens.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field

from ir.builder import TraceBuilder
from ir.calls import CALL_NUMBERS, CALLS
from ir.fields import FIELD_NUMBERS, FIELDS, FL_TAB_HMASK
from ir.layout import ACCESS, Ptr, Struct
from ir.objects import GCfunc, GCstr, GCtab, TValue
from ir.ops import (
    CONV_ANY,
    CONV_CHECK,
    CONV_DST_SHIFT,
    CONV_INDEX,
    CONV_SEXT,
    FPM_NAMES,
    SLOAD_CONVERT,
    SLOAD_FRAME,
    Op,
)
from ir.passes.alias import was_not_nil
from ir.passes.dce import dce
from ir.passes.flags import ALL, OptFlag
from ir.passes.loop import LoopResult, loop_opt
from ir.passes.scev import Scev
from ir.snapshot import Entry, Snapshot
from ir.trace import Trace
from ir.types import IRType
from ir.values import Ins

TYPES = {type_.name3.strip(): type_ for type_ in IRType}
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"~?|\([^)]*\)|\[0x\w+\]|\S+')
LINE = re.compile(r"(\d{4}) (.)(.) (...) (\w+) *(.*)")
SNAP = re.compile(r"\.\.\.\.\s+SNAP\s+#(\d+)\s+\[ (.*) \]")
SLOAD_FLAGS = {"P": 1, "F": 2, "T": 4, "C": 8, "R": 16, "I": 32, "K": 64}
XLOAD_FLAGS = {"R": 1, "V": 2, "U": 4}
MODES = {"BUFHDR": ("RESET", "APPEND", "WRITE"), "TOSTR": ("INT", "NUM", "CHAR")}


class FakeMemory:
    """A little heap for constants."""

    def __init__(self) -> None:
        self.bytes = bytearray(1 << 17)
        self.top = 64

    def read(self, address: int, size: int) -> bytes:
        return bytes(self.bytes[address : address + size])

    def write(self, address: int, data: bytes) -> None:
        self.bytes[address : address + len(data)] = data

    def allocate(self, size: int) -> int:
        address, self.top = self.top, self.top + -(-size // 16) * 16
        return address


@dataclass
class FakeHeap:
    """Strings and tables of the listing, made up as they appear."""

    memory: FakeMemory = field(default_factory=FakeMemory)
    strings: dict[bytes, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    niltv: int = 0

    def __post_init__(self) -> None:
        ACCESS.memory = self.memory
        self.niltv = self.memory.allocate(8)
        Ptr(TValue, self.niltv).bits = (1 << 64) - 1

    def new(self, struct_: type[Struct], extra: int = 0) -> Ptr:
        return Ptr(struct_, self.memory.allocate(struct_.sizeof() + extra))

    def intern(self, data: bytes) -> int:
        if data not in self.strings:
            string = self.new(GCstr, len(data) + 4)
            string.len = len(data)
            self.memory.write(string.addr + GCstr.sizeof(), data)
            self.strings[data] = string.addr
            self.names[string.addr] = '"' + data.decode() + '"'
        return self.strings[data]

    def table(self, array: list[float | None], hmask: int) -> int:
        """A template: `array[0]` is index 0; the hash part has no keys."""
        table = self.new(GCtab)
        table.hmask = hmask
        table.asize = len(array)
        table.array = Ptr(TValue, self.memory.allocate(8 * len(array) + 8))
        for index, value in enumerate(array):
            (table.array + index).bits = (1 << 64) - 1
            if value is not None:
                (table.array + index).num = value
        node = self.memory.allocate(24 * (hmask + 1))
        self.memory.write(node, b"\xff" * 24 * (hmask + 1))
        table.node = node
        return table.addr

    def function(self) -> int:
        """A function with some upvalues of its own."""
        function = self.new(GCfunc, 128)
        for index in range(16):
            function.uv[index] = function.addr + index
        return function.addr

    def format_number(self, number: float) -> bytes:
        return f"{number:.14g}".encode()

    def parse_number(self, data: bytes) -> float | None:
        return float(data)

    def format_item(self, call: int, spec: int, value: Ins) -> bytes | None:
        return None


@dataclass
class Replay:
    """One listing on its way through the builder."""

    lines: list[str]
    flags: OptFlag = ALL
    template: list[float | None] = field(default_factory=list)
    hmask: int = 0
    constants: dict[str, Ins] = field(default_factory=dict)
    refs: dict[str, Ins] = field(default_factory=dict)
    heap: FakeHeap = field(default_factory=FakeHeap)

    def __post_init__(self) -> None:
        self.trace = Trace()
        self.b = TraceBuilder(self.trace, self.flags, self.heap)
        self.refs["0000"] = self.trace.ins[0]
        self.token_of: dict[Ins, str] = {}
        self.stored_over = False
        self.current = ""
        self.before_hmask = 0

    def run(self) -> list[list[str]]:
        for number, line in enumerate(self.lines):
            if "LOOP ---" in line:
                break
            if match := SNAP.match(line):
                self.snapshot(match[2])
            elif (match := LINE.match(line)) and not self.needless(number, match):
                self.instruction(match)
        self.close()
        return [self.tokens(ins) for ins in self.trace.ins[1:] if ins.op not in (Op.NOP, Op.CARG)]

    def needless(self, number: int, match: re.Match[str]) -> bool:
        """What the recorder leaves out for a store over a value, which without folding it cannot know."""
        following = [LINE.match(line) for line in self.lines[number : number + 4]]
        match match[5]:
            case "TBAR":
                return self.stored_over and not TYPES[LINE.match(self.lines[number - 1])[4].strip()].is_gc
            case "FLOAD" if "tab.meta" in match[0]:
                self.stored_over = any(self.was_not_nil(line) for line in following)
                return self.stored_over
            case "EQ" if "NULL" in match[0] and "tab.meta" in self.lines[number - 1]:
                return self.stored_over
            case "NE" if "[0x" in match[0]:
                return any(self.was_not_nil(line) for line in following)
            case "ASTORE" | "HSTORE":
                self.stored_over = self.was_not_nil(match)
        return False

    def was_not_nil(self, line: re.Match[str] | None) -> bool:
        if line is None or line[5] not in ("ASTORE", "HSTORE"):
            return False
        load = Op.ALOAD if line[5] == "ASTORE" else Op.HLOAD
        return line[6][:4] in self.refs and was_not_nil(self.b, load, self.refs[line[6][:4]])

    def close(self) -> None:
        b = self.b
        b.slots = [None] * 256
        for ins in self.trace.ins:
            if ins.op is Op.SLOAD and b.slots[ins.args[0]] is None:
                b.slots[ins.args[0]] = ins
        last = self.trace.snaps[-1]
        for entry in last.entries:
            b.slots[entry.slot] = entry.ref
        dce(b)
        if self.flags & OptFlag.LOOP:
            assert loop_opt(b, last.nslots) is LoopResult.CLOSED, b.trace

    def snapshot(self, text: str) -> None:
        b, snaps = self.b, self.trace.snaps
        if len(snaps) == 1 and snaps[0].ref == self.trace.nins:
            b.raw(Op.NOP, IRType.NIL)
        slots = [token for token in TOKEN.findall(text) if token != "|"]
        taken = [(slot, token) for slot, token in enumerate(slots) if token != "----"]
        entries = [Entry(slot, self.operand(token, IRType.NUM)) for slot, token in taken]
        snap = Snapshot(self.trace.nins, len(slots), 0, tuple(entries), 0)
        if snaps and snaps[-1].ref == snap.ref:
            snaps.pop()
        snaps.append(snap)
        b.guard_emitted = False

    def instruction(self, match: re.Match[str]) -> None:
        self.current = match[0]
        ref, guard, _, type_name, op_name, rest = match.groups()
        op, type_ = Op[op_name], TYPES[type_name.strip()]
        args = self.arguments(op, type_, TOKEN.findall(rest))
        if op is Op.SLOAD and not args[1] & SLOAD_FRAME:
            self.refs[ref] = self.b.raw(op, type_, *args, guard=guard == ">")
            if args[1] & SLOAD_CONVERT:  # The counter of the loop.
                self.b.scev = Scev(self.refs[ref], start=self.b.kint(1), direction=1)
        elif op.name.startswith("CALL"):
            number = args[0]
            chained = args[1]
            for arg in args[2:]:
                chained = self.b.emit(Op.CARG, IRType.NIL, chained, arg)
            self.refs[ref] = self.b.emit(op, type_, chained, number, guard=guard == ">")
        else:
            if op is Op.FLOAD and args[1] == FL_TAB_HMASK:
                self.before_hmask = self.trace.nins
            self.refs[ref] = self.b.emit(op, type_, *args, guard=guard == ">")
            if op is Op.ADD and args[0] is self.b.scev.idx:
                self.b.scev.idx = self.refs[ref]
            if op is Op.HLOAD and self.refs[ref].ref < self.before_hmask:
                self.b.rollback(self.before_hmask)  # Forwarded: the recorder takes back the guard of HREFK.

    def arguments(self, op: Op, type_: IRType, tokens: list[str]) -> list:
        match op:
            case Op.SLOAD:
                flags = tokens[1] if len(tokens) > 1 else ""
                return [int(tokens[0][1:]), sum(SLOAD_FLAGS[letter] for letter in flags)]
            case Op.TNEW:
                return [int(token[1:]) for token in tokens]
            case Op.FLOAD | Op.FREF:
                literal = tokens[1]
                number = int(literal[1:]) if literal[0] == "#" else FIELD_NUMBERS[literal]
                return [self.operand(tokens[0], IRType.TAB), number]
            case Op.HREFK:
                key = self.operand(tokens[1], IRType.NUM)
                return [self.operand(tokens[0], type_), self.b.kslot(key, int(tokens[2][1:]))]
            case Op.CONV:
                return self.conversion(tokens)
            case Op.FPMATH:
                return [self.operand(tokens[0], type_), FPM_NAMES.index(tokens[1])]
            case Op.BUFHDR | Op.TOSTR:
                source = IRType.INT if tokens[1] != "NUM" else IRType.NUM
                return [self.operand(tokens[0], source), MODES[op.name].index(tokens[1])]
            case Op.XLOAD:
                flags = tokens[1] if len(tokens) > 1 else ""
                return [self.operand(tokens[0], type_), sum(XLOAD_FLAGS[letter] for letter in flags)]
            case Op.UREFO | Op.UREFC:
                return [self.operand(tokens[0], type_), int(tokens[1][1:]) << 8 | int(tokens[1][1:])]
            case Op.CALLN | Op.CALLL | Op.CALLS | Op.CALLA:
                number = CALL_NUMBERS.get(tokens[0], CALL_NUMBERS.get("lj_" + tokens[0], -1))
                words = TOKEN.findall(tokens[1][1:-1])
                types = [IRType.NUM if t is IRType.NUM else IRType.INT for t in CALLS[number].args]
                return [number, *[self.operand(word, t) for word, t in zip(words, types)]]
            case Op.AREF | Op.STRREF | Op.SNEW | Op.ALEN | Op.ABC:
                return [self.operand(token, IRType.INT) for token in tokens]
            case Op.HREF | Op.NEWREF:
                return [self.operand(token, IRType.NUM) for token in tokens]
            case _:
                return [self.operand(token, type_) for token in tokens]

    def conversion(self, tokens: list[str]) -> list:
        dst, src = tokens[1].split(".")
        mode = TYPES[dst] << CONV_DST_SHIFT | TYPES[src]
        for flag in tokens[2:]:
            mode |= {"sext": CONV_SEXT, "none": CONV_ANY, "index": CONV_INDEX, "check": CONV_CHECK}[flag]
        return [self.operand(tokens[0], TYPES[src]), mode]

    def operand(self, token: str, type_: IRType) -> Ins:
        if re.fullmatch(r"\d{4}", token):
            return self.refs[token]
        b = self.b
        match token:
            case "nil" | "false" | "true":
                return b.kpri(IRType[token.upper()])
            case "NULL":
                return b.kptr(0) if type_ is IRType.P64 else b.knull(type_)
            case "bias":
                return b.knum(6755399441055744.0)
        if token.startswith(("+0x", "-0x")):  # A return address, shown as a double.
            return b.kint64(struct.unpack("<q", struct.pack("<d", float.fromhex(token)))[0])
        if token[0] in "+-":
            if type_ in (IRType.P64, IRType.I64):
                return b.kint64(int(token))
            return b.knum(float(token)) if type_ is IRType.NUM else b.kint(int(token))
        if token not in self.constants:
            self.constants[token] = self.constant(token)
        return self.constants[token]

    def constant(self, token: str) -> Ins:
        if token[0] == '"':
            ins = self.b.kstr(token[1:-1].encode())
        elif token[0] == "{":
            ins = self.b.kgc(self.heap.table(self.template, self.hmask), IRType.TAB)
        elif token[0] == "[":
            ins = self.b.kptr(self.heap.memory.allocate(8))
        else:
            ins = self.b.kgc(self.heap.function(), IRType.FUNC)
        self.token_of[ins] = normal(token)
        return ins

    def sunk_as(self, ins: Ins) -> str:
        """What a listing shows for a sunk instruction."""
        if ins.op in (Op.NEWREF, Op.PHI, Op.TNEW, Op.TDUP):
            return "sink"
        return f"{self.trace.sinktags[ins].ref:04d}"

    # Back to tokens.

    def tokens(self, ins: Ins) -> list[str]:
        if ins.op is Op.LOOP:
            return ["LOOP"]
        flags = (">" if ins.guard else "") + ("+" if ins.phi else "")
        head = [f"{ins.ref:04d}", flags, ins.type.name3.strip(), ins.op.name]
        return head + self.shown_args(ins)

    def shown_args(self, ins: Ins) -> list[str]:
        args = ins.args
        match ins.op:
            case Op.SLOAD:
                letters = "".join(name for name, bit in SLOAD_FLAGS.items() if args[1] & bit)
                return [f"#{args[0]}", *([letters] if letters else [])]
            case Op.TNEW:
                return [f"#{arg}" for arg in args]
            case Op.FLOAD | Op.FREF:
                literal = FIELDS[args[1]].name if args[1] < len(FIELDS) else f"#{args[1]}"
                return [self.shown(args[0]), literal]
            case Op.CONV:
                return [self.shown(args[0]), *shown_conversion(args[1])]
            case Op.FPMATH:
                return [self.shown(args[0]), FPM_NAMES[args[1]]]
            case Op.BUFHDR | Op.TOSTR:
                return [self.shown(args[0]), MODES[ins.op.name][args[1]]]
            case Op.XLOAD:
                letters = "".join(name for name, bit in XLOAD_FLAGS.items() if args[1] & bit)
                return [self.shown(args[0]), *([letters] if letters else [])]
            case Op.UREFO | Op.UREFC:
                return [self.shown(args[0]), f"#{args[1] >> 8}"]
            case Op.CALLN | Op.CALLL | Op.CALLS | Op.CALLA:
                return [CALLS[args[1]].name, *self.call_arguments(args[0])]
            case Op.NEG if ins.type is IRType.INT:
                return [self.shown(args[0]), self.shown(args[1])]
            case _:
                return [word for arg in args for word in self.shown(arg).split()]

    def call_arguments(self, ins: Ins) -> list[str]:
        if ins.op is Op.CARG:
            return [*self.call_arguments(ins.args[0]), self.shown(ins.args[1])]
        return [self.shown(ins)]

    def shown(self, ins: Ins) -> str:
        if not ins.is_const:
            return f"{ins.ref:04d}"
        if ins in self.token_of:
            return self.token_of[ins]
        match ins.op:
            case Op.KPRI:
                return ins.type.name.lower()
            case Op.KNULL:
                return "NULL"
            case Op.KSLOT:
                return f"{self.shown(ins.args[0])} @"
            case Op.KNUM:
                return "bias" if ins.args[0] == 6755399441055744.0 else f"{ins.args[0]:+.14g}"
            case Op.KPTR if not ins.args[0]:
                return "NULL"
            case Op.KINT | Op.KINT64:
                return f"{ins.args[0]:+d}"
            case Op.KGC:
                return self.heap.names[ins.args[0]]
        return "[pointer]"


def shown_conversion(mode: int) -> list[str]:
    names = [type_.name3.strip() for type_ in IRType]
    words = [f"{names[mode >> CONV_DST_SHIFT & 31]}.{names[mode & 31]}"]
    if mode & CONV_SEXT:
        words.append("sext")
    check = {1: "none", 2: "index", 3: "check"}.get(mode >> 12)
    return [*words, check] if check else words


def listing_tokens(lines: list[str]) -> list[list[str]]:
    """The instructions of a printed listing, as `Replay.run` gives them."""
    found = []
    for line in lines:
        if "LOOP ---" in line:
            found.append(["LOOP"])
        elif match := LINE.match(line):
            ref, guard, phi, type_name, op, rest = match.groups()
            words = [re.sub(r"^\((.*)\)$", r"\1", word) for word in TOKEN.findall(rest)]
            words = [re.sub(r"^@\d+$", "@", word) for word in " ".join(words).split()]
            words = [normal(word) for word in words]
            flags = guard.strip() + phi.strip()
            found.append([ref, flags, type_name.strip(), op, *words])
    return found


def normal(token: str) -> str:
    """Without addresses."""
    if token.startswith("[0x"):
        return "[pointer]"
    return "{table}" if token.startswith("{0x") else token


def loops(text: str) -> list[list[str]]:
    """Lines of the IR of each looping trace of a dump."""
    traces: list[list[str]] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("---- TRACE"):
            inside = line.endswith(" IR")
            if inside:
                traces.append([])
        elif inside and line:
            traces[-1].append(line)
    return [trace for trace in traces if any("LOOP ---" in line for line in trace)]


assert struct.calcsize("<d") == 8
