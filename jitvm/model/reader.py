"""Listings read: the text of `-jdump`, in any of its forms and with any of its letters, or of `-jv`.

    log = read_listing(path.read_bytes())       a `Log`
    print_log(log) == the same text

What the program printed between the lines of a listing is kept as `Output`; where it stands in the middle of
IR or machine code, or where a line of a listing is cut off, the listing is refused with line and column.
A recording that is still going on when the listing ends is no error: programs end like that.

Invariant: what is returned prints as the text that was read.  That is checked, line by line and as a whole.
Not here: which trace belongs to which (`jitvm.model.forest`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from jitvm.model.errors import MalformedLog
from jitvm.model.lines import BYTECODE_START, BadLine, LineReader
from jitvm.model.objects import (
    Abort,
    Aborted,
    Bytecode,
    Event,
    Exited,
    Flushed,
    Form,
    Instruction,
    Link,
    Log,
    MachineCode,
    MachineInstruction,
    Origin,
    Output,
    Recorded,
    Ref,
    Snapshot,
    SnapshotSlot,
    Started,
    Stopped,
    Trace,
)
from jitvm.model.places import place, reason_code
from jitvm.model.printer import COMPARISONS, HTML_HEADER, HTML_START, print_log
from jitvm.model.verbose import VERBOSE_HEADER, read_verbose_line

Item = TypeVar("Item")
HEADER = "---- TRACE "
_IN_LINE = re.compile(r"---- TRACE (?:\d+ (?:start|stop|abort|IR|snapshots|mcode|exit)\b|flush$)")
_START = re.compile(r"(\d{1,18}) start(?: (\d{1,18})/(\d{1,18}|stitch))? (.*)$")
_STOP = re.compile(r"(\d{1,18}) stop -> (?:(\d{1,18}) )?(\d{1,18}|[a-z-]+)$")
_ABORT = re.compile(r"(\d{1,18}) abort (.*?) -- (.*)$")
_EXIT = re.compile(r"(\d{1,18}) exit (\d{1,18})$")
_SECTION = re.compile(r"(\d{1,18}) (IR|snapshots|mcode (\d{1,18}))$")
_INTEGERS = re.compile(r"(?: [0-9a-f]{16}){4}$")
_FLOATS = re.compile(r"(?: +[+-]?[0-9.e+infa-]+){1,4}$")
_ANSI = re.compile(r"^(?:\d{4,} .{2,12}?|\.\.\.\. .*?)\033\[\d+m", re.MULTILINE)
#: Longer than any number of a listing; strings are cut off long before.
_HUGE = re.compile(r"[0-9a-f]{1000}")
#: At most 40 bytes of a name are shown.
_UNCLOSED = re.compile(r'\[TRACE [^"\n]*"[^"]{0,40}\Z')
_VERBOSE = re.compile(r"\[TRACE (?:flush\]|---|[ \d]{3})")


def read_listing(data: bytes | str) -> Log:
    """The log that a listing tells of.  Raises MalformedLog."""
    text = data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else data
    huge = _HUGE.search(text)
    if huge is not None:
        line = text.count("\n", 0, huge.start()) + 1
        raise MalformedLog("there is no such number", line, huge.start() - text.rfind("\n", 0, huge.start()))
    verbose, dump = _VERBOSE.search(text), _IN_LINE.search(text)
    is_verbose = verbose is not None and (dump is None or verbose.start() < dump.start())
    log = _read_verbose(text) if is_verbose else _DumpReader(text).read()
    _compare(print_log(log), text)
    return log


def _compare(shown: str, text: str) -> None:
    """Parts may be in order one by one, and not together."""
    if shown == text:
        return
    at = 0
    for at, (ours, theirs) in enumerate(zip(shown, text)):  # noqa: B007
        if ours != theirs:
            break
    line = text.count("\n", 0, at) + 1
    message = "this does not stand here in a listing of LuaJIT"
    raise MalformedLog(message, line, at - text.rfind("\n", 0, at))


def _verbose_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines and their numbers.  The name of a chunk, in quotes, may have line breaks in it."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        number, line = at + 1, lines[at]
        at += 1
        while at < len(lines) and _UNCLOSED.match(line):
            line += "\n" + lines[at]
            at += 1
        yield number, line


def _read_verbose(text: str) -> Log:
    """Lines of -jv, which may stand behind output of the program."""
    traces: list[Trace] = []
    events: list[Event] = []
    output = ""
    last = text.count("\n") + 1
    for number, line in _verbose_lines(text):
        begin = max(line.find(VERBOSE_HEADER), 0)
        found = read_verbose_line(line[begin:], number, begin)
        is_last = number + line.count("\n") == last
        if found is None:
            output += line if is_last else line + "\n"
            continue
        if is_last:
            raise MalformedLog("the listing ends in the middle of a line", number, len(line) + 1)
        output += line[:begin]
        if output:
            events.append(Output(output))
            output = ""
        if isinstance(found, Trace):
            events.append(Stopped(len(traces)) if found.finished else Aborted(len(traces)))
            traces.append(found)
        else:
            events.append(found)
    if output:
        events.append(Output(output))
    return Log(tuple(traces), tuple(events), form=Form("verbose", "", "T"))


@dataclass(slots=True)
class _Draft:
    """A trace that is being read."""

    trace: Trace
    bytecode: list[Bytecode] = field(default_factory=list)

    def made(self) -> Trace:
        return replace(self.trace, bytecode=tuple(self.bytecode)) if self.bytecode else self.trace


class _DumpReader:
    """State of reading a dump."""

    def __init__(self, text: str) -> None:
        self.color = "H" if text.startswith(HTML_HEADER) else ("A" if _ANSI.search(text) else "T")
        self.lines = text.split("\n")
        self.at = HTML_HEADER.count("\n") if self.color == "H" else 0
        self.reader = LineReader(self.color)
        self.drafts: list[_Draft] = []
        self.open: int | None = None
        self.events: list[Event] = []
        self.letters: set[str] = set()
        self.begins = False  # The next line has the start of a trace in HTML.
        self.found = self.color == "H" or not text

    def read(self) -> Log:
        while self.at < len(self.lines):
            self.line()
        if not self.found:
            raise MalformedLog("this is no listing of traces", 1, 1)
        letters = "".join([letter for letter in "tbisrmxXa" if letter in self.letters])
        form = Form("dump", letters, self.color)
        return Log(tuple([draft.made() for draft in self.drafts]), tuple(self.events), form=form)

    # Lines.

    def fail(self, message: str, column: int = 0) -> MalformedLog:
        return MalformedLog(message, self.at + 1, column + 1)

    def take(self) -> str:
        """The next line, which must be whole."""
        if self.at >= len(self.lines) - 1:
            shown = self.lines[-1] if self.at == len(self.lines) - 1 else ""
            raise self.fail("the listing ends early", len(shown))
        self.at += 1
        return self.lines[self.at - 1]

    def peek(self) -> str:
        return self.lines[self.at] if self.at < len(self.lines) else ""

    def expect(self, wanted: str) -> None:
        line = self.take()
        if line != wanted:
            self.at -= 1
            raise self.fail(f"{'an empty line' if not wanted else wanted} was expected")

    def line(self) -> None:
        """One event, or one line of the program's output."""
        text = self.peek()
        begin = _IN_LINE.search(text)
        if text.startswith(HEADER):
            self.event(text[len(HEADER) :])
        elif begin is not None:
            self.output(text[: begin.start()])
            self.lines[self.at] = text[begin.start() :]
        elif self.color == "H" and text.endswith(HTML_START) and self._starts_next():
            self.output(text.removesuffix(HTML_START))
            self.at += 1
            self.begins = True
        elif self.open is not None and BYTECODE_START.match(text):
            self.bytecode()
        else:
            self.at += 1
            self.output(text + ("\n" if self.at < len(self.lines) else ""))

    def _starts_next(self) -> bool:
        following = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
        return following.startswith(HEADER) and _START.match(following[len(HEADER) :]) is not None

    def output(self, text: str) -> None:
        if not text:
            return
        if self.events and isinstance(self.events[-1], Output):
            text = self.events.pop().text + text  # type: ignore[union-attr]
        self.events.append(Output(text))

    # Events.

    def event(self, text: str) -> None:
        self.found = True
        if text == "flush":
            self.take()
            self.expect("")
            self.events.append(Flushed())
            self.letters.add("t")
            return
        for pattern, action in (
            (_START, self.start),
            (_STOP, self.stop),
            (_ABORT, self.abort),
            (_EXIT, self.exit),
            (_SECTION, self.section),
        ):
            match = pattern.match(text)
            if match is not None:
                self.take()
                action(match)
                return
        raise self.fail("this is no event of a trace, or is cut off", len(HEADER))

    def start(self, match: re.Match[str]) -> None:
        if self.begins != (self.color == "H"):
            self.at -= 1
            raise self.fail(f"{HTML_START} was expected before this")
        self.begins = False
        origin = None
        if match[2] is not None:
            origin = Origin(int(match[2]), None if match[3] == "stitch" else int(match[3]))
        self.events.append(Started(len(self.drafts)))
        self.begin(Trace(int(match[1]), origin, place(match[4])))

    def begin(self, trace: Trace) -> None:
        self.letters.add("t")
        self.open = len(self.drafts)
        self.drafts.append(_Draft(trace))

    def draft(self, number: int) -> _Draft:
        """The trace that is being recorded; a dump may have been begun in the middle of it."""
        if self.open is None or self.drafts[self.open].trace.number != number:
            self.begin(Trace(number))
        assert self.open is not None
        return self.drafts[self.open]

    def stop(self, match: re.Match[str]) -> None:
        draft = self.draft(int(match[1]))
        if match[3].isdigit():
            if match[2] is not None:
                raise MalformedLog("a link has one number", self.at, len(HEADER) + match.start(2) + 1)
            link = Link("root", int(match[3]))
        else:
            itself = int(match[1]) if match[3] == "loop" else 0
            link = Link(match[3], int(match[2]) if match[2] is not None else itself)
        draft.trace = replace(draft.trace, link=link)
        self.end(Stopped)

    def abort(self, match: re.Match[str]) -> None:
        draft = self.draft(int(match[1]))
        if draft.trace.ir is not None or draft.trace.snapshots is not None:
            self.letters.add("a")
        abort = Abort(match[3], place(match[2]), reason_code(match[3]))
        draft.trace = replace(draft.trace, abort=abort)
        self.end(Aborted)

    def end(self, kind: type[Stopped] | type[Aborted]) -> None:
        assert self.open is not None
        if self.color == "H":
            self.expect("</pre>")
        self.expect("")
        self.events.append(kind(self.open))
        self.open = None

    def exit(self, match: re.Match[str]) -> None:
        self.letters.add("x")
        integers: list[int] = []
        while _INTEGERS.match(self.peek()) and len(integers) < 16:
            integers += [int(word, 16) for word in self.take().split()]
        floats: list[str] = []
        while integers and len(floats) < 16:
            at = self.at
            line = self.take()
            words = line.split()
            if not _FLOATS.match(line) or "".join([f" {word:>17}" for word in words]) != line:
                self.at = at
                raise self.fail("floating-point registers were expected")
            floats += words
        if integers:
            self.letters.add("X")
        self.events.append(Exited(int(match[1]), int(match[2]), tuple(integers), tuple(floats)))

    def bytecode(self) -> None:
        assert self.open is not None
        draft, at = self.drafts[self.open], self.at
        line = self.take()
        self.letters.add("b")
        last = draft.bytecode[-1].op if draft.bytecode else ""
        try:
            draft.bytecode.append(self.reader.bytecode(self._unescaped(line, last)))
        except BadLine as bad:
            self.at = at
            raise self.fail(bad.message, bad.column) from None
        before = self.events[-1] if self.events else None
        if isinstance(before, Recorded) and before.trace == self.open:
            self.events[-1] = Recorded(self.open, before.count + 1)
        else:
            self.events.append(Recorded(self.open))

    def _unescaped(self, line: str, last: str) -> str:
        """HTML has everything escaped but the name of a function, and jumps behind comparisons."""
        if self.color != "H" or last in COMPARISONS:
            return line
        head, gap, tail = line.partition("         ; ") if line.startswith("0000") else (line, "", "")
        for escape, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
            head = head.replace(escape, char)
        return head + gap + tail

    # Contents.

    def section(self, match: re.Match[str]) -> None:
        draft = self.draft(int(match[1]))
        if match[2] == "IR":
            self.ir(draft)
        elif match[2] == "snapshots":
            self.letters.add("s")
            draft.trace = replace(draft.trace, snapshots=tuple(self.snapshots()))
        else:
            self.letters.add("m")
            draft.trace = replace(draft.trace, code=self.machine_code(int(match[3])))

    def snapshots(self) -> list[Snapshot]:
        found: list[Snapshot] = []
        while self.peek().startswith("#"):
            found.append(self._read(self.reader.lone_snapshot))
        return found

    def _read(self, read: Callable[[str], Item]) -> Item:
        at = self.at
        try:
            return read(self.take())
        except BadLine as bad:
            self.at = at
            raise self.fail(bad.message, bad.column) from None

    def ir(self, draft: _Draft) -> None:
        """Instructions and snapshots, up to the next header."""
        self.letters.add("i")
        body = _Body()
        while not self.peek().startswith(HEADER):
            at = self.at
            if self.peek().startswith("...."):
                snap, registers = self._read(self.reader.snapshot)
                self.letters.add("s")
                body.snapshot(snap, registers)
                continue
            ins = self._read(self.reader.instruction)
            if not body.instruction(ins):
                self.at = at
                raise self.fail("instructions are out of order")
        if body.registers:
            self.letters.add("r")
        draft.trace = body.added_to(draft.trace)

    def machine_code(self, size: int) -> MachineCode:
        found: list[MachineInstruction] = []
        loop = None
        while not self.peek().startswith(HEADER):
            if self.peek() == "->LOOP:" and loop is None:
                self.take()
                loop = len(found)
                continue
            found.append(self._read(self.reader.machine_instruction))
        return MachineCode(size, tuple(found), loop)


