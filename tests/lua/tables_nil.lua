-- nil stored, read and tested; holes made and filled while a trace runs.
local t = {}
for i = 1, 200 do t[i] = i end
local nils = 0
for i = 1, 250 do if t[i] == nil then nils = nils + 1 end end
print(nils)
for i = 1, 200 do if i > 150 then t[i] = nil end end
print(#t)
local d = {a = 1}
local seen = 0
for i = 1, 200 do
  if i == 120 then d.a = nil end
  if i == 160 then d.a = "back" end
  if d.a == nil then seen = seen + 1 elseif d.a == "back" then seen = seen + 1000 end
end
print(seen)
local missing = 0
for i = 1, 200 do if d.nothing == nil and not d["other" .. i % 3] then missing = missing + 1 end end
print(missing)
local w = {}
for i = 1, 100 do w.x = i w.x = nil end
print(w.x, next(w))
for i = 1, 200 do local v = w[i % 5] if v == nil then w[i % 5] = 1 else w[i % 5] = v + 1 end end
print(w[0], w[1], w[2], w[3], w[4])
local memo = {}
local function f(n) local v = memo[n] if v then return v end v = n < 2 and n or f(n - 1) + f(n - 2) memo[n] = v return v end
print(f(70))
