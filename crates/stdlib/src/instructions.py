"""What is known of CPython's instructions: the VM has others, so nothing."""


def _has_none(op, /):
    """Whether the instruction has it."""
    return False


has_arg = has_const = has_name = has_jump = has_free = has_local = has_exc = _has_none


def stack_effect(opcode, oparg=None, /, *, jump=None):
    """How an instruction changes the stack, which the VM has not."""
    raise ValueError("invalid opcode or oparg")


def get_executor(code, offset, /):
    """The machine code at an offset: there is none."""
    return None


def _names():
    """No names."""
    return []


get_intrinsic1_descs = get_intrinsic2_descs = get_special_method_names = get_nb_ops = _names


def get_specialization_stats():
    """Statistics that are not kept."""
    return None
