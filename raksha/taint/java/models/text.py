"""String and its relatives, computed exactly where all is constant."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote_plus, unquote_plus

from raksha.taint import kinds
from raksha.taint.java import formats, regexes, semantics
from raksha.taint.java.literals import Char
from raksha.taint.java.models.build import STRING, Table, each, fold, measure, merged, methods, passes
from raksha.taint.library import Called, Clean, Fold, Hook, Passes, Sanitizer
from raksha.taint.values import Constant, Value, constant


class Outside(Exception):
    """An index that Java would throw at, or an argument of an unexpected type."""


def string(value: Constant) -> str:
    if isinstance(value, str):
        return value
    raise Outside


def place(value: Constant) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Outside


def char_at(value: Constant, index: Constant) -> Constant:
    text, at = string(value), place(index)
    if not 0 <= at < len(text):
        raise Outside
    return Char(text[at])


def substring(value: Constant, start: Constant, end: Constant = None) -> Constant:
    text, first = string(value), place(start)
    last = len(text) if end is None else place(end)
    if not 0 <= first <= last <= len(text):
        raise Outside
    return text[first:last]


def head_part(called: Called) -> Value | None:
    """Return a part of the text's head, which is known even when the rest is not."""
    start, end = called.arg(0), called.arg(1)
    if called.receiver is None or start is None or end is None or not (start.is_known and end.is_known):
        return None
    head = called.receiver.head
    if not (
        isinstance(end.only, int) and isinstance(start.only, int) and 0 <= start.only <= end.only <= len(head)
    ):
        return None
    return constant(head[start.only : end.only])


def index_of(value: Constant, needle: Constant, start: Constant = 0) -> Constant:
    return string(value).find(_letters(needle), place(start))


def last_index_of(value: Constant, needle: Constant) -> Constant:
    return string(value).rfind(_letters(needle))


def replace(value: Constant, old: Constant, new: Constant) -> Constant:
    return string(value).replace(_letters(old), _letters(new))


def replace_all(value: Constant, pattern: Constant, new: Constant) -> Constant:
    return regexes.compiled(string(pattern), string(value)).sub(
        regexes.replacement(string(new)), string(value)
    )


def replace_first(value: Constant, pattern: Constant, new: Constant) -> Constant:
    return regexes.compiled(string(pattern), string(value)).sub(
        regexes.replacement(string(new)), string(value), count=1
    )


def full_match(value: Constant, pattern: Constant) -> Constant:
    return regexes.compiled(string(pattern), string(value)).fullmatch(string(value)) is not None


def pattern_matches(pattern: Constant, value: Constant) -> Constant:
    return full_match(value, pattern)


def compare_to(value: Constant, other: Constant) -> Constant:
    one, two = string(value), string(other)
    for first, second in zip(one, two, strict=False):
        if first != second:
            return ord(first) - ord(second)
    return len(one) - len(two)


def value_of(*args: Constant) -> Constant:
    return semantics.text(args[0])


def repeat(value: Constant, times: Constant) -> Constant:
    if not 0 <= place(times) <= semantics.LONGEST:
        raise Outside
    return string(value) * place(times)


def hash_code(value: Constant) -> Constant:
    total = 0
    for letter in string(value):
        total = (total * 31 + ord(letter)) & 0xFFFFFFFF
    return semantics.wrap(total, 32)


def starts(value: Constant, head: Constant, at: Constant = 0) -> Constant:
    return string(value).startswith(string(head), place(at))


def is_same(value: Constant, other: Constant) -> Constant:
    return value == other and isinstance(value, Char) == isinstance(other, Char)


def is_same_ignoring_case(value: Constant, other: Constant) -> Constant:
    return string(value).lower() == string(other).lower()


def to_bytes(value: Constant, _charset: Constant = None) -> Constant:
    return string(value).encode()


def new_string(value: Constant = "", *_more: Constant) -> Constant:
    return value.decode() if isinstance(value, bytes) else str(string(value))


def parse_int(value: Constant, radix: Constant = 10) -> Constant:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    digits = string(value)
    if not re.fullmatch(r"[+-]?[0-9a-zA-Z]{1,10}", digits):
        raise Outside
    return semantics.wrap(int(digits, place(radix)), 32)


def ordered(value: Constant, other: Constant) -> Constant:
    """Compare two numbers as compareTo does."""
    one, two = semantics.number(value), semantics.number(other)
    return (one > two) - (one < two)


