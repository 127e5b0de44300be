-- Returns before the first closure of a function are repaired at its end.
local function early(x)
  if x == 1 then return end
  if x == 2 then return x end
  if x == 3 then return x, x end
  if x == 4 then return f(x) end
  if x == 5 then return f(x), g(x) end
  if x == 6 then return (f(x)) end
  local function inner() return x end
  if x == 7 then return inner end
  return inner()
end
local function varargs(...)
  if ... then return ... end
  return 1, ...
end
return early, varargs
