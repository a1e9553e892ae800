"""The files of one analysis: read and parsed when first asked for, and a note of every question."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from raksha.taint import ir
from raksha.taint.budget import Budget
from raksha.taint.library import Language
from raksha.taint.modules import Module

MOST_TEXTS = 32


def decoded(source: bytes) -> str:
    """Return the file's text, whatever its bytes are."""
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError:
        return source.decode("latin-1")


class Project:
    """files: contents by path. languages: of the engine, by path; files of others cannot be imported.

    unparsed: path -> why, of every file that was asked for and could not be read whole.
    """

    def __init__(self, files: Mapping[str, bytes], languages: Mapping[str, Language], budget: Budget) -> None:
        self.files = files
        self.languages = languages
        self.budget = budget
        self.unparsed: dict[str, str] = {}
        self._modules: OrderedDict[str, Module | None] = OrderedDict()
        self._shas: dict[str, str] = {}
        self._lines: OrderedDict[str, list[str]] = OrderedDict()

    def sha(self, path: str) -> str:
        """Return the file's SHA-256, "" when there is no such file."""
        if path not in self.files:
            return ""
        if path not in self._shas:
            self._shas[path] = hashlib.sha256(self.files[path]).hexdigest()
        return self._shas[path]

    def module(self, path: str) -> Module | None:
        """Return the parsed file; None when it cannot be parsed or is not of a language we know."""
        if path in self._modules:
            self._modules.move_to_end(path)
            return self._modules[path]
        made = self._parse(path)
        self._modules[path] = made
        if len(self._modules) > self.budget.modules:
            self._modules.popitem(last=False)
        return made

    def forget(self) -> None:
        """Let go of all parsed files, so that they are freed at once."""
        for module in self._modules.values():
            if module is not None:
                module.functions.clear()
                module.classes.clear()
        self._modules.clear()

    def _parse(self, path: str) -> Module | None:
        language = self.languages.get(path)
        if language is None or path not in self.files:
            return None
        if len(self.files[path]) > self.budget.file_bytes:
            self.unparsed[path] = "larger than the engine reads"
            return None
        try:
            tree = language.lower(self.files[path], path)
        except (ValueError, RecursionError, UnicodeError) as error:
            self.unparsed[path] = f"not readable: {type(error).__name__}"
            return None
        if tree.errors:
            self.unparsed[path] = f"line {tree.errors[0].line} cannot be parsed"
        return Module(tree, language.resolver.qualified(tree))

    def lines(self, path: str) -> list[str]:
        """Return the file's text by lines; a few files are kept."""
        if path not in self._lines:
            self._lines[path] = decoded(self.files.get(path, b"")).split("\n")
            if len(self._lines) > MOST_TEXTS:
                self._lines.popitem(last=False)
        return self._lines[path]

    def line(self, path: str, number: int) -> str:
        lines = self.lines(path)
        return lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""

    def text(self, path: str, span: ir.Span) -> str:
        """Return the source text of a range."""
        lines = self.lines(path)[span.line - 1 : span.end_line]
        if not lines:
            return ""
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return "\n".join(lines)

    def first(self, paths: Iterable[str], importer: str, consulted: dict[str, str]) -> str:
        """Return the first of these paths that is a file of the importer's language, "" for none.

        Every path asked for is noted in `consulted` with its sha, "" for absent.
        """
        language = self.languages.get(importer)
        for path in paths:
            consulted[path] = self.sha(path)
            if path in self.files and self.languages.get(path) is language:
                return path
        return ""
