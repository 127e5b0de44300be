"""Bytecode files: the live binary's byte for byte, read back unchanged, and hostile ones refused."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from jitvm.front.bytecode import BC, ins_ad, ins_aj
from jitvm.front.dump import dump
from jitvm.front.errors import LuaSyntaxError
from jitvm.front.parser import compile_chunk
from jitvm.front.proto import ProtoFlag, Prototype
from jitvm.front.undump import undump
from jitvm.front.verify import Malformed, verify
from tests.support import process

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted([path.with_suffix(".lua") for path in (ROOT / "tests" / "lua").glob("*.out")]
                 + [*(ROOT / "traces").glob("*/*.lua")])  # fmt: skip


def compiled(script: Path) -> Prototype:
    return compile_chunk(script.read_bytes(), b"@" + script.name.encode())


@pytest.mark.oracle
@pytest.mark.parametrize("flag", ["-s", "-g"])
def test_files_of_the_binary(luajit: str, flag: str, tmp_path: Path) -> None:
    """The same bytes; only constants in hash parts may stand in another order."""
    for script in SCRIPTS:
        target = tmp_path / "out.raw"
        subprocess.run([luajit, "-b", flag, script.name, str(target)], cwd=script.parent, check=True)
        theirs = target.read_bytes()
        ours = dump(compiled(script), strip=flag == "-s")
        assert sorted(ours) == sorted(theirs), script
        again = dump(undump(theirs, b"@x"), strip=flag == "-s")
        assert sorted(again) == sorted(theirs), script


@pytest.mark.parametrize("strip", [False, True])
def test_read_back(strip: bool) -> None:
    for script in SCRIPTS:
        data = dump(compiled(script), strip=strip)
        assert dump(undump(data, b"@x"), strip=strip) == data, script


def test_debug_information_survives() -> None:
    proto = compiled(ROOT / "tests" / "lua" / "closures.lua")
    again = undump(dump(proto, strip=False), b"=other")
    assert again.chunkname == proto.chunkname and again.lines[1:] == proto.lines[1 : len(proto.bytecode)]
    assert [(v.name, v.startpc, v.endpc) for v in again.varinfo] == [
        (v.name, v.startpc, v.endpc) for v in proto.varinfo
    ]


def test_every_truncation_is_refused() -> None:
    data = dump(compiled(ROOT / "tests" / "lua" / "calls.lua"), strip=False)
    for size in range(1, len(data)):
        with pytest.raises(LuaSyntaxError, match="cannot load"):
            undump(data[:size], b"@x")


def test_damage_is_an_error_or_none() -> None:
    rng = random.Random(1)
    for script in SCRIPTS[::7]:
        data = dump(compiled(script), strip=False)
        for _ in range(60):
            damaged = bytearray(data)
            for _ in range(rng.randint(1, 4)):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            try:
                undump(bytes(damaged), b"@x")
            except LuaSyntaxError as error:
                assert b"cannot load" in error.message


def function(*bytecode: int, framesize: int = 4, numparams: int = 0, header: BC = BC.FUNCF) -> Prototype:
    proto = compile_chunk(b"local a = 1.5, 'text'", b"=x")
    proto.bytecode = [ins_ad(header, framesize, 0), *bytecode]
    proto.framesize, proto.numparams = framesize, numparams
    proto.lines, proto.varinfo, proto.flags = [], [], ProtoFlag.NONE
    return proto


RET0 = ins_ad(BC.RET0, 0, 1)
REFUSED = {
    "nothing": [],
    "runs off the end": [ins_ad(BC.KSHORT, 0, 1)],
    "slot out of the frame": [ins_ad(BC.MOV, 4, 0), RET0],
    "no such constant": [ins_ad(BC.KNUM, 0, 7), RET0],
    "a string that is none": [ins_ad(BC.GGET, 0, 9), RET0],
    "no upvalue": [ins_ad(BC.UGET, 0, 0), RET0],
    "jump out of the function": [ins_aj(BC.JMP, 0, 5), RET0],
    "jump to the header": [ins_aj(BC.JMP, 0, -2), RET0],
    "comparison without jump": [ins_ad(BC.ISLT, 0, 1), RET0],
    "arguments beyond the frame": [ins_ad(BC.CALLT, 2, 3), RET0],
    "varargs in no vararg function": [ins_ad(BC.VARG, 0, 0x0200), RET0],
    "open values from nowhere": [ins_ad(BC.RETM, 0, 0), RET0],
    "what only a running VM writes": [ins_aj(BC.JMP, 0, 0), ins_ad(BC.JLOOP, 0, 1), RET0],
    "a header": [ins_ad(BC.FUNCF, 0, 0), RET0],
    "no bytecode": [ins_ad(200, 0, 0), RET0],
    "iteration without loop": [ins_ad(BC.ITERN, 3, 0x0303), RET0],
}


@pytest.mark.parametrize("name", REFUSED)
def test_verifier_refuses(name: str) -> None:
    with pytest.raises(Malformed):
        verify(function(*REFUSED[name]))


def test_verifier_accepts() -> None:
    verify(function(ins_ad(BC.KSHORT, 3, 1), ins_aj(BC.JMP, 0, 0), RET0))
    raw = verify(function(ins_ad(BC.TGETR, 0, 0x0102), RET0))
    assert raw.bytecode[1] & 0xFF == BC.TGETV


@pytest.mark.parametrize("script", ["iteration", "varargs_language", "calls"])
def test_damaged_programs_never_crash(script: str) -> None:
    """What the verifier lets pass runs to an end or an error."""
    hostile = Path(__file__).with_name("hostile.lua")
    result = process.jitvm("-joff", str(hostile), "1", "120", str(ROOT / "tests" / "lua" / f"{script}.lua"))
    assert result.status == 0 and result.stdout.startswith("120 "), result
