"""Running other programs: which argument is the command, and when a list of arguments is one too."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.library import Called, Clean, Makes, Sanitizer, Sink
from raksha.taint.python.models.tables import Table, merged, names
from raksha.taint.python.words import words
from raksha.taint.values import Value

COMMAND = kinds.COMMAND
SHELLS = words(
    "sh bash dash zsh ksh csh tcsh fish ash busybox cmd cmd.exe powershell powershell.exe pwsh ssh su watch eval"
)
INTERPRETERS = words("python python2 python3 perl ruby node php lua osascript awk")
TEXT_OPTIONS = words("-c /c /k -e -lc -ic -ec -command -r")
PLACE = (0, "args", "command", "cmd")


def _is_command(called: Called) -> bool:
    """Tell whether the arguments make the command depend on the tainted value: by a shell, or by the program's name."""
    shell = called.arg("shell", 8)
    if shell is not None and _may_be_true(shell):
        return True
    given = called.arg(*PLACE)
    items = called.world.items(given) if given is not None else None
    if items is None:
        return given is not None and not given.refs  # of a list in unknown order nothing can be said
    return not items or _runs_text(called, items)


def _may_be_true(value: Value) -> bool:
    return value.consts is None or any(value.consts)


def _runs_text(called: Called, items: list[Value]) -> bool:
    if called.world.deep(items[0]).bits & COMMAND.bit:
        return True
    first = items[0].only if items[0].is_known else None
    if not isinstance(first, str | bytes):
        return False
    program = (first.decode("latin-1") if isinstance(first, bytes) else first).rsplit("/", 1)[-1]
    if program in SHELLS or program.rstrip("0123456789.") in INTERPRETERS:
        return _text_follows(called, items[1:])
    if program in ("env", "sudo", "nohup", "nice", "timeout", "xargs", "time"):
        return _runs_text(called, items[1:]) if items[1:] else False
    return False


def _text_follows(called: Called, items: list[Value]) -> bool:
    """Tell whether `-c TEXT` holds the taint; later arguments are only the script's own."""
    for option, text in zip(items, items[1:], strict=False):
        written = option.only if option.is_known else None
        if isinstance(written, str) and written.lower() in TEXT_OPTIONS:
            return bool(called.world.deep(text).bits & COMMAND.bit)
    return bool(items) and bool(called.world.deep(items[0]).bits & COMMAND.bit)


def _vector_is_command(called: Called) -> bool:
    """For execv and its kin: the program, or the text after sh -c."""
    start = 1 if called.name.rpartition(".")[2].startswith("spawn") else 0
    program = called.arg(start)
    if program is not None and called.world.deep(program).bits & COMMAND.bit:
        return True
    rest = called.args[start + 1 :]
    if "v" in called.name.rpartition(".")[2][-3:]:
        vector = called.arg(start + 1)
        rest = tuple(called.world.items(vector) or [vector]) if vector is not None else ()
    return bool(rest) and _runs_text(called, [*([program] if program is not None else []), *rest[1:]])


SHELL = Sink(COMMAND, (PLACE,), "runs in a shell")
RUN = Sink(COMMAND, (PLACE,), "runs as a command", when=_is_command)
# What a program prints is its own.
OUTPUT = Clean()
EXEC = Sink(COMMAND, (0, 1, 2, 3, 4, 5, 6), "runs as a command", when=_vector_is_command)
REMOTE = Sink(
    COMMAND, ((0, "command", "cmd"),), "runs on another machine", on=r"ssh|client|conn|chan|remote|\bc$|ctx"
)

TABLE: Table = merged(
    names((SHELL, OUTPUT), "os. system popen popen2 popen3 popen4", "commands. getoutput getstatusoutput getstatus",
          "subprocess. getoutput getstatusoutput", "popen2. popen2 popen3 popen4 Popen3 Popen4",
          "asyncio. create_subprocess_shell", "asyncio.subprocess.create_subprocess_shell", "pexpect. spawn run",
          "pexpect.spawn pexpect.run", "invoke.run fabric.api.run fabric.api.local fabric.api.sudo",
          "os.startfile", "plumbum.local", "sh.Command"),
    names((RUN, OUTPUT), "subprocess. run call check_call check_output Popen", "subprocess.Popen pty.spawn",
          "eventlet.green.subprocess.Popen", "gevent.subprocess. run call check_call check_output Popen"),
    names(EXEC, "os. execl execle execlp execlpe execv execve execvp execvpe posix_spawn posix_spawnp",
          "os. spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe"),
    names(EXEC, "asyncio. create_subprocess_exec", "asyncio.subprocess.create_subprocess_exec"),
    names(Makes("ssh.Client", args=()), "paramiko.SSHClient paramiko.client.SSHClient fabric.Connection",
          "paramiko.Transport asyncssh.connect invoke.Context"),
    names(Sink(COMMAND, ((0, "command"),), "runs on another machine"), "ssh.Client. exec_command run sudo local"),
    names(REMOTE, "*.exec_command", "*.invoke_shell_command"),
    names(Sanitizer(kinds.mask(COMMAND, kinds.ARGUMENT)), "shlex.quote pipes.quote shlex.join"),
    names(Sanitizer(kinds.mask(COMMAND)), "subprocess.list2cmdline"),
)  # fmt: skip
