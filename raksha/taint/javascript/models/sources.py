"""Where data from outside comes in: requests of the server's frameworks, and the browser."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.javascript.models.tables import Table, merged, names
from raksha.taint.library import Called, Hook, Makes, Passes, Source
from raksha.taint.values import Value

WEAK = kinds.ALL & ~kinds.mask(kinds.NOSQL)  # texts only, so no operators of a query
ASKED, PLACE = Source("part of the request"), Source("address of the page", WEAK)


def _listen(called: Called) -> Value | None:
    """A listener for messages gets what other windows send."""
    listener = called.arg(1)
    if listener is None or not listener.callables or not called.is_only("message", 0):
        return None
    called.world.call(listener, (called.world.new("MessageEvent"),))
    return None


TABLE: Table = merged(
    names(
        "web.Request. query params body cookies files file originalUrl url path rawBody payload subdomains",
        ASKED,
    ),
    names("web.Request. headers hostname host nextUrl", Source("header of the request", WEAK)),
    names("web.Request. get header param json text formData", Source("part of the request", WEAK)),
    names("koa.Context. query params querystring originalUrl url path", ASKED),
    names("koa.Context. headers header host hostname", Source("header of the request", WEAK)),
    names("koa.Context. get", Source("header of the request", WEAK)),
    names("koa.Context. request req", Makes("web.Request", args=())),
    names("koa.Context. response res", Makes("web.Response", args=())),
    names("koa.Context. cookies", Makes("koa.Cookies", args=())),
    names("koa.Cookies. get", Source("cookie", WEAK)),
    names("location|document.location|window.location|self.location. search hash href pathname", PLACE),
    names("document. cookie referrer URL documentURI baseURI", Source("text of the page's address", WEAK)),
    names("window. name", PLACE),
    names("MessageEvent. data", Source("message from another window")),
    names("window.addEventListener *.addEventListener", Hook(_listen)),
    names("process. argv", Source("argument of the program", kinds.mask(kinds.CODE, kinds.DESERIALIZATION))),
    names("URLSearchParams", Passes((0,), "URLSearchParams")),
    names("URL", Passes((0,), "URL")),
)
