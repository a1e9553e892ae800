"""Other hosts: requests that this program makes, redirects, headers, logs and mail."""

from __future__ import annotations

from urllib.parse import urlsplit

from raksha.taint import kinds
from raksha.taint.library import EVERY, Called, Clean, Hook, Makes, Passes, Sanitizer, Sink
from raksha.taint.python.models.likely import likely
from raksha.taint.python.models.pages import RESPONSE
from raksha.taint.python.models.tables import Table, merged, names
from raksha.taint.values import Value, constant


def _is_location(called: Called) -> bool:
    return any(isinstance(name, str) and name.lower() == "location" for name in called.constants(0) or ())


def _leaves_no_slash(called: Called) -> bool:
    return called.is_only("", "safe", 1)


# A fixed scheme and host, after which only the path can change.
FIXED_HOST = r"[a-z][a-z0-9+.-]*://[\w.:@-]+[/?#]"
OWN_PAGE = rf"(?:{FIXED_HOST}|/[^/\\]|\?|#|[\w-]+[/.?])"
# What another host answers is told where its address was chosen.
ANSWER = Clean()
ASKS = Sink(kinds.SSRF, ((0, "url"),), "is the address asked", safe_head=FIXED_HOST)
ASKS_SECOND = Sink(kinds.SSRF, ((1, "url"),), "is the address asked", safe_head=FIXED_HOST)
HOST = Sink(kinds.SSRF, ((0, "host", "address"),), "is the host asked")
LEADS = Sink(kinds.REDIRECT, ((0, "location", "to", "redirect_to", "url"),), "is where the browser is sent",
             safe_head=OWN_PAGE)  # fmt: skip
QUOTED = kinds.mask(kinds.XSS, kinds.SQL, kinds.HEADER, kinds.LOG, kinds.XPATH, kinds.LDAP, kinds.COMMAND)
QUOTED_WHOLE = QUOTED | kinds.mask(kinds.PATH, kinds.REDIRECT, kinds.SSRF)
VERBS = "get post put delete head patch options"
CLIENT = "http.Client"
HEADER = Sink(kinds.HEADER, (0, 1), "becomes a header")
GIVEN = Sink(kinds.HEADER, ("headers",), "becomes a header")
SENDS_ON = Sink(kinds.REDIRECT, (1,), "is where the browser is sent", when=_is_location, safe_head=OWN_PAGE)
LEVELS = "debug info warning warn error critical exception log"
LOGS = Sink(kinds.LOG, (EVERY,), "is written to the log", exact=True)
MAIL = Sink(kinds.EMAIL, (("subject", 0), "from_email", "headers"), "becomes a header of a mail")


def _address(called: Called) -> Value | None:
    """Take an address apart. What is found out of its host is found out of the address."""
    address = called.arg(0, "url")
    if address is None:
        return None
    made = called.world.new("url.Parts")
    for name in ("scheme", "path", "query", "fragment", "params", "port", "username"):
        called.world.set(made, name, _part(address, name))
    for name in ("netloc", "hostname", "host"):
        called.world.set(made, name, _part(address, name).but(symbol=address.symbol))
    return made.but(flows=address.flows)


def _part(address: Value, name: str) -> Value:
    if address.is_known and isinstance(address.only, str):
        try:
            found = getattr(urlsplit(address.only), "netloc" if name == "host" else name, None)
        except ValueError:
            found = None
        return constant(found)
    return Value(flows=address.flows)


