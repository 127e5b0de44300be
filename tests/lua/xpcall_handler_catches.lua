-- A message handler that has caught an error has its own errors handled by itself again.
local calls
local function failing(times)
  calls = 0
  return xpcall(error, function(m)
    calls = calls + 1
    pcall(error, "caught")
    if calls < times then error("again " .. calls, 0) end
    return m
  end, "first")
end
for i = 1, 3 do
  for times = 1, 5 do
    local ok, message = failing(times)
    print(ok, message, calls)
  end
end

-- Also one that failed in a callback.
print(xpcall(error, function()
  calls = calls + 1
  pcall(table.sort, {3, 2, 1}, error)
  if calls < 8 then table.sort({3, 2, 1}, function() error("sorting " .. calls, 0) end) end
  return "sorted " .. calls
end))

-- Without one there is no second call.
calls = 0
print(xpcall(error, function()
  calls = calls + 1
  table.sort({3, 2, 1}, function() error("sorting", 0) end)
end), calls)

-- An xpcall within a handler has a handler only after an error was caught.
local function inner(m) return "inner " .. tostring(m) end
print(xpcall(error, function() return (select(2, xpcall(error, inner, 1))) end))
print(xpcall(error, function() pcall(error) return (select(2, xpcall(error, inner, 2))) end))
print(xpcall(error, function()
  return (select(2, coroutine.wrap(function() return xpcall(error, inner, 3) end)()))
end))

-- Without an end it is a stack overflow.
print(xpcall(error, function() pcall(error) local x = nil + 1 end))
print(pcall(error, "after"))
print(xpcall(error, inner, "after"))
