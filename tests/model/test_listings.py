"""Listings read and printed again: luajit's own text survives byte for byte, whatever its form."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from jitvm.model.errors import MalformedLog
from jitvm.model.forest import Forest
from jitvm.model.lines import BadLine, LineReader
from jitvm.model.objects import (
    Abort,
    Aborted,
    Bytecode,
    Call,
    Constant,
    Exited,
    Form,
    Instruction,
    Link,
    Literal,
    Log,
    Origin,
    Output,
    Place,
    Recorded,
    Ref,
    Started,
    Stopped,
)
from jitvm.model.printer import bytecode_text, print_log
from jitvm.model.reader import read_listing
from tests.support import corpus, oracle

SCRIPTS = corpus.scripts()
#: It gives numbers a __tostring, which luajit's dumper, Lua code in the same machine, then prints them with.
UNREADABLE = "print_number_meta"
PROGRAMS = [program for program in corpus.programs() if program.name != UNREADABLE][::2]
#: Between them all letters and all forms.
MODES = ("tbisrmxT", "+rsA", "tbisrmXaT", "isA", "sT", "xT", "tbisrmXaH", "mT", "+sH", "tbirA")
assert len(PROGRAMS) >= 40


def again(text: str) -> str:
    return print_log(read_listing(text))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_stored_listings_survive(script: corpus.Script) -> None:
    stored = script.path("dump").read_bytes()
    assert print_log(read_listing(stored)).encode("utf-8", "surrogateescape") == stored


def said_by_luajit(script: corpus.Script, option: str, folder: Path) -> bytes:
    file = folder / "listing"
    oracle.fresh("-Ohotloop=5", "-Ohotexit=3", option.format(file), script.file, cwd=script.folder)
    return file.read_bytes()


@pytest.mark.oracle
@pytest.mark.parametrize("number", range(len(SCRIPTS) + len(PROGRAMS)))
def test_luajits_text_survives(number: int, luajit: str, tmp_path: Path) -> None:
    script, mode = [*SCRIPTS, *PROGRAMS][number], MODES[number % len(MODES)]
    text = said_by_luajit(script, f"-jdump={mode},{{}}", tmp_path)
    log = read_listing(text)
    assert print_log(log).encode("utf-8", "surrogateescape") == text
    if log.traces:
        assert log.form.color == mode[-1] or log.form.color == "T", "no color in the listing: plain text"


@pytest.mark.oracle
@pytest.mark.parametrize("script", [*SCRIPTS[::4], *PROGRAMS[::2]], ids=lambda script: script.name)
def test_luajits_verbose_text_survives(script: corpus.Script, luajit: str, tmp_path: Path) -> None:
    text = said_by_luajit(script, "-jv={}", tmp_path)
    assert print_log(read_listing(text)).encode("utf-8", "surrogateescape") == text


@pytest.mark.oracle
@pytest.mark.parametrize("option", ["-jdump=+rsXaT", "-jdump=+rsaA", "-jdump=+rsH", "-jv=-"])
def test_strange_names_and_foreign_functions(option: str, luajit: str) -> None:
    """With the output of the program between the lines."""
    folder = Path(__file__).parent
    said = subprocess.run([luajit, option, "strange.lua"], cwd=folder, capture_output=True).stdout
    log = read_listing(said)
    assert print_log(log).encode("utf-8", "surrogateescape") == said
    starts = {str(trace.start) for trace in log.traces}
    assert '"weird | name ] -- at "q" (1/2) -> 3":1' in starts
    assert any(isinstance(event, Output) and "---- " in event.text for event in log.events)
    calls = [
        operand.function
        for trace in log.traces
        for ins in trace.ir or ()
        for operand in ins.operands
        if isinstance(operand, Call)
    ]
    assert option == "-jv=-" or any(call.startswith("[0x") for call in calls)


LISTING = """\
---- TRACE 1 start demo.lua:3
0006  ADDVV    0   0   4
hello from the program
0007  FORL     1 => 0006
---- TRACE 1 IR
....              SNAP   #0   [ ---- ---- ]
0001 rbp      int SLOAD  #3    CI
0002 xmm7  >  num SLOAD  #2    T
0005 xmm7   + num ADD    0002  +0.5
0006       }  tab TNEW   #0    #100
0007  {0006}  tab ASTORE 0006  "a  "b"
....              SNAP   #1   [ ---- print|0005 "a b" ]
0009       >  fun EQ     0002  demo.lua:7
0010 ------------ LOOP ------------
0011 rax   >  str CALLN  lj_str_cat  (0005 +1   "x) y" 0002)
---- TRACE 1 mcode 12
0001ff00  add ebp, +0x01
->LOOP:
0001ff08  jmp 0x1ff08\t->LOOP
---- TRACE 1 stop -> loop

