-- Constructors whose template has keys without values yet: later keys may move them while the template is made.
local function check(seed)
  local state = seed
  local function random(n)
    state = (state * 1103515245 + 12345) % 2147483648
    return math.floor(state / 65536) % n + 1
  end
  local fields, want, values = {}, {}, {}
  for i = 1, random(8) do
    local key, kind = "key" .. random(100000), random(4)
    if want[key] == nil then
      values[i] = i
      if kind == 1 then fields[#fields + 1], want[key] = key .. "=v[" .. i .. "]", i
      elseif kind == 2 then fields[#fields + 1] = key .. "=nil"
      elseif kind == 3 then fields[#fields + 1], want[key] = key .. "=v[" .. i .. "]", i
      else fields[#fields + 1], want[key] = key .. "=false", false end
    end
  end
  local source = "local v = ... return {" .. table.concat(fields, ",") .. "}"
  local made = loadstring(source)(values)
  for key, value in pairs(want) do
    if made[key] ~= value then return source .. " " .. key end
  end
  for i = 1, 5 do
    local key = "key" .. random(100000)
    made[key], want[key] = i, i
  end
  for key, value in pairs(want) do
    if made[key] ~= value then return source .. " then " .. key end
  end
end

local wrong = {}
for seed = 1, 500 do wrong[#wrong + 1] = check(seed) end
print(#wrong, wrong[1])
