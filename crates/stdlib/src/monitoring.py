"""`sys.monitoring`: who watches a program. Tools can say who they are and what they would be told;
to ask for an event is an error, since the VM tells of none."""

from _namespace import SimpleNamespace as _SimpleNamespace

DEBUGGER_ID, COVERAGE_ID, PROFILER_ID, OPTIMIZER_ID = 0, 1, 2, 5


class _Token:
    def __init__(self, name):
        self._name = name

    def __repr__(self):
        return self._name


DISABLE, MISSING = _Token("DISABLE"), _Token("MISSING")
_names = ("PY_START", "PY_RESUME", "PY_RETURN", "PY_YIELD", "CALL", "LINE", "INSTRUCTION", "JUMP",
          "BRANCH_LEFT", "BRANCH_RIGHT", "STOP_ITERATION", "RAISE", "EXCEPTION_HANDLED",
          "PY_UNWIND", "PY_THROW", "RERAISE", "C_RETURN", "C_RAISE", "BRANCH")
events = _SimpleNamespace(
    NO_EVENTS=0, **{name: 1 << at for at, name in enumerate(_names)})
_tools = {}
_callbacks = {}


def _check(tool_id):
    if not 0 <= tool_id < 6:
        raise ValueError(f"invalid tool {tool_id} (must be between 0 and 5)")


def _check_used(tool_id):
    _check(tool_id)
    if tool_id not in _tools:
        raise ValueError(f"tool {tool_id} is not in use")


def use_tool_id(tool_id, name, /):
    """Takes a tool's number."""
    _check(tool_id)
    if not isinstance(name, str):
        raise ValueError("tool name must be a str")
    if tool_id in _tools:
        raise ValueError(f"tool {tool_id} is already in use")
    _tools[tool_id] = name


def clear_tool_id(tool_id, /):
    """Forgets what the tool is to be told."""
    _check(tool_id)
    for key in [key for key in _callbacks if key[0] == tool_id]:
        del _callbacks[key]


def free_tool_id(tool_id, /):
    """Gives a tool's number back."""
    clear_tool_id(tool_id)
    _tools.pop(tool_id, None)


def get_tool(tool_id, /):
    """The name of the tool with this number, if it is in use."""
    _check(tool_id)
    return _tools.get(tool_id)


def register_callback(tool_id, event, func, /):
    """Says what is called on an event; returns what was before."""
    _check(tool_id)
    if event <= 0 or event & event - 1:
        raise ValueError("The callback can only be set for one event at a time")
    if event >= 1 << len(_names):
        raise ValueError(f"invalid event {event}")
    old = _callbacks.pop((tool_id, event), None)
    if func is not None:
        _callbacks[tool_id, event] = func
    return old


def _refuse(event_set):
    if not 0 <= event_set < 1 << len(_names):
        raise ValueError(f"invalid event set 0x{event_set & 0xFFFF_FFFF:x}")
    if event_set:
        raise NotImplementedError("events of programs are not told")


def get_events(tool_id, /):
    """The events that the tool is told of."""
    _check_used(tool_id)
    return 0


def set_events(tool_id, event_set, /):
    """Says which events the tool is told of."""
    _check_used(tool_id)
    _refuse(event_set)


def get_local_events(tool_id, code, /):
    """The events in one code object that the tool is told of."""
    _check_used(tool_id)
    return 0


def set_local_events(tool_id, code, event_set, /):
    """Says which events in one code object the tool is told of."""
    _check_used(tool_id)
    _refuse(event_set)


def restart_events():
    """Tells again of what was disabled: nothing is."""
