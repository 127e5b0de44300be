-- The safety test of the eight queens: a loop of early exits over an array.
local function safe(board, row, column)
  for i = 1, row - 1 do
    local c = board[i]
    if c == column or c - i == column - row or c + i == column + row then return false end
  end
  return true
end
local board = {1, 5, 8, 6, 3, 7, 2, 4}
local good = 0
for k = 1, 60 do
  if safe(board, 8, 4) then good = good + 1 end
end
print(good)
