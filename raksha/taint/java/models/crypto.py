"""Checks of cryptography: algorithms, keys, random numbers, cookies, certificates, credentials."""

from __future__ import annotations

import re

from raksha.taint import kinds
from raksha.taint.java.models.build import STRING, Table, each, merged, methods
from raksha.taint.library import Called, Check, Clean, Hook, Model, Passes, Report, Sets
from raksha.taint.values import NULL, UNKNOWN, Constant, Value

WEAK_HASHES = frozenset({"MD2", "MD4", "MD5", "SHA", "SHA1", "SHA0", "RIPEMD128"})
WEAK_CIPHERS = frozenset(
    {
        "DES",
        "DESEDE",
        "TRIPLEDES",
        "3DES",
        "RC2",
        "RC4",
        "ARCFOUR",
        "ARC4",
        "BLOWFISH",
        "IDEA",
        "CAST5",
        "SKIPJACK",
    }
)
WEAK_PROTOCOLS = frozenset({"SSL", "SSLV2", "SSLV3", "TLSV1", "TLSV1.0", "TLSV1.1"})
WEAK_MAC = re.compile(r"(?i)hmac-?(?:md2|md4|md5)$|(?i:pbewith(?:md5|md2).*)")
RANDOM, SECURE = "java.util.Random", "java.security.SecureRandom"
PRIVATE = re.compile(r"(?i)pass|pwd|secret|token|key")


def _texts(called: Called, place: int = 0) -> list[str]:
    return [value for value in called.constants(place) or () if isinstance(value, str)]


def weak_hash(called: Called) -> Report | None:
    """Report a broken hash: any algorithm that it can be."""
    found = [name for name in _texts(called) if name.upper().replace("-", "") in WEAK_HASHES]
    return Report(kinds.WEAK_HASH, f"{found[0]} is used") if found else None


def is_weak_cipher(name: str) -> bool:
    """Return whether a transformation ("AES/CBC/PKCS5Padding") is too weak; AES alone means ECB."""
    algorithm, _, rest = name.upper().partition("/")
    mode = rest.partition("/")[0]
    if algorithm in WEAK_CIPHERS or algorithm.startswith(
        ("PBEWITHMD5", "PBEWITHSHA1ANDDES", "PBEWITHSHA1ANDRC")
    ):
        return True
    if algorithm.startswith("AES") and "_" not in algorithm:
        return mode in ("", "ECB")
    return algorithm == "RSA" and rest.endswith("/NOPADDING")


def weak_cipher(called: Called) -> Report | None:
    found = [name for name in _texts(called) if is_weak_cipher(name)]
    return Report(kinds.WEAK_CIPHER, f"{found[0]} is used") if found else None


def weak_key_algorithm(called: Called) -> Report | None:
    found = [name for name in _texts(called) if name.upper() in WEAK_CIPHERS]
    return Report(kinds.WEAK_CIPHER, f"A key for {found[0]} is made") if found else None


def weak_mac(called: Called) -> Report | None:
    found = [name for name in _texts(called) if WEAK_MAC.match(name)]
    return Report(kinds.WEAK_HASH, f"{found[0]} is used") if found else None


def weak_protocol(called: Called) -> Report | None:
    found = [name for name in _texts(called) if name.upper() in WEAK_PROTOCOLS]
    return Report(kinds.WEAK_TLS, f"{found[0]} is used") if found else None


def short_key(called: Called) -> Report | None:
    """Report a key size below what the generator's algorithm needs."""
    size, holder = called.constants(0), called.receiver
    algorithm = called.world.known(holder, "algorithm") if holder is not None else None
    if not size or algorithm is None or not algorithm.is_known or not isinstance(size[0], int):
        return None
    needed = {"RSA": 2048, "DSA": 2048, "DH": 2048, "EC": 224, "AES": 128}.get(str(algorithm.only).upper(), 0)
    return Report(kinds.WEAK_KEY, f"{size[0]} bits are too few") if size[0] < needed else None


def generator(called: Called) -> Value | None:
    """Make a generator or cipher that remembers its algorithm."""
    made = called.world.new(called.name.rpartition(".")[0])
    given = called.arg(0)
    if given is not None:
        called.world.set(made, "algorithm", given)
    return made


def weak(kind: kinds.Kind, says: str = "") -> Check:
    return Check(lambda called: Report(kind, says))


def all_constant(called: Called, value: Value) -> bool:
    """Return whether a text, or every element of an array, stands in the code."""
    items = called.world.items(value) if value.refs else None
    if items is not None:
        return bool(items) and all(item.is_known for item in items)
    return value.is_known and value.only not in (None, "", b"")


def fixed_vector(called: Called) -> Report | None:
    given = called.arg(0)
    return Report(kinds.WEAK_IV) if given is not None and all_constant(called, given) else None


