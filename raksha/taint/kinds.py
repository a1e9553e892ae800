"""What can go wrong: one row for each kind of finding, shared by all languages.

A kind that data flows into has a bit, and taint is a mask of such bits: what a sanitizer makes safe for one kind
it leaves unsafe for the others. A kind that only configuration checks report has bit 0.
The rule of a finding is "<language>.<word>".
"""

from __future__ import annotations

from dataclasses import dataclass

from raksha.detections import Confidence, Severity


@dataclass(frozen=True, slots=True)
class Kind:
    """message says what is wrong and what may follow; advice says what to do instead."""

    word: str
    bit: int
    title: str
    cwe: int
    owasp: str
    severity: Severity
    message: str
    advice: str
    confidence: Confidence = "high"
    also: tuple[int, ...] = ()  # weaknesses that other tools file it under


TABLE: dict[str, Kind] = {}
INJECTION, ACCESS, CRYPTO, DESIGN = "A03:2021", "A01:2021", "A02:2021", "A04:2021"
SETTINGS, IDENTITY, INTEGRITY, LOGGING, SSRF_2021 = "A05:2021", "A07:2021", "A08:2021", "A09:2021", "A10:2021"


def _flow(
    word: str,
    cwe: int,
    owasp: str,
    severity: Severity,
    title: str,
    message: str,
    advice: str,
    confidence: Confidence = "high",
    also: tuple[int, ...] = (),
) -> Kind:
    bit = 1 << sum(1 for kind in TABLE.values() if kind.bit)
    kind = Kind(word, bit, title, cwe, owasp, severity, message, advice, confidence, also)
    return TABLE.setdefault(word, kind)


def _check(
    word: str,
    cwe: int,
    owasp: str,
    severity: Severity,
    title: str,
    message: str,
    advice: str,
    confidence: Confidence = "high",
    also: tuple[int, ...] = (),
) -> Kind:
    kind = Kind(word, 0, title, cwe, owasp, severity, message, advice, confidence, also)
    return TABLE.setdefault(word, kind)


SQL = _flow("sql-injection", 89, INJECTION, "high", "SQL injection",
    "Data from outside becomes part of an SQL statement, so its sender can read or change other rows.",
    "Pass the value as a bound parameter; choose table and column names from a fixed list.")  # fmt: skip
COMMAND = _flow("command-injection", 78, INJECTION, "critical", "Command injection",
    "Data from outside becomes part of a command, so its sender can run programs on this machine.",
    "Run a fixed program with a list of arguments and without a shell; check the value against a fixed list.")  # fmt: skip
CODE = _flow("code-injection", 94, INJECTION, "critical", "Code injection",
    "Data from outside is run as code.",
    "Do not evaluate text; parse the few forms that are needed, or choose from a table of functions.")  # fmt: skip
PATH = _flow("path-traversal", 22, ACCESS, "high", "Path traversal",
    "Data from outside becomes part of a file's path, so its sender can name files outside the folder meant.",
    "Take only the base name, or resolve the path and check that it still lies inside the folder.")  # fmt: skip
XSS = _flow("xss", 79, INJECTION, "medium", "Cross-site scripting",
    "Data from outside reaches a page without being escaped, so its sender can run scripts in another's browser.",
    "Escape for the place where it stands, best by a template that escapes by itself.")  # fmt: skip
LDAP = _flow("ldap-injection", 90, INJECTION, "high", "LDAP injection",
    "Data from outside becomes part of an LDAP filter or name, so its sender can change what is asked.",
    "Escape the value for filters (or names) with the library's own function.")  # fmt: skip
XPATH = _flow("xpath-injection", 643, INJECTION, "high", "XPath injection",
    "Data from outside becomes part of an XPath expression, so its sender can select other nodes.",
    "Pass the value as an XPath variable, or check it against a fixed list.")  # fmt: skip
XXE = _flow("xxe", 611, SETTINGS, "high", "XML external entities",
    "XML from outside is parsed with external entities on, so its sender can read files and reach other hosts.",
    "Switch external entities and document types off in the parser.")  # fmt: skip
DESERIALIZATION = _flow("deserialization", 502, INTEGRITY, "critical", "Unsafe deserialization",
    "Data from outside is turned into objects by a format that can run code.",
    "Use a format of plain data, such as JSON, or the safe loader of the library.")  # fmt: skip
REDIRECT = _flow("open-redirect", 601, ACCESS, "medium", "Open redirect",
    "Data from outside decides where the browser is sent, so its sender can lead users to another site.",
    "Redirect only to fixed or relative addresses, or check the host against a fixed list.")  # fmt: skip
SSRF = _flow("ssrf", 918, SSRF_2021, "high", "Server-side request forgery",
    "Data from outside decides which address this server asks, so its sender can reach internal hosts.",
    "Check scheme and host against a fixed list before the request.")  # fmt: skip
