-- Variables whose types change while their loop runs compiled.
local v, log = 0, 0
for i = 1, 400 do
  if i % 97 == 0 then v = tostring(v) end
  if type(v) == "string" then log = log + #v v = tonumber(v) + 0.5 end
  v = v + 1
end
print(v, log)
local x = 1
local ints, nums = 0, 0
for i = 1, 300 do
  if x == math.floor(x) then ints = ints + 1 else nums = nums + 1 end
  x = x + (i % 5 == 0 and 0.5 or 1)
end
print(x, ints, nums)
local kinds = {1, 2.5, "3", true, false, {}, print}
local tally = {}
for i = 1, 350 do
  local k = kinds[i % 8 + 1]
  local name = type(k)
  tally[name] = (tally[name] or 0) + 1
end
print(tally.number, tally.string, tally.boolean, tally.table, tally["function"], tally["nil"])
local function poly(a, b) return a + b end
local s = 0
for i = 1, 300 do
  if i % 3 == 0 then s = poly(s, i) elseif i % 3 == 1 then s = poly(s, i / 4) else s = poly(s, "1") end
end
print(s)
local state, visits = nil, {0, 0, 0}
for i = 1, 300 do
  if state == nil then visits[1] = visits[1] + 1 state = false
  elseif state == false then visits[2] = visits[2] + 1 state = i
  else visits[3] = visits[3] + 1 if i % 4 == 0 then state = nil end end
end
print(visits[1], visits[2], visits[3])
local t = {}
for i = 1, 100 do t[i] = i end
for i = 101, 200 do t[i] = i + 0.5 end
for i = 201, 300 do t[i] = "" .. i end
local sum = 0
for k = 1, 3 do for i = 1, 300 do sum = sum + t[i] end end
print(sum)
