"""XML parsers of the platform and around: external entities are on until features switch them off."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.java.models.build import Table, each, merged, methods
from raksha.taint.library import Called, Check, Clean, Hook, Is, Passes, Report, Sets, Sink
from raksha.taint.values import Value

FACTORY = "factory"
NO_DOCTYPE = "http://apache.org/xml/features/disallow-doctype-decl"
SECURE = "http://javax.xml.XMLConstants/feature/secure-processing"
GENERAL = "http://xml.org/sax/features/external-general-entities"
PARAMETER = "http://xml.org/sax/features/external-parameter-entities"
ACCESS = "http://javax.xml.XMLConstants/property/accessExternal"
SUPPORT_DTD, EXTERNAL = "javax.xml.stream.supportDTD", "javax.xml.stream.isSupportingExternalEntities"
MEMORY = "java.memory.Source"
MEMORIES = ("java.io.StringReader", "java.io.ByteArrayInputStream")
PARSES = "parsed as XML with external entities"


def is_hardened(called: Called, holder: Value) -> bool:
    """Return whether the parser, or the factory it came from, has external entities switched off."""
    made_by = called.world.known(holder, FACTORY)
    if made_by is not None and is_hardened(called, made_by):
        return True
    return (
        _is(called, holder, NO_DOCTYPE, on=True)
        or _is(called, holder, SECURE, on=True)
        or (_is(called, holder, GENERAL, on=False) and _is(called, holder, PARAMETER, on=False))
        or _is(called, holder, SUPPORT_DTD, on=False)
        or _is(called, holder, EXTERNAL, on=False)
        or called.world.known(holder, ACCESS + "DTD") is not None
        or called.world.known(holder, "resolver") is not None
    )


def _is(called: Called, holder: Value, feature: str, *, on: bool) -> bool:
    """Return whether a feature may be so: it stands in a try, often, so it cannot be sure."""
    value = called.world.known(holder, feature)
    if value is None:
        return False
    if not value.consts:
        return True
    return any(one is on or (isinstance(one, str) and one.lower() == str(on).lower()) for one in value.consts)


def may_expand(called: Called) -> bool:
    """Whether the parser surely came from here and nothing was switched off."""
    return (
        called.receiver is not None
        and bool(called.receiver.refs)
        and not is_hardened(called, called.receiver)
    )


def wrapped(called: Called) -> Value | None:
    """Wrap a reader; one of text that stands in the program is marked so."""
    given = called.arg(0)
    if given is None:
        return Value(type=called.name)
    flows = called.world.deep(given).flows
    return Value(flows, type=MEMORY if given.type in MEMORIES and not flows else called.name)


def unsafe(called: Called) -> Report | None:
    """Report a parser that takes entities and reads something that is not constant."""
    given = called.arg(0)
    if (
        given is None
        or given.consts
        or given.type in (MEMORY, *MEMORIES)
        or called.world.deep(given).bits & kinds.XXE.bit
        or not may_expand(called)
    ):
        return None
    return Report(kinds.XML_PARSER)


def child(type_: str) -> Hook:
    """Return what a factory makes, which remembers the factory."""

    def make(called: Called) -> Value | None:
        if called.receiver is None or not called.receiver.refs:
            return Value(type=type_)
        made = called.world.new(type_)
        called.world.set(made, FACTORY, called.receiver)
        return made

    return Hook(make)


def maker(type_: str) -> Hook:
    return Hook(lambda called: called.world.new(type_))


SET_FEATURE = Sets(0, (1,))
PARSE = (Sink(kinds.XXE, (0,), PARSES, may_expand), Check(unsafe))
DOM, SAX, STREAM = (
    "javax.xml.parsers.DocumentBuilderFactory",
    "javax.xml.parsers.SAXParserFactory",
    "javax.xml.stream.XMLInputFactory",
)
TRANSFORM, SCHEMA = "javax.xml.transform.TransformerFactory", "javax.xml.validation.SchemaFactory"
OTHERS = "org.dom4j.io.SAXReader org.jdom2.input.SAXBuilder org.jdom.input.SAXBuilder org.apache.commons.digester3.Digester"
FACTORIES = merged([
    *(methods(type_, "newInstance newDefaultInstance newFactory newNSInstance", maker(type_))
      for type_ in (DOM, SAX, STREAM, TRANSFORM, SCHEMA)),
    each(f"{DOM} {SAX} {STREAM} {TRANSFORM} {SCHEMA} {OTHERS} org.xml.sax.XMLReader javax.xml.parsers.SAXParser",
         "setFeature setAttribute setProperty", SET_FEATURE),
    methods(DOM, "newDocumentBuilder", child("javax.xml.parsers.DocumentBuilder")),
    methods(SAX, "newSAXParser", child("javax.xml.parsers.SAXParser")),
    methods("javax.xml.parsers.SAXParser", "getXMLReader", child("org.xml.sax.XMLReader")),
    methods(TRANSFORM, "newTransformer", child("javax.xml.transform.Transformer")),
    methods(SCHEMA, "newSchema", child("javax.xml.validation.Schema")),
    methods("org.xml.sax.helpers.XMLReaderFactory", "createXMLReader", maker("org.xml.sax.XMLReader")),
    each(OTHERS, "<init>", Hook(lambda called: called.world.new(called.name))),
    each("javax.xml.parsers.DocumentBuilder org.xml.sax.XMLReader", "setEntityResolver", Sets("resolver")),
    methods(STREAM, "setXMLResolver", Sets("resolver")),
])  # fmt: skip
PARSERS = merged([
    methods("javax.xml.parsers.DocumentBuilder", "parse", *PARSE, Passes((0,), "org.w3c.dom.Document")),
    each("javax.xml.parsers.SAXParser org.xml.sax.XMLReader", "parse", *PARSE),
    methods(STREAM, "createXMLStreamReader createXMLEventReader createFilteredReader", *PARSE),
    methods("javax.xml.transform.Transformer", "transform", Sink(kinds.XXE, (0,), PARSES, may_expand)),
    methods(TRANSFORM, "newTransformer", Sink(kinds.XXE, (0,), PARSES, may_expand)),
    methods(SCHEMA, "newSchema", Sink(kinds.XXE, (0,), PARSES, may_expand)),
    each(OTHERS, "read build parse", *PARSE),
    methods("javax.xml.bind.Unmarshaller", "unmarshal", Clean()),
    each("org.xml.sax.InputSource javax.xml.transform.stream.StreamSource javax.xml.transform.sax.SAXSource", "<init>",
         Hook(wrapped)),
])  # fmt: skip
NAMES: Table = {
    "javax.xml.XMLConstants.FEATURE_SECURE_PROCESSING": Is(SECURE),
    "javax.xml.XMLConstants.ACCESS_EXTERNAL_DTD": Is(ACCESS + "DTD"),
    "javax.xml.XMLConstants.ACCESS_EXTERNAL_SCHEMA": Is(ACCESS + "Schema"),
    "javax.xml.XMLConstants.ACCESS_EXTERNAL_STYLESHEET": Is(ACCESS + "Stylesheet"),
    "javax.xml.stream.XMLInputFactory.SUPPORT_DTD": Is(SUPPORT_DTD),
    "javax.xml.stream.XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES": Is(EXTERNAL),
    "java.lang.Boolean.TRUE": Is(True),
    "java.lang.Boolean.FALSE": Is(False),
}
MODELS: Table = merged([FACTORIES, PARSERS, NAMES])
