"""Passwords handed to libraries as constants."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.library import Called, Check, Report, Where
from raksha.taint.python.models.tables import Table, merged, names


def _given(*where: Where) -> Check:
    def look(called: Called) -> Report | None:
        value = called.arg(*where)
        is_written = value is not None and value.is_known and isinstance(value.only, str | bytes)
        if value is None or not is_written or not value.only:
            return None
        return Report(kinds.HARD_CODED)

    return Check(look)


TABLE: Table = merged(
    names(_given("password", "passwd"), "psycopg2.connect psycopg.connect pymysql.connect MySQLdb.connect pyodbc.connect",
          "mysql.connector.connect asyncpg.connect aiomysql.connect cx_Oracle.connect oracledb.connect pymssql.connect",
          "redis. Redis StrictRedis", "pymongo.MongoClient", "ldap3.Connection", "ssh.Client.connect"),
    names(_given("password", 1), "requests.auth. HTTPBasicAuth HTTPDigestAuth"),
    names(_given("key", 1), "jwt.encode jose.jwt.encode"),
    names(_given("key", 1), "jwt.decode jose.jwt.decode"),
    names(_given("key", 0), "cryptography.fernet.Fernet"),
    names(_given("aws_secret_access_key"), "boto3. client resource Session", "boto3.session.Session"),
)  # fmt: skip
