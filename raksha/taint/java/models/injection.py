"""Sinks that take a language of their own: SQL, commands, scripts, LDAP, XPath, templates, patterns, logs."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.java.models.build import STRING, Table, each, merged, methods, passes, sink
from raksha.taint.library import EVERY, RECEIVER, Called, Clean, Makes, Passes, Sink
from raksha.taint.values import Value

SQL_TEXT, RUNS = "runs as SQL", "runs as a command"
SHELLS = frozenset(
    {"sh", "bash", "zsh", "dash", "ksh", "csh", "cmd", "cmd.exe", "powershell", "powershell.exe", "pwsh"}
    | {"python", "python3", "perl", "ruby", "node", "php", "env", "sudo", "xargs", "ssh"}
)
JDBC = "org.springframework.jdbc.core."
TEMPLATES = (
    f"{JDBC}JdbcTemplate {JDBC}JdbcOperations {JDBC}namedparam.NamedParameterJdbcTemplate"
    f" {JDBC}simple.JdbcClient {JDBC}namedparam.NamedParameterJdbcOperations"
)


def names_program(called: Called) -> bool:
    """Whether a fixed program that is no shell is run, so that the rest are only its arguments."""
    given = called.arg(0)
    if given is None or not given.refs:
        return len(called.args) > 1 and _is_fixed(called.args[0])
    items = called.world.items(given)
    return bool(items) and items is not None and _is_fixed(items[0])


def may_be_shell(called: Called) -> bool:
    return not names_program(called)


def _is_fixed(value: Value) -> bool:
    """Return whether it is surely the name of a program that does not read its arguments as commands."""
    if not value.consts:
        return False
    return all(str(name).replace("\\", "/").rsplit("/", 1)[-1].lower() not in SHELLS for name in value.consts)


def exec_is_array(called: Called) -> bool:
    """Whether Runtime.exec got an array whose program is fixed; its text form is split, and so a command."""
    given = called.arg(0)
    return given is not None and bool(given.refs) and names_program(called)


def exec_is_open(called: Called) -> bool:
    return not exec_is_array(called)


SQL = merged([
    methods("java.sql.Statement", "execute executeQuery executeUpdate executeLargeUpdate addBatch",
            sink(kinds.SQL, SQL_TEXT)),
    methods("java.sql.Connection", "prepareStatement prepareCall nativeSQL", sink(kinds.SQL, SQL_TEXT)),
    methods("java.sql.Connection", "createStatement", Passes((), "java.sql.Statement")),
    methods("java.sql.Connection", "prepareStatement", Passes((), "java.sql.PreparedStatement")),
    methods("java.sql.Connection", "prepareCall", Passes((), "java.sql.CallableStatement")),
    methods("java.sql.DriverManager", "getConnection", Passes((), "java.sql.Connection")),
    methods("javax.sql.DataSource", "getConnection", Passes((), "java.sql.Connection")),
    methods("java.sql.Statement", "getResultSet getGeneratedKeys", Passes((), "java.sql.ResultSet")),
    methods("java.sql.Statement", "executeQuery", Passes((), "java.sql.ResultSet")),
    methods("java.sql.Statement", "execute executeUpdate executeBatch getUpdateCount", Clean()),
    methods("java.sql.ResultSet", "getString getInt getLong getObject getMetaData next getBoolean", Clean()),
    each("java.sql.PreparedStatement java.sql.CallableStatement",
         "setString setInt setLong setObject setBytes setDate setTimestamp setBoolean setNull", Clean()),
    each("java.sql.PreparedStatement java.sql.CallableStatement", "addBatch", sink(kinds.SQL, SQL_TEXT)),
    each(TEMPLATES, "query queryForObject queryForList queryForMap queryForRowSet queryForStream queryForInt"
         " queryForLong update execute batchUpdate sql", sink(kinds.SQL, SQL_TEXT), Clean()),
    each("javax.persistence.EntityManager org.hibernate.Session org.hibernate.SharedSessionContract",
         "createQuery createNativeQuery createSQLQuery createStoredProcedureQuery createNativeMutationQuery"
         " createSelectionQuery createMutationQuery",
         sink(kinds.SQL, SQL_TEXT), Passes((), "javax.persistence.Query")),
    methods("javax.persistence.Query", "setParameter getResultList getSingleResult executeUpdate setMaxResults list",
            Passes((), "javax.persistence.Query")),
    methods("javax.jdo.PersistenceManager", "newQuery", sink(kinds.SQL, SQL_TEXT, EVERY)),
    methods("org.jooq.DSLContext", "fetch execute resultQuery query fetchOne", sink(kinds.SQL, SQL_TEXT)),
    methods("org.apache.ibatis.jdbc.SqlRunner", "run selectAll selectOne update delete insert",
            sink(kinds.SQL, SQL_TEXT)),
    methods("org.hibernate.criterion.Restrictions", "sqlRestriction", sink(kinds.SQL, SQL_TEXT)),
    methods("io.vertx.sqlclient.SqlClient", "query preparedQuery", sink(kinds.SQL, SQL_TEXT)),
    {"*.executeQuery": sink(kinds.SQL, SQL_TEXT), "*.executeUpdate": sink(kinds.SQL, SQL_TEXT),
     "*.prepareStatement": sink(kinds.SQL, SQL_TEXT), "*.prepareCall": sink(kinds.SQL, SQL_TEXT),
     "*.createNativeQuery": sink(kinds.SQL, SQL_TEXT), "*.createSQLQuery": sink(kinds.SQL, SQL_TEXT),
     "*.queryForObject": sink(kinds.SQL, SQL_TEXT), "*.queryForList": sink(kinds.SQL, SQL_TEXT)},
])  # fmt: skip
COMMANDS = merged([
    methods("java.lang.Runtime", "getRuntime", Passes((), "java.lang.Runtime")),
    methods("java.lang.Runtime", "exec", Sink(kinds.COMMAND, (0,), RUNS, exec_is_open),
            Sink(kinds.COMMAND, (1,), "environment of a command"),
            Sink(kinds.ARGUMENT, (0,), "argument of a program", exec_is_array), Passes((), "java.lang.Process")),
    methods("java.lang.Runtime", "load loadLibrary", sink(kinds.COMMAND, "library that is loaded")),
    methods("java.lang.System", "load loadLibrary", sink(kinds.COMMAND, "library that is loaded")),
    each("java.lang.ProcessBuilder java.lang.ProcessBuilder.command", "<init>",
         Sink(kinds.COMMAND, (EVERY,), RUNS, may_be_shell),
         Sink(kinds.ARGUMENT, (EVERY,), "argument of a program", names_program)),
    methods("java.lang.ProcessBuilder", "<init>", Makes(args=())),
    methods("java.lang.ProcessBuilder", "start", Passes((), "java.lang.Process")),
    methods("java.lang.ProcessBuilder", "environment", Passes((), "java.lang.ProcessBuilder.Environment")),
    methods("java.lang.ProcessBuilder.Environment", "put", sink(kinds.COMMAND, "environment of a command", 0, 1)),
    methods("java.lang.ProcessBuilder", "command directory redirectErrorStream inheritIO",
            Passes((), "java.lang.ProcessBuilder", gives=RECEIVER)),
    methods("org.apache.commons.exec.CommandLine", "parse <init>", sink(kinds.COMMAND, RUNS),
            Makes("org.apache.commons.exec.CommandLine")),
])  # fmt: skip
SCRIPTS = merged([
    methods("javax.script.ScriptEngine", "eval compile", sink(kinds.CODE, "runs as a script")),
    methods("javax.script.ScriptEngineManager", "getEngineByName getEngineByExtension",
            Passes((), "javax.script.ScriptEngine")),
    each("org.springframework.expression.ExpressionParser org.springframework.expression.spel.standard.SpelExpressionParser",
         "parseExpression parseRaw", sink(kinds.CODE, "runs as an expression")),
    methods("ognl.Ognl", "getValue setValue parseExpression", sink(kinds.CODE, "runs as an expression")),
    methods("org.mvel2.MVEL", "eval executeExpression compileExpression evalToBoolean evalToString",
            sink(kinds.CODE, "runs as an expression")),
    methods("javax.el.ExpressionFactory", "createValueExpression createMethodExpression",
            sink(kinds.CODE, "runs as an expression", 1)),
    methods("javax.el.ELProcessor", "eval getValue setValue", sink(kinds.CODE, "runs as an expression")),
    methods("groovy.lang.GroovyShell", "evaluate parse run", sink(kinds.CODE, "runs as Groovy")),
    methods("groovy.util.Eval", "me x xy xyz", sink(kinds.CODE, "runs as Groovy", EVERY)),
    methods("groovy.lang.GroovyClassLoader", "parseClass", sink(kinds.CODE, "runs as Groovy")),
    methods("bsh.Interpreter", "eval", sink(kinds.CODE, "runs as a script")),
    methods("jdk.jshell.JShell", "eval", sink(kinds.CODE, "runs as Java")),
    methods("org.apache.commons.jexl3.JexlEngine", "createExpression createScript",
            sink(kinds.CODE, "runs as an expression")),
    methods("org.mozilla.javascript.Context", "evaluateString", sink(kinds.CODE, "runs as a script", 1)),
    methods("org.python.util.PythonInterpreter", "exec eval", sink(kinds.CODE, "runs as a script")),
    methods("java.lang.Class", "forName", sink(kinds.REFLECTION, "names a class")),
    methods("java.lang.ClassLoader", "loadClass", sink(kinds.REFLECTION, "names a class")),
    methods("java.lang.Class", "getMethod getDeclaredMethod getField getDeclaredField",
            sink(kinds.REFLECTION, "names a member")),
])  # fmt: skip
DIRECTORY = merged([
    methods("javax.naming.directory.DirContext", "search", sink(kinds.LDAP, "runs as an LDAP search", 0, 1)),
    methods("javax.naming.ldap.LdapContext", "search", sink(kinds.LDAP, "runs as an LDAP search", 0, 1)),
    methods("javax.naming.Context", "lookup rename lookupLink", sink(kinds.LDAP, "looked up in the directory")),
    methods("org.springframework.ldap.core.LdapTemplate", "search searchForObject authenticate lookup list",
            sink(kinds.LDAP, "runs as an LDAP search", 0, 1)),
    methods("org.springframework.ldap.query.LdapQueryBuilder", "filter", sink(kinds.LDAP, "runs as an LDAP search")),
    methods("com.unboundid.ldap.sdk.LDAPConnection", "search searchForEntry",
            sink(kinds.LDAP, "runs as an LDAP search", EVERY)),
    {"*.search": Sink(kinds.LDAP, (0, 1), "runs as an LDAP search", on=r"ctx|ldap|dircontext|idc")},
])  # fmt: skip
QUERIES = merged([
    methods("javax.xml.xpath.XPath", "evaluate compile evaluateExpression", sink(kinds.XPATH, "runs as XPath")),
    methods("javax.xml.xpath.XPathFactory", "newInstance", Passes((), "javax.xml.xpath.XPathFactory")),
    methods("javax.xml.xpath.XPathFactory", "newXPath", Passes((), "javax.xml.xpath.XPath")),
    methods("javax.xml.xpath.XPath", "compile", Passes((), "javax.xml.xpath.XPathExpression")),
    methods("javax.xml.xpath.XPath", "evaluate", Clean(STRING)),
    methods("org.dom4j.Node", "selectNodes selectSingleNode valueOf numberValueOf createXPath",
            sink(kinds.XPATH, "runs as XPath")),
    methods("org.dom4j.DocumentHelper", "createXPath selectNodes", sink(kinds.XPATH, "runs as XPath")),
    methods("org.jdom2.xpath.XPathFactory", "compile", sink(kinds.XPATH, "runs as XPath")),
    methods("org.apache.xpath.XPathAPI", "selectNodeList selectSingleNode eval selectNodeIterator",
            sink(kinds.XPATH, "runs as XPath", 1)),
    methods("org.apache.commons.jxpath.JXPathContext", "getValue iterate selectNodes selectSingleNode",
            sink(kinds.XPATH, "runs as XPath")),
    methods("com.mongodb.BasicDBObject", "parse", sink(kinds.NOSQL, "runs as a query")),
    methods("org.bson.Document", "parse", sink(kinds.NOSQL, "runs as a query")),
    methods("org.springframework.data.mongodb.core.query.BasicQuery", "<init>", sink(kinds.NOSQL, "runs as a query")),
    methods("org.bson.BsonDocument", "parse", sink(kinds.NOSQL, "runs as a query")),
])  # fmt: skip
TEXTS = merged([
    methods("java.util.regex.Pattern", "compile matches", sink(kinds.REGEX, "used as a regular expression")),
    methods(STRING, "matches replaceAll replaceFirst split", sink(kinds.REGEX, "used as a regular expression")),
    methods("org.apache.velocity.app.Velocity", "evaluate", sink(kinds.TEMPLATE, "read as a template", 3)),
    methods("org.apache.velocity.app.VelocityEngine", "evaluate", sink(kinds.TEMPLATE, "read as a template", 3)),
    methods("org.apache.velocity.runtime.RuntimeSingleton", "parse", sink(kinds.TEMPLATE, "read as a template")),
    methods("freemarker.template.Template", "<init>", sink(kinds.TEMPLATE, "read as a template", 1, 2),
            passes("freemarker.template.Template", 0)),
    methods("freemarker.cache.StringTemplateLoader", "putTemplate", sink(kinds.TEMPLATE, "read as a template", 1)),
    each("org.thymeleaf.TemplateEngine org.thymeleaf.ITemplateEngine org.thymeleaf.spring5.SpringTemplateEngine",
         "process processThrottled", sink(kinds.TEMPLATE, "read as a template")),
    methods("com.hubspot.jinjava.Jinjava", "render renderForResult", sink(kinds.TEMPLATE, "read as a template")),
    methods("com.mitchellbosecke.pebble.PebbleEngine", "getLiteralTemplate", sink(kinds.TEMPLATE, "read as a template")),
    methods(STRING, "format", sink(kinds.FORMAT, "used as a format")),
    each("java.util.logging.Logger", "info warning severe fine finer finest config log logp",
         sink(kinds.LOG, "written to the log", EVERY)),
    each("org.slf4j.Logger org.apache.logging.log4j.Logger org.apache.log4j.Logger org.apache.commons.logging.Log",
         "trace debug info warn error fatal log", sink(kinds.LOG, "written to the log", EVERY)),
    methods("org.slf4j.LoggerFactory", "getLogger", Passes((), "org.slf4j.Logger")),
    methods("org.apache.logging.log4j.LogManager", "getLogger", Passes((), "org.apache.logging.log4j.Logger")),
    methods("org.apache.log4j.Logger", "getLogger", Passes((), "org.apache.log4j.Logger")),
    methods("org.apache.commons.logging.LogFactory", "getLog", Passes((), "org.apache.commons.logging.Log")),
    methods("java.util.logging.Logger", "getLogger", Passes((), "java.util.logging.Logger")),
])  # fmt: skip
MODELS: Table = merged([SQL, COMMANDS, SCRIPTS, DIRECTORY, QUERIES, TEXTS])
