"""Classes derived from list and dict."""


class Stack(list):
    def push(self, x):
        self.append(x)

    def __repr__(self):
        return f"Stack({list(self)})"


s = Stack([1, 2])
s.push(3)
print(s, type(s).__name__, len(s), s[0], isinstance(s, list), s == [1, 2, 3])


class Default(dict):
    def __getitem__(self, key):
        return self.get(key, "none")


d = Default(a=1)
print(d["a"], d["b"], type(d).__name__, sorted(d.items()))
