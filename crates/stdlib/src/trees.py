"""The classes of syntax trees."""

PyCF_ONLY_AST = 0x400
PyCF_TYPE_COMMENTS = 0x1000
PyCF_ALLOW_TOP_LEVEL_AWAIT = 0x2000
PyCF_OPTIMIZED_AST = 0x8400

_PLACES = ("lineno", "col_offset", "end_lineno", "end_col_offset")

# A kind of node, then the nodes of it with their fields: `?` may be missing, `*` is a list.
_GRAMMAR = """
mod: Module(body* type_ignores*) Interactive(body*) Expression(body) FunctionType(argtypes* returns)
stmt: FunctionDef(name args body* decorator_list* returns? type_comment? type_params*)
 AsyncFunctionDef(name args body* decorator_list* returns? type_comment? type_params*)
 ClassDef(name bases* keywords* body* decorator_list* type_params*) Return(value?) Delete(targets*)
 Assign(targets* value type_comment?) TypeAlias(name type_params* value) AugAssign(target op value)
 AnnAssign(target annotation value? simple) For(target iter body* orelse* type_comment?)
 AsyncFor(target iter body* orelse* type_comment?) While(test body* orelse*) If(test body* orelse*)
 With(items* body* type_comment?) AsyncWith(items* body* type_comment?) Match(subject cases*)
 Raise(exc? cause?) Try(body* handlers* orelse* finalbody*)
 TryStar(body* handlers* orelse* finalbody*) Assert(test msg?) Import(names*)
 ImportFrom(module? names* level?) Global(names*) Nonlocal(names*) Expr(value) Pass() Break()
 Continue()
expr: BoolOp(op values*) NamedExpr(target value) BinOp(left op right) UnaryOp(op operand)
 Lambda(args body) IfExp(test body orelse) Dict(keys* values*) Set(elts*) ListComp(elt generators*)
 SetComp(elt generators*) DictComp(key value generators*) GeneratorExp(elt generators*) Await(value)
 Yield(value?) YieldFrom(value) Compare(left ops* comparators*) Call(func args* keywords*)
 FormattedValue(value conversion format_spec?) Interpolation(value str conversion format_spec?)
 JoinedStr(values*) TemplateStr(values*) Constant(value kind?) Attribute(value attr ctx)
 Subscript(value slice ctx) Starred(value ctx) Name(id ctx) List(elts* ctx) Tuple(elts* ctx)
 Slice(lower? upper? step?)
expr_context: Load() Store() Del()
boolop: And() Or()
operator: Add() Sub() Mult() MatMult() Div() Mod() Pow() LShift() RShift() BitOr() BitXor() BitAnd()
 FloorDiv()
unaryop: Invert() Not() UAdd() USub()
cmpop: Eq() NotEq() Lt() LtE() Gt() GtE() Is() IsNot() In() NotIn()
comprehension(target iter ifs* is_async)
excepthandler: ExceptHandler(type? name? body*)
arguments(posonlyargs* args* vararg? kwonlyargs* kw_defaults* kwarg? defaults*)
arg(arg annotation? type_comment?)
keyword(arg? value)
alias(name asname?)
withitem(context_expr optional_vars?)
match_case(pattern guard? body*)
pattern: MatchValue(value) MatchSingleton(value) MatchSequence(patterns*)
 MatchMapping(keys* patterns* rest?) MatchClass(cls patterns* kwd_attrs* kwd_patterns*)
 MatchStar(name?) MatchAs(pattern? name?) MatchOr(patterns*)
type_ignore: TypeIgnore(lineno tag)
type_param: TypeVar(name bound? default_value?) ParamSpec(name default_value?)
 TypeVarTuple(name default_value?)
"""


class AST:
    """A node of a syntax tree."""

    __module__ = "ast"
    _fields = ()
    _attributes = ()
    _optional = ()
    _lists = ()
    __match_args__ = ()

    def __init__(self, *args, **kwargs):
        if len(args) > len(self._fields):
            most = len(self._fields)
            plural = "" if most == 1 else "s"
            raise TypeError(
                f"{type(self).__name__} constructor takes at most {most} positional argument{plural}"
            )
        for field, value in zip(self._fields, args):
            if field in kwargs:
                raise TypeError(f"{type(self).__name__} got multiple values for argument {field!r}")
            setattr(self, field, value)
        for field, value in kwargs.items():
            setattr(self, field, value)
        for field in self._lists:
            if field not in self.__dict__:
                setattr(self, field, [])

    def __reduce__(self):
        return type(self), (), self.__dict__

    def __replace__(self, /, **changes):
        return type(self)(**{**self.__dict__, **changes})

    def __repr__(self):
        shown = (f"{field}={getattr(self, field)!r}" for field in self._fields if hasattr(self, field))
        return f"{type(self).__name__}({', '.join(shown)})"


def _define(name, base, fields):
    names = tuple(field.rstrip("?*") for field in fields)
    namespace = {
        "__module__": "ast",
        "_fields": names,
        "__match_args__": names,
        "_lists": tuple(field[:-1] for field in fields if field.endswith("*")),
    }
    for field in fields:
        if field.endswith("?"):
            namespace[field[:-1]] = None
    kind = globals()[name] = type(name, (base,), namespace)
    return kind


def _define_all():
    for line in _GRAMMAR.strip().replace("\n ", " ").split("\n"):
        head, colon, rest = line.partition(": ")
        if not colon:
            name, _, fields = line.rstrip(")").partition("(")
            kind = _define(name, AST, fields.split())
        else:
            kind = _define(head, AST, ())
            for part in rest.split(")"):
                name, paren, fields = part.strip().partition("(")
                if paren:
                    _define(name, kind, fields.split())
            name = head
        if name in ("stmt", "expr", "excepthandler", "arg", "keyword", "alias", "pattern", "type_param"):
            kind._attributes = _PLACES
            kind.end_lineno = kind.end_col_offset = None


_define_all()
