-- io.write is compiled as calls into the buffered file.
for i = 1, 60 do io.write(i % 10) end
io.write("\n")
