"""Directories and documents asked by an expression: LDAP, XPath, MongoDB, regular expressions, sessions."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.library import EVERY, Called, Makes, Sanitizer, Sink
from raksha.taint.python.models.likely import FILTER, STEPS, likely
from raksha.taint.python.models.tables import Table, merged, names

LDAP, XPATH, NOSQL, REGEX, TRUST = kinds.LDAP, kinds.XPATH, kinds.NOSQL, kinds.REGEX, kinds.TRUST
DIRECTORY, TREE = "ldap.Connection", "xml.Tree"
ASKED = (
    "search search_s search_ext search_ext_s search_st search_async search_subtree_s modify_s delete_s add_s"
)
SEARCHES = Sink(
    LDAP,
    ("search_base", "search_filter", "filterstr", "base", 0, 1, 2),
    "is asked of the directory",
    exact=True,
)
FINDS = Sink(XPATH, ((0, "path", "_path", "expression", "xpath", "match"),), "is used as XPath")
UNMISTAKABLE = (
    "find_one find_one_and_update find_one_and_delete find_one_and_replace replace_one count_documents"
    " estimated_document_count"
)
WHERE = Sink(
    NOSQL,
    (0, "filter", "pipeline"),
    "is part of the query",
    on=r"coll|mongo|\bdb\b|db\.|db\[|users?\b|docs?\b|items?\b|orders?\b",
)
PATTERN = Sink(REGEX, ((0, "pattern"),), "is used as a pattern")
SEARCH = "match fullmatch search findall finditer split sub subn"
KEPT = Sink(TRUST, (EVERY,), "is kept in the session")


def _is_query_of_tree(called: Called) -> bool:
    """`text.find(x)` of a string is no XPath."""
    return called.receiver is None or called.receiver.consts is None


TABLE: Table = merged(
    names(Makes(DIRECTORY, args=()), "ldap3.Connection ldap.initialize ldap.open ldap.ldapobject.LDAPObject ldap.init"),
    names(SEARCHES, f"{DIRECTORY}. {ASKED}", "ldap3.extend.standard.paged_search"),
    names(Sink(LDAP, SEARCHES.args, SEARCHES.says, when=likely(r"ldap|conn|server|directory|\bcon\b|\bl$", FILTER), exact=True),
          f"*. {ASKED}"),
    names(Sanitizer(LDAP.bit), "ldap3.utils.conv.escape_filter_chars ldap.filter.escape_filter_chars",
          "ldap3.utils.dn.escape_rdn ldap.dn.escape_dn_chars ldap.filter.filter_format *.escape_filter_chars",
          "ldap3.utils.conv.escape_bytes django_auth_ldap.config.escape_filter_chars"),
    names(Makes(TREE, args=()), "lxml.etree. parse fromstring XML HTML ElementTree", "lxml.html. fromstring parse",
          "xml.etree.ElementTree. parse fromstring XML ElementTree"),
    names(FINDS, f"{TREE}. xpath find findall findtext iterfind", "lxml.etree. XPath ETXPath XPathEvaluator",
          "elementpath.Selector parsel.Selector.xpath"),
    names(Sink(XPATH, ((1, "path"),), "is used as XPath"), "elementpath.select elementpath.iter_select xpath.find"),
    names(Makes(TREE, args=()), f"{TREE}. getroot find iter"),
    names(Sink(XPATH, FINDS.args, FINDS.says), "*.xpath *.iterfind"),
    names(Sink(XPATH, FINDS.args, FINDS.says, when=likely(r"root|tree|xml|doc|elem|etree|\bet\b", STEPS)), "*. findall findtext"),
    names(Sink(XPATH, FINDS.args, FINDS.says, on=r"root|tree|xml|elem|etree", when=_is_query_of_tree), "*. find"),
    names(Makes("mongo.Client", args=()), "pymongo.MongoClient motor.motor_asyncio.AsyncIOMotorClient"),
    names(WHERE, "*. find aggregate distinct update_one update_many delete_one delete_many"),
    names(Sink(NOSQL, WHERE.args, WHERE.says), f"*. {UNMISTAKABLE}"),
    names(PATTERN, f"re. {SEARCH}", f"regex. {SEARCH} compile"),
    names((PATTERN, Makes("re.Pattern", args=(), fields={"pattern": (0, "pattern")})), "re.compile"),
    names(Sanitizer(kinds.mask(REGEX, XPATH)), "re.escape regex.escape"),
    names(KEPT, "flask.session. []= setdefault update", "quart.session. []= setdefault update",
          "web.Request.session. []= setdefault update set_expiry"),
)  # fmt: skip
