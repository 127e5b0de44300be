"""`-b`: bytecode, listed or saved, as LuaJIT's own `jit.bcsave` does it.

    jitvm -bl x.lua                 a listing
    jitvm -b x.lua x.raw            what string.dump writes; -g keeps debug information
    jitvm -b -n mod x.lua x.c       the same as a C array; .h with its size; .o or .obj in an object file

The type of the file follows from the name of the output or from -t.  Nothing of the program is run, so there
is no runtime either.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Collection

from jitvm.front.errors import LuaError

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.front.proto import Prototype

USAGE = b"""Save LuaJIT bytecode: luajit -b[options] input output
  -l        Only list bytecode.
  -s        Strip debug info (default).
  -g        Keep debug info.
  -n name   Set module name (default: auto-detect from input name).
  -t type   Set output file type (default: auto-detect from output name).
  -a arch   Override architecture for object files (default: native).
  -o os     Override OS for object files (default: native).
  -e chunk  Use chunk string as input.
  --        Stop handling options.
  -         Use stdin as input and/or stdout as output.

File types: c h obj o raw (default)
"""
PREFIX = b"luaJIT_BC_"
TYPES = {"raw": "raw", "c": "c", "h": "h", "o": "obj", "obj": "obj"}
C_HEAD = b"""#ifdef __cplusplus
extern "C"
#endif
#ifdef _WIN32
__declspec(dllexport)
#endif
const unsigned char %s%s[] = {
"""
H_HEAD = b"""#define %s%s_SIZE %d
static const unsigned char %s%s[] = {
"""
#: Characters in a line of a C array, at most.
LINE = 78


class BadUsage(Exception):
    """Options that cannot be understood."""


class Failed(Exception):
    """What to say about it."""


class Job:
    """What the command line asks for."""

    def __init__(self) -> None:
        self.lists = False
        self.strip = True
        self.architecture, self.system = "x64", "linux"
        self.type = ""
        self.name = b""
        self.program: Prototype | None = None  # -e
        self.files: list[bytes] = []


def bytecode_command(words: list[bytes]) -> int:
    """Carries out `-b` with what follows it; the exit status."""
    try:
        job = _parse(words)
        _list(job) if job.lists else _save(job)
    except BadUsage:
        os.write(2, USAGE)
        return 1
    except (Failed, LuaError) as failure:
        message = failure.message if isinstance(failure, LuaError) else failure.args[0]
        os.write(2, b"jitvm: " + message + b"\n")
        return 1
    return 0


# Options.


def _parse(words: list[bytes]) -> Job:
    job = Job()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith(b"-") or word == b"-":
            job.files.append(word)
        elif word == b"--":
            job.files += rest
            break
        else:
            _options(job, word[1:].decode("latin-1"), rest)
    inputs = len(job.files) + (job.program is not None)
    if inputs != 2 and not (job.lists and inputs == 1):
        raise BadUsage
    return job


def _options(job: Job, letters: str, rest: list[bytes]) -> None:
    """The letters of one word; the last may take the next word."""
    for number, letter in enumerate(letters, 1):
        if letter == "l":
            job.lists = True
        elif letter in "sg":
            job.strip = letter == "s"
        elif letter not in VALUES or not rest or number != len(letters):
            raise BadUsage
        else:
            VALUES[letter](job, rest.pop(0))


def _set_program(job: Job, chunk: bytes) -> None:
    from jitvm.front.program import read_program

    if job.files or job.program is not None:
        raise BadUsage
    job.program = read_program(chunk, chunk)


def _set_name(job: Job, name: bytes) -> None:
    if not re.fullmatch(rb"[\w.\-]+", name):
        raise Failed(b"bad module name")
    job.name = _identifier(name)


def _set_type(job: Job, name: bytes) -> None:
    job.type = TYPES[_known(name, TYPES, b"file type")]


def _set_architecture(job: Job, name: bytes) -> None:
    from jitvm.objectfile import ARCHITECTURES

    job.architecture = _known(name, ARCHITECTURES, b"architecture")


def _set_system(job: Job, name: bytes) -> None:
    from jitvm.objectfile import SYSTEMS

    job.system = _known(name, SYSTEMS, b"OS name")


#: Options that take a value.
VALUES: dict[str, Callable[[Job, bytes], None]] = {
    "e": _set_program,
    "n": _set_name,
    "t": _set_type,
    "a": _set_architecture,
    "o": _set_system,
}


def _known(name: bytes, names: Collection[str], what: bytes) -> str:
    text = name.decode("latin-1").lower()
    if text not in names:
        raise Failed(b"unknown " + what)
    return text


def _identifier(name: bytes) -> bytes:
    return re.sub(rb"[.\-]", b"_", name)


# Listing and saving.


def _read(job: Job) -> Prototype:
    """The program; its name is taken off the files."""
    from jitvm.front.program import read_program
    from jitvm.runtime.files import read_chunk

    if job.program is not None:
        return job.program
    name = job.files[0]
    source, chunkname = read_chunk(None if name == b"-" else name)
    return read_program(source, chunkname)


def _output(job: Job) -> bytes:
    files = job.files if job.program is not None else job.files[1:]
    return files[0] if files else b"-"


def _list(job: Job) -> None:
    from jitvm.front.listing import list_bytes

    _write(_output(job), list_bytes(_read(job)))


def _save(job: Job) -> None:
    from jitvm.front.dump import dump

    output = _output(job)
    data = dump(_read(job), strip=job.strip)
    extension = re.search(rb"\.([a-z]+)$", output.lower())
    type_ = job.type or TYPES.get(extension[1].decode() if extension else "", "raw")
    if type_ != "raw":
        data = ENCODERS[type_](job, job.name or _module_name(job), data)
    _write(output, data)


def _module_name(job: Job) -> bytes:
    """Derived from the name of the input."""
    name = b"" if job.program is not None else job.files[0]
    tail = re.search(rb"[^/\\]+$", name)
    if tail:
        name = tail[0]
    name = name.rpartition(b".")[0] if b"." in name else name
    found = re.match(rb"[\w.\-]+", name)
    if not found:
        raise Failed(b"cannot derive module name, use -n name")
    return _identifier(found[0])


def _c_source(job: Job, name: bytes, data: bytes) -> bytes:
    return C_HEAD % (PREFIX, name) + _c_array(data)


def _c_header(job: Job, name: bytes, data: bytes) -> bytes:
    return H_HEAD % (PREFIX, name, len(data), PREFIX, name) + _c_array(data)


def _c_array(data: bytes) -> bytes:
    lines: list[bytes] = []
    line: list[bytes] = []
    width = 0
    for byte in data:
        text = b"%d" % byte
        width += len(text) + 1
        if width > LINE:
            lines.append(b",".join(line))
            line, width = [], len(text) + 1
        line.append(text)
    return b",\n".join([*lines, b",".join(line)]) + b"\n};\n"


def _object(job: Job, name: bytes, data: bytes) -> bytes:
    from jitvm.objectfile import Unsupported, object_file

    try:
        return object_file(PREFIX + name, data, job.architecture, job.system)
    except Unsupported as error:
        raise Failed(str(error).encode()) from None


ENCODERS: dict[str, Callable[[Job, bytes, bytes], bytes]] = {"c": _c_source, "h": _c_header, "obj": _object}


def _write(output: bytes, data: bytes) -> None:
    if output == b"-":
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    try:
        with open(output, "wb") as file:
            file.write(data)
    except OSError as error:
        number = error.errno or 0  # luajit prints everything io.open returns, with nothing in between.
        raise Failed(b"%s: %s%d" % (output, os.strerror(number).encode(), number)) from None
