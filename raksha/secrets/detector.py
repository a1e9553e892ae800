"""What a secret of one kind looks like."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from raksha.detections import Confidence, Severity

# A token ends where neither side could go on with it.
BEFORE = r"(?<![A-Za-z0-9_])"
AFTER = r"(?![A-Za-z0-9_])"


@dataclass(frozen=True)
class Detector:
    """One kind of secret, found by its form.

    words: lower-case texts of which one stands in the file, or the pattern is not tried.
    pattern: the group "secret", else the whole match, is the secret.
    entropy: least Shannon entropy of the secret in bits a character; 0 asks nothing.
    is_real: further questions to the secret, such as a checksum.
    file: only in files whose name this pattern matches.
    placeholders: texts that look made up are passed over; False where the form itself is the finding.
    anchored: a match begins with one of the words, so that nothing else of the file is looked at.
    """

    id: str
    title: str
    words: tuple[str, ...]
    pattern: str
    severity: Severity = "high"
    confidence: Confidence = "high"
    entropy: float = 0.0
    is_real: Callable[[str], bool] | None = None
    file: str = ""
    placeholders: bool = True
    ignore_case: bool = False
    anchored: bool = True

    @cached_property
    def expression(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.MULTILINE | (re.IGNORECASE if self.ignore_case else 0))

    def matches(self, text: str, lowered: str) -> Iterator[re.Match[str]]:
        """Yield where the pattern fits; lowered is the text in lower case, as long as the text."""
        if not self.anchored:
            if not self.words or any(word in lowered for word in self.words):
                yield from self.expression.finditer(text)
            return
        for word in self.words:
            for at in places(word, lowered):
                if match := self.expression.match(text, at):
                    yield match

    @cached_property
    def file_expression(self) -> re.Pattern[str]:
        return re.compile(self.file, re.IGNORECASE)


def places(word: str, text: str) -> Iterator[int]:
    """Yield where a word stands in a text, overlapping ones too."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def token(form: str) -> str:
    """Return a pattern for a form that stands by itself."""
    return f"{BEFORE}(?P<secret>{form}){AFTER}"


def exact(form: str, before: str = r"A-Za-z0-9_\-/+", after: str = r"A-Za-z0-9_\-/+=") -> str:
    """Return a pattern for a form whose alphabet has signs besides letters and digits."""
    return f"(?<![{before}])(?P<secret>{form})(?![{after}])"


def after_name(names: str, form: str) -> str:
    """Return a pattern for a form that says little by itself, given to something of that name.

    names: alternatives of a regular expression, matched without case.
    """
    return (
        # The name begins a word: "okta" is in oktaKey and in myOktaKey, not in rookTable.
        rf"(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))(?i:(?:{names})[\w .\-\[\]]{{0,40}}?)"
        r"[\"'`]?\]?[ \t]{0,8}(?:(?:=>|:=|\?=|::=|\.=|\+=|={1,3}|:|,|\|\|:)[ \t]{0,8}|>\s{0,12}|\([ \t]{0,2})"
        r"(?:[\w:]{1,12}[ \t]{0,3}=[ \t]{0,3})?[\"'`]{0,2}"
        rf"(?P<secret>{form})(?![A-Za-z0-9_/+=\-])"
    )
