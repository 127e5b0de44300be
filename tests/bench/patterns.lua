-- Patterns: find, match, gmatch and gsub with every kind of replacement.
local rounds = tonumber((...)) or 20
local total = 0
local lines = {}
for i = 1, 100 do
  lines[i] = ("2024-%02d-%02d  host%d.example.org  GET /path/%d/index.html?key%d=value%d  %d"):format(
    i % 12 + 1, i % 28 + 1, i, i * 3, i, i + 7, 200 + i % 5)
end
local text = table.concat(lines, "\n")
local names = { GET = "get", key1 = "K1", html = false }

for round = 1, rounds do
  for _, line in ipairs(lines) do
    local year, month, day = line:match("^(%d+)-(%d+)-(%d+)")
    total = total + year + month * day
    local from, to = line:find("%S+%.example%.%a+")
    total = total + from * to
    local path, key, value = line:match("GET (%S-)%?(%w+)=([^ ]*)")
    total = total + #path + #key + #value
    if line:find("index.html", 1, true) then total = total + 1 end
    total = total + tonumber(line:match("(%d+)%s*$"))
  end
  for word in text:gmatch("%a+") do total = total + #word end
  local _, changed = text:gsub("%d+", "<%0>")
  total = total + changed
  total = total + #text:gsub("%w+", names)
  total = total + #text:gsub("(%w+)=(%w+)", function(key, value) return value .. "=" .. key end)
  total = total + #("f(a(b)c)(d)" .. round):gsub("%b()", "")
  for field in ("a,b,,c,d"):gmatch("([^,]*)") do total = total + #field end
  total = total + select(2, text:gsub("%f[%w]%w+", string.upper))
end
print(total)