def parse_boolean(value: Constant) -> Constant:
    return isinstance(value, str) and value.lower() == "true"


def encode64(value: Constant) -> Constant:
    return base64.b64encode(_bytes(value))


def encode64_text(value: Constant) -> Constant:
    return base64.b64encode(_bytes(value)).decode()


def decode64(value: Constant) -> Constant:
    return base64.b64decode(_bytes(value), validate=True)


def url_encode(value: Constant, *_charset: Constant) -> Constant:
    return quote_plus(string(value), safe="*-._")


def url_decode(value: Constant, *_charset: Constant) -> Constant:
    return unquote_plus(string(value))


def _bytes(value: Constant) -> bytes:
    return value if isinstance(value, bytes) else string(value).encode()


def _letters(value: Constant) -> str:
    """Return a text or char, or the char of a number, as Java's indexOf(int) takes it."""
    return value if isinstance(value, str) else chr(place(value))


NUMBERS = "java.lang.Integer java.lang.Long java.lang.Short java.lang.Byte java.lang.Double java.lang.Float"
# What percent-encoding takes away: nothing of "<", quotes, slashes or line breaks is left.
PERCENT = kinds.mask(
    kinds.XSS,
    kinds.PATH,
    kinds.HEADER,
    kinds.LOG,
    kinds.SQL,
    kinds.LDAP,
    kinds.XPATH,
    kinds.XML,
    kinds.COMMAND,
)
LETTERS = methods(STRING, "length", measure(lambda value: len(string(value)))) | {
    STRING: fold(new_string),
    **methods(STRING, "charAt", Fold(char_at, "char")),
    **methods(STRING, "codePointAt", measure(lambda value, at: ord(string(char_at(value, at))))),
    **methods(STRING, "isEmpty", measure(lambda value: not string(value))),
    **methods(STRING, "isBlank", measure(lambda value: not string(value).strip())),
    **methods(STRING, "compareTo", measure(compare_to)),
    **methods(STRING, "compareToIgnoreCase", measure(lambda a, b: compare_to(string(a).lower(), string(b).lower()))),
    **methods(STRING, "hashCode", measure(hash_code)),
    **methods(STRING, "indexOf", measure(index_of)),
    **methods(STRING, "lastIndexOf", measure(last_index_of)),
    **methods(STRING, "equals contentEquals", measure(is_same)),
    **methods(STRING, "equalsIgnoreCase", measure(is_same_ignoring_case)),
    **methods(STRING, "startsWith", measure(starts)),
    **methods(STRING, "endsWith", measure(lambda value, tail: string(value).endswith(string(tail)))),
    **methods(STRING, "contains", measure(lambda value, part: string(part) in string(value))),
    **methods(STRING, "matches", measure(full_match)),
    **methods(STRING, "regionMatches", Clean()),
}  # fmt: skip
CHANGES = {
    **methods(STRING, "toUpperCase", fold(lambda value, *_locale: string(value).upper())),
    **methods(STRING, "toLowerCase", fold(lambda value, *_locale: string(value).lower())),
    **methods(STRING, "trim strip", fold(lambda value: string(value).strip())),
    **methods(STRING, "stripLeading", fold(lambda value: string(value).lstrip())),
    **methods(STRING, "stripTrailing", fold(lambda value: string(value).rstrip(), head=True)),
    **methods(STRING, "intern toString strip translateEscapes formatted stripIndent", fold(lambda value: string(value))),
    **methods(STRING, "concat", fold(lambda value, more: string(value) + string(more), head=True)),
    **methods(STRING, "substring subSequence", Hook(head_part), fold(substring)),
    **methods(STRING, "replace", fold(replace)),
    **methods(STRING, "replaceAll", fold(replace_all)),
    **methods(STRING, "replaceFirst", fold(replace_first)),
    **methods(STRING, "repeat", fold(repeat)),
    **methods(STRING, "getBytes", Fold(to_bytes, "byte[]")),
    **methods(STRING, "valueOf copyValueOf", fold(value_of)),
    **methods(STRING, "format", fold(formats.format_text)),
    **methods(STRING, "chars codePoints lines", passes("java.util.stream.Stream")),
}  # fmt: skip
OTHERS = merged([
    each(NUMBERS, "toString toHexString toBinaryString toOctalString", Clean(STRING)),
    each(NUMBERS, "parseInt parseLong parseShort parseByte parseDouble parseFloat decode valueOf",
         Fold(parse_int, clears=kinds.ALL)),
    each(NUMBERS, "intValue longValue shortValue byteValue", measure(parse_int)),
    each(NUMBERS, "compare compareTo", measure(ordered)),
    each(NUMBERS, "equals", measure(is_same)),
    each("java.lang.Boolean java.lang.Character", "equals", measure(is_same)),
    methods("java.lang.Boolean", "booleanValue", measure(lambda value: semantics.truth(value))),
    each(NUMBERS, "hashCode max min sum abs signum <init>", Clean()),
    methods("java.lang.Integer", "toString", Fold(lambda value, *_: str(place(value)), STRING, clears=kinds.ALL)),
    methods("java.lang.Boolean", "parseBoolean valueOf", measure(parse_boolean)),
    methods("java.lang.Boolean", "toString", Clean(STRING)),
    methods("java.lang.Character", "isLetter isDigit isLetterOrDigit isWhitespace isUpperCase isLowerCase isAlphabetic",
            Clean()),
    methods("java.lang.Character", "toString valueOf", fold(value_of)),
    methods("java.lang.Character", "toUpperCase", Fold(lambda value: Char(string(value).upper()))),
    methods("java.lang.Character", "toLowerCase", Fold(lambda value: Char(string(value).lower()))),
    methods("java.math.BigDecimal", "<init> valueOf", Sanitizer(type="java.math.BigDecimal")),
    methods("java.math.BigInteger", "<init> valueOf", Sanitizer(type="java.math.BigInteger")),
    methods("java.util.UUID", "fromString randomUUID", Sanitizer(type="java.util.UUID")),
    methods("java.time.LocalDate", "parse", Sanitizer(type="java.time.LocalDate")),
    methods("java.time.LocalDateTime", "parse", Sanitizer(type="java.time.LocalDateTime")),
    methods("java.lang.Math", "max", measure(lambda a, b: max(semantics.number(a), semantics.number(b)))),
    methods("java.lang.Math", "min", measure(lambda a, b: min(semantics.number(a), semantics.number(b)))),
    methods("java.lang.Math", "abs", measure(lambda a: abs(semantics.number(a)))),
    methods("java.lang.Math", "floorMod", measure(lambda a, b: place(a) % place(b))),
    methods("java.lang.Math", "sqrt pow floor ceil round", Clean()),
    methods("java.util.Objects", "requireNonNull requireNonNullElse requireNonNullElseGet", Passes((0, 1), STRING, gives=0)),
    methods("java.util.Objects", "toString", fold(value_of)),
    methods("java.util.Objects", "equals", measure(is_same)),
    methods("java.util.Objects", "hash hashCode", Clean()),
    methods("java.util.regex.Pattern", "matches", measure(pattern_matches)),
    methods("java.util.regex.Pattern", "quote",
            Sanitizer(kinds.REGEX.bit, (0,), STRING)),
])  # fmt: skip
CODECS = merged([
    methods("java.util.Base64", "getEncoder getUrlEncoder getMimeEncoder", Passes((), "java.util.Base64.Encoder")),
    methods("java.util.Base64", "getDecoder getUrlDecoder getMimeDecoder", Passes((), "java.util.Base64.Decoder")),
    methods("java.util.Base64.Encoder", "withoutPadding", Passes((), "java.util.Base64.Encoder")),
    methods("java.util.Base64.Encoder", "encode", Fold(lambda _self, value: encode64(value), "byte[]")),
    methods("java.util.Base64.Encoder", "encodeToString",
            Fold(lambda _self, value: encode64_text(value), STRING)),
    methods("java.util.Base64.Decoder", "decode", Passes((0,), "byte[]")),
    methods("org.apache.commons.codec.binary.Base64", "encodeBase64", Passes((0,), "byte[]")),
    methods("org.apache.commons.codec.binary.Base64", "decodeBase64", Passes((0,), "byte[]")),
    methods("org.apache.commons.codec.binary.Base64", "encodeBase64String encodeBase64URLSafeString", passes(STRING, 0)),
    methods("java.net.URLEncoder", "encode", Fold(url_encode, STRING, PERCENT)),
    methods("java.net.URLDecoder", "decode", Fold(url_decode, STRING)),
])  # fmt: skip
MODELS: Table = merged([LETTERS, CHANGES, OTHERS, CODECS])
