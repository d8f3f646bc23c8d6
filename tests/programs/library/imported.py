# The library's modules that programs import most, each doing something of its own.
import abc, argparse, bisect, collections, contextlib, copy, dataclasses, datetime, decimal, enum, fractions
import functools, heapq, io, itertools, json, logging, math, operator, os, pickle, queue, random, re, statistics
import string, struct, textwrap, types, typing, unittest, weakref

Point = collections.namedtuple("Point", "x y", defaults=[0])
print(Point(1), Point(1, 2)._replace(x=5)._asdict(), Point._fields, Point(3) == (3, 0))
print(collections.Counter("abracadabra").most_common(2), collections.OrderedDict(a=1, b=2), collections.ChainMap({"a": 1}, {"b": 2})["b"])
words = collections.defaultdict(list)
words["x"].append(1)
print(words, dict(words), words.copy() == words)


class Colour(enum.Enum):
    RED = 1
    GREEN = "g"


class Level(enum.IntFlag):
    LOW = enum.auto()
    HIGH = enum.auto()


print(Colour.RED, repr(Colour("g")), list(Colour), Colour["RED"].name, Level.LOW | Level.HIGH, Level(2) in Level(3), Level.HIGH + 1)
try:
    Colour(3)
except ValueError as error:
    print(error)


@dataclasses.dataclass(order=True)
class Item:
    name: str
    price: float = 1.5
    tags: list = dataclasses.field(default_factory=list, compare=False)

    def total(self) -> float:
        return self.price * 2


item = Item("pen", 2.0, ["a"])
print(item, item.total(), Item("a") < Item("b"), dataclasses.asdict(item), dataclasses.replace(item, name="ink"))


@dataclasses.dataclass(frozen=True, slots=True)
class Fixed:
    a: int


try:
    Fixed(1).a = 2
except dataclasses.FrozenInstanceError as error:
    print(type(error).__name__, error, hash(Fixed(1)) == hash(Fixed(1)))


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...


try:
    Shape()
except TypeError as error:
    print(error)


@functools.lru_cache(maxsize=None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(80), fib.cache_info().hits, functools.reduce(operator.add, [1, 2, 3]), functools.partial(int, base=2)("101"))


@functools.singledispatch
def kind(value):
    return "other"


@kind.register
def _(value: int):
    return "int"


print(kind(1), kind("x"), functools.cmp_to_key(lambda a, b: b - a)(1) < functools.cmp_to_key(lambda a, b: b - a)(0))


@contextlib.contextmanager
def block(name):
    print("enter", name)
    try:
        yield name
    finally:
        print("leave", name)


with block("a") as a, contextlib.suppress(ZeroDivisionError), contextlib.ExitStack() as stack:
    stack.enter_context(block("b"))
    1 / 0
out = io.StringIO()
with contextlib.redirect_stdout(out):
    print("hidden")
print(repr(out.getvalue()))

data = {"a": [1, 2.5, None, True], "é": "\u20ac\n", "n": {"x": []}}
text = json.dumps(data, indent=1, sort_keys=True)
print(text, json.loads(text) == data, json.dumps(data, ensure_ascii=False))
try:
    json.loads('{"a": ]}')
except json.JSONDecodeError as error:
    print(error)
for value in (data, item, Colour.RED, (1, "a", b"b", {2}, frozenset([3]), range(4), slice(1), 1.5, 2j, 10**30), len, datetime.date(2024, 2, 29), ValueError("x", 1)):
    for protocol in range(6):
        again = pickle.loads(pickle.dumps(value, protocol))
        assert again == value or repr(again) == repr(value), (value, protocol)
shared = [1]
nested = {"l": [shared, shared], "i": item}
copied = copy.deepcopy(nested)
print(copied == nested, copied["l"][0] is copied["l"][1], copied["i"] is item, copy.copy(nested)["i"] is item)

print(datetime.datetime(2024, 5, 6, 7, 8) + datetime.timedelta(days=30), datetime.date.fromisoformat("2024-02-29").strftime("%d %b %Y %j"), datetime.timedelta(hours=25))
print(decimal.Decimal("1.10") + decimal.Decimal("2.205"), decimal.Decimal(2).sqrt(), fractions.Fraction(3, 4) + fractions.Fraction("1/3"))
print(statistics.mean([1, 2, 4]), statistics.stdev([1, 2, 4]), statistics.median([3, 1, 2]))
heap = [5, 1, 4]
heapq.heapify(heap)
heapq.heappush(heap, 0)
print([heapq.heappop(heap) for _ in range(4)], heapq.nlargest(2, [1, 5, 3]), bisect.bisect([1, 3, 5], 3))
print(string.Template("$a and ${b}").substitute(a=1, b=2), string.capwords("a bc"), string.Formatter().format("{0!r:>5} {x[k]}", "a", x={"k": 1}))
print(textwrap.fill("the quick brown fox jumps over the lazy dog", 20), textwrap.dedent("  a\n   b"), textwrap.shorten("hello big world", 12))
print(types.SimpleNamespace(a=1), typing.get_type_hints(Item.total), typing.Optional[int], typing.Union[int, str], typing.List[int], typing.Callable[[int], str])
T = typing.TypeVar("T")


class Box(typing.Generic[T]):
    def __init__(self, value: T):
        self.value = value


class Named(typing.NamedTuple):
    a: int
    b: str = "x"


print(Box[int], Box[int](3).value, Named(1), Named.__annotations__, typing.cast(int, "a"), list[T][int], dict[str, T][int])
q = queue.PriorityQueue()
for n in (3, 1, 2):
    q.put(n)
print([q.get() for _ in range(3)], q.empty())
random.seed(12345)
print(random.random(), random.randint(1, 100), random.choice("abc"), random.sample(range(100), 5), random.gauss(0, 1), random.shuffle(heap), random.getrandbits(70))
parser = argparse.ArgumentParser(prog="p", description="d")
parser.add_argument("file", nargs="*", help="files")
parser.add_argument("-n", "--number", type=int, default=3)
print(parser.parse_args(["a", "b", "-n", "5"]))
print(os.path.join("a", "b", "..", "c"), os.path.splitext("x.tar.gz"), os.path.basename("/a/b"), os.path.normpath("a//b/../c"), os.sep)
logging.basicConfig(stream=out, format="%(levelname)s:%(name)s:%(message)s", level=logging.INFO)
logging.getLogger("here").warning("careful %d", 3)
logging.getLogger("here").debug("not shown")
print(out.getvalue().splitlines()[1:])


class Test(unittest.TestCase):
    def test_right(self):
        self.assertEqual(1, 1)

    def test_wrong(self):
        with self.assertRaises(AssertionError):
            self.assertIn(1, [])

    @unittest.skip("why")
    def test_skipped(self): ...


result = unittest.TestResult()
unittest.defaultTestLoader.loadTestsFromTestCase(Test).run(result)
print(result)
print(len(weakref.WeakValueDictionary()), list(itertools.pairwise("abc")), list(itertools.groupby("aab"))[0][0], math.isclose(0.1 + 0.2, 0.3), re.sub("a", "b", "aa"))