---- TRACE 1 exit 1
---- TRACE 2 start 1/1 demo.lua:4
---- TRACE 2 abort demo.lua:5 -- NYI: bytecode 51

---- TRACE 2 start 1/stitch io.write
"""


def test_what_a_listing_tells() -> None:
    log = read_listing(LISTING)
    assert print_log(log) == LISTING
    assert log.form == Form("dump", "tbisrmx", "T")
    first, second, third = log.traces
    assert (first.start, first.link, first.origin) == (Place("demo.lua", 3), Link("loop", 1), None)
    assert first.bytecode == (
        Bytecode(6, "ADDVV", 0, (0, 4)),
        Bytecode(7, "FORL", 1, (), 6),
    )
    assert first.ir is not None and first.snapshots is not None and first.code is not None
    assert first.ir[2] == Instruction(
        5, "ADD", "num", (Ref(2), Constant("+0.5")), phi=True, register="xmm7"
    )
    assert first.ir[3].sunk and first.ir[3].operands == (Literal("#0"), Literal("#100"))
    assert first.ir[4].register == " {0006"
    assert first.ir[-1].operands == (
        Call("lj_str_cat", (Ref(5), Constant("+1"), Constant('"x) y"', "str"), Ref(2))),
    )
    slots = first.snapshots[1].slots
    assert slots[1] is not None and slots[1].frame and slots[1].value == Constant("print", "fun")
    assert slots[2] is not None and (slots[2].value, slots[2].type) == (Ref(5), "num")
    assert (first.code.size, first.code.loop) == (12, 1)
    assert first.code.instructions[1].target == "LOOP"
    assert second.abort == Abort("NYI: bytecode 51", Place("demo.lua", 5), 7)
    assert (third.origin, third.start, third.link, third.abort) == (
        Origin(1, None), Place("io.write"), None, None,
    )  # fmt: skip
    assert log.events == (
        Started(0), Recorded(0, 1), Output("hello from the program\n"), Recorded(0, 1), Stopped(0),
        Exited(1, 1), Started(1), Aborted(1), Started(2),
    )  # fmt: skip


def test_relations() -> None:
    forest = Forest(read_listing(LISTING))
    assert forest.parents == [None, 0, 0] and forest.roots == [0]
    assert forest.linked(0) == 0
    exits = forest.exits(0)
    assert [(one.number, one.taken, one.failed) for one in exits] == [(0, 0, ()), (1, 1, (1,))]
    assert exits[0].guards == (2,) and exits[1].guards == (9, 11)


def test_numbers_are_those_of_the_time() -> None:
    start = "---- TRACE 1 start a.lua:{}\n---- TRACE 1 stop -> loop\n\n"
    side = "---- TRACE 2 start 1/0 a.lua:9\n---- TRACE 2 stop -> 1\n\n"
    flush = "---- TRACE flush\n\n"
    forest = Forest(read_listing(start.format(1) + side + flush + start.format(5) + side))
    assert forest.parents == [None, 0, None, 2]
    assert [forest.linked(index) for index in range(4)] == [0, 0, 2, 2]


def test_other_forms_of_the_same_log() -> None:
    log = read_listing(LISTING)
    assert print_log(log, Form("dump", "t", "T")).splitlines()[:3] == [
        "---- TRACE 1 start demo.lua:3", "hello from the program", "---- TRACE 1 stop -> loop",
    ]  # fmt: skip
    assert "\033[34mnum\033[m ADD    0002  +0.5" in print_log(log, Form("dump", "i", "A"))
    html = print_log(log, Form("dump", "tbi", "H"))
    assert 'FORL     1 =&gt; 0006' in html and '<span class="irt_fun">demo.lua:7</span>' in html
    assert print_log(log, Form("verbose")) == (
        "hello from the program\n"
        "[TRACE   1 demo.lua:3 loop]\n"
        "[TRACE --- (1/1) demo.lua:4 -- NYI: bytecode 51 at demo.lua:5]\n"
    )


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("hello\n", 1, 1, "this is no listing of traces"),
        ("---- TRACE 1 sta", 1, 12, "this is no event of a trace"),
        ("---- TRACE 1 start a.lua:1", 1, 27, "the listing ends early"),
        ("---- TRACE 1 start a.lua:1\n---- TRACE 1 stop -> loop\n", 3, 1, "the listing ends early"),
        ("---- TRACE 1 IR\n0001    int SLOAD  #1    CI\n", 3, 1, "the listing ends early"),
        ("---- TRACE 1 IR\n0001    int SLOAD  #1", 2, 22, "the listing ends early"),
        ("---- TRACE 1 IR\n0001    int SLOAD  #1\n---- TRACE 1 stop -> loop\n\n", 2, 22, "this instruction"),
        ("---- TRACE 1 IR\n0001    int\n", 2, 1, "an instruction was expected"),
        ("---- TRACE 1 IR\n0001    int ADD    0001  \n", 2, 26, "an operand was expected"),
        ("---- TRACE 1 IR\n0002    int NEG    0001\n0001    int NEG    0001\n", 3, 1, "out of order"),
        ("---- TRACE 1 IR\n....        SNAP   #0   [ ---- \n", 2, 32, "the snapshot ends early"),
        ("---- TRACE 1 mcode 5\nnop\n", 2, 1, "a machine instruction was expected"),
        ("---- TRACE 1 start a.lua:1\n0001  ADDVV    0  0\n", 2, 19, "this bytecode"),
        ("---- TRACE 1 stop -> loop\nx\n", 2, 1, "an empty line was expected"),
        ("---- TRACE 1 start 1/%s a.lua:1\n" % ("9" * 5000), 1, 22, "there is no such number"),
        (f"---- TRACE {'9' * 30} start a.lua:1\n", 1, 12, "this is no event of a trace"),
        ("[TRACE   1 a.lua:3 loop", 1, 24, "cut off"),
        ("[TRACE   1 a.lua:3]\n", 1, 12, "does not tell"),
    ],
)  # fmt: skip
def test_errors_say_where(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(MalformedLog) as caught:
        read_listing(text)
    assert (caught.value.line, caught.value.column) == (line, column), caught.value
    assert message in caught.value.message


def damaged(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    match chance.randrange(4):
        case 0:
            return text[:at]
        case 1:
            return text[:at] + text[at + 1 + chance.randrange(20) :]
        case 2:
            return text[:at] + chance.choice(" 0}>|]\"'{\n\033x") + text[at:]
        case _:
            other = chance.randrange(len(text))
            return text[:at] + text[other : other + 60] + text[at:]


@pytest.mark.parametrize("color", ["T", "A", "H"])
def test_damaged_listings_are_refused_or_survive(color: str) -> None:
    """Never anything but an error with a place, and never another text."""
    chance = random.Random(color)
    text = print_log(read_listing(LISTING * 2), Form("dump", "tbisrmxX", color))
    refused = 0
    for _ in range(600):
        hurt = damaged(text, chance)
        try:
            assert again(hurt) == hurt
        except MalformedLog as error:
            refused += 1
            lines = hurt.split("\n")
            assert 1 <= error.line <= len(lines)
            assert 1 <= error.column <= len(lines[error.line - 1]) + 1
    assert refused > 100


def test_empty_listing() -> None:
    assert read_listing("") == Log(form=Form("dump", "", "T"))


def test_bytes_that_are_no_text_survive() -> None:
    text = b'---- TRACE 1 start \xff\xc3.lua:1\n0001  KSTR     0   0      ; "\xe4"\n'
    assert print_log(read_listing(text)).encode("utf-8", "surrogateescape") == text


def test_columns_of_bytecode() -> None:
    for line in (
        "0006  ADDVV    0   0   4\n",
        "0008 . . TGETS    1   2   3  ; \"x\"\n".replace(". .", " . ."),
        "0000  . FUNCC               ; io.write\n",
        "0000  FUNCF    4          ; a b.lua:3\n",
        "0000  JFUNCF   4   1         ; fib.lua:3\n",
        "0009  UCLO     0 => 0010\n",
        "0010  USETS    0   1      ; name ; \"text\"\n",
    ):
        assert bytecode_text(LineReader("T").bytecode(line[:-1])) == line
    with pytest.raises(BadLine):
        LineReader("T").bytecode("0006  ADDVV    0  0")


def test_names_of_chunks_with_line_breaks_in_lines_of_v() -> None:
    text = '[TRACE   1 "a\nb":3 loop]\n[TRACE   2 (1/4) "\n\n":5 -> 1]\n[TRACE --- "a\nb":9 -- blacklisted]\n'
    log = read_listing(text)
    places = [Place('"a\nb"', 3), Place('"\n\n"', 5), Place('"a\nb"', 9)]
    assert [trace.start for trace in log.traces] == places
    assert print_log(log) == text