TRUST = _flow("trust-boundary", 501, DESIGN, "low", "Trust boundary violation",
    "Data from outside is kept among data that the rest of the program trusts, such as a session.",
    "Check the value before it is stored there.", "medium")  # fmt: skip
TEMPLATE = _flow("template-injection", 1336, INJECTION, "critical", "Template injection",
    "Data from outside becomes part of a template, so its sender can run the template language on this machine.",
    "Keep templates fixed and pass the value as a variable.")  # fmt: skip
HEADER = _flow("header-injection", 113, INJECTION, "medium", "Header injection",
    "Data from outside becomes part of a header, so line breaks in it can add headers or a body.",
    "Refuse or encode line breaks in the value.", "medium")  # fmt: skip
LOG = _flow("log-injection", 117, LOGGING, "low", "Log injection",
    "Data from outside is written to a log as it came, so line breaks in it can forge entries.",
    "Encode line breaks, or log structured fields.", "medium")  # fmt: skip
NOSQL = _flow("nosql-injection", 943, INJECTION, "high", "NoSQL injection",
    "Data from outside becomes part of a database query, so operators in it change what is asked.",
    "Turn the value into text or a number first, and never take query operators from outside.")  # fmt: skip
REGEX = _flow("regex-injection", 1333, INJECTION, "medium", "Regular expression from outside",
    "Data from outside is used as a regular expression, so its sender can make it run for very long.",
    "Escape the value for regular expressions, or use a plain text search.", "medium")  # fmt: skip
FORMAT = _flow("format-string", 134, INJECTION, "medium", "Format string from outside",
    "Data from outside is used as a format, so its sender can read attributes or break the output.",
    "Keep the format fixed and pass the value as an argument.", "medium")  # fmt: skip
REFLECTION = _flow("unsafe-reflection", 470, INJECTION, "high", "Unsafe reflection",
    "Data from outside chooses the class, module or function that is used.",
    "Choose from a fixed table.", "medium")  # fmt: skip
MASS = _flow("mass-assignment", 915, INTEGRITY, "medium", "Mass assignment",
    "Names and values from outside are set on an object, so its sender can set what was not meant.",
    "Copy only the named fields that are meant.", "medium")  # fmt: skip
POLLUTION = _flow("prototype-pollution", 1321, INTEGRITY, "high", "Prototype pollution",
    "Keys from outside are set on an object, so __proto__ among them changes all objects.",
    "Refuse such keys, or use a Map or an object without a prototype.", "medium")  # fmt: skip
ARGUMENT = _flow("argument-injection", 88, INJECTION, "medium", "Argument injection",
    "Data from outside is an argument of a program that takes options, so a leading dash changes what it does.",
    "Put -- before the value, or check its form.", "medium")  # fmt: skip
EMAIL = _flow("email-injection", 93, INJECTION, "medium", "E-mail header injection",
    "Data from outside becomes part of an e-mail's headers, so line breaks in it add recipients or content.",
    "Refuse line breaks in the value.", "medium")  # fmt: skip
UPLOAD = _flow("unrestricted-upload", 434, DESIGN, "high", "Unrestricted upload",
    "A file from outside is stored under the name its sender chose.",
    "Choose the name yourself and check the type.", "medium")  # fmt: skip
XML = _flow("xml-injection", 91, INJECTION, "medium", "XML injection",
    "Data from outside becomes part of XML text without being escaped.",
    "Escape the value, or build the document by a library.", "medium")  # fmt: skip
INPUT = _flow("improper-input", 20, INJECTION, "medium", "Unchecked input",
    "Data from outside is used where its form matters, without a check.",
    "Check the form of the value first.", "medium")  # fmt: skip
LEAK = _flow("information-exposure", 209, DESIGN, "low", "Details of an error shown",
    "Details of an error are shown to the outside, which helps an attacker.",
    "Log the error and answer with a fixed text.", "medium")  # fmt: skip
BOMB = _flow("xml-bomb", 776, SETTINGS, "low", "XML entity expansion",
    "XML from outside is parsed with entities of its own on, so a small document can fill the memory.",
    "Parse it by defusedxml, which refuses such documents.", "medium", also=(20,))  # fmt: skip

WEAK_CIPHER = _check("weak-cipher", 327, CRYPTO, "medium", "Weak encryption",
    "This cipher or mode is broken or too weak.", "Use AES-GCM or ChaCha20-Poly1305.")  # fmt: skip
WEAK_HASH = _check("weak-hash", 328, CRYPTO, "medium", "Weak hash",
    "This hash function is broken: two inputs with the same hash can be made.",
    "Use SHA-256 or better; for passwords argon2, scrypt or bcrypt.", also=(327,))  # fmt: skip
