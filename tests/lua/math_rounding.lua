-- The sign of zero, which rounding keeps or loses; luajit's compiled code keeps it where its interpreter does not.
print(math.ceil(-0.7), math.ceil(-0.5), math.ceil(-0.3), math.ceil(-1e-300), math.ceil(-0.99), math.ceil(-1))
print(math.ceil(0.3), math.ceil(-1.5), math.ceil(2 ^ 52 + 0.5), math.ceil(-2 ^ 52), math.ceil(1 / 0), math.ceil(-1 / 0))
print(math.floor(-0.7), math.floor(0.7), math.floor(-0), math.floor(0.2), math.floor(-2 ^ 52), math.floor(-1 / 0))
print(math.modf(-0.7), math.modf(0.7), math.modf(-0), math.abs(-0), math.modf(-1 / 0))
