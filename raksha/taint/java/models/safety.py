"""What makes data safe: encoders, checks with a known outcome, and cleaning by replacing."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.java import regexes
from raksha.taint.java.models.build import CLEAN, STRING, Table, each, merged, methods
from raksha.taint.java.models.files import CANONICAL, NORMAL
from raksha.taint.java.models.text import NUMBERS, PERCENT
from raksha.taint.library import RECEIVER, Called, Guard, Hook, Passes, Sanitizer
from raksha.taint.values import BOOLEAN, Fact, Value, without

PAGE = kinds.mask(kinds.XSS, kinds.XML)
LINES = kinds.mask(kinds.LOG, kinds.HEADER, kinds.EMAIL)


def clears(*found: kinds.Kind) -> Sanitizer:
    return Sanitizer(kinds.mask(*found), (0,), STRING)


def _only_text(called: Called, place: int) -> str:
    value = called.arg(place)
    return value.only if value is not None and value.is_known and isinstance(value.only, str) else ""


# --- guards: which kinds a value is safe for where the check says yes


def strict_pattern(called: Called) -> int:
    return kinds.ALL if regexes.is_strict(_only_text(called, 0)) else 0


def strict_first(called: Called) -> int:
    """Pattern.matches(pattern, text)."""
    return strict_pattern(called)


def is_fixed(place: int) -> Guard:
    """Guard for equality: where it holds, the other side is a value that the program chose."""

    def decide(called: Called) -> int:
        value = called.arg(place)
        return kinds.ALL if value is not None and not called.world.deep(value).flows else 0

    return Guard(args=(0 if place == RECEIVER else RECEIVER,), decide=decide)


def known_list(called: Called) -> int:
    """Whether what is looked in holds nothing from outside."""
    holder = called.receiver
    return kinds.ALL if holder is not None and not called.world.deep(holder).flows else 0


def inside_folder(called: Called) -> int:
    """startsWith on a text or path without ".." in it; on plain text only a leading host or slash says something."""
    if called.receiver is not None and called.receiver.type in (CANONICAL, NORMAL):
        return kinds.PATH.bit
    head = _only_text(called, 0)
    if head.startswith(("http://", "https://")) and head.rstrip("/").count("/") >= 2 and head.endswith("/"):
        return kinds.mask(kinds.SSRF, kinds.REDIRECT)
    return kinds.REDIRECT.bit if head == "/" else 0


def dots(called: Called) -> int:
    """contains(".."): where it says no, the path cannot climb."""
    needle = _only_text(called, 0)
    if needle in ("..", "../", "/", "."):
        return kinds.PATH.bit
    if needle in ("\n", "\r"):
        return LINES
    return kinds.REDIRECT.bit if needle in ("://", "//") else 0


# --- matchers: a pattern, what it is put to, and what the answer means


def compiled(called: Called) -> Value | None:
    made = called.world.new("java.util.regex.Pattern")
    given = called.arg(0)
    if given is not None:
        called.world.set(made, "pattern", given)
    return made


def matcher(called: Called) -> Value | None:
    made = called.world.new("java.util.regex.Matcher")
    given = called.arg(0)
    if given is None or called.receiver is None:
        return made
    called.world.set(made, "text", given)
    called.world.set(made, "pattern", called.world.get(called.receiver, "pattern"))
    return made.but(flows=given.flows)


def matches(whole: bool) -> Hook:
    """Return yes or no, with what it says about the text."""

    def answer(called: Called) -> Value | None:
        if called.receiver is None:
            return BOOLEAN
        text, pattern = (called.world.known(called.receiver, key) for key in ("text", "pattern"))
        if text is None or pattern is None or not text.symbol or not pattern.is_known:
            return BOOLEAN
        source = str(pattern.only)
        if regexes.is_strict(source, whole=whole):
            return Value(consts=(True, False), implies=({text.symbol: Fact(kinds.ALL)}, {}))
        if not whole and regexes.is_excluding(source):
            return Value(consts=(True, False), implies=({}, {text.symbol: Fact(kinds.ALL)}))
        return BOOLEAN

    return Hook(answer)


def canonical(called: Called) -> Value | None:
    """Return the path's text; what is found out about it holds for the file itself."""
    holder = called.receiver
    if holder is None:
        return None
    return Value(called.world.deep(holder).flows, type=CANONICAL, symbol=holder.symbol)


