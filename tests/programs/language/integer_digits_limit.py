# The limit of digits that an integer may have when it becomes text or comes from one.
import sys

print(sys.get_int_max_str_digits())
large = 10**4300
for attempt in (
    lambda: str(large),
    lambda: repr(-large),
    lambda: f"{large}",
    lambda: "%d" % large,
    lambda: "{:,}".format(large),
    lambda: int("1" * 4301),
    lambda: int(b"1" * 5000),
    lambda: int(" " + "1_0" * 2000 + "11" * 400 + " "),
    lambda: sys.set_int_max_str_digits(5),
    lambda: sys.set_int_max_str_digits(-1),
):
    try:
        attempt()
    except ValueError as error:
        print(error)
print(len(str(large - 1)), len(hex(large)), int("f" * 5000, 16).bit_length())
print(int("7" * 4300) % 1000, int("0x" + "f" * 5000, 0) % 16)
sys.set_int_max_str_digits(0)
print(len(str(large)), int("1" * 5000) % 10)
sys.set_int_max_str_digits(640)
try:
    str(10**640)
except ValueError as error:
    print(error)
print(len(str(10**639)))
