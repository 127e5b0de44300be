-- Calls of every kind: methods, varargs, tail calls, callbacks, protected calls, library functions.
local rounds = tonumber((...)) or 100
local Account = {}
Account.__index = Account
function Account.new(amount) return setmetatable({ amount = amount }, Account) end
function Account:add(n) self.amount = self.amount + n; return self end
function Account:get() return self.amount end

local function sum(...)
  local total = 0
  for i = 1, select("#", ...) do total = total + (select(i, ...)) end
  return total
end
local function pass(...) return ... end
local function count(n, total)
  if n == 0 then return total end
  return count(n - 1, total + 1)
end
local function each(n, visit, ...)
  for i = 1, n do visit(i, ...) end
end
local function ack(m, n)
  if m == 0 then return n + 1 end
  if n == 0 then return ack(m - 1, 1) end
  return ack(m - 1, ack(m, n - 1))
end

local account, floor, total = Account.new(0), math.floor, 0
for round = 1, rounds do
  for i = 1, 2000 do account:add(i):add(-1) end
  total = total + account:get()
  for i = 1, 1000 do total = total + sum(i, pass(1, 2, 3)) end
  total = total + count(2000, 0)
  each(1000, function(i, step) total = total + i * step end, 2)
  for i = 1, 1000 do
    local ok, value = pcall(floor, i / 3)
    if ok then total = total + value end
  end
  total = total + ack(2, 12)
end
print(total)
