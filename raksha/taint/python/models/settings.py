"""How programs are set up: debug modes, open ports, permissions, temporary files, old protocols."""

from __future__ import annotations

from collections.abc import Iterator

from raksha.taint import kinds
from raksha.taint.library import Called, Check, Makes, Report
from raksha.taint.python.models.tables import Table, merged, names

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - looked for, not listened on
OTHERS_WRITE, GROUP_WRITES, OTHERS_RUN = 0o002, 0o020, 0o001


def _application(called: Called) -> Iterator[Report]:
    if called.is_only(True, "debug", 2):
        yield Report(kinds.DEBUG)
    if _is_everywhere(called):
        yield Report(kinds.BIND_ALL)


def _is_everywhere(called: Called) -> bool:
    return bool(called.has("host")) and any(called.is_only(host, "host") for host in EVERYWHERE[:2])


def _server(called: Called) -> Report | None:
    return Report(kinds.BIND_ALL) if _is_everywhere(called) else None


def _bound(called: Called) -> Report | None:
    """socket.bind takes a pair."""
    address = called.arg(0, "address")
    host = called.world.known(address, 0) if address is not None else None
    is_open = host is not None and host.is_known and host.only in EVERYWHERE
    return Report(kinds.BIND_ALL) if is_open else None


def _mode(called: Called) -> Report | None:
    modes = called.constants(1, "mode") or ()
    loose = any(isinstance(mode, int) and mode & (OTHERS_WRITE | GROUP_WRITES | OTHERS_RUN) for mode in modes)
    return Report(kinds.PERMISSIONS) if loose else None


def _policy(called: Called) -> Report | None:
    policy = called.arg(0, "policy")
    named = (policy.name or policy.type).rpartition(".")[2] if policy is not None else ""
    return Report(kinds.HOST_KEY) if named in ("AutoAddPolicy", "WarningPolicy") else None


def _without_keys(called: Called) -> Report | None:
    return Report(kinds.HOST_KEY) if called.is_only(None, "known_hosts") else None


def _environment(called: Called) -> Report | None:
    """Jinja's own default is not to escape."""
    if called.world.is_asked():
        return None  # the data flow tells whether anything from outside is shown by it
    escapes = called.arg("autoescape")
    is_off = escapes is None or (
        escapes.consts is not None and bool(escapes.consts) and not any(escapes.consts)
    )
    return Report(kinds.AUTOESCAPE) if is_off and not called.more else None


def _snmp(called: Called) -> Report | None:
    return (
        Report(kinds.CLEARTEXT)
        if called.is_only(0, "mpModel", 1) or called.is_only(1, "mpModel", 1)
        else None
    )


def _snmp_user(called: Called) -> Report | None:
    secured = called.has(2, "privKey") or called.has("privProtocol")
    return None if secured else Report(kinds.CLEARTEXT)


def _members(called: Called) -> Report | None:
    """Python's own filter, or members that were looked at."""
    if called.is_only("data", "filter") or called.is_only("tar", "filter"):
        return None
    return None if _is_list(called) else Report(kinds.ARCHIVE)


def _is_list(called: Called) -> bool:
    members = called.arg("members", 1)
    return members is not None and called.world.items(members) is not None


def _listens(called: Called) -> Report | None:
    return None if called.has("verify", 1) else Report(kinds.REMOTE_CODE)


def _always(kind: kinds.Kind) -> Check:
    return Check(lambda called: Report(kind))


def _origins(called: Called) -> Report | None:
    origins = called.arg("allow_origins", "origins", "resources")
    if origins is None:
        return None
    several = called.world.items(origins) or [origins]
    is_open = any(one.is_known and one.only == "*" for one in several)
    return Report(kinds.CORS) if is_open and not called.is_only(False, "allow_credentials") else None


TABLE: Table = merged(
    names(Check(_application), "web.App.run flask.Flask.run"),
    names(Makes("web.App", args=()), "flask.Flask quart.Quart sanic.Sanic bottle.Bottle"),
    names(Check(_server), "uvicorn.run hypercorn.run waitress.serve aiohttp.web.run_app bottle.run"),
    names(Check(_bound), "socket.socket.bind"),
    names(Makes("socket.socket", args=()), "socket.socket"),
    names(Check(_mode), "os. chmod fchmod lchmod"),
    names(_always(kinds.TEMPORARY), "tempfile. mktemp", "os. tempnam tmpnam"),
    names(Check(_policy), "ssh.Client.set_missing_host_key_policy"),
    names(Check(_without_keys), "asyncssh.connect"),
    names(Check(_environment), "jinja2.Environment jinja2.environment.Environment"),
    names(_always(kinds.CLEARTEXT), "telnetlib.Telnet ftplib.FTP"),
    names(Check(_snmp), "pysnmp.hlapi.CommunityData"),
    names(Check(_snmp_user), "pysnmp.hlapi.UsmUserData"),
    names(Makes("tarfile.TarFile", args=(0, "name", "fileobj")), "tarfile.open tarfile.TarFile tarfile.TarFile.open"),
    names(Check(_members), "tarfile.TarFile.extractall"),
    names(Check(_listens), "logging.config.listen"),
    names(Check(_origins), "flask_cors.CORS flask_cors.cross_origin"),
)  # fmt: skip
