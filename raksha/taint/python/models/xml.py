"""XML parsers: whether this one, as it was made, follows external entities."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.library import Called, Check, Is, Makes, Report, Sets, Sink
from raksha.taint.python.models.tables import Table, merged, names
from raksha.taint.values import Value

LXML, SAX = "lxml.Parser", "sax.Reader"
TEXT = ((0, "source", "text", "input", "string", "stream", "_file", "data"),)
GENERAL = "http://xml.org/sax/features/external-general-entities"
PARAMETER = "http://xml.org/sax/features/external-parameter-entities"
PARSED = "is parsed with external entities"


def _may_be_true(value: Value | None) -> bool:
    return value is not None and (value.consts is None or any(value.consts))


def _follows(called: Called, parser: Value) -> bool:
    """lxml follows entities unless resolve_entities is off; "internal" ones stay inside the document."""
    resolves = called.world.known(parser, "resolve_entities")
    if resolves is None:
        return bool(parser.refs)
    return resolves.consts is None or any(found not in (False, "internal") for found in resolves.consts)


def _lxml_follows(called: Called) -> bool:
    parser = called.arg("parser", 1)
    return parser is None or _follows(called, parser)


def _iterparse_follows(called: Called) -> bool:
    return _may_be_true(called.arg("resolve_entities")) or not called.has("resolve_entities")


def _sax_follows(called: Called) -> bool:
    """Readers of xml.sax follow external entities only when the feature was switched on."""
    reader = called.receiver if called.name.startswith(SAX) else called.arg("parser", 1)
    if reader is None:
        return False
    return any(_may_be_true(called.world.known(reader, feature)) for feature in (GENERAL, PARAMETER))


def _switched_on(called: Called) -> Report | None:
    """Report `XMLParser(resolve_entities=True)` and the like when they are written down."""
    if called.world.is_asked():
        return None  # the data flow tells whether anything from outside is parsed by it
    if called.is_only(True, "resolve_entities") or called.is_only(False, "no_network"):
        return Report(kinds.XML_PARSER)
    return None


def _feature_on(called: Called) -> Report | None:
    if called.world.is_asked():
        return None
    features = called.constants(0) or ()
    value = called.arg(1)
    if set(features) & {GENERAL, PARAMETER} and value is not None and value.is_known and value.only:
        return Report(kinds.XML_PARSER)
    return None


ENTITIES = Sink(kinds.XXE, TEXT, PARSED, when=_lxml_follows)
SAX_ENTITIES = Sink(kinds.XXE, TEXT, PARSED, when=_sax_follows)
BOMB = Sink(kinds.BOMB, TEXT, "is parsed with entities of its own")

TABLE: Table = merged(
    names((Check(_switched_on), Makes(LXML, args=(), fields={"resolve_entities": ("resolve_entities",)})),
          "lxml.etree. XMLParser ETCompatXMLParser XMLPullParser"),
    names(ENTITIES, "lxml.etree. parse fromstring XML fromstringlist", "lxml.objectify. parse fromstring"),
    names(Sink(kinds.XXE, TEXT, PARSED, when=_iterparse_follows), "lxml.etree.iterparse"),
    names(Makes(SAX, args=()), "xml.sax. make_parser", "xml.sax.expatreader.create_parser"),
    names(Is(GENERAL), "xml.sax.handler.feature_external_ges"),
    names(Is(PARAMETER), "xml.sax.handler.feature_external_pes"),
    names((Check(_feature_on), Sets(0, (1,))), f"{SAX}.setFeature"),
    names(SAX_ENTITIES, f"{SAX}. parse feed", "xml.dom.pulldom. parse parseString", "xml.dom.minidom. parse parseString"),
    names(BOMB, "xml.etree.ElementTree. parse fromstring XML iterparse fromstringlist",
          "xml.etree.cElementTree. parse fromstring XML iterparse", "xml.dom.minidom. parse parseString",
          "xml.sax. parse parseString", "xml.dom.pulldom. parse parseString"),
)  # fmt: skip