class _Body:
    """Instructions of a trace, and the snapshots between them."""

    def __init__(self) -> None:
        self.ins: list[Instruction] = []
        self.snaps: list[Snapshot] = []
        self.pending: list[Snapshot] = []  # Since the last instruction.
        self.registers = False

    def snapshot(self, snap: Snapshot, registers: bool) -> None:
        self.registers = self.registers or registers
        self.pending.append(snap)

    def instruction(self, ins: Instruction) -> bool:
        """False if it cannot stand here."""
        self.registers = self.registers or ins.register is not None
        last = self.ins[-1].number if self.ins else 0
        if ins.number <= last or len(self.pending) > ins.number - last:
            return False
        self._place(ins.number - len(self.pending) + 1)
        self.ins.append(ins)
        return True

    def _place(self, first: int) -> None:
        """Each snapshot belongs to an instruction of its own, which may not be shown."""
        for ref, snap in enumerate(self.pending, first):
            self.snaps.append(replace(snap, ref=ref))
        self.pending.clear()

    def added_to(self, trace: Trace) -> Trace:
        self._place((self.ins[-1].number if self.ins else 0) + 1)
        types = {ins.number: ins.type for ins in self.ins}
        snaps = tuple([_with_types(snap, types) for snap in self.snaps])
        return replace(trace, ir=tuple(self.ins), snapshots=snaps or None, registers=self.registers)


def _with_types(snap: Snapshot, types: dict[int, str]) -> Snapshot:
    return replace(snap, slots=tuple([_typed(slot, types) for slot in snap.slots]))


def _typed(slot: SnapshotSlot | None, types: dict[int, str]) -> SnapshotSlot | None:
    """With the type of the instruction, if that is shown."""
    if slot is None or not isinstance(slot.value, Ref):
        return slot
    return replace(slot, type=types.get(slot.value.number, slot.type))
