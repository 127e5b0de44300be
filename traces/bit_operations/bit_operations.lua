-- Operations on the lower 32 bits.
local band, bor, bxor, lshift, rshift, arshift = bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift, bit.arshift
local h = 0
for i = 1, 200 do
  h = bxor(lshift(h, 5), rshift(h, 2), i)
  h = bor(band(h, 0xffffff), 1)
end
print(h, arshift(-256, 4), bit.bnot(0), bit.rol(1, 31), bit.bswap(0x01020304))
