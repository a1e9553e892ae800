"""Licences as package managers write them: one SPDX expression, and how much it asks of whoever passes code on. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal

from license_expression import AND, OR, ExpressionError, ExpressionParseError, get_spdx_licensing

Class = Literal["permissive", "weak copyleft", "strong copyleft", "unknown"]
CLASSES: tuple[Class, ...] = ("permissive", "weak copyleft", "strong copyleft", "unknown")
"""From the least that is asked to the most; unknown comes last, since it may ask anything."""
LONGEST = 300

PERMISSIVE = re.compile(
    r"^(?:MIT|ISC|0BSD|BSD|Apache|Zlib|Unlicense|CC0|CC-BY-\d|PSF|Python|BSL-1|X11|NCSA|WTFPL|BlueOak|Unicode|"
    r"PostgreSQL|Ruby|HPND|ICU|OpenSSL|curl|libpng|Libpng|TCL|AFL|Artistic|MulanPSL|UPL|MS-PL|W3C|ZPL|JSON|FTL|IJG|"
    r"bzip2|NTP|Boehm|OFL|Vim|Xnet|Beerware|EFL|Fair|Intel|SGI-B|CNRI|MIT-0|AAL|ECL)\b"
)
WEAK = re.compile(r"^(?:LGPL|MPL|EPL|CDDL|CPL|IPL|MS-RL|EUPL|APSL|SPL|NPL|CECILL-C|CPAL|ErlPL)\b")
STRONG = re.compile(r"^(?:A?GPL|SSPL|OSL|CECILL|CC-BY-SA|RPL|QPL|Watcom|ODbL|NGPL|Sleepycat)\b")
WEAKENING = (
    "Classpath-exception",
    "GCC-exception",
    "LLVM-exception",
    "Linux-syscall-note",
    "Font-exception",
    "openjdk",
)

SPOKEN = {
    "mit license": "MIT",
    "the mit license": "MIT",
    "mit licence": "MIT",
    "expat": "MIT",
    "mit/x11": "MIT",
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "the apache license, version 2.0": "Apache-2.0",
    "the apache software license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "asl 2.0": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd-3": "BSD-3-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "new bsd license": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd-2": "BSD-2-Clause",
    "simplified bsd": "BSD-2-Clause",
    "isc license": "ISC",
    "isc licence": "ISC",
    "gpl": "GPL-2.0-or-later",
    "gplv2": "GPL-2.0-only",
    "gpl v2": "GPL-2.0-only",
    "gpl-2": "GPL-2.0-only",
    "gplv2+": "GPL-2.0-or-later",
    "gplv3": "GPL-3.0-only",
    "gpl v3": "GPL-3.0-only",
    "gpl-3": "GPL-3.0-only",
    "gplv3+": "GPL-3.0-or-later",
    "gnu gpl": "GPL-2.0-or-later",
    "gnu gpl v3": "GPL-3.0-only",
    "gnu general public license": "GPL-2.0-or-later",
    "gnu general public license v3": "GPL-3.0-only",
    "gnu general public license v3 (gplv3)": "GPL-3.0-only",
    "gnu general public license v2 (gplv2)": "GPL-2.0-only",
    "agplv3": "AGPL-3.0-only",
    "agpl-3": "AGPL-3.0-only",
    "gnu affero general public license v3": "AGPL-3.0-only",
    "lgpl": "LGPL-2.1-or-later",
    "lgplv2": "LGPL-2.1-only",
    "lgplv2.1": "LGPL-2.1-only",
    "lgplv3": "LGPL-3.0-only",
    "lgplv3+": "LGPL-3.0-or-later",
    "gnu lgpl": "LGPL-2.1-or-later",
    "gnu lesser general public license": "LGPL-2.1-or-later",
    "mpl 2.0": "MPL-2.0",
    "mpl2": "MPL-2.0",
    "mozilla public license 2.0": "MPL-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "eclipse public license 2.0": "EPL-2.0",
    "eclipse public license v2.0": "EPL-2.0",
    "eclipse public license 1.0": "EPL-1.0",
    "eclipse public license - v 1.0": "EPL-1.0",
    "psf": "PSF-2.0",
    "psf license": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
    "public domain": "LicenseRef-public-domain",
    "the unlicense": "Unlicense",
    "zlib license": "Zlib",
    "wtfpl": "WTFPL",
}


@lru_cache(maxsize=1)
def _licensing() -> Any:
    return get_spdx_licensing()


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """Return an SPDX expression for what a package says of itself; "" if it says nothing we know.

    npm's "(MIT OR Apache-2.0)", Cargo's old "MIT/Apache-2.0", a trove classifier and everyday names are all read.
    """
    parsed = _parsed(text)
    return "" if parsed is None else str(parsed.render())


@lru_cache(maxsize=4096)
def classify(text: str) -> Class:
    """Tell what a licence asks: of alternatives the easiest counts, of parts that all apply the strictest."""
    parsed = _parsed(text)
    return "unknown" if parsed is None else _class_of(parsed)


@lru_cache(maxsize=4096)
def identifiers(text: str) -> tuple[str, ...]:
    """Return the licences that a licence expression cannot be had without; where there is a choice, none of those."""
    parsed = _parsed(text)
    return () if parsed is None else tuple(sorted(_unavoidable(parsed)))


def _parsed(text: str) -> Any:
    bare = text.strip().rpartition(" :: ")[2].strip()
    if not bare or len(bare) > LONGEST:
        return None
    spoken = SPOKEN.get(bare.lower().strip("()") if bare.lower() not in SPOKEN else bare.lower())
    if spoken is None and "/" in bare and "(" not in bare:
        bare = " OR ".join(SPOKEN.get(part.strip().lower(), part.strip()) for part in bare.split("/"))
    try:
        return _licensing().parse(spoken or bare, validate=spoken is None)
    except (ExpressionError, ExpressionParseError):
        return None


def _class_of(node: Any) -> Class:
    if isinstance(node, (OR, AND)):
        classes = [_class_of(part) for part in node.args]
        return (min if isinstance(node, OR) else max)(classes, key=CLASSES.index)
    key = str(node.render())
    if WEAK.match(key):
        return "weak copyleft"
    if STRONG.match(key):
        return "weak copyleft" if any(word in key for word in WEAKENING) else "strong copyleft"
    return "permissive" if PERMISSIVE.match(key) or key == "LicenseRef-public-domain" else "unknown"


def _unavoidable(node: Any) -> set[str]:
    if isinstance(node, OR):
        return set.intersection(*(_unavoidable(part) for part in node.args))
    if isinstance(node, AND):
        return set.union(*(_unavoidable(part) for part in node.args))
    return {str(node.render())}
