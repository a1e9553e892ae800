"""Secrets without a form of their own: a value made by chance that is given to a name that says so.

The name decides how much chance is asked of the value: `api_key` and `client_secret` promise a secret, `key` and
`auth` often do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from raksha.secrets.detector import places
from raksha.secrets.passwords import is_password
from raksha.secrets.plausible import UUID, entropy, is_placeholder, is_random, is_written

STRONG = r"(?:api|access|auth|client|app|application|consumer|secret|private|encrypt(?:ion)?|sign(?:ing|ature)?|master|licen[cs]e|service|account|storage|shared|session|jwt|bot|deploy|webhook|refresh|bearer|oauth|user|personal|admin|security|hmac|aes|crypto?|cipher)"
WORDS = ("key", "token", "secret", "passw", "pwd", "credential", "auth", "passphrase")
BEFORE = re.compile(r"[A-Za-z0-9_.$@\-]{0,60}\Z")
ASSIGNMENT = re.compile(
    r"(?P<name>[A-Za-z0-9_.-]{3,45})"
    r"[\"'`]?\]?(?:\s{0,3}:\s{0,3}(?:str|string|String|&str|&'static str|const char\s?\*))?"
    r"(?P<how>\s{0,12}(?:=>|:=|\?=|::=|\|\|=|\+=|\.=|={1,3}|:)\s{0,12}|>\s{0,12}|[\"'`]\s{0,3},\s{0,3}|\s{1,3}(?=[\"'])|\s*,\s{0,3}(?=[\"'])|\(\s{0,2}(?=[\"']))"
    r"(?:[A-Za-z]{1,2}(?=[\"']))?"
    r"(?:\"(?P<double>[^\"\n]{6,256})\"|'(?P<single>[^'\n]{6,256})'|`(?P<back>[^`\n]{6,256})`|(?P<bare>[A-Za-z0-9_+/~.\-]{10,256}={0,2})(?=[\s,;<&\"'|)\]}]|$))",
    re.IGNORECASE | re.MULTILINE,
)
STRONG_NAME = re.compile(
    rf"(?ix){STRONG}[_.\-]?(?:key|token|secret|pass|credential)|secret|token(?:$|[^a-z])|token$|passw|passphrase|pwd"
)
PASSWORD_NAME = re.compile(r"(?i)passw(?:or)?d|passwort|passphrase|pwd")
NOT_SECRET_NAME = re.compile(
    r"(?ix)keyword|keyboard|keycode|keypress|keydown|keyup|keyframe|keynote|keypair|keystone|keyspace|keying|keymesh|keysize|key_?size|key_?length"
    r"|(?:key|token|secret|credential|password|auth|access)s?[_.\-]?(?:ids?|name|names|type|types|url|uri|path|file|files|label|alias|hint|field|fields|prefix|suffix|length|len|count|index|"
    r"limit|max|min|version|source|provider|expiry|expires?|expir\w*|ttl|class|format|regex|pattern|endpoint|host|server|policy|rules?|algorithm|alg|mode|store|vault|tab|ring|chars|map|pos|offset|column|ref|str|results?)(?:$|[^a-z])"
    r"|public|pub_?key|csrf|xsrf|nonce|sort|primary|foreign|partition|cache|map_?key|hot_?key|short_?key|i18n|locale|translation|row_?key|object_?key|s3_?key"
    r"|author|authentic|authority|tokeniz|idempoten|checksum|integrity|monkey|turkey|donkey|hockey|jockey|keyed|sha\d|digest|fingerprint|etag|commit|bucket|vaultTo|"
    r"tokentype|token_type|schema|struct|sequence|instance|enum|event|widget|layout|html|css|color|colour|grid|icon"
)
NOT_SECRET_VALUE = re.compile(
    r"(?ix)^(?:https?|ftp|file|urn|arn|s3|gs|jdbc|ssh|git|data|mailto|vault|ref|env|aws|ssm|op)\s?:|^[./~]|^\w:\\|\.(?:com|org|net|io|dev|json|ya?ml|xml|pem|key|crt|txt|py|js|ts|go|java|html?|png|svg|md|log|conf|ini|so|dll|exe|jar|keytab)(?::\d+)?$"
    r"|^(?:sha\d{1,3}|md5)[-:]|^\d+(?:[.:/\-]\d+)*$|^v?\d+\.\d+(?:\.\d+)*(?:[-+.][\w.\-]+)?$|(?-i:^[A-Z][A-Z_]*(?:_[A-Z0-9_]*)?$)|^0x[0-9a-f]{1,12}$|[\s()<>{}]|^\d{4}-\d\d-\d\d|::|^@|^--|^[a-z][\w.]*(?:-[a-z][\w.]*)*-v?\d+(?:\.\d+)+"
)
DOTTED = re.compile(r"^[A-Za-z_$][\w$]*(?:(?:\.|->|\[)[A-Za-z_$][\w$\]]*)+$")
GENERATED = re.compile(
    r"(?i)(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|go\.(?:sum|mod)|(?:poetry|uv|pdm|cargo|gemfile|composer|pipfile|flake|mix|pubspec|podfile)\.lock|gradle\.lockfile|packages\.lock\.json"
    r"|[^/]+\.(?:min\.(?:js|css)|map|svg|ipynb|snap|po|pot|mo|css|scss|less|csv|tsv|sum|woff2?|ttf|eot|lock))$"
)


@dataclass(frozen=True, slots=True)
class Assigned:
    start: int
    end: int
    value: str
    is_password: bool


def assigned(text: str, lowered: str, path: str) -> Iterator[Assigned]:
    """Yield values that names of secrets are given; files that programs write are passed over."""
    if GENERATED.search(PurePosixPath(path).as_posix()):
        return
    seen: set[int] = set()
    for word in WORDS:
        for at in places(word, lowered):
            found = ASSIGNMENT.match(text, at)
            if found and found.end() not in seen:
                seen.add(found.end())
                yield from _judged(found, _name_before(text, at) + found["name"])


def _name_before(text: str, at: int) -> str:
    before = BEFORE.search(text, max(0, at - 60), at)
    return before.group() if before else ""


def _judged(found: re.Match[str], name: str) -> Iterator[Assigned]:
    group = next(g for g in ("double", "single", "back", "bare") if found[g] is not None)
    value = found[group]
    if _is_secret(name, value, is_bare=group == "bare", how=found["how"].strip()):
        yield Assigned(found.start(group), found.end(group), value, bool(PASSWORD_NAME.search(name)))


def _is_secret(name: str, value: str, *, is_bare: bool, how: str) -> bool:
    if NOT_SECRET_NAME.search(name) or is_placeholder(value):
        return False
    if PASSWORD_NAME.search(name) and not is_bare:
        return (
            len(value) >= 8 and not NOT_SECRET_VALUE.search(value) and is_password(value) and _is_mixed(value)
        )
    if len(value) < 10 or NOT_SECRET_VALUE.search(value) or DOTTED.match(value):
        return False
    if not how and not STRONG_NAME.search(name):
        return False
    return _is_chance(value, is_strong=bool(STRONG_NAME.search(name)), is_bare=is_bare)


def _is_chance(value: str, *, is_strong: bool, is_bare: bool) -> bool:
    if UUID.fullmatch(value):
        return is_strong and entropy(value) >= 3.0
    if is_bare and _is_code(value):
        return False
    if is_strong:
        return is_random(value, 3.3)
    return len(value) >= 20 and is_random(value, 3.8)


def _is_code(value: str) -> bool:
    """A bare word may be an expression: those have parts that are spoken or single letters."""
    return (
        is_written(value)
        or bool(re.search(r"\.[A-Za-z_]\w*$|^[\w]+(?:-[a-z]+){2,}", value))
        and "=" not in value
    )


def _is_mixed(value: str) -> bool:
    kinds = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    return sum(any(kind(c) for c in value) for kind in kinds) >= 2 and entropy(value) >= 2.5