WEAK_RANDOM = _check("weak-random", 330, CRYPTO, "medium", "Weak random numbers",
    "These random numbers can be predicted.", "Use the generator of the system's cryptography.")  # fmt: skip
INSECURE_COOKIE = _check("insecure-cookie", 614, SETTINGS, "low", "Cookie without Secure",
    "This cookie is also sent over connections that are not encrypted.", "Set its Secure flag.")  # fmt: skip
COOKIE_SCRIPT = _check("cookie-without-httponly", 1004, SETTINGS, "low", "Cookie without HttpOnly",
    "Scripts of the page can read this cookie.", "Set its HttpOnly flag.", "medium")  # fmt: skip
COOKIE_SITE = _check("cookie-without-samesite", 1275, ACCESS, "low", "Cookie without SameSite",
    "This cookie is sent along with requests that other sites start.", "Set SameSite to Lax or Strict.", "medium")  # fmt: skip
HARD_CODED = _check("hard-coded-credential", 798, IDENTITY, "high", "Hard-coded credential",
    "A password or key stands in the code, where everyone who reads the code has it.",
    "Read it from the environment or a secret store.", "medium", also=(259,))  # fmt: skip
CERTIFICATE = _check("certificate-check-off", 295, IDENTITY, "high", "Certificate not checked",
    "The other side's certificate is not checked, so anyone between can read and change the traffic.",
    "Leave the check on; add the authority's certificate if it is your own.")  # fmt: skip
HOST_KEY = _check("host-key-check-off", 295, IDENTITY, "medium", "Host key not checked",
    "Unknown host keys are accepted, so anyone between can play the host.",
    "Keep the known keys and refuse others.")  # fmt: skip
WEAK_TLS = _check("weak-tls", 327, CRYPTO, "medium", "Old TLS version",
    "This version of TLS or SSL has known weaknesses.", "Use TLS 1.2 or newer.")  # fmt: skip
WEAK_KEY = _check("weak-key", 326, CRYPTO, "medium", "Key too short",
    "This key can be found with too little effort.",
    "Use at least 2048 bits for RSA, 224 for curves, 128 for AES.")  # fmt: skip
WEAK_IV = _check("static-iv", 329, CRYPTO, "medium", "Fixed initialisation vector",
    "The same initialisation vector is used again, which betrays equal texts.",
    "Make a fresh random one for every message.", "medium")  # fmt: skip
PASSWORD_HASH = _check("weak-password-hash", 916, CRYPTO, "medium", "Fast hash for passwords",
    "Passwords hashed like this can be guessed quickly.", "Use argon2, scrypt or bcrypt.", "medium")  # fmt: skip
UNSIGNED_TOKEN = _check("unverified-token", 347, CRYPTO, "high", "Signature not checked",
    "The token's signature is not checked, so anyone can make one.",
    "Check the signature with a fixed algorithm.")  # fmt: skip
DEBUG = _check("debug-on", 489, SETTINGS, "medium", "Debug mode on",
    "The debug mode shows internals, and some consoles run code.", "Switch it off outside development.", also=(94,))  # fmt: skip
TEMPORARY = _check("insecure-temporary-file", 377, ACCESS, "medium", "Insecure temporary file",
    "Another user can make this file first.", "Let the library make the file and open it.")  # fmt: skip
CSRF = _check("csrf-off", 352, ACCESS, "medium", "Protection against forged requests off",
    "Other sites can make a user's browser send this request.", "Leave the protection on.", "medium")  # fmt: skip
CORS = _check("cors-open", 942, SETTINGS, "medium", "Every origin allowed",
    "Scripts of every site may read the answers.", "Name the origins that may.", "medium")  # fmt: skip
AUTOESCAPE = _check("autoescape-off", 79, INJECTION, "medium", "Templates do not escape",
    "Values in these templates are not escaped, so data from outside can become script.",
    "Switch automatic escaping on.", "medium", also=(94, 80))  # fmt: skip
PERMISSIONS = _check("loose-permissions", 732, ACCESS, "medium", "Everyone may write",
    "Other users of the machine can change or read this file.", "Give rights to the owner only.")  # fmt: skip
CLEARTEXT = _check("cleartext-transport", 319, CRYPTO, "low", "Connection without encryption",
    "Anyone between can read and change this traffic.", "Use the encrypted protocol.", "medium")  # fmt: skip
BIND_ALL = _check("bind-all", 605, SETTINGS, "low", "Listens on every address",
    "The service can be reached from every network of this machine.",
    "Listen on the address that is meant.", "medium")  # fmt: skip
SHELL = _check("shell-on", 78, INJECTION, "low", "Command through a shell",
    "The command is run through a shell, where a change of its text can start other programs.",
    "Pass a list of arguments without a shell.", "low")  # fmt: skip
