-- A string that would be too long is refused before its parts are copied.
local long = ("x"):rep(2 ^ 24)
local function many(n) return assert(loadstring("return function(a) return a" .. (".. a"):rep(n - 1) .. " end"))() end
for _, n in ipairs { 128, 150 } do
  local ok, message = pcall(many(n), long)
  print(ok, message:match("string length overflow"), collectgarbage("count") < 500000)
end
print(#many(3)(long))
