-- Functions that are calls from a trace.
local sin, cos, exp, log = math.sin, math.cos, math.exp, math.log
local sum = 0
for i = 1, 100 do
  sum = sum + sin(i) * cos(i) + log(exp(i / 100))
end
print(string.format("%.9f", sum))
