-- A thread's function leaves its frame to a library function, which fails or not, in compiled code.
local function run(n, last)
  local thread = coroutine.create(function()
    for _ = 1, n do coroutine.yield(1) end
    return last(n)
  end)
  local ok, result
  for i = 1, 60 do
    ok, result = coroutine.resume(thread, i)
    if not ok then return i, result end
  end
  return result
end
for n = 0, 40, 8 do
  print(run(n, bit.tobit), run(n, error), run(n, tostring))
  print(run(n, function(k) return bit.rol(k) end))
  print(run(n, string.rep))
end
