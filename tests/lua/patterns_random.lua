-- Random patterns on random subjects: every library function that matches.
local seed = 11
local function rnd(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return math.floor(seed / 65536) % n + 1
end
local items = {"a","b","c",".","%a","%d","%s","%w","%x","%p","%u","%l","%c","%g","%z","%A","%D","%S","%W","[abc]","[^abc]","[a-c]","[%a_]","[%d%s]","[^%s]","[]a]","[^]]","[a-]","%.","%%","%1","%2","%b()","%bab","%f[%a]","%f[^%w]","(",")","()","(a)","(.)","(%w+)","(.-)","$","^","[","%","%f","%b","]","-","\0","%0","x","1"," "}
local quants = {"","","","","*","+","-","?"}
local chars = {"a","b","c","(",")"," ","1","2","_","\0","A","x","-","]","%",".","\n"}
local function pat() local t={} if rnd(6)==1 then t[1]="^" end for i=1,rnd(5) do t[#t+1]=items[rnd(#items)]..quants[rnd(#quants)] end if rnd(6)==1 then t[#t+1]="$" end return table.concat(t) end
local function subj() local t={} for i=1,rnd(14)-1 do t[i]=chars[rnd(#chars)] end return table.concat(t) end
local reps={"x","%0","<%1>","%2%1","%%","%","a%","",1,{a="1",b=2,ab=false},function(a,b) return b or a end, function() end, function(a) return a~="a" and "z" end,{},function() return {} end}
local function escape(c) return ("\\%d"):format(c:byte()) end
local function show(...)
  local t = {...}
  for i = 1, select("#", ...) do
    t[i] = tostring(t[i]):gsub("[%c\\]", escape)
  end
  io.write(table.concat(t, "|"), "\n")
end
for i=1,300 do
  local p,s=pat(),subj()
  show(i, p, s)
  show(pcall(string.find,s,p,rnd(5)-2))
  show(pcall(string.find,s,p,rnd(25)-12,true))
  show(pcall(string.match,s,p,rnd(3)-1))
  show(pcall(string.gsub,s,p,reps[rnd(#reps)],rnd(3)==1 and rnd(4)-1 or nil))
  show(pcall(function() local r={} local n=0 for a,b in s:gmatch(p) do n=n+1 r[#r+1]=tostring(a)..":"..tostring(b) if n>20 then break end end return table.concat(r,",") end))
end
