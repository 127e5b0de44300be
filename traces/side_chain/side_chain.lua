-- Each residue takes another way: side traces hang off side traces.
local a, b, c, d = 0, 0, 0, 0
for i = 1, 600 do
  if i % 2 == 0 then
    a = a + 1
    if i % 3 == 0 then
      b = b + 1
      if i % 5 == 0 then
        c = c + 1
        if i % 7 == 0 then
          d = d + 1
        end
      end
    end
  end
end
print(a, b, c, d)
