"""The corpus: one folder of traces/ per script, its stored listings beside it.

    traces/NAME/NAME.lua     the script, one idea
    traces/NAME/NAME.out     what it prints
    traces/NAME/NAME.bc      luajit -bl
    traces/NAME/NAME.dump    luajit -jdump=tbisT, normalised, the dumper kept from disturbing (quiet_dump.lua)
    traces/NAME/NAME.loops   the number of machine instructions in the loop of each of luajit's traces
    traces/NAME/NAME.jitvm   our own complete listing, -jdump=tbisrmT, machine code included

The programs of tests/lua/NAME.lua, longer and about the language, have NAME.out alone beside them.

A script is in the corpus only if luajit's listing is the same in every run: luajit's penalties are
random, so that scripts whose aborted loops are tried again may differ (`make golden` tells).

The shape of a trace tree is its listing without bytecode, IR and snapshots:

    TRACE 2 start 1/1 seed2.lua:10
    TRACE 2 stop -> 1
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jitvm.front.listing import list_bytes
from jitvm.front.parser import compile_chunk
from jitvm.jittrace.inputs import QUIET_DUMP
from tests.support import normalise, oracle, process
from tests.support.modes import Mode

TRACES = process.ROOT / "traces"
PROGRAMS = process.ROOT / "tests" / "lua"
DEVIATIONS = TRACES / "DEVIATIONS.md"
LISTING_LETTERS, OWN_LETTERS = "tbisT", "tbisrmT"
Engine = Callable[..., process.Result]


@dataclass(frozen=True, slots=True)
class Script:
    """One script with what is stored beside it."""

    folder: Path
    name: str

    @property
    def file(self) -> str:
        return f"{self.name}.lua"

    def path(self, kind: str) -> Path:
        return self.folder / f"{self.name}.{kind}"

    def stored(self, kind: str) -> str:
        return self.path(kind).read_text(encoding="latin-1")

    def store(self, kind: str, text: str) -> None:
        self.path(kind).write_text(text, encoding="latin-1")


def scripts() -> list[Script]:
    """The scripts of traces/, each in a folder of its own name."""
    found = [Script(folder, folder.name) for folder in sorted(TRACES.iterdir())]
    return [script for script in found if script.path("lua").is_file()]


def programs() -> list[Script]:
    """The programs of tests/lua, of which only the output is stored."""
    return [Script(PROGRAMS, path.stem) for path in sorted(PROGRAMS.glob("*.lua"))]


def deviating() -> dict[str, str]:
    """Scripts whose listing deviates from luajit's, with the reason: the headings of DEVIATIONS.md."""
    return _entries("###")


def longer_loops() -> dict[str, str]:
    """Scripts with a loop of more machine instructions than luajit's, with the reason."""
    return _entries("####")


def _entries(level: str) -> dict[str, str]:
    entry = re.compile(rf"^{level} `(\w+)`: (.+)$", re.MULTILINE)
    return dict(entry.findall(DEVIATIONS.read_text(encoding="utf-8")))


def bytecode(engine: Engine, script: Script) -> str:
    return engine("-bl", script.file, cwd=script.folder).stdout


def our_bytecode(script: Script) -> str:
    """What `jitvm -bl` prints, without a process for each file."""
    proto = compile_chunk(script.path("lua").read_bytes(), b"@" + script.file.encode())
    return list_bytes(proto).decode("latin-1")


def output(engine: Engine, script: Script, *flags: str) -> str:
    return transcript(engine(*flags, script.file, cwd=script.folder))


def our_output(script: Script, mode: Mode) -> str:
    environment = dict(mode.environment)
    return transcript(process.jitvm(*mode.flags, script.file, cwd=script.folder, environment=environment))


def transcript(done: process.Result) -> str:
    """What a program printed, and how it ended where that was not well."""
    ending = "" if done.status == 0 else f"[status {done.status}]\n"
    return done.stdout + done.stderr + ending


def dump(script: Script, *flags: str, letters: str = LISTING_LETTERS) -> str:
    """Our listing of a script's traces; written to a file, apart from what the script prints."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "listing"
        done = process.jitvm(*flags, f"-jdump={letters},{file}", script.file, cwd=script.folder)
        return _written(file, done)


def own_listing(script: Script) -> str:
    """Everything we list of a script's traces, without addresses."""
    return normalise.machine_code(dump(script, letters=OWN_LETTERS))


def oracle_dump(script: Script, *flags: str, letters: str = LISTING_LETTERS) -> str:
    """luajit's listing of a script's traces, as if nobody watched."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "listing"
        done = oracle.fresh(*flags, str(QUIET_DUMP), letters, str(file), script.file, cwd=script.folder)
        return _written(file, done)


def _written(file: Path, done: process.Result) -> str:
    if not file.exists():
        return f"no listing was written; status {done.status}\n{done.stdout}{done.stderr}"
    return normalise.listing(file.read_text(encoding="latin-1"))


def shape(listing: str) -> str:
    """The trace tree of a listing: starts, stops, aborts and flushes."""
    events = re.findall(r"^---- (TRACE (?:\d+ (?:start|stop|abort)|flush).*)$", listing, re.MULTILINE)
    return "".join(f"{event}\n" for event in events)


def loops(listing: str) -> dict[int, int]:
    """By trace, how many machine instructions its loop has: those from `->LOOP:` to the jump back to it.

    A rorx counts as the two instructions it is on a machine without BMI2: the count must not depend on that.
    """
    found: dict[int, int] = {}
    for trace, code in re.findall(
        r"^---- TRACE (\d+) mcode \d+\n(.*?)^----", listing, re.MULTILINE | re.DOTALL
    ):
        _, _, body = code.partition("->LOOP:\n")
        lines = body.splitlines()
        back = [number for number, line in enumerate(lines, 1) if line.endswith("->LOOP")]
        if back:
            found[int(trace)] = back[-1] + sum(" rorx " in line for line in lines[: back[-1]])
    return found


def loops_text(listing: str) -> str:
    return "".join(f"TRACE {trace} loop {length}\n" for trace, length in loops(listing).items())


def stored_loops(script: Script) -> dict[int, int]:
    found = re.findall(r"TRACE (\d+) loop (\d+)", script.stored("loops"))
    return {int(trace): int(length) for trace, length in found}


#: What is stored, and how the oracle makes it: of a script, and of a program.
ORACLE_KINDS: dict[str, Callable[[Script], str]] = {
    "out": lambda script: output(oracle.fresh, script, "-joff"),  # Its own traces may be wrong, see "Output".
    "bc": lambda script: bytecode(oracle.fresh, script),
    "dump": oracle_dump,
    "loops": lambda script: loops_text(oracle_dump(script, letters="mT")),
}
PROGRAM_KINDS = {"out": ORACLE_KINDS["out"]}
