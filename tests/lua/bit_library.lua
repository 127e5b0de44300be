-- The functions of bit: wrap-around, shifts masked to five bits, conversions.
local band, bor, bxor, bnot = bit.band, bit.bor, bit.bxor, bit.bnot
local lshift, rshift, arshift, rol, ror, bswap, tobit, tohex = bit.lshift, bit.rshift, bit.arshift, bit.rol, bit.ror, bit.bswap, bit.tobit, bit.tohex
local xs = {0, 1, -1, 255, 256, 0x7fffffff, 0x80000000, -0x80000000, 0xffffffff, 0x12345678, 2^32, 2^32 + 5, -2^33 + 7, 1.5, 2.5, -1.5, 1e10}
for i = 1, #xs do
  local x = xs[i]
  print(tobit(x), bnot(x), band(x, 0xff), bor(x, 0x100), bxor(x, 0x55555555), bswap(x), tohex(x))
  print(lshift(x, 4), rshift(x, 4), arshift(x, 4), rol(x, 8), ror(x, 8), lshift(x, 33), rshift(x, 32), arshift(x, -1))
end
print(band(0xf0, 0xff, 0x3c), bor(1, 2, 4, 8), bxor(1, 2, 3), band(7), tohex(255, 4), tohex(255, -4), tohex(1, 1))
print(pcall(band)) print(pcall(band, "x")) print(band("15", 7)) print(pcall(band, nil, 1))
local h = 5381
for i = 1, 300 do h = bxor(lshift(h, 5) + h, i) h = band(h, 0x7fffffff) end
print(h)
local crc = -1
for i = 1, 200 do
  crc = bxor(crc, i % 256)
  for k = 1, 8 do
    if band(crc, 1) == 1 then crc = bxor(rshift(crc, 1), 0xedb88320) else crc = rshift(crc, 1) end
  end
end
print(tohex(bnot(crc)))
local acc = 0
for i = 1, 200 do acc = acc + arshift(-i * 1000, 3) + rshift(i, 1) + tobit(i * 2^24) + rol(i, i) - ror(i, i) end
print(acc)
for i = 28, 36 do print(tobit(2 ^ i), tobit(2 ^ i - 1), tobit(-2 ^ i), lshift(1, i)) end
