"""SQL: what is run as a statement."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.library import RECEIVER, Makes, Passes, Sanitizer, Sink
from raksha.taint.python.models.likely import STATEMENT, likely
from raksha.taint.python.models.tables import Table, merged, names

CURSOR, CONNECTION = "db.Cursor", "db.Connection"
RUNS = Sink(kinds.SQL, ((0, "sql", "query", "statement", "operation", "clause", "stmt"),), "runs as SQL")
LIKELY = r"cur|conn|\bdb\b|database|session|engine|_db|db_|\bc$|tx|trans|pool|sql|objects|cnx|con$|client"
GUESSED = Sink(RUNS.kind, RUNS.args, RUNS.says, when=likely(LIKELY, STATEMENT))
ORM = Sink(kinds.SQL, ((0, "raw_query"),), "runs as SQL", exact=True,
           when=likely(r"objects|query|manager|\bqs\b|_set|model", STATEMENT))  # fmt: skip
EXTRA = Sink(kinds.SQL, ("select", "where", "tables", "order_by", 0, 1, 3), "becomes part of SQL",
             on=r"objects|query|qs|manager|filter|_set|all\(")  # fmt: skip

CONNECTS = (
    "sqlite3.connect MySQLdb.connect pymysql.connect mysql.connector.connect psycopg2.connect psycopg.connect",
    "psycopg.AsyncConnection.connect cx_Oracle.connect oracledb.connect pyodbc.connect pymssql.connect duckdb.connect",
    "asyncpg.connect asyncpg.create_pool aiosqlite.connect aiomysql.connect aiopg.connect pg8000.connect",
    "psycopg2.pool.SimpleConnectionPool psycopg_pool.ConnectionPool databases.Database django.db.connection",
    "sqlalchemy.create_engine sqlalchemy.ext.asyncio.create_async_engine sqlalchemy.orm.Session sqlmodel.Session",
)
STATEMENTS = "execute executemany executescript exec_driver_sql execute_sql fetch fetchrow fetchval fetch_all fetch_one"
PARTS = "sqlalchemy.sql.expression.text sqlalchemy.text sqlalchemy.sql.text sqlalchemy.literal_column sqlalchemy.DDL"

TABLE: Table = merged(
    names(Makes(CONNECTION, args=()), *CONNECTS),
    names(Makes(CONNECTION, args=()), f"{CONNECTION}. connect begin acquire getconn get_connection transaction"),
    names(Makes(CURSOR, args=()), f"{CONNECTION}. cursor"),
    names(RUNS, f"{CURSOR}. {STATEMENTS}", f"{CONNECTION}. {STATEMENTS} query iterate"),
    names(RUNS, "django.db.connection.cursor.execute", "pandas.read_sql pandas.read_sql_query pandas.io.sql.read_sql"),
    names(GUESSED, "*. execute executemany executescript exec_driver_sql execute_async mogrify fetchrow fetchval fetch_all fetch_one"),
    # The text is told when it is made, and then no more when it is run.
    {name: (RUNS, Sanitizer(kinds.SQL.bit)) for name in PARTS.split()},
    names(
        (Sink(kinds.SQL, ((0, "sql"),), "becomes part of SQL"), Sanitizer(kinds.SQL.bit)),
        "django.db.models.expressions.RawSQL django.db.models.RawSQL peewee.SQL psycopg2.sql.SQL psycopg.sql.SQL",
    ),
    names(ORM, "*.raw"),
    names(EXTRA, "*.extra"),
    names(
        Sanitizer(kinds.SQL.bit),
        "psycopg2.sql. Identifier Literal Placeholder", "psycopg.sql. Identifier Literal",
        "psycopg2.extensions.quote_ident psycopg2.extensions.adapt pymysql.converters.escape_string",
        "MySQLdb.escape_string *.escape_string *.quote_name *.literal *.escape_literal *.escape_identifier",
    ),
    names(Passes(args=(RECEIVER,)), "*. bindparams"),
    # Rows are the database's own.
    names(Passes(args=(RECEIVER,)), f"{CURSOR}. fetchone fetchall fetchmany"),
)  # fmt: skip