ASSERTION = _check("assert-as-check", 703, DESIGN, "info", "Check by assert",
    "Asserts vanish when Python runs optimised.", "Raise an error instead.", "low")  # fmt: skip
TIMEOUT = _check("no-timeout", 400, DESIGN, "low", "Request without a time limit",
    "A slow answer holds this process for ever.", "Give a time limit.", "low")  # fmt: skip
UNSAFE_LOADER = _check("unsafe-loader", 502, INTEGRITY, "medium", "Loader that can run code",
    "This loader can run code that stands in the data.", "Use the safe loader.", "medium", also=(20,))  # fmt: skip
XML_PARSER = _check("unsafe-xml-parser", 611, SETTINGS, "medium", "Parser takes external entities",
    "This parser follows external entities of the documents it reads.",
    "Switch external entities and document types off.", "medium", also=(20,))  # fmt: skip
SWALLOWED = _check("error-swallowed", 703, DESIGN, "info", "Error passed over in silence",
    "A failure here stays unseen.", "Catch the expected error only, and log it.", "low")  # fmt: skip
# Uses that are only worth a look: no data from outside was seen to reach them.
AUDIT_COMMAND = _check("command-audit", 78, INJECTION, "info", "Command to look at",
    "This runs another program; whether the command can be changed from outside was not seen.",
    "Keep program and arguments fixed, with the full path of the program.", "low")  # fmt: skip
AUDIT_CODE = _check("code-audit", 94, INJECTION, "low", "Evaluation to look at",
    "This evaluates text as code.", "Parse the few forms that are needed instead.", "low", also=(78,))  # fmt: skip
AUDIT_SQL = _check("sql-audit", 89, INJECTION, "low", "SQL put together from text",
    "This statement is put together from text; whether a part comes from outside was not seen.",
    "Pass values as bound parameters.", "low")  # fmt: skip
AUDIT_LOADER = _check("deserialization-audit", 502, INTEGRITY, "info", "Loader to look at",
    "This loader can run code that stands in its data; where the data comes from was not seen.",
    "Use a format of plain data, such as JSON.", "low", also=(20,))  # fmt: skip
AUDIT_XML = _check("xml-audit", 611, SETTINGS, "info", "XML parser to look at",
    "This parser takes documents that expand without limit.", "Use defusedxml.", "low", also=(20, 776))  # fmt: skip
AUDIT_HTML = _check("html-audit", 79, INJECTION, "low", "HTML marked as safe",
    "This text is marked as safe HTML though it is not constant.", "Let the template escape the values.", "low",
    also=(80,))  # fmt: skip
AUDIT_CIPHER = _check("crypto-audit", 327, CRYPTO, "info", "Cryptography library to look at",
    "The library of this name was given up; its successor is used under the same name.",
    "Use the cryptography library.", "low")  # fmt: skip
AUDIT_URL = _check("url-audit", 22, ACCESS, "info", "Address to look at",
    "This also opens file: addresses.", "Check that the scheme is http or https.", "low")  # fmt: skip
WILDCARD = _check("wildcard-injection", 155, INJECTION, "low", "Wildcard in a command",
    "Files whose names start with a dash become options of this command.", "Put -- or ./ before the wildcard.",
    "medium")  # fmt: skip
HIDDEN_TEXT = _check("bidirectional-text", 838, INTEGRITY, "high", "Text that shows otherwise than it runs",
    "Characters that turn the direction of writing make this code look other than it is.",
    "Remove the characters.")  # fmt: skip
UNPINNED = _check("unpinned-download", 494, INTEGRITY, "low", "Download without a fixed revision",
    "What is downloaded here can change at any time.", "Name the revision by its hash.", "medium")  # fmt: skip
HTTPOXY = _check("httpoxy", 284, ACCESS, "low", "Gateway that takes Proxy headers",
    "A Proxy header of a request becomes HTTP_PROXY here, so its sender can reroute our own requests.",
    "Use WSGI, or drop the header before.", "medium")  # fmt: skip
ARCHIVE = _check("archive-extraction", 22, ACCESS, "medium", "Archive unpacked without a check",
    "Members of the archive can name files outside the folder.", 'Give filter="data".', "medium")  # fmt: skip
REMOTE_CODE = _check("code-from-socket", 94, INJECTION, "medium", "Configuration taken from a socket",
    "Who reaches this port can make the program run code.", "Give a function that verifies what came.")  # fmt: skip

ALL: int = sum(kind.bit for kind in TABLE.values())
BY_BIT: dict[int, Kind] = {kind.bit: kind for kind in TABLE.values() if kind.bit}


def mask(*kinds: Kind) -> int:
    """Return the bits of these kinds together."""
    bits = 0
    for kind in kinds:
        bits |= kind.bit
    return bits
