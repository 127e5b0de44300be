"""A log as text, byte for byte what LuaJIT's own modules print: `-jdump` in its three forms, and `-jv`.

    print_log(log)                              as the listing it was read from
    print_log(log, Form("dump", "tbis", "A"))   in another form, as far as the log knows what that shows
    DumpText(Form(...)).ir_lines(trace)         one part of a trace

Listings are the tool other people's tools read, so the columns are exact, trailing spaces included:

    0001 >  int SLOAD  #2    CRI           guard, PHI operand, type, opcode, operands
    ....        SNAP   #1   [ ---- ---- 0001 ]

Parts that a trace does not have (None) are left out, as are those whose letter the form does not name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jitvm.model.objects import (
    Aborted,
    Bytecode,
    Call,
    Constant,
    Event,
    Exited,
    Flushed,
    Form,
    Instruction,
    Link,
    Literal,
    Log,
    MachineCode,
    Operand,
    Output,
    Place,
    Recorded,
    Ref,
    Snapshot,
    Started,
    Stopped,
    Trace,
)

#: Whichever of these letters a dump has: it tells of starts and ends.
TRACE_LETTERS = frozenset("tbism")
COMPARISONS = frozenset(
    "ISLT ISGE ISLE ISGT ISEQV ISNEV ISEQS ISNES ISEQN ISNEN ISEQP ISNEP ISTC ISFC IST ISF".split()
)
CONSTANT_WIDTH = 4
PER_LINE = 4
UNKNOWN_PLACE = "(?)"
HIDDEN = frozenset(("NOP", "CARG"))

HTML_HEADER = """\
<style type="text/css">
background { background: #ffffff; color: #000000; }
pre.ljdump {
font-size: 10pt;
background: #f0f4ff;
color: #000000;
border: 1px solid #bfcfff;
padding: 0.5em;
margin-left: 2em;
margin-right: 2em;
}
span.irt_str { color: #00a000; }
span.irt_thr, span.irt_fun { color: #404040; font-weight: bold; }
span.irt_tab { color: #c00000; }
span.irt_udt, span.irt_lud { color: #00c0c0; }
span.irt_num { color: #4040c0; }
span.irt_int, span.irt_i8, span.irt_u8, span.irt_i16, span.irt_u16 { color: #b040b0; }
span.irt_extra { font-style: italic; }
</style>
"""

HTML_START = '<pre class="ljdump">'
#: ANSI colors of types; the others have none.
ANSI_COLORS = {
    "lud": "36", "str": "32", "thr": "1", "fun": "1", "cdt": "33", "tab": "31", "udt": "36", "flt": "34",
    "num": "34", "i8": "35", "u8": "35", "i16": "35", "u16": "35", "int": "35", "u32": "35", "i64": "35",
    "u64": "35", "sfp": "35",
}  # fmt: skip
_ESCAPES = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;"})


def escape_html(text: str) -> str:
    return text.translate(_ESCAPES)


def plain(text: str, type_: str | None, *, extra: bool = False) -> str:
    return text


def ansi(text: str, type_: str | None, *, extra: bool = False) -> str:
    code = ANSI_COLORS.get(type_ or "")
    shown = f"\033[{code}m{text}\033[m" if code else text
    return "\033[3m" + shown if extra else shown


def html(text: str, type_: str | None, *, extra: bool = False) -> str:
    name = f"{type_ or 'nil':<3}" + (" irt_extra" if extra else "")
    return f'<span class="irt_{name}">{escape_html(text)}</span>'


COLORS = {"T": plain, "A": ansi, "H": html}


def print_log(log: Log, form: Form | None = None) -> str:
    """The whole log as text."""
    form = form or log.form
    if form.kind == "verbose":
        return "".join(verbose_lines(log))
    return "".join(DumpText(form).lines(log))


# -jv.


def verbose_lines(log: Log) -> Iterator[str]:
    for event in log.events:
        match event:
            case Stopped(trace=index):
                yield verbose_stop(log.traces[index])
            case Aborted(trace=index):
                yield verbose_abort(log.traces[index])
            case Flushed():
                yield "[TRACE flush]\n"
            case Output(text=text):
                yield text
            case Started() | Recorded() | Exited():
                continue


def _verbose_start(trace: Trace) -> str:
    origin = f"({trace.origin}) " if trace.origin is not None else ""
    return f"{origin}{place_text(trace.start)}"


def verbose_stop(trace: Trace) -> str:
    link = trace.link
    assert link is not None, trace.number
    if link.type == "interpreter":
        tail = "-- fallback to interpreter"
    elif link.type == "stitch":
        tail = f"stitch {place_text(trace.end)}"
    else:
        tail = link_text(trace.number, link, arrow="-> ")
    return f"[TRACE {trace.number or 0:>3} {_verbose_start(trace)} {tail}]\n"


def verbose_abort(trace: Trace) -> str:
    abort = trace.abort
    assert abort is not None, trace.number
    at = f" at {abort.place}" if abort.place != trace.start else ""
    return f"[TRACE --- {_verbose_start(trace)} -- {abort.reason}{at}]\n"


def place_text(place: Place | None) -> str:
    return UNKNOWN_PLACE if place is None else str(place)


def link_text(number: int | None, link: Link, *, arrow: str = "") -> str:
    """Where a finished trace goes on."""
    if link.target in (number, 0):
        return link.type
    if link.type == "root":
        return f"{arrow}{link.target}"
    return f"{arrow}{link.target} {link.type}"


# -jdump.


class DumpText:
    """Formats in one form."""

    def __init__(self, form: Form) -> None:
        self.letters = frozenset(form.letters)
        self.color = COLORS[form.color]
        self.is_html = form.color == "H"

    def lines(self, log: Log) -> Iterator[str]:
        yield self.header()
        shown: dict[int, int] = {}
        for event in log.events:
            if isinstance(event, Recorded):
                first = shown.get(event.trace, 0)
                last = shown[event.trace] = first + event.count
                if "b" in self.letters:
                    recorded = log.traces[event.trace].bytecode or ()
                    before = recorded[first - 1] if 0 < first <= len(recorded) else None
                    yield from bytecode_lines(recorded[first:last], before, html=self.is_html)
            else:
                yield self.event(log, event)

    def header(self) -> str:
        return HTML_HEADER if self.is_html else ""

    def event(self, log: Log, event: Event) -> str:
        """The text of anything but bytecodes."""
        tells = self.letters & TRACE_LETTERS
        match event:
            case Started(trace=index) if tells:
                return self.start(log.traces[index])
            case Stopped(trace=index) if tells:
                return self.stop(log.traces[index])
            case Aborted(trace=index) if tells:
                return self.abort(log.traces[index])
            case Flushed() if tells:
                return "---- TRACE flush\n\n"
            case Exited() if self.letters & frozenset("xX"):
                return "".join(self.exit_lines(event))
            case Output(text=text):
                return text
            case _:
                return ""

    # Events.

    def start(self, trace: Trace) -> str:
        head = f"{HTML_START}\n" if self.is_html else ""
        origin = f" {trace.origin}" if trace.origin is not None else ""
        return f"{head}---- TRACE {trace.number} start{origin} {place_text(trace.start)}\n"

    def stop(self, trace: Trace) -> str:
        assert trace.link is not None, trace.number
        contents = "".join(self.contents(trace))
        target = link_text(trace.number, trace.link)
        return f"{contents}---- TRACE {trace.number} stop -> {target}\n{self._end()}"

    def abort(self, trace: Trace) -> str:
        abort = trace.abort
        assert abort is not None, trace.number
        contents = "".join(self.contents(trace)) if "a" in self.letters else ""
        return f"{contents}---- TRACE {trace.number} abort {abort.place} -- {abort.reason}\n{self._end()}"

    def _end(self) -> str:
        return "</pre>\n\n" if self.is_html else "\n"

    def exit_lines(self, event: Exited) -> Iterator[str]:
        yield f"---- TRACE {event.number} exit {event.exit}\n"
        if "X" not in self.letters:
            return
        for first in range(0, len(event.integers), PER_LINE):
            yield "".join(f" {value:016x}" for value in event.integers[first : first + PER_LINE]) + "\n"
        for first in range(0, len(event.floats), PER_LINE):
            yield "".join(f" {value:>17}" for value in event.floats[first : first + PER_LINE]) + "\n"

    # Contents.

    def contents(self, trace: Trace) -> Iterator[str]:
        """IR, snapshots and machine code."""
        if "i" in self.letters and trace.ir is not None:
            yield f"---- TRACE {trace.number} IR\n"
            yield from self.ir_lines(trace)
        elif "s" in self.letters and trace.snapshots is not None:
            yield f"---- TRACE {trace.number} snapshots\n"
            for snap in trace.snapshots:
                yield self.snapshot_alone(snap)
        if "m" in self.letters and trace.code is not None:
            yield f"---- TRACE {trace.number} mcode {trace.code.size}\n"
            yield from code_lines(trace.code)

    def ir_lines(self, trace: Trace) -> Iterator[str]:
        """All instructions, with the snapshots between them if wanted.

        As in LuaJIT, a snapshot stands before the first instruction from its own on, shown or not, that has
        none before it yet."""
        registers = trace.registers and "r" in self.letters
        snapshots = list(trace.snapshots or ()) if "s" in self.letters else []
        snapshots.reverse()
        number = 0
        for ins in trace.ir or ():
            while snapshots and max(number + 1, snapshots[-1].ref) <= ins.number:
                number = max(number + 1, snapshots[-1].ref)
                yield self.snapshot_between(snapshots.pop(), registers=registers)
            number = ins.number
            yield self.instruction(ins, registers=registers)
        for snap in reversed(snapshots):
            yield self.snapshot_between(snap, registers=registers)

    def instruction(self, ins: Instruction, *, registers: bool) -> str:
        """One line; empty for what listings leave out."""
        if ins.op == "LOOP":
            return f"{ins.number:04d} {'------' if registers else ''}------ LOOP ------------\n"
        if ins.op in HIDDEN or (ins.op == "RENAME" and not registers):
            return ""
        where = f"{ins.register or '':<6}" if registers else ""
        guard = "}" if ins.sunk else (">" if ins.guard else " ")
        type_ = self.color(f"{ins.type:<3}", ins.type)
        head = f"{ins.number:04d} {where}{guard}{'+' if ins.phi else ' '} {type_} {ins.op:<6} "
        return head + self.operands(ins) + "\n"

    def operands(self, ins: Instruction) -> str:
        if ins.op == "CONV" and len(ins.operands) == 2 and isinstance(ins.operands[1], Literal):
            return f"{self.operand(ins.operands[0])}  {self._conversion(ins.operands[1].text)}"
        return "  ".join([self.operand(operand) for operand in ins.operands])

    def _conversion(self, text: str) -> str:
        """`num.int sext`: both types in color."""
        target, source, rest = text[:3], text[4:7], text[7:]
        return f"{self.color(target, target.strip())}.{self.color(source, source.strip())}{rest}"

    def operand(self, operand: Operand) -> str:
        match operand:
            case Ref(number=number):
                return f"{number:04d}"
            case Literal(text=text):
                return f"{text:<4}" if text.startswith("#") else text
            case Constant():
                return self.constant(operand)
            case Call():
                return self._call(operand)

    def constant(self, constant: Constant, *, extra: bool = False) -> str:
        text = self.color(f"{constant.text:<{CONSTANT_WIDTH}}", constant.type, extra=extra)
        return text if constant.slot is None else f"{text} @{constant.slot}"

    def _call(self, call: Call) -> str:
        arguments = " ".join([self.operand(argument) for argument in call.arguments])
        if call.function[:1] == "[" or call.function[:1].isdigit():
            head = call.function if call.function[:1] == "[" else f"{call.function} "
        else:
            head = f"{call.function:<10}  "
        tail = f" ctype {self.constant(call.ctype)}" if call.ctype is not None else ""
        return f"{head}({arguments}){tail}"

    # Snapshots.

    def snapshot_between(self, snap: Snapshot, *, registers: bool) -> str:
        gap = "....              SNAP   #" if registers else "....        SNAP   #"
        return f"{gap}{snap.number:<3} [ {self.slots(snap)}"

    def snapshot_alone(self, snap: Snapshot) -> str:
        return f"#{snap.number:<3} {snap.ref:04d} [ {self.slots(snap)}"

    def slots(self, snap: Snapshot) -> str:
        """The slots, closing bracket included."""
        parts = []
        for slot in snap.slots:
            if slot is None:
                parts.append("---- ")
                continue
            if slot.value is None:
                text = "----"
            elif isinstance(slot.value, Ref):
                text = self.color(f"{slot.value.number:04d}", slot.type, extra=slot.keyindex)
            else:
                text = self.constant(slot.value, extra=slot.keyindex)
            parts.append(text + ("|" if slot.frame else " "))
        return "".join(parts) + "]\n"


def bytecode_lines(
    recorded: Sequence[Bytecode], before: Bytecode | None = None, *, html: bool = False
) -> Iterator[str]:
    """Bytecodes, of which the first was recorded after `before`."""
    for code in recorded:
        # LuaJIT's HTML does not escape the jump behind a comparison.
        raw = not html or (before is not None and before.op in COMPARISONS)
        line = bytecode_text(code)
        yield line if raw else _escaped_code(line, code.function)
        before = code


def _escaped_code(line: str, function: str | None) -> str:
    """HTML of a line, but for the name of a function that is entered."""
    tail = f"; {function}\n" if function is not None else ""
    return escape_html(line.removesuffix(tail)) + tail


def bytecode_text(code: Bytecode) -> str:
    """One line, as LuaJIT's bytecode lister has it."""
    a = "" if code.a is None else str(code.a)
    line = f"{code.pc:04d} {' .' * code.depth} {code.op:<6} {a:>3} "
    if code.target is not None:
        line += f"=> {code.target:04d}"
    elif code.operands:
        line += " ".join([f"{operand:3d}" for operand in code.operands])
    if code.comment is not None:
        line += f"{'  ' if len(code.operands) > 1 else '      '}; {code.comment}"
    if code.function is not None:
        line += f"         ; {code.function}"
    return line + "\n"


def code_lines(code: MachineCode) -> Iterator[str]:
    for index, ins in enumerate(code.instructions):
        if index == code.loop:
            yield "->LOOP:\n"
        target = f"\t->{ins.target}" if ins.target is not None else ""
        yield f"{ins.address:08x}  {ins.text}{target}\n"
    if code.loop == len(code.instructions):
        yield "->LOOP:\n"