def fixed(place: int) -> Check:
    """Report a credential that stands in the code."""

    def look(called: Called) -> Report | None:
        given = called.arg(place)
        return Report(kinds.HARD_CODED) if given is not None and all_constant(called, given) else None

    return Check(look)


def fill(called: Called) -> Value | None:
    """Fill an array with bytes that are not known."""
    given = called.arg(0)
    if given is not None and given.refs:
        called.world.add(given, UNKNOWN)
    return NULL


def cookie(called: Called) -> Report | None:
    """Report a cookie that was made here and is sent without its Secure flag; one that deletes is let be."""
    given = called.arg(0)
    if given is None or not given.refs or _is_deleted(called, given):
        return None
    return None if _may_be(called, given, "secure", True) else Report(kinds.INSECURE_COOKIE)


def open_to_scripts(called: Called) -> Report | None:
    """Report a cookie whose HttpOnly flag is switched off."""
    return Report(kinds.COOKIE_SCRIPT) if called.is_only(False, 0) else None


def response_cookie(called: Called) -> Report | None:
    """Report a cookie of Spring's builder that is not Secure."""
    holder = called.receiver
    if holder is None or not holder.refs:
        return None
    return None if _may_be(called, holder, "secure", True) else Report(kinds.INSECURE_COOKIE)


def _may_be(called: Called, holder: Value, name: str, wanted: Constant) -> bool:
    held = called.world.known(holder, name)
    return held is not None and (not held.consts or wanted in held.consts)


def _is_deleted(called: Called, holder: Value) -> bool:
    age = called.world.known(holder, "age")
    return age is not None and age.is_known and age.only == 0


def make_cookie(called: Called) -> Value | None:
    made = called.world.new("javax.servlet.http.Cookie")
    flows = called.world.join(*(called.world.deep(value) for value in called.args), UNKNOWN).flows
    return made.but(flows=flows)


def builder_cookie(called: Called) -> Value | None:
    return called.world.new("org.springframework.http.ResponseCookie.Builder")


def trusting(called: Called) -> Report | None:
    """Report a verifier of host names that says yes to all: a lambda that gives true."""
    given = called.arg(0)
    if given is None or not given.callables:
        return None
    answer = called.world.call(given, (UNKNOWN, UNKNOWN))
    return (
        Report(kinds.CERTIFICATE, "Every host name is accepted")
        if answer.is_known and answer.only is True
        else None
    )


def instances(type_: str, *models: Model) -> Table:
    return methods(type_, "getInstance", *models, Hook(generator))


def weak_signature(called: Called) -> Report | None:
    found = [name for name in _texts(called) if name.upper().startswith(("MD5WITH", "MD2WITH", "SHA1WITH"))]
    return Report(kinds.WEAK_HASH, f"{found[0]} is used") if found else None


def fixed_nonce(called: Called) -> Report | None:
    given = called.arg(1)
    return Report(kinds.WEAK_IV) if given is not None and all_constant(called, given) else None


CIPHERS = merged([
    instances("java.security.MessageDigest", Check(weak_hash)),
    each("org.apache.commons.codec.digest.DigestUtils",
         "md5 md5Hex md2 md2Hex sha sha1 sha1Hex shaHex getMd5Digest getSha1Digest getShaDigest getMd2Digest",
         weak(kinds.WEAK_HASH)),
    methods("org.apache.commons.codec.digest.DigestUtils", "<init> getDigest", Check(weak_hash)),
    each("org.springframework.util.DigestUtils", "md5DigestAsHex md5Digest appendMd5DigestAsHex", weak(kinds.WEAK_HASH)),
    methods("com.google.common.hash.Hashing", "md5 sha1", weak(kinds.WEAK_HASH)),
    instances("javax.crypto.Cipher", Check(weak_cipher)),
    methods("javax.crypto.NullCipher", "<init>", weak(kinds.WEAK_CIPHER)),
    instances("javax.crypto.KeyGenerator", Check(weak_key_algorithm)),
    instances("javax.crypto.SecretKeyFactory", Check(weak_key_algorithm), Check(weak_mac)),
    instances("java.security.KeyPairGenerator"),
    instances("javax.crypto.Mac", Check(weak_mac)),
    instances("java.security.Signature", Check(weak_signature)),
    instances("javax.net.ssl.SSLContext", Check(weak_protocol)),
    each("javax.crypto.KeyGenerator java.security.KeyPairGenerator", "init initialize", Check(short_key)),
    methods("javax.crypto.spec.IvParameterSpec", "<init>", Check(fixed_vector), Passes((), "")),
    methods("javax.crypto.spec.GCMParameterSpec", "<init>", Check(fixed_nonce), Passes((), "")),
    methods("javax.crypto.spec.SecretKeySpec", "<init>", fixed(0), Passes((), "")),
    methods("javax.crypto.spec.PBEKeySpec", "<init>", fixed(0), Passes((), "")),
    methods("java.sql.DriverManager", "getConnection", fixed(2)),
    methods("java.net.PasswordAuthentication", "<init>", fixed(1)),
    methods("java.security.KeyStore.PasswordProtection", "<init>", fixed(0)),
    methods("org.springframework.security.crypto.password.NoOpPasswordEncoder", "getInstance",
            weak(kinds.PASSWORD_HASH)),
    each("org.springframework.security.crypto.password.MessageDigestPasswordEncoder"
         " org.springframework.security.authentication.encoding.Md5PasswordEncoder", "<init>", weak(kinds.PASSWORD_HASH)),
])  # fmt: skip


