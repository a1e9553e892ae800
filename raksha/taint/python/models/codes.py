"""Text that becomes code, objects or names of code."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.library import RECEIVER, Called, Check, Makes, Report, Sanitizer, Sink
from raksha.taint.python.models.tables import Table, merged, names

CODE = Sink(kinds.CODE, ((0, "source", "expr", "code"),), "runs as code")
LOADS = Sink(kinds.DESERIALIZATION, ((0, "stream", "data", "string", "s", "file"),), "is made into objects")
SAFE_LOADERS = ("SafeLoader", "CSafeLoader", "BaseLoader", "CBaseLoader")
PICKLES = (
    "pickle cPickle _pickle dill cloudpickle joblib jsonpickle marshal pickle5 pandas.compat.pickle_compat"
)


def _loads_any_object(called: Called) -> bool:
    """yaml.load is safe with one of the safe loaders only."""
    loader = called.arg("Loader", 1)
    if loader is None:
        return True
    return bool(loader.name) and loader.name.rpartition(".")[2] not in SAFE_LOADERS


def _loads_arrays_with_objects(called: Called) -> bool:
    return called.is_only(True, "allow_pickle", 2)


def _loads_any_weights(called: Called) -> bool:
    return not called.is_only(True, "weights_only")


def _unsafe_yaml(called: Called) -> Report | None:
    """Report the loader itself, unless it is given a text of our own or the data flow tells of it."""
    data = called.arg(0, "stream")
    is_told = data is not None and (bool(data.consts) or bool(data.flows))
    return Report(kinds.UNSAFE_LOADER) if not is_told and _loads_any_object(called) else None


def _unsafe_weights(called: Called) -> Report | None:
    data = called.arg(0, "f")
    is_told = data is not None and bool(data.flows)
    return Report(kinds.UNSAFE_LOADER) if not is_told and _loads_any_weights(called) else None


TABLE: Table = merged(
    names(CODE, "eval exec execfile compile", "builtins. eval exec compile", "code.InteractiveInterpreter.runsource",
          "code.interact timeit.timeit timeit.repeat cProfile.run pdb.run runpy.run_path",
          "js2py.eval_js numexpr.evaluate pandas.eval", "types.FunctionType"),
    names(Sink(kinds.CODE, ((0, "expr"),), "runs as code", on="df|frame|data"), "*. eval"),
    names(Sink(kinds.REFLECTION, ((0, "name"),), "chooses what is imported"),
          "importlib.import_module __import__ builtins.__import__", "importlib.reload pydoc.locate",
          "django.utils.module_loading.import_string werkzeug.utils.import_string"),
    names(Sanitizer(kinds.CODE.bit, args=(0,)), "ast.literal_eval"),
    {f"{module}.{word}": LOADS for module in PICKLES.split() for word in ("load", "loads", "decode")},
    names(LOADS, "pickle.Unpickler cPickle.Unpickler dill.Unpickler _pickle.Unpickler", "pandas.read_pickle",
          "jsonpickle.decode jsonpickle.unpickler.decode joblib.load", "shelve.open shelve.DbfilenameShelf",
          "yaml. unsafe_load unsafe_load_all full_load full_load_all", "ruamel.yaml.unsafe_load",
          "django.core.signing.loads_unsafe", "torch.jit.load", "numpy.core.multiarray._reconstruct"),
    names(Sink(LOADS.kind, LOADS.args, LOADS.says, when=_loads_any_object), "yaml. load load_all"),
    names(Sink(LOADS.kind, LOADS.args, LOADS.says, when=_loads_arrays_with_objects), "numpy.load"),
    names(Sink(LOADS.kind, LOADS.args, LOADS.says, when=_loads_any_weights), "torch.load"),
    names(Makes("pickle.Unpickler", args=(0,)), "pickle.Unpickler"),
    names(Sink(kinds.DESERIALIZATION, (RECEIVER,), LOADS.says), "pickle.Unpickler.load"),
    names(Check(_unsafe_yaml), "yaml. load load_all"),
    names(Check(_unsafe_weights), "torch.load"),
)  # fmt: skip
