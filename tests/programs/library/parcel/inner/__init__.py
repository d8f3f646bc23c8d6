from .. import leaf
from ..leaf import PACKAGE
from . import deep
