-- A function in a table given the table.
local account = {balance = 0}
function account.deposit(self, v) self.balance = self.balance + v end
function account.get(self) return self.balance end
local seen = 0
for i = 1, 200 do
  account.deposit(account, i)
  seen = seen + account:get()
end
print(account.balance, seen)
