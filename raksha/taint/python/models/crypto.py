"""Cryptography as it is set up: hashes, ciphers, modes, keys, random numbers, TLS, tokens."""

from __future__ import annotations

from collections.abc import Callable

from raksha.taint import kinds
from raksha.taint.kinds import Kind
from raksha.taint.library import EVERY, RECEIVER, Called, Check, Clean, Makes, Passes, Report, Where
from raksha.taint.python.models.tables import Table, merged, names
from raksha.taint.python.words import words

BROKEN_HASHES = words("md2 md4 md5 sha sha1 sha-1 ripemd160 md5-sha1 whirlpool-0")
WEAK_CURVES = "SECP192R1 SECT163K1 SECT163R2 SECP160R1 SECT113R1"
EASY = "random randint randrange choice choices uniform getrandbits randbytes sample triangular shuffle gauss"
EASY_MORE = "betavariate expovariate gammavariate normalvariate lognormvariate normalvariate"
NUMPY = "rand randn randint random random_sample choice bytes"
CIPHERS = "DES DES3 ARC2 ARC4 Blowfish CAST XOR"
HAZMAT = "cryptography.hazmat.primitives"
DECREPIT = "cryptography.hazmat.decrepit"
VERBS = "get post put delete head patch options request stream"


def _always(kind: Kind) -> Check:
    return Check(lambda called: Report(kind))


def _read(kind: Kind) -> Check:
    return Check(lambda called: Report(kind), reads=True)


def _easy(called: Called) -> Report | None:
    """Report what requests get to see, and what scripts do; most other uses need no secrecy. See also the audit."""
    world = called.world
    return Report(kinds.WEAK_RANDOM) if world.is_asked() or not world.scope() else None


def _for_security(called: Called) -> Report | None:
    """Say nothing where the caller says so, and in private adapters that are named by the algorithm."""
    name = called.world.scope().rpartition(".")[2]
    if name.startswith("_") and called.name.rpartition(".")[2] in name:
        return None
    return None if called.is_only(False, "usedforsecurity") else Report(kinds.WEAK_HASH)


def _named_hash(called: Called) -> Report | None:
    found = called.constants(0, "name")
    broken = found and any(isinstance(name, str) and name.lower() in BROKEN_HASHES for name in found)
    return _for_security(called) if broken else None


def _short(limit: int, *where: Where) -> Callable[[Called], Report | None]:
    def look(called: Called) -> Report | None:
        sizes = called.constants(*where) or ()
        is_short = any(
            isinstance(size, int) and not isinstance(size, bool) and size < limit for size in sizes
        )
        return Report(kinds.WEAK_KEY) if is_short else None

    return look


def _weak_mode(called: Called) -> Report | None:
    """The modes of PyCryptodome are numbers; 1 is ECB."""
    mode = called.arg(1, "mode")
    is_ecb = mode is not None and (mode.name.endswith(".MODE_ECB") or called.is_only(1, 1, "mode"))
    return Report(kinds.WEAK_CIPHER, "ECB shows which blocks are equal.") if is_ecb else None


def _fixed_vector(called: Called) -> Report | None:
    vector = called.arg("iv", "IV", "nonce", "initialization_vector", 2)
    is_fixed = vector is not None and vector.is_known and isinstance(vector.only, bytes) and vector.only
    return Report(kinds.WEAK_IV) if is_fixed else None


def _fixed_mode_vector(called: Called) -> Report | None:
    vector = called.arg(0, "initialization_vector", "nonce")
    is_fixed = vector is not None and vector.is_known and isinstance(vector.only, bytes) and vector.only
    return Report(kinds.WEAK_IV) if is_fixed else None


def _unchecked(called: Called) -> Report | None:
    return Report(kinds.CERTIFICATE) if called.is_only(False, "verify", "verify_ssl", "ssl") else None


def _no_time_limit(called: Called) -> Report | None:
    return Report(kinds.TIMEOUT) if called.is_only(None, "timeout") else None


def _untold_token(called: Called) -> Report | None:
    """jwt.decode without a check of the signature, or with the algorithm "none" among those allowed."""
    options = called.arg("options", 3)
    if options is not None:
        checks = called.world.known(options, "verify_signature")
        if checks is not None and checks.is_known and not checks.only:
            return Report(kinds.UNSIGNED_TOKEN)
    allowed = called.arg("algorithms", "algorithm", 2)
    several = called.world.items(allowed) if allowed is not None else None
    for one in several or ([allowed] if allowed is not None else []):
        if one.is_known and str(one.only).lower() == "none":
            return Report(kinds.UNSIGNED_TOKEN)
    return Report(kinds.UNSIGNED_TOKEN) if called.is_only(False, "verify", 2) else None


