"""Where Python's imports lead: candidate files in the project, and dotted names."""

from __future__ import annotations

import sys

from raksha.taint import ir
from raksha.taint.library import Resolver, Target
from raksha.taint.python.words import words

# Libraries that the models speak of: a file of the same name beside the importer is not what `import x` means there.
LIBRARIES = words(
    "aiohttp asyncpg bleach boto3 bottle celery cryptography Crypto Cryptodome dill django falcon fastapi flask httpx"
    " itsdangerous jinja2 jose jsonpickle jwt ldap ldap3 lxml mako markupsafe mysql MySQLdb nh3 numpy paramiko peewee"
    " pandas psycopg psycopg2 pydantic pymongo pymysql pyramid quart redis requests rest_framework sanic sqlalchemy"
    " starlette toml torch tornado urllib3 werkzeug wtforms yaml"
)
ROOTS = ("src/", "lib/", "app/")


class Imports(Resolver):
    """Python's resolver: relative imports from the file's own folder, absolute ones from every folder above."""

    def module(self, importer: ir.Module, module: str, level: int) -> Target:
        if level:
            return self._relative(importer, module, level)
        path = module.replace(".", "/")
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names:
            return Target((), module)
        folders = [*_folders_above(importer.path), *ROOTS]
        files = [
            name for folder in folders for name in _files(folder + path, top in LIBRARIES and path == top)
        ]
        return Target(tuple(dict.fromkeys(name for name in files if name != importer.path)), module)

    def implicit(self, importer: ir.Module, name: str) -> Target | None:
        return None

    def resource(self, importer: ir.Module, name: str) -> tuple[str, ...]:
        """Look beside the file, and where the project starts."""
        folder = importer.path.rpartition("/")[0]
        return (f"{folder}/{name}" if folder else name, name)

    def qualified(self, module: ir.Module) -> str:
        return dotted(module.path)

    def _relative(self, importer: ir.Module, module: str, level: int) -> Target:
        folders = importer.path.split("/")[:-1]
        base = folders[: len(folders) - (level - 1)] if level <= len(folders) + 1 else []
        path = "/".join([*base, *module.split(".")] if module else base)
        return Target(_files(path, is_package=False), dotted(path + ".py"))


def _folders_above(path: str) -> list[str]:
    """Return "a/b/", "a/" and "" for a/b/c.py: nearest first."""
    folders = path.split("/")[:-1]
    return ["/".join(folders[:count]) + "/" if count else "" for count in range(len(folders), -1, -1)]


def _files(path: str, is_package: bool) -> tuple[str, ...]:
    package = f"{path}/__init__.py" if path else "__init__.py"
    return (package,) if is_package or not path else (package, f"{path}.py")


def dotted(path: str) -> str:
    """Return the name under which a file is imported; folders that no import could name are left out."""
    names = path.removesuffix(".py").split("/")
    if names[-1] == "__init__":
        names = names[:-1]
    first = max(
        (at + 1 for at, name in enumerate(names[:-1]) if not name.isidentifier() or name == "src"), default=0
    )
    return ".".join(names[first:])
