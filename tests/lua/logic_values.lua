-- and, or, not: which operand is the value, and what is evaluated.
local calls = 0
local function f(v) calls = calls + 1 return v end
print(nil and 1, false and 1, 0 and 1, 1 and nil, 1 and false, nil or 1, false or nil, 1 or 2, nil or false)
print(f(nil) and f(1), f(1) and f(2), f(nil) or f(3), f(4) or f(5), calls)
print(not nil, not false, not 0, not "", not {}, not not 1, not not nil)
print(1 and 2 or 3, nil and 2 or 3, 1 and nil or 3, (1 or 2) and 3, 1 or 2 and 3)
local x = nil
x = x or "default"
print(x, x and #x, x == "default" and "yes" or "no")
local a, b = 1, nil
print(a == 1 and b == nil, a == 1 or b.c, not (a == 2) and not b, a ~= 1 or b ~= nil)
local n = 0
for i = 1, 200 do
  local v = i % 3 == 0 and "fizz" or i % 5 == 0 and "buzz" or i
  if v == "fizz" or v == "buzz" and i > 50 then n = n + 1 end
  local w = (i < 10 or nil) and (i > 5 and i or false)
  if w then n = n + w end
end
print(n, calls)
local function truth(v) if v then return "t" else return "f" end end
print(truth(0), truth(""), truth(nil), truth(false), truth(true), truth({}))
