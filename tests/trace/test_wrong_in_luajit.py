"""Programs that luajit compiles to wrong results; jitvm gives what the interpreter gives.

They cannot be in tests/lua, whose expectations are luajit's in every mode.
"""

from __future__ import annotations

import pytest

from tests.support import process

#: A sunk table is made anew in a side trace, with two stores under one key, which is one new key.
TWICE_STORED = """
jit.opt.start("tryside=1")  -- The side trace goes on in the interpreter at once, with a table.
local side
local function twice(n)
  local t = {}
  t.key = false
  t.key = n == n
  if side then end
  return t.key
end
local function interpreted(n) return twice(n) end
jit.off(interpreted)
interpreted(0)
interpreted(0)
side = true
interpreted(0)
interpreted(0)
print(twice(0))"""

#: One table under two names, with a nil stored through HREF between two stores through HREFK.
SAME_TABLE = """
local function stores(a, b)
  local count = 0
  local mt = {__newindex = function(t, k, v) count = count + 1 rawset(t, k, v) end}
  setmetatable(a, mt)
  setmetatable(b, mt)
  for _ = 1, 4 do
    a[10] = 1
    b[10] = nil
    a[10] = 1
    b[10] = 1
  end
  return count
end
local big = {}
for i = 1, 65536 do big[-i] = true end
stores({}, big)
local small = {}
print(stores(small, small))"""

#: The second iteration of a loop reads what the first has put into a new table, of another type.
UNSTABLE = """
local slot, result = {}
for i = 1, 105 do
  local t = slot
  result = t[1]
  slot = i % 2 ~= 0 and {false} or {true}
end
print(result)"""

#: Positions that are no integers are truncated where table functions store: traces of luajit do not.
TRUNCATED = """
local results = {}
local function try(...)
  local keys = {}
  for k, v in pairs(table.move(...)) do keys[#keys + 1] = k .. "=" .. v end
  table.sort(keys)
  results[#results + 1] = table.concat(keys, " ")
end
for i = 1, 100 do
  results = {}
  try({1, 2, 3}, 1, 2, 0/0)
  try({1, 2, 3}, 1.5, 3, 2.5)
  try({1, 2, 3}, 1, 2, 2^31)
  try({1, 2, 3}, 1, 3, i % 2 == 0 and 2.5 or -2, {})
  local t = {1, 2, 3, 4, 5, 6}
  table.remove(t, 5.5)
  table.remove(t, 1.5)
  results[#results + 1] = table.concat(t, " ")
end
print(table.concat(results, "; "))"""
POSITIONS = (
    "-2147483648=1 1=1 2=2 3=3; 1=1 2=2 3=2 4=3; -2147483648=2 1=1 2=2 3=3; 2=1 3=2 4=3; 2 3 4 4"
)

#: A loop to NaN, recorded as left: luajit's guard fails, and its exit goes on in the body.
TO_NAN = """
local zero, count = 0, 0
for k = 1, 100 do
  for i = 2, 2 % zero, 3 do count = count + 1 end
  for i = 2, 2 % zero, -3 do count = count + 1 end
end
local function infinite(n)
  for i = -math.huge, 1, n do count = count + 1 end
end
for k = 1, 100 do infinite(math.huge) end
print(count)"""

#: The first of several variable arguments, passed from outside of the trace: luajit loads the second.
FIRST_VARARG = """
local function sum(p, q, ...)
  local s = 0
  for i = 1, 100 do s = s + (...) end
  return s
end
local function both(...)
  local s, t = 0, 0
  for i = 1, 100 do
    local a, b, c = ...
    s, t = s + a, t + b * (c and 100 or 1)
  end
  return s + t
end
print(sum(7, 8, 1, 10), sum(7, 8, 2, 20, 30), both(1, 2), both(1, 2, 3))"""

#: What a buffer is given before an argument that it cannot take, or whose __tostring is called.
PUT_ONCE = """
local buffer = require("string.buffer")
local b, seen = buffer.new(), {}
for i = 1, 200 do
  b:reset():put("x")
  pcall(b.put, b, 256, nil)
  local shown = setmetatable({}, {__tostring = function() return "T" end})
  pcall(b.put, b, "a", shown, 1)
  pcall(b.putf, b, "%d %s %d", 1, shown, {})
  seen[tostring(b)] = true
end
for text in pairs(seen) do print(text) end"""

#: Integers are made of sums, not sums of integers.
FRACTIONS = """
local function made(n)
  local text
  for i = 1, 100 do
    text = string.rep("x", 10 - n) .. ("abcdef"):sub(n + 1, 10 - n) .. string.char(70 - n)
  end
  return text
end
print(made(1.5), made(-0.5), made(0.5))"""

PROGRAMS = [
    (TWICE_STORED, "true"),
    (SAME_TABLE, "5"),
    (UNSTABLE, "true"),
    (TRUNCATED, POSITIONS),
    (TO_NAN, "100"),
    (FIRST_VARARG, "100\t200\t300\t20100"),
    (FRACTIONS, "xxxxxxxxbcdefD\txxxxxxxxxxabcdefF\txxxxxxxxxabcdefE"),
    (PUT_ONCE, "x256aT11 T "),
]
IDS = ["sunk", "alias", "unstable", "truncated", "nan", "vararg", "fractions", "put"]
FLAGS = [["-joff"], [], ["-Ohotloop=1", "-Ohotexit=1"]]


@pytest.mark.parametrize("program, result", PROGRAMS, ids=IDS)
@pytest.mark.parametrize("flags", FLAGS, ids=["joff", "default", "hot"])
def test_result(program: str, result: str, flags: list[str]) -> None:
    done = process.jitvm(*flags, "-e", program)
    assert (done.stdout, done.stderr) == (result + "\n", "")
