-- tonumber with a base: as strtoul has it, saturated at 2^64 - 1 and ended by a zero byte.
for _, case in ipairs { { "ffffffffffffffff", 16 }, { "fffffffffffffffe", 16 }, { "10000000000000000", 16 }, { "zzzzzzzzzzzzzzzzzzzz", 36 },
  { "abaababaabaabababaabaababaabaa", 16 }, { "-ffffffffffffffffffff", 16 }, { "fffffffffffff400", 16 }, { "fffffffffffffbff", 16 },
  { "fffffffffffffc00", 16 }, { "fffffffffffffc01", 16 },
  { "8000000000000400", 16 }, { "8000000000000401", 16 }, { "20000000000001", 16 }, { "7fffffffffffffff", 16 }, { "8000000000000000", 16 },
  { "11\0x", 2 }, { "11 \0", 2 }, { "1x", 16 }, { "0x", 16 }, { "0x1f", 16 }, { "-0", 8 }, { "", 8 }, { "- 1", 8 }, { " +7 ", 8 }, { "8", 8 } } do
  local n = tonumber(case[1], case[2])
  print((string.gsub(case[1], "%z", "\\0")), case[2], n and string.format("%.17g", n))
end
