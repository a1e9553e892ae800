"""Where Java's names come from: imports, the same package, java.lang, and what models know of foreign packages."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from raksha.taint import ir
from raksha.taint.library import Resolver, Target

ROOTS = frozenset(
    {"java", "javax", "jakarta", "org", "com", "net", "io", "edu", "de", "groovy", "ognl", "bsh", "kong"}
)
LANG = (
    "String StringBuilder StringBuffer Integer Long Short Byte Double Float Boolean Character Math Object Class Runtime"
    " ProcessBuilder Process System Thread ThreadLocal Iterable Comparable Runnable CharSequence Number Void Enum Record"
    " ClassLoader Exception RuntimeException Throwable Error IllegalArgumentException IllegalStateException"
    " NullPointerException NumberFormatException UnsupportedOperationException InterruptedException SecurityException"
    " IndexOutOfBoundsException ArrayIndexOutOfBoundsException ClassNotFoundException CloneNotSupportedException"
    " ArithmeticException ClassCastException AutoCloseable StrictMath Override Deprecated SuppressWarnings"
)
BUILTINS: dict[str, str] = {name: f"java.lang.{name}" for name in LANG.split()}


class JavaResolver(Resolver):
    """Finds files by the package's folders below the importer's own source root, or beside the importer."""

    def __init__(self, known: Iterable[str]) -> None:
        """known: qualified names of types that have models, so that `import java.io.*` finds them."""
        self._known = frozenset(known)
        self._roots = ROOTS | {name.partition(".")[0] for name in self._known}

    def module(self, importer: ir.Module, module: str, level: int) -> Target:
        """Return what `module` means: a class's full name, its own or (level 1) that its members are taken from."""
        owner = module.rpartition(".")[0]
        names = [module, owner] if owner.rpartition(".")[2][:1].isupper() else [module]  # a nested class
        files = tuple(f"{root}{name.replace('.', '/')}.java" for name in names for root in roots(importer))
        return Target(files, module if level else module.rpartition(".")[0])

    def implicit(self, importer: ir.Module, name: str) -> Target | None:
        """Return a class of the same package or of a package that is imported whole."""
        if not name[:1].isupper():
            return Target((), name) if name in self._roots else None
        folder = importer.path.rpartition("/")[0]
        files = [f"{folder}/{name}.java" if folder else f"{name}.java"]
        stars = [stmt.module for stmt in imports(importer) if _is_star(stmt)]
        for package in stars:
            files.extend(f"{root}{package.replace('.', '/')}/{name}.java" for root in roots(importer))
        if importer.package:
            files.extend(
                f"{root}{importer.package.replace('.', '/')}/{name}.java" for root in roots(importer)
            )
        return Target(tuple(dict.fromkeys(files)), self._qualified(importer, stars, name))

    def resource(self, importer: ir.Module, name: str) -> tuple[str, ...]:
        """Return where the build puts a resource's file: beside the sources or in the resources folder."""
        found = [f"{root.replace('/java/', '/resources/')}{name.lstrip('/')}" for root in roots(importer)]
        folder = importer.path.rpartition("/")[0]
        return tuple(dict.fromkeys([*found, f"{folder}/{name}" if folder else name]))

    def implementations(self, module: ir.Module, name: str) -> tuple[Target, ...]:
        """Return the usual places: `NameImpl` or `DefaultName` beside the interface or in a package `impl`."""
        folder = module.path.rpartition("/")[0]
        own = [
            f"{name}Impl",
            f"Default{name}",
            *([name[1:]] if name[:1] == "I" and name[1:2].isupper() else []),
        ]
        beside = f"{folder}/" if folder else ""
        return tuple(Target((f"{beside}{one}.java", f"{beside}impl/{one}.java"), one) for one in own)

    def qualified(self, module: ir.Module) -> str:
        return module.package

    def _qualified(self, importer: ir.Module, stars: list[str], name: str) -> str:
        for package in stars:
            if (
                f"{package}.{name}" in self._known
                or f"{package.replace('jakarta.', 'javax.')}.{name}" in self._known
            ):
                return f"{package}.{name}"
        return f"{importer.package}.{name}" if importer.package else name


def roots(importer: ir.Module) -> tuple[str, ...]:
    """Return the folders that packages may start in, for this file: its own source root and its sister's."""
    return _roots(importer.path.rpartition("/")[0], importer.package.replace(".", "/"))


@lru_cache(maxsize=4096)
def _roots(folder: str, package: str) -> tuple[str, ...]:
    if package and (folder == package or folder.endswith(f"/{package}")):
        root = folder[: len(folder) - len(package)]
    else:
        root = f"{folder}/" if folder else ""
    found = [root]
    if "src/test/java/" in root:
        found.append(root.replace("src/test/java/", "src/main/java/"))
    return tuple(found)


def imports(module: ir.Module) -> tuple[ir.Import, ...]:
    return tuple(stmt for stmt in module.body if isinstance(stmt, ir.Import))


def _is_star(stmt: ir.Import) -> bool:
    return stmt.names == (("*", ""),) and not stmt.level


@lru_cache(maxsize=4096)
def javax(type_: str) -> tuple[str, ...]:
    """Return the type's name from before Jakarta, under which it has models."""
    return (f"javax.{type_[8:]}",) if type_.startswith("jakarta.") else ()