def _no_protocol(called: Called) -> Report | None:
    if called.has("ssl_version"):
        return None
    return Report(kinds.WEAK_TLS, "No version is asked for, so an old one may be agreed on.")


TABLE: Table = merged(
    names((Check(_for_security), Passes(args=())), "hashlib. md5 sha1 md4"),
    names((Check(_named_hash), Passes(args=())), "hashlib.new"),
    names((_always(kinds.WEAK_HASH), Passes(args=())), "md5. new md5", "sha. new sha", "hashlib.md2",
          "Crypto.Hash.MD2.new Crypto.Hash.MD4.new Crypto.Hash.MD5.new Crypto.Hash.SHA.new Crypto.Hash.SHA1.new",
          "Cryptodome.Hash.MD2.new Cryptodome.Hash.MD4.new Cryptodome.Hash.MD5.new Cryptodome.Hash.SHA.new",
          "Cryptodome.Hash.SHA1.new Crypto.Hash.RIPEMD.new Cryptodome.Hash.RIPEMD.new",
          f"{HAZMAT}.hashes. MD5 SHA1", "passlib.hash. md5_crypt hex_md5 ldap_md5 des_crypt"),
    names(_read(kinds.WEAK_HASH), "crypt. METHOD_CRYPT METHOD_MD5 METHOD_BLOWFISH"),
    names(_always(kinds.WEAK_CIPHER),
          *(f"{library}.Cipher.{cipher}.new" for library in ("Crypto", "Cryptodome") for cipher in CIPHERS.split()),
          f"{HAZMAT}.ciphers.algorithms. ARC4 Blowfish IDEA CAST5 SEED TripleDES",
          f"{DECREPIT}.ciphers.algorithms. ARC4 Blowfish IDEA CAST5 SEED TripleDES RC2 DES",
          f"{HAZMAT}.ciphers.modes.ECB"),
    names((Check(_weak_mode), Check(_fixed_vector)), "Crypto.Cipher.AES.new Cryptodome.Cipher.AES.new"),
    names(Check(_fixed_mode_vector), f"{HAZMAT}.ciphers.modes. CBC CFB OFB CTR GCM"),
    names(Check(_short(2048, "key_size", 1)), f"{HAZMAT}.asymmetric.rsa.generate_private_key"),
    names(Check(_short(2048, "key_size", 0)), f"{HAZMAT}.asymmetric.dsa.generate_private_key",
          f"{HAZMAT}.asymmetric.dsa.generate_parameters"),
    names(Check(_short(2048, "bits", 0)), *(f"{library}.PublicKey.{kind}.generate"
          for library in ("Crypto", "Cryptodome") for kind in ("RSA", "DSA")), "rsa.newkeys"),
    names(_read(kinds.WEAK_KEY), f"{HAZMAT}.asymmetric.ec. {WEAK_CURVES}"),
    names(Check(_easy), f"random. {EASY} {EASY_MORE}", f"numpy.random. {NUMPY}",
          f"random.Random. {EASY}"),
    names(Makes("random.Random", args=()), "random.Random"),
    names(Makes("random.SystemRandom", args=()), "random.SystemRandom secrets.SystemRandom"),
    names(Clean(), f"random.SystemRandom. {EASY}", "secrets. choice randbits"),
    names(Check(_unchecked), f"requests. {VERBS}", f"requests.api. {VERBS}", f"httpx. {VERBS} Client AsyncClient",
          f"http.Client. {VERBS}", "aiohttp.TCPConnector"),
    names(Check(_no_time_limit), f"requests. {VERBS}", f"httpx. {VERBS}"),
    names(_always(kinds.CERTIFICATE), "ssl._create_unverified_context"),
    names(_read(kinds.CERTIFICATE), "ssl._create_unverified_context"),
    names(Check(_no_protocol), "ssl.wrap_socket"),
    names((Check(_untold_token), Passes(args=(RECEIVER, EVERY))), "jwt.decode jose.jwt.decode"),
)  # fmt: skip
