-- Two tables that may be one: a store through one invalidates loads of the other.
local function fill(a, b)
  for i = 1, 100 do
    a[1] = i
    b[1] = b[1] + 1
    a[2] = a[2] + a[1]
  end
end
local t, u = {0, 0}, {0, 0}
fill(t, u)
print(t[1], t[2], u[1])
fill(t, t)
print(t[1], t[2])
