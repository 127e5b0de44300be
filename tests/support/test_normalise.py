"""Normalised listings: same objects, same names."""

from __future__ import annotations

from tests.support import normalise


def test_tables_are_numbered_by_first_appearance() -> None:
    text = "EQ {0x40a} {0x40b}\nEQ {0x40b} {0x40a}"
    assert normalise.listing(text) == "EQ {tab#1} {tab#2}\nEQ {tab#2} {tab#1}"


def test_hash_slots_are_hidden() -> None:
    line = '0005 >  p64 HREFK  0004  "print" @12'
    assert normalise.listing(line) == '0005 >  p64 HREFK  0004  "print" @?'


def test_printed_addresses() -> None:
    assert normalise.listing("table: 0x7f0012 table: 0x7f0013") == "table: #1 table: #2"


def test_plain_numbers_stay() -> None:
    line = "0004 >  int EQ     0003  +63"
    assert normalise.listing(line) == line
