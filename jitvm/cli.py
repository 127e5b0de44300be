"""The command line: luajit's options, messages and exit codes.

    jitvm [options]... [script [args]...]

Messages begin with "jitvm:" where luajit's begin with its own name; nothing else differs.  Options are
scanned twice, as luajit does: first for their form, then they are carried out in order.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from jitvm.front.errors import LuaError
from jitvm.statistics import wanted

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

PROGRAM = b"jitvm"
VERSION = b"LuaJIT 2.1.0-beta3 -- jitvm. Copyright (C) 2026 the jitvm authors.\n"
USAGE = b"""usage: jitvm [options]... [script [args]...].
Available options are:
  -e chunk  Execute string 'chunk'.
  -l name   Require library 'name'.
  -b ...    Save or list bytecode.
  -j cmd    Perform LuaJIT control command.
  -O[opt]   Control LuaJIT optimizations.
  -i        Enter interactive mode after executing 'script'.
  -v        Show version information.
  -E        Ignore environment variables.
  --        Stop handling options.
  -         Execute stdin and stop handling options.
"""
UNKNOWN_COMMAND = b"unknown luaJIT command or jit.* modules not installed"
COMMAND_LINE = b"=(command line)"


class BadUsage(Exception):
    """Options that cannot be understood."""


class Failed(Exception):
    """Something was reported; the process ends with status 1."""


class Arguments:
    """The command line, taken apart."""

    def __init__(self, argv: list[bytes]) -> None:
        self.argv = argv
        self.options: list[tuple[str, bytes]] = []
        self.script = 0  # Index of the script in argv; len(argv) if there is none.
        self.bytecode: list[bytes] | None = None

    def has(self, letters: str) -> bool:
        return any(letter in letters for letter, _ in self.options)


def parse(argv: list[bytes]) -> Arguments:
    """Scans the options.  argv[0] is the program."""
    arguments = Arguments(argv)
    at = 1
    while at < len(argv) and argv[at].startswith(b"-"):
        option = argv[at]
        letter, tail = option[1:2].decode("latin-1"), option[2:]
        if letter == "" or (letter == "-" and tail == b""):
            arguments.script = at + (letter == "-")
            return arguments
        if letter == "b":
            if arguments.has("eijlv"):
                raise BadUsage
            arguments.bytecode = [b"-" + tail, *argv[at + 1 :]] if tail else argv[at + 1 :]
            arguments.script = len(argv)
            return arguments
        if letter not in "ivejlOE" or (letter in "iv" and tail):
            raise BadUsage
        if letter in "ejl" and not tail:
            at += 1
            if at == len(argv):
                raise BadUsage
            tail = argv[at]
        arguments.options.append((letter, tail))
        at += 1
    arguments.script = at
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Runs the command line; the exit status."""
    occupy_standard_streams()
    raw = [os.fsencode(word) for word in (sys.argv if argv is None else argv)]
    try:
        arguments = parse(raw)
    except BadUsage:
        _stderr(USAGE)
        return 1
    if arguments.bytecode is not None:
        from jitvm.bytecode_command import bytecode_command

        return bytecode_command(arguments.bytecode)
    try:
        return Session(arguments).run()
    except BrokenPipeError:
        return 1


