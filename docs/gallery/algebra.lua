-- Algebra on random formulas: written, read again, differentiated, simplified and evaluated.
-- Many small functions that take other ways each time: a forest of some hundred traces.

local seed = 42
local function random(n)
  seed = (seed * 16807) % 2147483647
  return seed % n + 1
end

local function node(op, a, b) return { op = op, a = a, b = b } end
local function number(value) return { op = "number", value = value } end
local X = { op = "x" }

local OPERATORS = { "+", "-", "*", "/", "^" }

local function formula(depth)
  if depth == 0 or random(6) == 1 then
    if random(2) == 1 then return X end
    return number(random(9))
  end
  local op = OPERATORS[random(#OPERATORS)]
  if op == "^" then return node(op, formula(depth - 1), number(random(3))) end
  return node(op, formula(depth - 1), formula(depth - 1))
end

local function write(tree)
  if tree.op == "number" then return tostring(tree.value) end
  if tree.op == "x" then return "x" end
  return "(" .. write(tree.a) .. tree.op .. write(tree.b) .. ")"
end

-- Reading: one function for each kind of thing, on bytes.
local byte, sub = string.byte, string.sub
local text, at

local function read()
  local c = byte(text, at)
  if c == 40 then
    at = at + 1
    local a = read()
    local op = sub(text, at, at)
    at = at + 1
    local b = read()
    at = at + 1
    return node(op, a, b)
  elseif c == 120 then
    at = at + 1
    return X
  end
  local value, sign = 0, 1
  if c == 45 then
    sign = -1
    at = at + 1
    c = byte(text, at)
  end
  while c and c >= 48 and c <= 57 do
    value = value * 10 + c - 48
    at = at + 1
    c = byte(text, at)
  end
  return number(sign * value)
end

local evaluate = {
  number = function(tree) return tree.value end,
  x = function(_, x) return x end,
}
local function value(tree, x) return evaluate[tree.op](tree, x) end
evaluate["+"] = function(tree, x) return value(tree.a, x) + value(tree.b, x) end
evaluate["-"] = function(tree, x) return value(tree.a, x) - value(tree.b, x) end
evaluate["*"] = function(tree, x) return value(tree.a, x) * value(tree.b, x) end
evaluate["/"] = function(tree, x)
  local below = value(tree.b, x)
  if below == 0 then return 0 end
  return value(tree.a, x) / below
end
evaluate["^"] = function(tree, x)
  local base, result = value(tree.a, x), 1
  for _ = 1, tree.b.value do result = result * base end
  return result
end

local function slope(tree)
  local op, a, b = tree.op, tree.a, tree.b
  if op == "number" then return number(0) end
  if op == "x" then return number(1) end
  if op == "+" or op == "-" then return node(op, slope(a), slope(b)) end
  if op == "*" then return node("+", node("*", slope(a), b), node("*", a, slope(b))) end
  if op == "/" then
    return node("/", node("-", node("*", slope(a), b), node("*", a, slope(b))), node("^", b, number(2)))
  end
  return node("*", node("*", b, node("^", a, number(b.value - 1))), slope(a))
end

local function is(tree, n) return tree.op == "number" and tree.value == n end

local function simple(tree)
  local op = tree.op
  if op == "number" or op == "x" then return tree end
  local a, b = simple(tree.a), simple(tree.b)
  if op == "+" then
    if is(a, 0) then return b end
    if is(b, 0) then return a end
    if a.op == "number" and b.op == "number" then return number(a.value + b.value) end
  elseif op == "-" then
    if is(b, 0) then return a end
    if a.op == "number" and b.op == "number" then return number(a.value - b.value) end
  elseif op == "*" then
    if is(a, 0) or is(b, 0) then return number(0) end
    if is(a, 1) then return b end
    if is(b, 1) then return a end
    if a.op == "number" and b.op == "number" then return number(a.value * b.value) end
  elseif op == "^" then
    if is(b, 0) then return number(1) end
    if is(b, 1) then return a end
  end
  return node(op, a, b)
end

local function size(tree)
  if not tree.a then return 1 end
  return 1 + size(tree.a) + size(tree.b)
end

local nodes, sum = 0, 0
for _ = 1, 400 do
  text, at = write(formula(5)), 1
  local tree = simple(slope(read()))
  nodes = nodes + size(tree)
  for x = 1, 10 do
    local y = value(tree, x)
    if y > 0 then
      sum = sum + math.min(y, 1000)
    elseif y < 0 then
      sum = sum - math.min(-y, 1000)
    end
  end
end
print(nodes, string.format("%.6g", sum))
