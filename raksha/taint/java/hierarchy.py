"""Which types of Java's libraries are also which, as far as models ask for it."""

from __future__ import annotations

from raksha.taint.java.models.collections import LISTS, MAPS, SETS

COLLECTION, LIST, DEQUE = "java.util.Collection", "java.util.List", "java.util.Deque"
QUEUES = frozenset({"LinkedList", "ArrayDeque", "PriorityQueue", "LinkedBlockingQueue", "ConcurrentLinkedQueue",
                    "LinkedBlockingDeque"})  # fmt: skip
PAIRS = """
java.util.List java.util.Collection
java.util.Set java.util.Collection
java.util.Deque java.util.Collection
java.util.Queue java.util.Deque
java.util.Stack java.util.Vector
java.util.SortedMap java.util.Map
java.util.NavigableMap java.util.Map
java.util.concurrent.ConcurrentMap java.util.Map
java.util.Properties java.util.Map
java.util.Enumeration java.util.Iterator
java.util.ListIterator java.util.Iterator
java.array java.util.stream.Stream
java.array java.util.List
java.util.stream.IntStream java.util.stream.Stream
java.util.stream.LongStream java.util.stream.Stream
java.canonical.String java.lang.String
java.canonical.Path java.nio.file.Path
java.lang.CharSequence java.lang.String
java.sql.PreparedStatement java.sql.Statement
java.sql.CallableStatement java.sql.PreparedStatement
javax.servlet.ServletRequest javax.servlet.http.HttpServletRequest
javax.servlet.http.HttpServletRequestWrapper javax.servlet.http.HttpServletRequest
org.springframework.web.multipart.MultipartHttpServletRequest javax.servlet.http.HttpServletRequest
javax.servlet.ServletResponse javax.servlet.http.HttpServletResponse
javax.servlet.http.HttpServletResponseWrapper javax.servlet.http.HttpServletResponse
javax.servlet.ServletResponse.Writer java.io.PrintWriter
javax.naming.directory.InitialDirContext javax.naming.directory.DirContext
javax.naming.ldap.InitialLdapContext javax.naming.ldap.LdapContext
javax.naming.ldap.LdapContext javax.naming.directory.DirContext
javax.naming.directory.DirContext javax.naming.Context
javax.naming.InitialContext javax.naming.Context
javax.servlet.ServletInputStream java.io.InputStream
java.io.FileInputStream java.io.InputStream
java.io.ByteArrayInputStream java.io.InputStream
java.io.BufferedInputStream java.io.InputStream
java.util.zip.ZipInputStream java.io.InputStream
java.io.Reader java.io.BufferedReader
java.io.InputStreamReader java.io.BufferedReader
java.io.StringReader java.io.BufferedReader
javax.net.ssl.HttpsURLConnection java.net.HttpURLConnection
java.net.URLConnection java.net.HttpURLConnection
org.hibernate.Session javax.persistence.EntityManager
org.hibernate.query.Query javax.persistence.Query
org.hibernate.Query javax.persistence.Query
javax.persistence.TypedQuery javax.persistence.Query
org.dom4j.Document org.dom4j.Node
org.dom4j.Element org.dom4j.Node
java.util.OptionalInt java.util.Optional
org.springframework.web.client.RestTemplate org.springframework.web.client.RestOperations
java.util.concurrent.ThreadLocalRandom java.util.Random
org.springframework.expression.spel.standard.SpelExpressionParser org.springframework.expression.ExpressionParser
com.fasterxml.jackson.databind.json.JsonMapper com.fasterxml.jackson.databind.ObjectMapper
java.net.URLClassLoader java.lang.ClassLoader
javax.script.Compilable javax.script.ScriptEngine
org.springframework.web.multipart.commons.CommonsMultipartFile org.springframework.web.multipart.MultipartFile
"""
FUNCTIONAL = "Function Supplier Consumer BiFunction BiConsumer Predicate UnaryOperator BinaryOperator IntFunction ToIntFunction"


def _supers() -> dict[str, tuple[str, ...]]:
    made: dict[str, tuple[str, ...]] = {}
    for line in PAIRS.strip().splitlines():
        name, above = line.split()
        made[name] = (*made.get(name, ()), above)
    for name in LISTS.split():
        own = (DEQUE, LIST) if name.rpartition(".")[2] in QUEUES else (LIST,)
        made[name] = (*made.get(name, ()), *own)
    for name in SETS.split():
        made[name] = ("java.util.Set",)
    for name in MAPS.split():
        made[name] = ("java.util.Map",)
    for name in FUNCTIONAL.split():
        made[f"java.util.function.{name}"] = ("java.function",)
    made["java.lang.Runnable"] = made["java.util.concurrent.Callable"] = ("java.function",)
    return made


SUPERS: dict[str, tuple[str, ...]] = _supers()
