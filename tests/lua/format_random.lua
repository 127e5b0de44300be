-- string.format with random directives on random values.
local seed=12 math.randomseed(seed) local r=math.random
local flags={"","","","-","+"," ","0","#","-0","+0"," 0"} local convs={"d","i","u","x","X","o","e","f","g","E","G","a","A","s","q","c","s","d","f","g","g"}
local nums={0,-0,1,-1,0.5,1.5,2.5,0.1,1e15,1e16,123456789,2^31,2^53,2^63,-2^63,2^64,1e300,1e-300,5e-324,0/0,-(0/0),1/0,-1/0,0.125,0.375,1234565,12345678905,25,35,0.25,99.5,9.5,999999.5,1e22,1e23,12.5,250000000000,2.5e-5,65,97,10,255,256,65535}
for i=1,1500 do
  local c=convs[r(#convs)] local w=r(3)==1 and tostring(r(0,20)) or "" local p=r(3)==1 and "."..(r(4)==1 and "" or r(0,20)) or ""
  local f="%"..flags[r(#flags)]..w..p..c
  local v=r(3)==1 and nums[r(#nums)] or r(3)==1 and r(-1000,1000)/2^r(0,12) or r(2)==1 and r(1,1e6)/10^r(0,8) or (r()-0.5)*10^r(-20,20)
  if c=="s" or c=="q" then v=({v,"hello","",("x"):rep(r(0,30)),nil,true,"a\nbc\"\\2"})[r(7)] end
  if c=="c" then v=r(32,126) end
  print(f,v,pcall(string.format,"<"..f..">",v))
end
