-- Serialising random values natively, and reading damaged data: the same bytes, values and complaints.
local buffer = require("string.buffer")
local seed = 4242
local function rnd(n) seed = (seed * 16807) % 2147483647 return seed % n end
local function value(d)
  local k = rnd(d > 3 and 9 or 13)
  if k == 0 then return nil elseif k == 1 then return true elseif k == 2 then return false
  elseif k == 3 then return rnd(1000) elseif k == 4 then return rnd(1000000) / 7 elseif k == 5 then return -rnd(5)
  elseif k == 6 then return ("x"):rep(rnd(300)) elseif k == 7 then return "s" .. rnd(10) elseif k == 8 then return 0/1
  elseif k == 9 then local t = {} for i = 1, rnd(6) do t[i] = value(d + 1) end return t
  elseif k == 10 then return { [rnd(5)] = value(d + 1) }
  elseif k == 11 then return { ["k" .. rnd(9)] = value(d + 1) }
  else return { value(d + 1), value(d + 1), [({ "n", 1.5, true, -3, 2^40 })[rnd(5) + 1]] = value(d + 1) } end
end
local function show(v, d)
  if type(v) ~= "table" then return type(v) == "string" and string.format("%q", v):sub(1, 30) or tostring(v) end
  local keys = {}
  for k in pairs(v) do keys[#keys + 1] = k end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for i, k in ipairs(keys) do keys[i] = tostring(k) .. "=" .. show(v[k]) end
  return "{" .. table.concat(keys, ",") .. "}"
end
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
for round = 1, 40 do
  local v = value(0)
  local s = buffer.encode(v)
  print(#s, hex(s):sub(1, 300), show(buffer.decode(s)))
  local b = buffer.new():put("pre"):skip(3):encode(v):encode(round)
  print(show(b:decode()), b:decode(), #b)
  for i = 1, 4 do
    local at = rnd(#s) + 1
    local bad = s:sub(1, at - 1) .. string.char(rnd(256)) .. s:sub(at + 1)
    if i == 4 then bad = s:sub(1, at - 1) end
    local ok, r = pcall(buffer.decode, bad)
    print(ok, ok and show(r) or r)
    local bb = buffer.new():set(bad)
    ok, r = pcall(bb.decode, bb)
    print(ok, ok and show(r) or r, #bb)
  end
end