def occupy_standard_streams() -> None:
    """The number of a closed stream would be that of the next file, or of our own pipe."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_WRONLY)  # Gets that number; reading fails.


def _command() -> bytes:
    """How a script can run another one under `python3 -m jitvm`: the command installed with it, if any."""
    beside = os.path.join(os.path.dirname(os.fsencode(sys.executable)), PROGRAM)
    return beside if os.access(beside, os.X_OK) else PROGRAM


def _stderr(data: bytes) -> None:
    os.write(2, data)


UNITS = {"K": 10, "M": 20, "G": 30}


def memory_limit() -> int:
    """JITVM_MEMORY=64M: how much a program may use; 0 if it does not say."""
    text = os.environ.get("JITVM_MEMORY", "")
    unit = UNITS.get(text[-1:].upper(), 0)
    number = text[:-1] if unit else text
    return int(number) << unit if number.isdecimal() else 0


def seed(default: int) -> int:
    """JITVM_SEED=17: what the random part of penalties starts from."""
    text = os.environ.get("JITVM_SEED", "")
    return int(text) if text.isdecimal() else default


#: Slots that luajit's program uses below the chunk it runs: here, too, a stack overflows so much earlier.
SLOTS_BELOW = 4


class Session:
    """One run of the command line on one runtime."""

    def __init__(self, arguments: Arguments) -> None:
        self.statistics = statistics = wanted()
        from jitvm.options import DEFAULT_SEED, Options
        from jitvm.runtime.runtime import Runtime

        if statistics is not None:
            statistics.mark("modules")
        self.arguments = arguments
        options = Options(
            ignore_environment=arguments.has("E"), memory=memory_limit(), seed=seed(DEFAULT_SEED)
        )
        self.runtime: Runtime = Runtime(options)
        main = self.runtime.heap.g.cur
        main.top = main.top + SLOTS_BELOW
        if statistics is not None:
            statistics.mark("runtime")
            statistics.watch(self.runtime)

    def run(self) -> int:
        from jitvm.interrupts import Watcher

        self.watcher = Watcher(self.runtime)
        try:
            self._run()
        except Failed:
            return 1
        except BrokenPipeError:
            raise
        except Exception as bug:
            return self._internal_error(bug)
        finally:
            self.watcher.close()
            self.runtime.close()
            if self.statistics is not None:
                _stderr(self.statistics.report(self.runtime))
        return 0

    def _run(self) -> None:
        arguments = self.arguments
        self._set_arg_table()
        if not arguments.has("E"):
            self._init_file()
        if arguments.has("iv"):
            self.runtime.out.write(VERSION)
        for letter, value in arguments.options:
            if letter in ACTIONS:
                ACTIONS[letter](self, value)
        if arguments.script < len(arguments.argv):
            self._script()
        elif not arguments.has("eiv"):
            if os.isatty(0):
                self.runtime.out.write(VERSION)
                self._interactive()
            else:
                self._run_input()
        if arguments.has("i"):
            self._interactive()

    def _internal_error(self, bug: Exception) -> int:
        """Not the program's fault."""
        import traceback

        self.runtime.out.flush()
        _stderr(PROGRAM + b": internal error, please report it\n")
        _stderr("".join(traceback.format_exception(bug)).encode("utf-8", "backslashreplace"))
        return 1

    def report(self, error: LuaError) -> Failed:
        """Prints an error as luajit does."""
        from jitvm.reports import message_of

        self.runtime.out.flush()
        message = message_of(self.runtime, error)
        if message is not None:
            _stderr(PROGRAM + b": " + message + b"\n")
        return Failed()

    # What options do.

    def execute(self, chunk: bytes) -> None:
        """-e"""
        self._guarded(lambda: self.runtime.call(self.runtime.load(chunk, COMMAND_LINE)))

    def require(self, name: bytes) -> None:
        """-l"""
        self._guarded(lambda: self.runtime.require(name))

    def optimise(self, text: bytes) -> None:
        """-O"""
        from jitvm.options import UnknownOption

        try:
            if text:
                self.runtime.options.optimise(text.decode("latin-1"))
        except UnknownOption as unknown:
            shown = str(unknown).encode("latin-1")
            raise self.report(LuaError(b"unknown or malformed optimization flag '" + shown + b"'")) from None
        self.runtime.apply_options()

    def control(self, text: bytes) -> None:
        """-j"""
        command, _, rest = text.partition(b"=")
        handler = COMMANDS.get(command)
        if handler is None:
            self._guarded(lambda: self._start_module(command, rest))
        else:
            self._guarded(lambda: handler(self.runtime, rest.decode("utf-8", "surrogateescape")))

    def _start_module(self, name: bytes, rest: bytes) -> None:
        """`start` of the module jit.NAME, with what stands between commas; nothing there is nil."""
        try:
            module = self.runtime.require(b"jit." + name)[0]
        except LuaError as error:
            if error.message.startswith(b"module "):
                raise LuaError(UNKNOWN_COMMAND) from None
            raise
        values = self.runtime.values
        start = self.runtime.index(values.from_python(module), values.string(b"start"))
        words = [word or None for word in rest.split(b",")] if rest else []
        self.runtime.call(values.to_python(start), *words)  # type: ignore[arg-type]

    def _guarded(self, action: Callable[[], object]) -> None:
        try:
            with self.watcher:
                action()
        except LuaError as error:
            raise self.report(error) from None

    # Scripts.

    def _set_arg_table(self) -> None:
        program, *rest = self.arguments.argv
        argv = [_command() if program.endswith(b"__main__.py") else program, *rest]
        first = self.arguments.script
        table = self.runtime.new_table({at - first: word for at, word in enumerate(argv)})
        self.runtime.set_global("arg", table)

    def _init_file(self) -> None:
        init = os.environb.get(b"LUA_INIT")
        if init is None:
            return
        if init.startswith(b"@"):
            self._run_file(init[1:], [])
        else:
            self._guarded(lambda: self.runtime.call(self.runtime.load(init, b"=LUA_INIT")))

    def _script(self) -> None:
        argv, at = self.arguments.argv, self.arguments.script
        name: bytes | None = argv[at]
        if name == b"-" and argv[at - 1] != b"--":
            name = None
        self._run_file(name, list(argv[at + 1 :]))

    def _run_file(self, name: bytes | None, args: list[bytes]) -> None:
        from jitvm.runtime.files import read_chunk

        def run() -> None:
            source, chunkname = read_chunk(name)
            self.runtime.call(self.runtime.load(source, chunkname), *args)

        self._guarded(run)

    def _run_input(self) -> None:
        """Standard input, for want of anything else to run: as luajit has it, an error is no failure."""
        try:
            self._run_file(None, [])
        except Failed:
            return

    def _interactive(self) -> None:
        from jitvm.interactive import interact

        interact(self.runtime, self.watcher)


def _jit_on(runtime: Runtime, _: str) -> None:
    runtime.options.jit = True
    runtime.apply_options()


def _jit_off(runtime: Runtime, _: str) -> None:
    runtime.options.jit = False
    runtime.apply_options()


def _jit_flush(runtime: Runtime, _: str) -> None:
    runtime.flush_traces()


def _jit_verbose(runtime: Runtime, rest: str) -> None:
    from jitvm.tools.attach import attach_verbose

    attach_verbose(runtime, rest)


def _jit_dump(runtime: Runtime, rest: str) -> None:
    from jitvm.tools.attach import attach_dump

    attach_dump(runtime, rest)


#: -j commands; a listing module takes what follows the equals sign.
COMMANDS: dict[bytes, Callable[[Runtime, str], None]] = {
    b"on": _jit_on,
    b"off": _jit_off,
    b"flush": _jit_flush,
    b"v": _jit_verbose,
    b"dump": _jit_dump,
}
ACTIONS: dict[str, Callable[[Session, bytes], None]] = {
    "e": Session.execute,
    "l": Session.require,
    "O": Session.optimise,
    "j": Session.control,
}
