-- pcall, error and assert: values, levels, nesting.
print(pcall(function() return 1, 2, 3 end))
print(pcall(function() end))
print(pcall(error, "message"))
print(pcall(error, "message", 0)) print(pcall(error)) print(pcall(error, nil)) print(pcall(error, 42)) print(pcall(error, true))
print(select("#", pcall(error)))
local function thrower(level) error("thrown", level) end
print(pcall(thrower, 0)) print(pcall(thrower, 1)) print(pcall(thrower, 2))
local function outer() thrower(2) end
print(pcall(outer))
local e = {code = 7}
local ok, got = pcall(error, e)
print(ok, got == e, got.code)
print(pcall(assert, false)) print(pcall(assert, nil, "msg")) print(pcall(assert, false, 12)) print(assert(1, 2, 3)) print(pcall(assert))
print(pcall(function() local ok, m = pcall(error, "inner", 0) error("outer:" .. m, 0) end))
print(pcall(pcall)) print(pcall(pcall, error, "x")) print(pcall(5)) print(pcall(nil))
local caught = 0
for i = 1, 200 do
  local ok, m = pcall(function() if i % 3 == 0 then error(i, 0) end return i end)
  if not ok then caught = caught + m end
end
print(caught)
local sum = 0
local function risky(i) if i > 150 then error("too big", 0) end return i end
for i = 1, 200 do local ok, v = pcall(risky, i) if ok then sum = sum + v else sum = sum - 1 end end
print(sum)
local function deep(n) if n == 0 then error("bottom", 0) end return 1 + deep(n - 1) end
print(pcall(deep, 50))
local n = 0
for i = 1, 150 do local t = i ~= 100 and {v = i} or nil local ok = pcall(function() n = n + t.v end) if not ok then n = n + 10000 end end
print(n)
print(pcall(string.rep)) print(pcall(print, 1))
