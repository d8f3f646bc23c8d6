"""A package with modules in it."""
from . import leaf
from .leaf import NAME as LEAF_NAME

loaded = ["parcel"]
