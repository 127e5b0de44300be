-- Strings where numbers are wanted, and numbers for strings: the fast versions of functions are entered twice.
local s, n = "17", 0
for i = 1, 100 do
  n = bit.band(i, s) + math.max(i, "5", 3) + math.floor("2.5") + bit.lshift("1", 3) + math.sqrt(s)
  n = n + math.pow("2", 3) + #string.reverse(i) + #("abc"):sub(2, nil) + #string.rep(i, "2")
end
print(n)
