"""The matcher is what other tests trust; each sentence of its description is held to here."""

from __future__ import annotations

import pytest

from tests.support.match import MatchError, directives, match


def test_names_bind_and_repeat() -> None:
    found = match("{{sum}} int ADD 0001 +7\nUSE {{sum}}", "0004 int ADD   0001  +7\n     USE 0004")
    assert found.names == {"sum": "0004"}
    with pytest.raises(MatchError):
        match("{{sum}} ADD\nUSE {{sum}}", "0004 ADD\nUSE 0005")


def test_dots_skip_lines_and_text() -> None:
    match("...\nb\n...", "a\na\nb\nc")
    match("a\n...", "a")
    match("x ... z", "x y y z")
    with pytest.raises(MatchError):
        match("b", "a\nb")


def test_skipping_backtracks_over_bindings() -> None:
    found = match("...\nload {{x}}\nstore {{x}}", "load 1\nload 2\nstore 2")
    assert found.names == {"x": "2"}


def test_roles_are_registers() -> None:
    found = match("mov r32.x, [rdx+{{offset}}]\nadd r64.x, r64.y", "mov eax, [rdx+0x10]\nadd rax, r9")
    assert found.names == {"offset": "0x10"}
    match("addsd xmm.a, xmm.b", "addsd xmm1, xmm12")


@pytest.mark.parametrize("text", ["add eax, eax", "add rax, ecx", "add eax, xmm1"])
def test_different_roles_are_different_registers(text: str) -> None:
    with pytest.raises(MatchError):
        match("add r32.x, r32.y", text)


def test_directives_collect_comments() -> None:
    source = "; passes: fold\n0001 int SLOAD\n; check: a\n;  check:   b\n"
    assert directives(source, "check") == "a\n  b"
    assert directives(source, "passes") == "fold"
