-- Runs the chunks it is given in one state, each in an environment of its own, and leaves the state as it was.
-- Its result is the memory in use after a collection, in KB.
local collectgarbage, load, pcall, setmetatable, ipairs = collectgarbage, load, pcall, setmetatable, ipairs
local create, resume, sethook, on, flush = coroutine.create, coroutine.resume, debug.sethook, jit.on, jit.flush

local function run(source)
  local environment = setmetatable({}, { __index = _G })
  environment._G = environment
  local chunk = load(source, "=soak", "t", environment)
  local thread = create(function() pcall(chunk) end)
  resume(thread)
  sethook(thread)
  sethook()
  on()
end

-- Finalizers that programs leave may fail, wherever they run.
local function settle()
  repeat until pcall(collectgarbage)
end

return function(sources)
  for _, source in ipairs(sources) do
    pcall(run, source)
  end
  sethook()
  on()
  flush()
  settle()
  settle()
  return collectgarbage("count")
end