TABLE: Table = merged(
    names((ASKS, ANSWER), f"requests. {VERBS}", f"httpx. {VERBS} stream", f"requests.api. {VERBS}",
          "urllib.request. urlopen urlretrieve Request", "urllib. urlopen urlretrieve", "urllib2. urlopen Request",
          "six.moves.urllib.request. urlopen urlretrieve Request", "wget.download feedparser.parse",
          "pandas.read_html", "tornado.httpclient.HTTPRequest"),
    names((ASKS_SECOND, ANSWER), "requests.request httpx.request requests.api.request urllib3.request aiohttp.request"),
    names(Makes(CLIENT, args=()), "requests. Session session", "requests.sessions.Session", "httpx. Client AsyncClient",
          "aiohttp.ClientSession aiohttp.client.ClientSession", "urllib3. PoolManager ProxyManager",
          "urllib3.PoolManager urllib3.HTTPConnectionPool urllib.request.build_opener urllib3.poolmanager.PoolManager",
          "tornado.httpclient. AsyncHTTPClient HTTPClient", "cloudscraper.create_scraper"),
    names((ASKS, ANSWER), f"{CLIENT}. {VERBS} stream open fetch ws_connect"),
    names((ASKS_SECOND, ANSWER), f"{CLIENT}. request urlopen"),
    names(HOST, "http.client. HTTPConnection HTTPSConnection", "httplib. HTTPConnection HTTPSConnection",
          "socket.create_connection ftplib.FTP telnetlib.Telnet smtplib.SMTP"),
    names((LEADS, Makes(RESPONSE, args=())), "flask.redirect quart.redirect werkzeug.utils.redirect flask.helpers.redirect",
          "django.shortcuts.redirect", "django.http. HttpResponseRedirect HttpResponsePermanentRedirect",
          "django.http.response. HttpResponseRedirect HttpResponsePermanentRedirect",
          "fastapi.responses.RedirectResponse starlette.responses.RedirectResponse",
          "aiohttp.web. HTTPFound HTTPSeeOther HTTPMovedPermanently HTTPTemporaryRedirect HTTPPermanentRedirect",
          "sanic.response.redirect sanic.redirect bottle.redirect",
          "falcon. HTTPFound HTTPMovedPermanently HTTPSeeOther HTTPTemporaryRedirect HTTPPermanentRedirect",
          "pyramid.httpexceptions. HTTPFound HTTPSeeOther HTTPMovedPermanently", "webob.exc.HTTPFound"),
    names(LEADS, "web.View.redirect"),
    names(HEADER, f"{RESPONSE}.headers. set add add_header append extend setdefault []=",
          f"{RESPONSE}. set_header append_header setdefault []=", "web.View. set_header add_header",
          "http.server.BaseHTTPRequestHandler.send_header"),
    names(Sink(HEADER.kind, (0, 1), HEADER.says, on=r"self|handler"), "*.send_header"),
    names(SENDS_ON, "http.server.BaseHTTPRequestHandler.send_header", f"{RESPONSE}.headers. set []=", f"{RESPONSE}. []="),
    names(GIVEN, "fastapi.Response", "fastapi.responses. Response HTMLResponse", "starlette.responses. Response HTMLResponse",
          "flask. Response make_response", "django.http.HttpResponse", "aiohttp.web.Response"),
    names(Makes("logging.Logger", args=()), "logging.getLogger logging.Logger structlog.get_logger"),
    names(LOGS, f"logging. {LEVELS}", f"logging.Logger. {LEVELS}", f"flask.current_app.logger. {LEVELS}"),
    names(Sink(LOGS.kind, LOGS.args, LOGS.says, on=r"\blog|logger|_log\b", exact=True), f"*. {LEVELS}"),
    names(MAIL, "django.core.mail. send_mail EmailMessage EmailMultiAlternatives mail_admins mail_managers"),
    names(Sanitizer(kinds.EMAIL.bit), "email.header.Header email.utils.parseaddr"),
    # Quoting for addresses; a slash and dots stay as they are, unless for a query.
    names((Sanitizer(QUOTED_WHOLE, when=_leaves_no_slash), Sanitizer(QUOTED)), "urllib.parse.quote urllib.quote"),
    names(Sanitizer(QUOTED), "werkzeug.urls.url_quote django.utils.http.urlquote",
          "django.utils.encoding.iri_to_uri django.utils.encoding.escape_uri_path"),
    names(Sanitizer(QUOTED_WHOLE),
          "urllib.parse. quote_plus urlencode", "urllib. quote_plus urlencode", "django.utils.http.urlencode",
          "werkzeug.urls.url_quote_plus"),
    names(Passes(), "urllib.parse. unquote unquote_plus urljoin urlunparse urlunsplit unquote_to_bytes",
          "urllib. unquote unquote_plus", "urllib.parse. parse_qs parse_qsl"),
    names(Hook(_address), "urllib.parse. urlparse urlsplit", "urlparse. urlparse urlsplit", "furl.furl yarl.URL"),
    names(Clean(when=likely(r"resolver|urlconf")), "*.resolve"),
    names(Clean(), "django.urls.resolve mimetypes.guess_type mimetypes.guess_extension"),
    names(Clean(), "flask.url_for quart.url_for django.urls.reverse django.urls.reverse_lazy django.urls.base.reverse starlette.requests.url_for"),
)  # fmt: skip
