"""Small web programs in pairs: one with a weakness and one without, that differ by one branch, key, index, guard or escape.

pairs() gives them; mutations.mutated() rewrites a program without changing what it does. Nothing here knows the engine.
"""

from benchmarks.taint_suite.pairs import Pair, pairs

__all__ = ["Pair", "pairs"]
