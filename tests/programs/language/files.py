name = "/tmp/selvedge_files_example.txt"
with open(name, "w") as f:
    print(f.mode, f.closed, f.write("one\n"), f.writable(), f.readable())
    f.writelines(["two\n", "thrée\r\n", "four"])
print(f.closed)
with open(name) as f:
    print(repr(f.read(5)), repr(f.readline()), f.read())
for line in open(name):
    print(repr(line))
with open(name, "rb") as f:
    print(f.read(3), f.tell(), f.seek(0), f.readline(), f.readlines(), f.read(), f.seek(-4, 2), f.read())
with open(name, "a") as f:
    print("five", 6, file=f)
with open(name, newline="") as f:
    print(f.readlines())
with open(name, "r+b") as f:
    f.write(b"ONE")
    f.seek(0)
    print(f.readline(), f.truncate(4))
print(open(name, encoding="utf-8").read().split(), open(name, "rb").read())
def attempt(*fs):
    for g in fs:
        try:
            print(g())
        except Exception as e:
            print(type(e).__name__)
attempt(lambda: open("/nonexistent/x"), lambda: open("/tmp"), lambda: open(name, "q"), lambda: open(name, "rb", encoding="x"), lambda: f.read(),
        lambda: open(name).write("x"), lambda: open(name, "wb").write("x"), lambda: open(name, "x"), lambda: open(name, "w").read(), lambda: open(5.5))
