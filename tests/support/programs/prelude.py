"""The fixed part of every random program: its variables, and what prints them."""

from __future__ import annotations

NUMBERS = ("n1", "n2", "n3", "n4")
STRINGS = ("s1", "s2")
CHANGING = ("v1", "v2")
ARRAYS = ("a1", "a2")
RECORDS = ("r1", "r2")
OBJECTS = ("o1", "o2")
FIELDS = ("x", "y", "z")
FUNCTIONS = ("f1", "f2", "f3")

#: What a step of the main program copies into locals of its own, and gives back.
COPIED = (*NUMBERS, *STRINGS, *CHANGING, *OBJECTS)

#: Functions of no program in particular: where many programs run in one process, they share them.
HELPERS = """\
local function show(v)
  if v ~= v then return "nan" end
  if type(v) == "number" then
    if v == 0 then return 1 / v < 0 and "-0" or "0" end
    return string.format("%.14g", v)
  end
  if type(v) == "string" or type(v) == "boolean" or v == nil then return tostring(v) end
  return type(v)
end
local notes = 0
local function note(...)
  notes = notes + 1
  if notes > 40 then return end
  local shown = {}
  for i = 1, select("#", ...) do shown[i] = show((select(i, ...))) end
  print(table.concat(shown, " "))
end
local function value(v)
  if type(v) == "table" then v = rawget(v, "v") end
  return type(v) == "number" and v or 0
end
local function clean(n) return n == n and n or 0 end
local function short(s) return string.sub(s, -12) end
local function plain(v) return (string.gsub(tostring(v), "0x%x+", "")) end
local function maybe(n)
  local thread = coroutine.running()
  if thread then return coroutine.yield(n) or n end
  return n
end
local function count(t, n)
  for _ in pairs(t) do n = n + 1 end
  return n
end
local function step(f)
  local ok, message = pcall(f)
  if not ok then print(show(message)) end
end
local function finish(a1, a2, m1, ...)
  for i = 1, select("#", ...) do io.write(show((select(i, ...))), " ") end
  print(#a1, #a2, notes)
  for i = -1, 20 do
    io.write(show(rawget(a1, i)), " ", show(rawget(a2, i)), " ", show(m1[i]), i == 20 and "\\n" or ", ")
  end
end
local function helpers()
  notes = 0
  math.randomseed(42)
  return show, note, value, clean, short, plain, maybe, count, step, finish
end
"""

PRELUDE = """\
local show, note, value, clean, short, plain, maybe, count, step, finish = helpers()
local band, bor, bxor, lshift, rshift, arshift, tobit =
  bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift, bit.arshift, bit.tobit
local floor, ceil, sqrt, abs, max, min = math.floor, math.ceil, math.sqrt, math.abs, math.max, math.min
local yield = coroutine.yield
local buffer = require("string.buffer")
local bf1, bf2 = buffer.new(), buffer.new(10)
local n1, n2, n3, n4, s1, s2, v1, v2 = 0, 1, 0.5, 100, "", "ab", nil, 1
local a1, a2, m1 = {1, 2, 3, 4, 5, 6, 7, 8}, {}, {1, "2", false, 0.5, nil, {}, "x"}
local r1, r2 = {x = 1, y = 2, z = 3}, {y = 0.5, x = -1}
local f1, f2, f3
local M = {}
local function wrap(n) return setmetatable({v = n}, M) end
local function object(v) return getmetatable(v) == M and v or wrap(value(v)) end
local o1, o2 = wrap(3), wrap(0.5)
local function keep(...) n1, n2, n3, n4, s1, s2, v1, v2, o1, o2 = ... end
"""

EPILOGUE = """\
finish(a1, a2, m1, n1, n2, n3, n4, s1, s2, v1, v2, global1, global2,
  rawget(r1, "x"), rawget(r1, "y"), rawget(r1, "z"), rawget(r2, "x"), rawget(r2, "y"), rawget(r2, "z"),
  value(o1), value(o2), rawget(o1, "x"), rawget(o2, "y"))
"""
