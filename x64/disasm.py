"""Listing of machine code in the look of LuaJIT's dumps, through iced-x86's decoder and formatter.

    5580178cff8b  cvttsd2si ebp, [rdx+0x20]
    5580178cff90  cmp ebp, +0x64
    5580178cff93  jg 0x5580178c0050 ->1

Immediates of one byte have two digits, and a sign where they are extended; the size of a memory operand is
named only where no register tells it, and what a jump goes to is appended by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from iced_x86 import (
    Decoder,
    FlowControl,
    Formatter,
    FormatterSyntax,
    Instruction,
    MemorySizeOptions,
    OpCodeOperandKind,
    OpKind,
)  # fmt: skip

Symbols = Callable[[int], str | None]
NEAR_BRANCHES = frozenset(
    (FlowControl.UNCONDITIONAL_BRANCH, FlowControl.CONDITIONAL_BRANCH, FlowControl.CALL)
)
BYTE_IMMEDIATES = frozenset((OpKind.IMMEDIATE8TO16, OpKind.IMMEDIATE8TO32, OpKind.IMMEDIATE8TO64))
#: LuaJIT's disassembler has its own names for some conditions.
MNEMONICS = {"jae": "jnb", "jbe": "jbe", "jne": "jnz", "je": "jz", "jp": "jpe", "jnp": "jpo"}
assert OpCodeOperandKind is not None


def no_symbols(address: int) -> str | None:
    return None


def make_formatter() -> Formatter:
    formatter = Formatter(FormatterSyntax.INTEL)
    formatter.hex_prefix, formatter.hex_suffix = "0x", ""
    formatter.uppercase_hex = False
    formatter.space_after_operand_separator = True
    formatter.branch_leading_zeros = False
    formatter.show_branch_size = False
    formatter.small_hex_numbers_in_decimal = False
    formatter.memory_size_options = MemorySizeOptions.MINIMAL
    formatter.rip_relative_addresses = False
    formatter.signed_immediate_operands = False
    return formatter


def format_instruction(formatter: Formatter, ins: Instruction, symbols: Symbols) -> str:
    text = formatter.format(ins)
    mnemonic, space, rest = text.partition(" ")
    text = MNEMONICS.get(mnemonic, mnemonic) + space + rest
    text = text.replace(" ptr [", " [")
    last = ins.op_count - 1
    if last >= 0 and ins.op_kind(last) in BYTE_IMMEDIATES:
        value = ins.immediate(last)
        value -= (value >> 63) << 64
        head = text.rpartition(", ")[0]
        text = f"{head}, {'-' if value < 0 else '+'}0x{abs(value):02x}"
    elif last >= 0 and ins.op_kind(last) == OpKind.IMMEDIATE8:
        text = f"{text.rpartition(', ')[0]}, 0x{ins.immediate(last):02x}"
    if ins.flow_control in NEAR_BRANCHES and ins.op0_kind == OpKind.NEAR_BRANCH64:
        name = symbols(ins.near_branch_target)
        if name:
            text = f"{text}\t{name}"
    return text


def disassemble(data: bytes, address: int, symbols: Symbols = no_symbols) -> Iterator[tuple[int, str]]:
    """(address, text) of each instruction."""
    formatter = make_formatter()
    for ins in Decoder(64, data, ip=address):
        yield ins.ip, format_instruction(formatter, ins, symbols)


def listing(data: bytes, address: int, symbols: Symbols = no_symbols) -> str:
    """One line per instruction; labels are lines of their own where `symbols` names an address inside."""
    return "\n".join(f"{where:08x}  {text}" for where, text in disassemble(data, address, symbols))
