"""Bad input and rough treatment: a Lua error and exit code 1, never a Python traceback, never a hang.

Scripts of random bytes, truncated scripts, hostile nesting; files that are missing, folders or unreadable;
an interrupt in an endless loop; a damaged cache; machine code that does not fit its limit.
"""

from __future__ import annotations

import os
import random
import re
import sys
from pathlib import Path

import pytest

from tests.support import corpus, modes, oracle, process


def same_message(folder: Path, *args: str) -> None:
    """jitvm ends as luajit does, with the same message and the same stack."""
    ours, theirs = process.jitvm(*args, cwd=folder), oracle.luajit(*args, cwd=folder)
    assert (ours.status, said(ours)) == (theirs.status, said(theirs))


def said(done: process.Result) -> str:
    """The message, without the program's name in front and without addresses."""
    text = re.sub(r"^(\S*luajit|jitvm): ", "", done.stderr)
    text = re.sub(r"^usage: \S+", "usage:", text)
    return re.sub(r"0x[0-9a-f]+", "0x", text)


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(12))
def test_random_bytes(seed: int, tmp_path: Path, luajit: str) -> None:
    source = random.Random(seed)
    alphabet = (bytes(range(256)), b"()[]{}=,.;'\"\\\n 0x1eE+-*/^%#<>~:andorifn")[seed % 2]
    (tmp_path / "bytes.lua").write_bytes(bytes(source.choice(alphabet) for _ in range(200)))
    same_message(tmp_path, "-joff", "bytes.lua")


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(12))
def test_truncated_scripts(seed: int, tmp_path: Path, luajit: str) -> None:
    source = random.Random(seed)
    text = source.choice(corpus.programs()).path("lua").read_bytes()
    (tmp_path / "cut.lua").write_bytes(text[: source.randrange(len(text))] + b"(")
    same_message(tmp_path, "-joff", "cut.lua")


HOSTILE = {
    "parentheses": "x = " + "(" * 100_000,
    "tables": "x = " + "{" * 100_000,
    "functions": "f = " + "function() return " * 10_000,
    "blocks": "do " * 100_000,
    "unary": "x = " + "-" * 100_000 + "1",
    "power": "x = " + "2^" * 100_000 + "1",
    "concat": "x = " + "'a'.." * 100_000 + "'b'",
    "fields": "x" + ".x" * 100_000 + "()",
    "calls": "x" + "()" * 100_000,
    "long string": "x = [[" + "a" * 1_000_000,
    "comment": "--[==[" + "a" * 1_000_000,
    "locals": "local " + ", ".join(f"v{i}" for i in range(300)),
    "elseif": "if x then " + "elseif x then " * 20_000 + "end",
}


@pytest.mark.oracle
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_nesting(kind: str, tmp_path: Path, luajit: str) -> None:
    (tmp_path / "hostile.lua").write_text(HOSTILE[kind])
    same_message(tmp_path, "-joff", "hostile.lua")


@pytest.mark.oracle
def test_files_that_cannot_be_read(tmp_path: Path, luajit: str) -> None:
    (tmp_path / "folder.lua").mkdir()
    same_message(tmp_path, "missing.lua")
    same_message(tmp_path, "folder.lua")
    unreadable = tmp_path / "unreadable.lua"
    unreadable.write_text("print(1)")
    unreadable.chmod(0)
    if not os.access(unreadable, os.R_OK):  # root reads anything
        same_message(tmp_path, "unreadable.lua")


@pytest.mark.oracle
@pytest.mark.parametrize(
    "code",
    [
        "error('x')", "error({})", "error()", "error(12)", "error('m', 0)", "error('a\\0b')", "error(print)",
        "local x = nil + 1", "x.y()", "local t = {} t.x.y = 1", "local t = {} t:nope()", "print({} < 1)",
        "local up = nil; (function() up.x() end)()", "local a = {b = {}} a.b.c.d = 1", "return #nil .. 'x'",
        "local function r(n) if n == 0 then error('bottom') end r(n - 1) end r(40)",
        "local function r(n) return 1 + r(n + 1) end r(1)",
        "error(setmetatable({}, {__tostring = function() return 'described' end}))",
        "error(setmetatable({}, {__tostring = function() error('deep') end}))",
        "error(setmetatable({}, {__tostring = 5}))",
        "local t = setmetatable({}, {__add = function() error('in add') end}) local x = t + 1",
        "setmetatable({}, {__newindex = function() local x; x() end}).foo = 1",
        "coroutine.wrap(function() local x = nil + 1 end)()", "string.rep()", "('x'):bad()", "('x'):rep({})",
        "next({}, 'nokey')", "rawset({}, nil, 1)", "collectgarbage('bad')", "string.rep('x', 2^31)",
        "assert(false)", "assert(nil, 'm')", "assert(loadstring('x = = 1'))", "os.exit(3)", "os.exit(false)",
    ],
)  # fmt: skip
def test_uncaught_errors(code: str, tmp_path: Path, luajit: str) -> None:
    same_message(tmp_path, "-e", code)


