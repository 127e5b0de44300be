local t = setmetatable({}, {__index = function(t, k) return k * 2 end})
local n = 0
for i = 1, 100 do n = n + t[i] end
local base = {x = 1}
local d = setmetatable({}, {__index = setmetatable({}, {__index = base})})
for i = 1, 100 do n = n + d.x end
local log = {}
local w = setmetatable({}, {__newindex = function(t, k, v) log[k] = v end})
for i = 1, 100 do w[i] = i end
print(n, #log)
