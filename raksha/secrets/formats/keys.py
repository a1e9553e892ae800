"""Private keys, tokens of protocols, and credentials that stand on command lines and in addresses."""

from raksha.secrets.checksums import is_jwt
from raksha.secrets.detector import Detector, exact
from raksha.secrets.passwords import is_password, names_a_password

PART = r"[A-Za-z0-9_-]"

DETECTORS = (
    Detector(
        "private-key",
        "Private key",
        ("private key",),
        r"-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----(?P<secret>[\s\S]{64,20000}?)-----END[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----",
        severity="critical",
        placeholders=False,
        anchored=False,
    ),
    Detector("putty-key", "PuTTY private key", ("putty-user-key-file",), r"PuTTY-User-Key-File-\d: \S+"),
    Detector("age-key", "age secret key", ("age-secret-key-1",), exact(r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}")),
    Detector(
        "pkcs12-file",
        "PKCS #12 bundle with a private key",
        (),
        r"\A(?P<secret>)",
        file=r"(?:^|/)[^/]+\.(?:p12|pfx)$",
        severity="medium",
        placeholders=False,
        anchored=False,
    ),
    Detector(
        "jwt",
        "JSON Web Token",
        ("ey",),
        rf"(?<!{PART})(?P<secret>ey[A-Za-z0-9]{{15,}}\.ey[A-Za-z0-9/\\_-]{{15,}}\.(?:[A-Za-z0-9/\\_-]{{10,}}={{0,2}})?)",
        severity="medium",
        confidence="medium",
        is_real=is_jwt,
        placeholders=False,
    ),
    Detector(
        "jwt",
        "JSON Web Token, encoded once more",
        ("zxlk",),
        r"\b(?P<secret>ZXlK[A-Za-z0-9+/=]{60,})",
        severity="medium",
        confidence="medium",
    ),
    Detector(
        "curl-user",
        "Password on curl's command line",
        ("curl",),
        # -u or --user somewhere in a command that may go on over lines ended by a backslash.
        r"\bcurl\b(?:[^\n|;]|\\\n){0,2000}?[ \t\n](?:-[A-Za-tv-z]*u[ \t]*=?|--user[ \t=]+)[ \t]*"
        r"(?P<secret>(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'])+)",
        is_real=names_a_password,
        placeholders=False,
        confidence="medium",
    ),
    Detector(
        "curl-header",
        "Credential in a header on curl's command line",
        ("curl",),
        r"\bcurl\b(?:[^\n|;]|\\\n){0,2000}?(?:-H|--header)[ \t=]{0,5}[\"'](?i:Authorization:\s{0,5}(?:Basic\s+|(?:Bearer|Token)\s+)|(?:X-?(?:[a-z]+-)?)?(?:Api-?Key|Token|Secret|Auth-Token):\s{0,5})"
        r"(?P<secret>[\w=~@.+/-]{12,})[\"']",
        entropy=2.9,
        anchored=False,
    ),
    Detector(
        "basic-auth",
        "Credentials of HTTP Basic authentication",
        ("basic ",),
        r"(?i:authorization)[\"']?\s{0,3}[:=,]\s{0,3}[\"']?Basic\s+(?P<secret>[A-Za-z0-9+/]{16,}={0,2})",
        entropy=3.0,
        anchored=False,
    ),
    Detector(
        "url-password",
        "Password in an address",
        ("://",),
        r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@\"'<>{}$%]{1,64}:(?P<secret>[^\s:/@\"'<>{}$]{3,100})@[\w.-]+",
        confidence="medium",
        is_real=is_password,
        anchored=False,
    ),
    Detector(
        "nuget-password",
        "Password of a NuGet source",
        ("password",),
        r"(?i:<add key=\"(?:ClearTextPassword|Password)\"\s+value=\"(?P<secret>.{8,})\"\s*/>)",
        file=r"(?:^|/)nuget\.config$",
        anchored=False,
    ),
    Detector("netrc-password", "Password in .netrc", ("password",), r"\bmachine\s+\S+\s+login\s+\S+\s+password\s+(?P<secret>\S+)", file=r"netrc$", anchored=False),
    Detector("pgpass-password", "Password in .pgpass", (), r"^[^\s:#]+:(?:\d+|\*):[^\s:]+:[^\s:]+:(?P<secret>\S+)$", file=r"pgpass(?:\.conf)?$", anchored=False),
    Detector("htpasswd-hash", "Password hash in .htpasswd", (), r"^[^\s:]+:(?P<secret>\$(?:apr1|2[aby]|5|6)\$\S+|\{SHA\}\S+)$", file=r"htpasswd$", severity="medium", anchored=False),
    Detector("npmrc-token", "Token in .npmrc", ("_auth",), r":?_auth(?:Token)?\s*=\s*(?P<secret>[A-Za-z0-9_=+/.-]{16,})", file=r"npmrc$"),
    Detector("docker-config-auth", "Registry credentials of Docker", ("\"auth\"",), r"\"auth\"\s*:\s*\"(?P<secret>[A-Za-z0-9+/]{12,}={0,2})\"", file=r"(?:config\.json|dockercfg|dockerconfigjson)$"),
    Detector(
        "kubernetes-secret",
        "Value of a Kubernetes Secret",
        ("kind: secret", "kind: \"secret\"", "kind: 'secret'"),
        r"^kind:\s*[\"']?Secret[\"']?\s*$(?:(?!^---)[\s\S]){0,2000}?^data:\s*\n(?:\s+[\w.-]+:\s*[\"']?[A-Za-z0-9+/]{0,9}={0,2}[\"']?\s*\n)*"
        r"\s+[\w.-]+:\s*[\"']?(?P<secret>[A-Za-z0-9+/]{10,}={0,3})",
    ),
    Detector(
        "kubernetes-secret",
        "Value of a Kubernetes Secret",
        ("kind: secret", "kind: \"secret\"", "kind: 'secret'"),
        r"^data:\s*\n(?:\s+[\w.-]+:\s*[\"']?[A-Za-z0-9+/]{0,9}={0,2}[\"']?\s*\n)*\s+[\w.-]+:\s*[\"']?(?P<secret>[A-Za-z0-9+/]{10,}={0,3})"
        r"(?:(?!^---)[\s\S]){0,2000}?^kind:\s*[\"']?Secret[\"']?\s*$",
        anchored=False,
    ),
    Detector(
        "bundle-credential",
        "Credentials of a gem source",
        ("bundle_", "gems.contribsys.com", "enterprise.contribsys.com"),
        r"(?:BUNDLE_[A-Z0-9_]+__COM\s{0,3}[=:]+\s{0,3}[\"']?|https?://)(?P<secret>[a-f0-9]{8}:[a-f0-9]{8})",
        ignore_case=True,
        anchored=False,
    ),
)  # fmt: skip
