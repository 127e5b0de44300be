-- Strings in arithmetic, numbers in concatenation.
print("10" + 5, "3" * "4", 10 - "2", "7" / 2, "7" % 4, "2" ^ 3, -"5")
print("0x10" + 0, " 5 " * 2, "1e2" + 1)
print(1 .. 2, 1.5 .. "x", "a" .. -1, 2^31 .. "", -0.5 .. "")
print(10 == "10", "10" == 10, 0 == "0")
print(pcall(function() return "abc" + 1 end))
print(pcall(function() return {} + 1 end))
print(pcall(function() return 1 .. {} end))
print(pcall(function() return "10" < 5 end))
local sum = 0
for i = 1, 150 do sum = sum + "2" end
print(sum)
sum = 0
for i = 1, 150 do
  local s = "" .. i
  sum = sum + s * 1
end
print(sum)
for i = "1", "3" do print(i, type(i)) break end
