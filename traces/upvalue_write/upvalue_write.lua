-- An upvalue that changes: loaded, stored, and open while its function still runs.
local count = 0
local function tick() count = count + 1 return count end
local last
for i = 1, 200 do last = tick() end
print(count, last)