# --- cleaning by replacing


def cleaned(called: Called) -> Value | None:
    """replaceAll: a pattern that takes every special character away makes the text safe."""
    pattern = _only_text(called, 0)
    if called.receiver is None or called.receiver.is_known or not pattern:
        return None
    safe = kinds.ALL if regexes.is_excluding(pattern) else _without_lines(pattern)
    return _less(called, safe) if safe else None


def replaced(called: Called) -> Value | None:
    """replace: line breaks for logs and headers, the doubled quote of SQL, the written-out "<" of pages."""
    old, new = _only_text(called, 0), _only_text(called, 1)
    if called.receiver is None or called.receiver.is_known:
        return None
    safe = LINES if old in ("\n", "\r", "\r\n") else 0
    safe |= kinds.SQL.bit if (old, new) == ("'", "''") else 0
    safe |= PAGE if (old, new) == ("<", "&lt;") else 0
    return _less(called, safe) if safe else None


def _without_lines(pattern: str) -> int:
    names = ("\\n", "\\r", "\n", "\r", "\\s", "\\R", "\\p{Cntrl}")
    return LINES if any(name in pattern for name in names) else 0


def _less(called: Called, safe: int) -> Value:
    flows = called.receiver.flows if called.receiver is not None else ()
    return without(Value(flows, type=STRING), safe)


def _fixed(called: Called, place: int) -> int:
    value = called.arg(place)
    return kinds.ALL if value is not None and not called.world.deep(value).flows else 0


MATCHES = (Guard(args=(RECEIVER,), decide=strict_pattern),)
EQUALS = (is_fixed(0), is_fixed(RECEIVER))
GUARDS = merged([
    methods(STRING, "equals equalsIgnoreCase contentEquals", *EQUALS),
    each(NUMBERS, "equals", *EQUALS),
    methods("java.util.Objects", "equals", Guard(args=(0,), decide=lambda called: _fixed(called, 1)),
            Guard(args=(1,), decide=lambda called: _fixed(called, 0))),
    methods(STRING, "matches", *MATCHES),
    methods("java.util.regex.Pattern", "matches", Guard(args=(1,), decide=strict_first)),
    methods(STRING, "startsWith", Guard(args=(RECEIVER,), decide=inside_folder)),
    methods(NORMAL, "startsWith", Guard(kinds.PATH.bit, (RECEIVER,))),
    methods(STRING, "contains", Guard(args=(RECEIVER,), on="false", decide=dots)),
    each("java.util.Collection java.util.List java.util.Set", "contains", Guard(decide=known_list)),
    methods("java.util.Map", "containsKey containsValue", Guard(decide=known_list)),
    each(NUMBERS, "parseInt parseLong parseShort parseDouble parseFloat valueOf decode", Guard(on="return")),
    methods("java.util.UUID", "fromString", Guard(on="return")),
    each("org.apache.commons.lang3.StringUtils org.apache.commons.lang.StringUtils",
         "isNumeric isAlpha isAlphanumeric isAlphanumericSpace isAlphaSpace", Guard()),
    methods("org.apache.commons.lang3.math.NumberUtils", "isDigits isNumber isCreatable isParsable", Guard()),
    methods("org.apache.commons.validator.routines.UrlValidator", "isValid", Guard(kinds.HEADER.bit)),
])  # fmt: skip


