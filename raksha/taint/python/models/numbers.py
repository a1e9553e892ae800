"""Numbers, dates and other values whose form leaves no room for an attack."""

from __future__ import annotations

from raksha.taint.library import Clean, Fold, Guard
from raksha.taint.python.models.strings import bounded
from raksha.taint.python.models.tables import Table, merged, names

FREE = (
    "uuid. UUID uuid1 uuid4 uuid3 uuid5", "datetime.datetime. now utcnow today fromisoformat fromtimestamp strptime",
    "datetime.date. today fromisoformat", "datetime. datetime date time timedelta", "time. time monotonic perf_counter",
    "decimal.Decimal fractions.Fraction ipaddress.ip_address ipaddress.IPv4Address ipaddress.ip_network",
    "hash id isinstance issubclass callable hasattr range complex any all", "math. floor ceil sqrt log",
    "hashlib.md5 hashlib.sha1 hashlib.sha224 hashlib.sha256 hashlib.sha384 hashlib.sha512 hashlib.blake2b hashlib.new",
    "hashlib. blake2s sha3_256 sha3_512 pbkdf2_hmac scrypt", "hmac. new digest compare_digest",
    "secrets. token_hex token_urlsafe token_bytes randbelow compare_digest",
    "werkzeug.security. generate_password_hash check_password_hash", "bcrypt. hashpw checkpw gensalt",
    "django.contrib.auth.hashers. make_password check_password", "bson.ObjectId bson.objectid.ObjectId",
    "email.utils. formatdate localtime", "*. timestamp isoformat strftime total_seconds",
    "enum.auto operator.length_hint dateutil.parser.parse django.utils.dateparse.parse_date",
    "django.utils.dateparse.parse_datetime binascii.crc32 zlib.crc32 zlib.adler32 oct hex bin",
)  # fmt: skip
# These raise on anything else than a number, so the text is one afterwards too.
CONVERTS = Guard(args=(0,), on="return")

TABLE: Table = merged(
    names(Clean(), *FREE),
    names((CONVERTS, Fold(bounded(int), clears=-1, type="int")), "int"),
    names((CONVERTS, Fold(float, clears=-1, type="float")), "float"),
    # Making a member of an enumeration fails for what is none.
    names(Clean(), "enum. Enum IntEnum StrEnum Flag IntFlag", "django.db.models. TextChoices IntegerChoices"),
    names(CONVERTS, "uuid.UUID decimal.Decimal ipaddress.ip_address ipaddress.ip_network"),
    names(Fold(bounded(len), clears=-1, type="int"), "len"),
    names(Fold(chr), "chr"), names(Fold(ord, clears=-1), "ord"), names(Fold(abs, clears=-1), "abs"),
    names(Fold(lambda value=False: bool(value), clears=-1), "bool"),
    names(Fold(bounded(round), clears=-1), "round"),
    names(Fold(lambda *values: max(values) if len(values) > 1 else _refuse()), "max"),
    names(Fold(lambda *values: min(values) if len(values) > 1 else _refuse()), "min"),
    names(Clean(), "divmod"),
)  # fmt: skip


def _refuse() -> int:
    raise ValueError
