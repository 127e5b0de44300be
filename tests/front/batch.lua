-- Answers many questions in one process: frames of name and source on standard input, answers on standard output.
-- The first argument says what is asked: "list" the bytecode, "dump" it, or the "size" of the table it returns.
local bc = require("jit.bc")

local function list(chunk)
  local parts = {}
  local out = {
    write = function(_, text) parts[#parts + 1] = text end,
    flush = function() end,
  }
  bc.dump(chunk, out, true)
  return table.concat(parts)
end

local function size(chunk)
  local ffi = require("ffi")
  local words = ffi.cast("uint32_t *", tonumber(string.format("%p", chunk()):sub(3), 16))
  return words[12] .. " " .. words[13] -- array size and hash mask of a GC64 table
end

local answer = ({list = list, dump = string.dump, size = size})[...]
while true do
  local head = io.read(20)
  if not head then break end
  local namesize, codesize = tonumber(head:sub(1, 10)), tonumber(head:sub(11))
  local name = namesize > 0 and io.read(namesize) or ""
  local code = codesize > 0 and io.read(codesize) or ""
  local chunk, message = loadstring(code, name)
  local text = chunk and answer(chunk) or "error " .. message
  io.write(("%010d"):format(#text), text)
end
