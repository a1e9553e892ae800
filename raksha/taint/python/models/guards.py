"""Checks after which a value is safe, helpers that do not come back, and functions that call others."""

from __future__ import annotations

import re

from raksha.taint import kinds
from raksha.taint.library import RECEIVER, Called, Calls, Guard, Hook, NoReturn, Passes
from raksha.taint.python.models.networks import FIXED_HOST as NETWORK_START
from raksha.taint.python.models.patterns import matched_kinds, unmatched_kinds
from raksha.taint.python.models.tables import Table, merged, names
from raksha.taint.values import Value

WORDS = kinds.ALL  # only letters and digits: nothing left to attack with
LEADS_HERE = kinds.mask(kinds.REDIRECT, kinds.SSRF)
FIXED_START = re.compile(NETWORK_START)


def _start_kinds(called: Called) -> int:
    """`url.startswith("https://own.example/")` fixes the host."""
    starts = called.constants(0)
    fixed = starts and all(isinstance(start, str) and FIXED_START.match(start) for start in starts)
    return LEADS_HERE if fixed else 0


def _double_slash_kinds(called: Called) -> int:
    """`not url.startswith("//")` is the second half of the check for an address of one's own."""
    return kinds.REDIRECT.bit if called.is_only("//", 0) else 0


def _started(called: Called) -> Value | None:
    """A thread runs its target with its arguments, sooner or later."""
    target, args = called.arg("target", "function", 1), called.arg("args", 2, 3)
    if target is not None and target.callables:
        items = called.world.items(args) if args is not None else []
        called.world.call(target, items if items is not None else [called.world.element(args)])  # type: ignore[arg-type]
    return None


TABLE: Table = merged(
    names((Guard(0, (RECEIVER,), decide=_start_kinds), Guard(0, (RECEIVER,), on="false", decide=_double_slash_kinds)),
          "str.startswith *.startswith"),
    # Only a path without .. in it can be told by how it starts.
    names(Guard(kinds.PATH.bit, (RECEIVER,)), "path.Real.startswith"),
    names(Guard(WORDS, (RECEIVER,)), "str. isdigit isnumeric isdecimal isalnum isalpha isidentifier",
          "*. isdigit isnumeric isdecimal isalnum isalpha isidentifier"),
    names(Guard(0, (1, "string"), decide=matched_kinds), "re. match fullmatch search"),
    names(Guard(0, (0, "string"), decide=matched_kinds), "re.Pattern. match fullmatch search"),
    names(Guard(0, (1, "string"), on="false", decide=unmatched_kinds), "re.search"),
    names(Guard(0, (0, "string"), on="false", decide=unmatched_kinds), "re.Pattern.search"),
    names(Guard(LEADS_HERE, (0, "url")), "django.utils.http. url_has_allowed_host_and_scheme is_safe_url",
          "*. is_safe_url is_safe_redirect is_safe_redirect_url url_has_allowed_host_and_scheme is_allowed_url"),
    names(Guard(kinds.PATH.bit, (RECEIVER,)), "path.Resolved.is_relative_to"),
    names(Guard(kinds.PATH.bit, (RECEIVER,), on="return"), "path.Resolved.relative_to"),
    names(NoReturn(), "sys.exit os._exit os.abort exit quit flask.abort quart.abort werkzeug.exceptions.abort bottle.abort",
          "aiohttp.web.abort pytest.fail sanic.exceptions.abort"),
    names(Calls((0,), elements=(1,), returns="list"), "map"),
    names(Calls((0, "func"), elements=(1,), returns="elements"), "filter itertools.filterfalse"),
    names(Calls(("key",), elements=(0,), returns="elements"), "sorted"),
    names(Calls((0, "func"), args=(1, 2, 3)), "asyncio.to_thread anyio.to_thread.run_sync ",
          "starlette.concurrency.run_in_threadpool fastapi.concurrency.run_in_threadpool"),
    names(Calls((1,), args=(2, 3)), "*.run_in_executor"),
    names(Calls((0, "fn"), args=(1, 2, 3)), "*. submit add_task call_soon apply"),
    names(Hook(_started), "threading.Thread threading.Timer multiprocessing.Process"),
    names(Passes(), "asyncio. run gather wait_for create_task ensure_future shield", "functools. lru_cache wraps cache",
          "typing.cast contextlib.closing contextlib.nullcontext contextlib.suppress"),
)  # fmt: skip
