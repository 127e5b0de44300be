-- Bodies around a sun: fields of tables in a loop.
local sun = {x = 0, y = 0, vx = 0, vy = 0, mass = 100}
local planet = {x = 10, y = 0, vx = 0, vy = 3, mass = 1}
local dt = 0.01
for step = 1, 200 do
  local dx, dy = sun.x - planet.x, sun.y - planet.y
  local d2 = dx * dx + dy * dy
  local mag = dt / (d2 * math.sqrt(d2))
  sun.vx = sun.vx - dx * planet.mass * mag
  sun.vy = sun.vy - dy * planet.mass * mag
  planet.vx = planet.vx + dx * sun.mass * mag
  planet.vy = planet.vy + dy * sun.mass * mag
  sun.x, sun.y = sun.x + dt * sun.vx, sun.y + dt * sun.vy
  planet.x, planet.y = planet.x + dt * planet.vx, planet.y + dt * planet.vy
end
print(string.format("%.9f %.9f", planet.x, planet.y))
