print((1024).to_bytes(2, "big"), (1024).to_bytes(4, "little"), (-2).to_bytes(2, "big", signed=True), (5).to_bytes(), int.from_bytes(b"\x04\x00", "big"), int.from_bytes(b"\xfe\xff", "little", signed=True), int.from_bytes([1, 2]))
print((255).bit_count(), (-7).bit_count(), (255).bit_length(), (7).as_integer_ratio(), (7).numerator, (7).denominator, (7).real, (7).imag, (7).conjugate(), (7).is_integer(), True.real)
print(pow(2, 10, 1000), pow(3, -1, 7), pow(2, 100, -7), pow(-5, 3, 7), pow(2, 3), pow(2, exp=5), pow(0, 0, 1), pow(10, 10**18, 10**9 + 7))
print((0.5).as_integer_ratio(), (-2.75).as_integer_ratio(), (1e300).as_integer_ratio()[1], (0.1).hex(), (-0.0).hex(), (5e-324).hex(), float.fromhex("0x1.8p1"), float.fromhex("-0x.8p-1"), float.fromhex("inf"), (1e22).hex())
print(int("0x1f", 16), int("0b101", 0), int("  12_3 "), int("z", 36), int(b"12"), int(3.99), int(-3.99), int("-0o17", 0), float("1e3"), float(" 1_0.5 "), float("nan"), float(b"2.5"))
class I:
    def __init__(self, n): self.n = n
    def __int__(self): return self.n
    def __index__(self): return self.n
    def __float__(self): return self.n + 0.5
print(int(I(3)), float(I(3)), [10, 20, 30, 40][I(2)], "abc"[I(1)], hex(I(255)), [1] * I(2), range(5)[1:3], [1, 2, 3][I(0):I(2)])
print((1).__add__(2), (1).__radd__(2), (1).__add__("x"), (5).__neg__(), (5).__lt__(6), [].__len__(), [1, 2].__getitem__(0), "a".__contains__("a"), {}.__len__(), (1.5).__mul__(2))
print(int.__add__(1, 2), list.__len__([1]), str.__eq__("a", "a"), (3).__hash__(), [].__hash__, {1: 2}.__contains__(1), iter([7]).__next__(), (5).__divmod__(3), (7).__index__(), abs.__name__)
print(1j, 1 + 2j, -1j, complex(1, -0.0), complex("1+2j"), complex("-j"), complex("3.5"), (1 + 2j) * (3 - 1j), (1 + 2j) / (3 - 1j), (1 + 2j) ** 2, abs(3 + 4j), (1 + 2j).conjugate(), (1 + 2j).real, (1 + 2j).imag)
print((1 + 2j) == 1 + 2j, 1 + 0j == 1, hash(1 + 0j) == hash(1), 2 ** 0.5j, (-8) ** (1 / 3), bool(0j), -(1 + 1j), 1 - 2j, complex(), complex(imag=2), 1e20j, complex(1e16, 1e-7), f"{1+2j:.2f}", f"{1+2j}")
print(round(2.5), round(3.5), round(2.675, 2), round(1234, -2), round(1250, -2), round(-1.5), round(1e300), round(15, -1), round(5.5, 0), round(True))
print(divmod(7, -2), divmod(-7.5, 2), divmod(10**20, 7), abs(-5), abs(-2.5), abs(True), 7 // -2, -7 % 3, 2 ** -1, 10 ** 20 // 3)
print(sum([0.1] * 10), sum([1e100, 1.0, -1e100]), sum([1, 2.5]), sum([[1], [2]], []), sum(range(10)), sum([0.1, 0.2], 1), sum([1e308, 1e308]))
print(bin(10), oct(-8), hex(255), bin(True), f"{1234567:,} {1234567:_} {255:#x} {255:#_b} {-5:05d} {5:+} {1234:010,} {65:c} {12:n} {10**20:,}")
print(f"{3.14159:.2f} {1e10:g} {1234.5:,.1f} {0.000012:g} {1e100:.3e} {0.5:%} {12.0} {1e16} {3.0:.3} {123456789.0:.4} {-0.0:z.1f} {1234.5678:,.3f} {5.0:#.0f} {3:.2f} {float('inf'):f} {1.5:>8}|{1.5:<8}|{1.5:^8}|{1.5:=+8}")
def attempt(*fs):
    for f in fs:
        try:
            print(f())
        except Exception as e:
            print(type(e).__name__, e)
attempt(lambda: (256).to_bytes(1, "big"), lambda: (-1).to_bytes(1, "big"), lambda: (1).to_bytes(1, "x"), lambda: int("x"), lambda: int("1", 99), lambda: int([]), lambda: int(float("nan")), lambda: int(float("inf")), lambda: float("x"), lambda: float([]), lambda: float.fromhex("zz"),
        lambda: pow(2, 3, 0), lambda: pow(2, -1, 4), lambda: pow(2.0, 3, 5), lambda: 1 / 0, lambda: 1 // 0, lambda: 1 % 0, lambda: 1.0 // 0, lambda: divmod(1, 0), lambda: 1j / 0, lambda: 1j < 2j, lambda: complex("x"), lambda: complex([]), lambda: 0 ** -1,
        lambda: (1).__add__(), lambda: int.__add__("a", 1), lambda: f"{1:s}", lambda: f"{'a':d}", lambda: f"{1.5:d}", lambda: f"{1:,c}", lambda: f"{'a':,}", lambda: f"{1:.2}", lambda: f"{[]:5}", lambda: f"{1:zzz}", lambda: f"{'a':=5}", lambda: f"{'a':+}", lambda: f"{1:,_}",
        lambda: round("a"), lambda: abs("a"), lambda: divmod("a", 1), lambda: 2.0 ** 5000, lambda: -[], lambda: 1 << -1, lambda: "a" - 1, lambda: int("1" * 10, 1), lambda: hex(1.5), lambda: sum(["a"], ""), lambda: sum([b""], b""), lambda: float(10 ** 400), lambda: complex("1", 2))
