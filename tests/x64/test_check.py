"""The checker must find mistakes: bugs are planted in the allocator one at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import x64.compile
from ir.values import Ins
from tests.x64.test_random import Programs
from x64.check import check
from x64.compile import compile_function
from x64.fuse import Selection
from x64.moves import Move, Slot
from x64.regalloc import Allocator
from x64.regs import Reg
from x64.trail import Fill, Trail
from x64.wants import Temp

PROGRAMS = range(60)


def any_is_caught() -> bool:
    """Whether the checker objects to one of the programs that still compile."""
    for seed in PROGRAMS:
        fn, trail = Programs(seed).make(), Trail()
        try:
            compile_function(fn, trail)
        except AssertionError:
            continue
        try:
            check(fn, trail, Selection(fn))
        except AssertionError:
            return True
    return False


def test_a_sound_allocator_is_not_accused() -> None:
    assert not any_is_caught()


def without(kind: type) -> Callable[[Any, Any], Any]:
    """An `_emit` that leaves out the steps of one kind."""
    original = Allocator._emit

    def emit(self: Allocator, steps: list[Any]) -> Any:
        steps[:] = [step for step in steps if not isinstance(step, kind)]
        return original(self, steps)

    return emit


def test_forgotten_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Allocator, "_emit", without(Move))
    assert any_is_caught()


def test_forgotten_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Allocator, "_emit", without(Fill))
    assert any_is_caught()


def test_forgotten_edge_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    original = x64.compile.edge_steps
    monkeypatch.setattr(x64.compile, "edge_steps", lambda *args: original(*args)[:-1])
    assert any_is_caught()


def test_moves_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        x64.edges, "parallel_moves", lambda pairs, spare: [Move(dst, src) for dst, src in pairs]
    )
    assert any_is_caught()


def test_forgotten_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    original = x64.compile.entry_moves
    monkeypatch.setattr(x64.compile, "entry_moves", lambda allocator: original(allocator)[1:])
    assert any_is_caught()


def test_one_slot_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def slot(self: Allocator, value: Ins) -> int:
        self.slots[value] = 0
        self.slot_count = 1
        return 0

    monkeypatch.setattr(Allocator, "_slot", slot)
    assert any_is_caught()


def test_destroyed_registers_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Allocator._destroy

    def destroy(self: Allocator, want: Any) -> Any:
        if isinstance(want, Temp) and want.allowed & (want.allowed - 1) == 0:
            return Reg(want.allowed.bit_length() - 1)
        return original(self, want)

    monkeypatch.setattr(Allocator, "_destroy", destroy)
    assert any_is_caught()


def test_results_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Allocator._define

    def define(self: Allocator, ins: Ins, want: Any) -> Any:
        reg = original(self, ins, want)
        self.results = [step for step in self.results if not isinstance(step.dst, Slot)]
        return reg

    monkeypatch.setattr(Allocator, "_define", define)
    assert any_is_caught()
