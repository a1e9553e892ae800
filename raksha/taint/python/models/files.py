"""Paths: what opens, changes or sends the file that is named."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.library import RECEIVER, Called, Clean, Fold, Hook, Makes, Passes, Sanitizer, Sink
from raksha.taint.python.models.likely import from_outside, likely
from raksha.taint.python.models.tables import Table, merged, names
from raksha.taint.python.paths import base_name, joined, normal, parent
from raksha.taint.values import Value

PATH = kinds.PATH
PATHLIB = "pathlib.Path"
OPENS = Sink(
    PATH, ((0, "file", "path", "filename", "name", "src", "top", "pathname"),), "names the file", exact=True
)
SENT = Makes("web.Response", args=())
BOTH = Sink(PATH, ((0, "src"), (1, "dst")), "names the file", exact=True)
# A base name has no folder in it. What stands for shell, SQL and the rest stays unsafe.
BASE = kinds.mask(PATH)


def _is_unfiltered(called: Called) -> bool:
    """Since 3.12 tarfile has filters; "data" refuses what leads outside."""
    return not called.is_only("data", "filter") and not called.has("members")


def _common(called: Called) -> Value | None:
    """What is found out of the common part of paths is found out of the path from outside."""
    paths = called.arg(0)
    items = called.world.items(paths) if paths is not None else None
    tainted = [item for item in items or () if item.flows]
    if len(tainted) != 1:
        return None
    return Value(flows=tainted[0].flows, type="str", symbol=tainted[0].symbol)


LIKELY_UPLOAD = likely(r"file|upload|image|photo|avatar|attach|doc|picture|storage")


def _is_upload(called: Called) -> bool:
    return from_outside(called) or LIKELY_UPLOAD(called)


TABLE: Table = merged(
    names(OPENS, "tarfile.open zipfile.ZipFile"),
    # What is in a file is not what it is called.
    names((OPENS, Makes("io.File", args=())), "open io.open codecs.open builtins.open aiofiles.open gzip.open bz2.open",
          "lzma.open file io.FileIO"),
    names((OPENS, Clean()), "os.open", "os. remove unlink rmdir removedirs mkdir makedirs listdir scandir walk chmod chown truncate utime mkfifo",
          "os. stat lstat readlink chroot access", "shutil. rmtree disk_usage make_archive unpack_archive",
          "glob. glob iglob", "tempfile.NamedTemporaryFile.name", "linecache.getline linecache.getlines",
          "fileinput.input", "mmap.open", "imp.load_source", "logging.FileHandler",
          "numpy. load loadtxt save savetxt genfromtxt fromfile", "PIL.Image.open", "wave.open dbm.open",
          "pandas. read_csv read_json read_excel read_parquet read_table"),
    names(BOTH, "os. rename renames replace link symlink", "shutil. copy copyfile copy2 copytree move copymode"),
    names((OPENS, SENT), "flask.send_file flask.helpers.send_file quart.send_file bottle.static_file aiohttp.web.FileResponse",
          "starlette.responses.FileResponse fastapi.responses.FileResponse sanic.response.file sanic.file",
          "django.core.files.File.open"),
    names((Sink(PATH, ((0, "directory"),), "names the folder"), SENT), "flask.send_from_directory quart.send_from_directory",
          "flask.helpers.send_from_directory"),
    names(SENT, "django.http.FileResponse django.http.response.FileResponse"),
    names(Sink(PATH, ((0, "dst", "destination", "path"),), "names the file", exact=True, when=_is_upload),
          "*. save save_to"),
    # Paths as objects: what they stand for stays in the object.
    names(Makes(PATHLIB), "pathlib. Path PurePath PosixPath PurePosixPath WindowsPath PureWindowsPath", "anyio.Path"),
    names(Passes(type=PATHLIB), f"{PATHLIB}. joinpath with_name with_suffix absolute expanduser with_stem __truediv__"),
    names(Passes(type=PATHLIB), f"{PATHLIB}./ {PATHLIB}.parent {PATHLIB}.relative_to"),
    # Resolved paths have no .. in them: see the guards.
    names(Passes(type="path.Resolved"), f"{PATHLIB}.resolve"),
    names(Sanitizer(BASE), f"{PATHLIB}. name stem suffix"),
    names(Sink(PATH, (RECEIVER,), "names the file"), f"{PATHLIB}. open read_text read_bytes write_text write_bytes unlink",
          f"{PATHLIB}. rmdir mkdir touch rename replace iterdir glob rglob chmod symlink_to hardlink_to stat"),
    names(Clean(), f"{PATHLIB}. exists is_file is_dir is_absolute"),
    names(Sink(PATH, (RECEIVER,), "is unpacked", when=_is_unfiltered), "tarfile.TarFile. extractall extract"),
    # Functions of paths
    names(Fold(joined), "os.path.join posixpath.join ntpath.join"),
    names(Fold(base_name, clears=BASE), "os.path.basename posixpath.basename"),
    names(Fold(parent), "os.path.dirname"),
    names(Fold(normal, type="path.Real", keeps_head=True), "os.path.normpath os.path.abspath"),
    names(Passes(type="path.Real"), "os.path.realpath"),
    names(Passes(), "os.path. expanduser expandvars normcase relpath commonprefix splitext split",
          "os. fspath fsencode fsdecode"),
    names(Hook(_common), "os.path.commonpath"),
    names(Clean(), "os.path. exists isfile isdir islink getsize getmtime isabs", "os. getcwd getpid cpu_count urandom"),
    names(Sanitizer(kinds.mask(PATH, kinds.COMMAND, kinds.SQL, kinds.XSS, kinds.HEADER, kinds.LOG)),
          "werkzeug.utils.secure_filename werkzeug.secure_filename django.utils.text.get_valid_filename slugify.slugify",
          "django.utils.text.slugify"),
    names(Sanitizer(PATH.bit), "werkzeug.utils.safe_join flask.safe_join werkzeug.security.safe_join",
          "django.utils._os.safe_join"),
)  # fmt: skip