@pytest.mark.oracle
@pytest.mark.parametrize("option", ["-Ofoo", "-Ohotloop", "-O=3", "-jfoo", "-Z", "-vx", "-Ee"])
def test_options_that_do_not_exist(option: str, tmp_path: Path, luajit: str) -> None:
    same_message(tmp_path, option, "-e", "")


@pytest.mark.parametrize(
    ("redirection", "status"), [(">&-", 0), ("> /dev/full", 0), ("| head -1", 0), ("2>&-", 1)]
)
def test_output_that_nobody_takes(redirection: str, status: int) -> None:
    script = "for i = 1, 1e5 do print(i) end " + ("error()" if status else "")
    done = process.run(["sh", "-c", f"'{sys.executable}' -m jitvm -e '{script}' {redirection}"])
    assert (done.status, done.stderr) == (status, "")


#: Each asks for more than there is, in its own way.
GREEDY = {
    "array": "local t = {} for i = 1, 1e9 do t[i] = i end",
    "list": "local t for i = 1, 1e9 do t = {t} end",
    "keys": "local t = {} for i = 1, 1e9 do t['k' .. i] = true end",
    "concatenation": "local s = 'x' for i = 1, 100 do s = s .. s end",
    "repetition": "return ('x'):rep(5e8)",
    "closures": "local t = {} while true do t[#t + 1] = function() return t end end",
    "strings": "local t = {} while true do t[#t + 1] = string.rep('x', #t) end",
    "coroutines": "local t = {} while true do t[#t + 1] = coroutine.create(print) end",
}


@pytest.mark.parametrize("way", [modes.DEFAULT, modes.INTERP, modes.HOT], ids=lambda way: way.name)
def test_memory_limit(way: modes.Mode) -> None:
    """An error that can be caught; afterwards there is memory again."""
    tries = "".join(f"print(pcall(function() {code} end)) collectgarbage() " for code in GREEDY.values())
    done = process.jitvm(*way.flags, "-e", tries, environment={"JITVM_MEMORY": "48M"})
    assert (done.stdout, done.status) == ("false\tnot enough memory\n" * len(GREEDY), 0), done.stderr


def test_memory_limit_uncaught() -> None:
    done = process.jitvm("-e", GREEDY["list"], environment={"JITVM_MEMORY": "16M"})
    assert (done.stdout, done.stderr, done.status) == ("", "jitvm: not enough memory\n", 1)


def test_damaged_cache_is_rebuilt(tmp_path: Path) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    assert process.jitvm("-joff", "-e", "print(6*7)", environment=environment).stdout == "42\n"
    # Compiled Python modules are Python's: it writes them under another name first, and trusts them.
    cached = [path for path in tmp_path.glob("jitvm/*") if path.is_file()]
    assert cached, "nothing was cached"
    for damage in (lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"\xcc" * len(data)):
        for path in cached:
            path.write_bytes(damage(path.read_bytes()))
        assert process.jitvm("-joff", "-e", "print(6*7)", environment=environment).stdout == "42\n"


def test_full_machine_code_area_is_flushed(tmp_path: Path) -> None:
    """Hundreds of loops in 64 kB of machine code: traces are flushed, the results stay right."""
    loops = "\n".join(
        f"for i = 1, 100 do x = x + i * {k} % 7 + math.floor(i / {k}) end" for k in range(1, 400)
    )
    (tmp_path / "many.lua").write_text(f"local x = 0\n{loops}\nprint(x)\n")
    limits = ("-Ohotloop=2", "-Osizemcode=32", "-Omaxmcode=64")
    wanted = process.jitvm("-joff", "many.lua", cwd=tmp_path)
    said = process.jitvm(*limits, "many.lua", cwd=tmp_path)
    assert (said.stdout, said.status) == (wanted.stdout, 0), said.stderr


@pytest.mark.parametrize("name", ["seed2", "side_chain", "unstable_loop", "concat_loop"])
def test_listings_do_not_depend_on_pythons_hashes(name: str) -> None:
    file = corpus.TRACES / name / f"{name}.lua"
    said = {
        process.jitvm("-jdump=tbismx", str(file), environment={"PYTHONHASHSEED": seed}).stdout
        for seed in ("0", "1", "2")
    }
    assert len(said) == 1
