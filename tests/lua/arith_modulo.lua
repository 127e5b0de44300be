-- % in all sign combinations, of integers, floats, infinities and zeros.
local inf = 1 / 0
local values = {0, 1, -1, 2, -2, 3, -3, 7, -7, 0.5, -0.5, 2.5, -2.5, 5.3, 1e15, -1e15, 2^31, -2^31, 2^53}
local function text(x)
  if x ~= x then return "nan" end
  if x == 0 then return 1 / x < 0 and "-0" or "0" end
  return string.format("%.14g", x)
end
for i = 1, #values do
  local line = ""
  for j = 1, #values do line = line .. text(values[i] % values[j]) .. " " end
  print(line)
end
print(text(5 % inf), text(-5 % inf), text(5 % -inf), text(-5 % -inf), text(inf % 5), text(0 % inf))
local function mod(a, b) return a % b end
local sum = 0
for i = -200, 200 do sum = sum + mod(i, 7) * 3 + mod(i, -5) end
for i = -200, 200 do sum = sum + mod(i, 4) + mod(i, 8) * 2 end
print(sum)
