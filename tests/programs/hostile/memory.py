# What is too large to exist is a MemoryError or an OverflowError, never an abort.
def attempt(name, f):
    try: r = f(); print(name, "done", type(r).__name__)
    except BaseException as e: print(name, type(e).__name__, e)
big = 1 << 62
for name, f in {
    "list": lambda: [1, 2] * big, "tuple": lambda: (1, 2) * big,
    "bytearray": lambda: bytearray(b"ab") * big,
    "str1": lambda: "a" * (1 << 60), "bytes1": lambda: b"a" * (1 << 60), "list1": lambda: [1] * (1 << 58), "tuple1": lambda: (1,) * (1 << 58),
    "bytearray n": lambda: bytearray(1 << 60), "bytes n": lambda: bytes(1 << 60), "bytes neg": lambda: bytes(-1), "bytearray huge": lambda: bytearray(1 << 70),
    "over": lambda: "a" * (1 << 70), "over list": lambda: [1] * (1 << 70), "neg": lambda: "a" * -(1 << 70), 
    "ljust": lambda: "a".ljust(1 << 60), "center": lambda: "a".center(1 << 62), "zfill": lambda: "a".zfill(1 << 60), 
    "bytes ljust": lambda: b"a".ljust(1 << 60), "bytes zfill": lambda: b"a".zfill(1 << 60),
    "format": lambda: format(1, f"{1 << 60}d"), "format over": lambda: format(1, f"{1 << 70}d"), "format prec": lambda: format(1.5, ".99999999999999999999f"),
    "format str": lambda: format("a", str(1 << 60)), "prec": lambda: format(1.5, f".{1 << 33}f"),
    "pct": lambda: "%*d" % (1 << 40, 1), "pct over": lambda: "%999999999999999999999d" % 1, "pct prec": lambda: "%.99999999999f" % 1.5,
    "shift": lambda: 1 << (1 << 62), "shift zero": lambda: 0 << (1 << 70), "rshift": lambda: 1 >> (1 << 70), "shift neg": lambda: 1 << -1,
    "to_bytes": lambda: (1).to_bytes(1 << 60, "big"),
    "range list": lambda: list(range(1 << 60)), 
    "replace": lambda: "a".replace("a", "b" * (1 << 50)),
    "imul": lambda: exec("x=[1]; x*=1<<60"), "imul ba": lambda: exec("x=bytearray(1); x*=1<<62"),
    "index": lambda: [1][1 << 70], "slice": lambda: [1][1 << 70:], "str index": lambda: "a"[1 << 70],
    "float": lambda: float(10 ** 400), "int inf": lambda: int(float("inf")), "int nan": lambda: int(float("nan")), "div": lambda: 10**400 / 3, "pow float": lambda: 10.0 ** 400,
    "pow neg": lambda: 0 ** -1, "round": lambda: round(1.5, 1 << 70), "chr": lambda: chr(1 << 70), "chr2": lambda: chr(0x110000), "chr3": lambda: chr(-1),
    "hash": lambda: hash(1 << 1000), "complex": lambda: complex(10 ** 400), "cmp": lambda: 10 ** 400 < 1e308, "sum": lambda: sum([1e308] * 10),
    "bytes list": lambda: bytes([256]), "bytes list big": lambda: bytes([1 << 70]),
    "find": lambda: "a".find("a", 1 << 70), "count": lambda: "a".count("", -(1 << 70), 1 << 70),
    "divmod": lambda: divmod(1 << 1000, 0), "mod": lambda: "%c" % (1 << 70), "from_bytes": lambda: int.from_bytes(b"\xff" * 10000, "big") > 0, "as ratio": lambda: (1e308).as_integer_ratio() is None,
    "fromhex": lambda: float.fromhex("0x1p99999999999"), "float parse": lambda: float("1" * 100000), "float exp": lambda: float("1e99999999999999999999"),
    "repeat tpl": lambda: (1, 2) * (1 << 61), "literal": lambda: eval("1" * 5000), "literal2": lambda: eval("'a' * 10**18"), "literal3": lambda: eval("1 << 10**18"), "pow3": lambda: pow(2, -1, 0),

}.items():
    attempt(name, f)
