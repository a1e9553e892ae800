"""Where data comes in on the command line and over sockets; weaker than a request, and so for fewer kinds."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.library import Called, Source
from raksha.taint.python.models.tables import Table, merged, names

# Who starts a program may name its files and hosts; text that becomes code, a query or a command is still a fault.
TYPED = kinds.ALL & ~kinds.mask(
    kinds.LOG,
    kinds.REGEX,
    kinds.HEADER,
    kinds.TRUST,
    kinds.XSS,
    kinds.SSRF,
    kinds.REDIRECT,
    kinds.INPUT,
    kinds.REFLECTION,
)
GATEWAY = ("QUERY_STRING", "PATH_INFO", "REQUEST_URI", "CONTENT_TYPE", "SCRIPT_NAME")


def _from_web_server(called: Called) -> bool:
    """CGI programs get the request in their environment."""
    keys = called.constants(0, "key") or ()
    return bool(keys) and all(
        isinstance(key, str) and (key in GATEWAY or key.startswith("HTTP_")) for key in keys
    )


TABLE: Table = merged(
    names(Source("typed input", kinds=TYPED), "input raw_input getpass.getpass"),
    # A program that runs what it is fed is an interpreter.
    names(Source("standard input", kinds=TYPED & ~kinds.CODE.bit), "sys.stdin"),
    names(Source("command line argument", kinds=TYPED & ~kinds.PATH.bit), "sys.argv"),
    names(Source("variable of the web server", when=_from_web_server), "os. getenv environ.get"),
    names(Source("data from the network"), "socket.socket. recv recvfrom recv_into", "asyncio.StreamReader. read readline readexactly readuntil"),
)  # fmt: skip