PATTERNS = merged([
    methods("java.util.regex.Pattern", "compile", Hook(compiled)),
    methods("java.util.regex.Pattern", "matcher", Hook(matcher)),
    methods("java.util.regex.Matcher", "matches", matches(whole=True)),
    methods("java.util.regex.Matcher", "find lookingAt", matches(whole=False)),
    methods("java.util.regex.Matcher", "group replaceAll replaceFirst", Passes((RECEIVER,), STRING)),
    methods("java.io.File", "getCanonicalPath", Hook(canonical)),
    methods(STRING, "replaceAll", Hook(cleaned)),
    methods(STRING, "replace", Hook(replaced)),
])  # fmt: skip
ESAPI, ENCODE = "org.owasp.esapi.Encoder", "org.owasp.encoder.Encode"
ENCODERS = merged([
    methods("org.owasp.esapi.ESAPI", "encoder", Passes((), ESAPI)),
    methods(ESAPI, "encodeForHTML encodeForHTMLAttribute encodeForJavaScript encodeForCSS encodeForVBScript"
            " encodeForXML encodeForXMLAttribute", Sanitizer(PAGE, (0,), STRING)),
    methods(ESAPI, "encodeForSQL", Sanitizer(kinds.SQL.bit, (1,), STRING)),
    methods(ESAPI, "encodeForLDAP encodeForDN", clears(kinds.LDAP)),
    methods(ESAPI, "encodeForXPath", clears(kinds.XPATH)),
    methods(ESAPI, "encodeForOS", Sanitizer(kinds.COMMAND.bit, (1,), STRING)),
    methods(ESAPI, "encodeForURL", Sanitizer(PERCENT, (0,), STRING)),
    methods(ESAPI, "encodeForBase64", Sanitizer(PERCENT, (0,), STRING)),
    methods(ENCODE, "forHtml forHtmlContent forHtmlAttribute forHtmlUnquotedAttribute forJavaScript forJavaScriptBlock"
            " forJavaScriptAttribute forJavaScriptSource forCssString forCssUrl forXml forXmlAttribute forXmlContent"
            " forCDATA", Sanitizer(PAGE, (0,), STRING)),
    methods(ENCODE, "forUriComponent forUri", Sanitizer(PERCENT, (0,), STRING)),
    methods("org.springframework.web.util.HtmlUtils", "htmlEscape htmlEscapeDecimal htmlEscapeHex",
            Sanitizer(PAGE, (0,), STRING)),
    methods("org.springframework.web.util.JavaScriptUtils", "javaScriptEscape", Sanitizer(PAGE, (0,), STRING)),
    each("org.springframework.web.util.UriUtils", "encode encodePathSegment encodeQueryParam encodePath",
         Sanitizer(PERCENT, (0,), STRING)),
    each("org.apache.commons.text.StringEscapeUtils org.apache.commons.lang3.StringEscapeUtils"
         " org.apache.commons.lang.StringEscapeUtils",
         "escapeHtml escapeHtml3 escapeHtml4 escapeXml escapeXml10 escapeXml11 escapeEcmaScript escapeJavaScript",
         Sanitizer(PAGE, (0,), STRING)),
    methods("org.apache.commons.lang.StringEscapeUtils", "escapeSql", clears(kinds.SQL)),
    methods("com.google.common.html.HtmlEscapers", "htmlEscaper", Passes((), "com.google.common.html.Escaper")),
    methods("com.google.common.html.Escaper", "escape", Sanitizer(PAGE, (0,), STRING)),
    methods("org.jsoup.Jsoup", "clean", Sanitizer(PAGE, (0,), STRING)),
    methods("org.owasp.html.PolicyFactory", "sanitize", Sanitizer(PAGE, (0,), STRING)),
    methods("org.springframework.ldap.support.LdapEncoder", "filterEncode nameEncode", clears(kinds.LDAP)),
    methods("org.springframework.ldap.filter.EqualsFilter", "<init>",
            Sanitizer(kinds.LDAP.bit, (0, 1), "org.springframework.ldap.filter.EqualsFilter")),
    methods("javax.naming.ldap.Rdn", "escapeValue", clears(kinds.LDAP)),
    methods("com.unboundid.ldap.sdk.Filter", "createEqualityFilter encodeValue", clears(kinds.LDAP)),
])  # fmt: skip
# What is surely meant on a receiver whose type is not known.
PLAIN = "length size isEmpty isBlank hashCode indexOf compareTo compareToIgnoreCase"
UNTYPED: Table = {
    "*.equals": (*EQUALS, CLEAN),
    "*.equalsIgnoreCase": (*EQUALS, CLEAN),
    "*.matches": (*MATCHES, CLEAN),
    **{f"*.{name}": CLEAN for name in PLAIN.split()},
}
MODELS: Table = merged([UNTYPED, GUARDS, PATTERNS, ENCODERS])