NUMBERS = "nextInt nextLong nextDouble nextFloat nextGaussian nextBoolean ints longs doubles"
RANDOMS = merged([
    methods(RANDOM, "<init>", weak(kinds.WEAK_RANDOM), Passes((), RANDOM)),
    methods("java.lang.Math", "random", weak(kinds.WEAK_RANDOM), Passes((), "")),
    methods("java.util.concurrent.ThreadLocalRandom", "current", weak(kinds.WEAK_RANDOM), Passes((), RANDOM)),
    methods("java.util.SplittableRandom", "<init>", weak(kinds.WEAK_RANDOM), Passes((), RANDOM)),
    each("org.apache.commons.lang.RandomStringUtils org.apache.commons.lang3.RandomStringUtils",
         "random randomAlphabetic randomAlphanumeric randomAscii randomNumeric", weak(kinds.WEAK_RANDOM), Passes((), STRING)),
    each("org.apache.commons.lang3.RandomUtils", "nextInt nextLong nextDouble nextBytes", weak(kinds.WEAK_RANDOM)),
    methods(RANDOM, NUMBERS, Passes((), "")),
    methods(RANDOM, "nextBytes", Hook(fill)),
    methods(SECURE, "<init> getInstance getInstanceStrong", Passes((), SECURE)),
    methods(SECURE, "nextBytes", Hook(fill)),
])  # fmt: skip
COOKIES = merged([
    methods("javax.servlet.http.Cookie", "<init>", Hook(make_cookie)),
    methods("javax.servlet.http.Cookie", "setSecure", Sets("secure")),
    methods("javax.servlet.http.Cookie", "setMaxAge", Sets("age")),
    methods("javax.servlet.http.Cookie", "setPath setDomain setComment setVersion setValue setAttribute", Clean()),
    methods("javax.servlet.http.Cookie", "setHttpOnly", Check(open_to_scripts), Sets("httponly")),
    methods("javax.servlet.http.HttpServletResponse", "addCookie", Check(cookie)),
    methods("org.springframework.http.ResponseCookie", "from", Hook(builder_cookie)),
    methods("org.springframework.http.ResponseCookie.Builder", "secure", Sets("secure", fluent=True)),
    methods("org.springframework.http.ResponseCookie.Builder", "httpOnly", Check(open_to_scripts),
            Sets("httponly", fluent=True)),
    methods("org.springframework.http.ResponseCookie.Builder", "path domain maxAge sameSite",
            Passes((), "org.springframework.http.ResponseCookie.Builder", gives=-1)),
    methods("org.springframework.http.ResponseCookie.Builder", "build", Check(response_cookie)),
])  # fmt: skip
NO_CHECK = "Every certificate is accepted"
CONNECTIONS = merged([
    methods("javax.net.ssl.HttpsURLConnection", "setHostnameVerifier setDefaultHostnameVerifier", Check(trusting)),
    each("org.apache.http.impl.client.HttpClientBuilder", "setSSLHostnameVerifier setHostnameVerifier", Check(trusting)),
    methods("okhttp3.OkHttpClient.Builder", "hostnameVerifier", Check(trusting)),
    {
        "org.apache.http.conn.ssl.NoopHostnameVerifier.INSTANCE": Check(
            lambda called: Report(kinds.CERTIFICATE, "Every host name is accepted"), reads=True
        ),
        "org.apache.http.conn.ssl.NoopHostnameVerifier": weak(kinds.CERTIFICATE, "Every host name is accepted"),
        "org.apache.http.conn.ssl.TrustAllStrategy": weak(kinds.CERTIFICATE, NO_CHECK),
        "org.apache.http.conn.ssl.TrustAllStrategy.INSTANCE": Check(
            lambda called: Report(kinds.CERTIFICATE, NO_CHECK), reads=True
        ),
        "org.apache.http.conn.ssl.SSLSocketFactory.ALLOW_ALL_HOSTNAME_VERIFIER": Check(
            lambda called: Report(kinds.CERTIFICATE, "Every host name is accepted"), reads=True
        ),
    },
])  # fmt: skip
MODELS: Table = merged([CIPHERS, RANDOMS, COOKIES, CONNECTIONS])
