-- Directives for numbers at both ends of the range of doubles, with few and with many digits.
local values = {1e300, 1.5e300, 2.5e22, 1e-300, 2.2250738585072014e-308, 5e-324, 1.7976931348623157e308, 0.5, 2.5}
for _, x in ipairs(values) do
  print(string.format("%.0e %.3e %.17e %e %g %.3g %.0f", x, x, x, x, x, x, x):sub(1, 400))
  print((string.format("%.40e", x)))
end
