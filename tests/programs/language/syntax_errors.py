"""Programs that are rejected, and what is said of them."""


def show(source):
    try:
        compile(source, "sample.py", "exec")
    except SyntaxError as error:
        print(type(error).__name__, "|", error, "|", error.msg, error.lineno, error.offset)


for source in [
    "return 1\n",
    "def f(a, a): pass\n",
    "break\n",
    "def f():\nreturn 1\n",
    "nonlocal x\n",
    "x = (1,\n",
    "if True\n    pass\n",
    "'abc\n",
    "def f():\n    global x\n    x: int = 1\n",
    "f(x for x in y, 1)\n",
    "await x\n",
]:
    show(source)
