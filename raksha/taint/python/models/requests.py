"""Where data comes in: requests of the web frameworks."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.library import Called, Clean, Makes, Source
from raksha.taint.python.models.tables import Table, merged, names

REQUEST = "web.Request"  # an object with the attributes of every framework's request
VIEW = "web.View"  # a class whose methods answer requests
FIELDS = "web.Fields"  # a mapping of names to texts from outside
UPLOAD = "web.Upload"

GLOBALS = (
    "flask.request",
    "flask.globals.request",
    "quart.request",
    "quart.globals.request",
    "bottle.request",
)
HOLDERS = (*GLOBALS, REQUEST)
# The path of the request starts with a slash, so it can hardly lead elsewhere; the host was checked or is our own.
OWN_ADDRESS = kinds.ALL & ~kinds.mask(kinds.REDIRECT, kinds.SSRF, kinds.COMMAND, kinds.REGEX, kinds.LOG)

MAPPINGS = (
    "args form values cookies headers GET POST COOKIES META query_params query path_params match_info matchdict params"
    " forms view_args arguments query_args raw_args urlvars"
)
CONTENTS = (
    "json data body stream raw_body text content media bounded_stream json_body body_file get_data get_json get_media"
    " query_string get_raw_data post read readline readlines form_data multipart matchdict_values authorization"
    " referrer referer user_agent mimetype content_type environ input_stream body_arguments query_arguments"
    " get_param get_param_as_list get_header get_cookie get_argument getbody accept_languages"
)
ADDRESSES = "path full_path path_info url base_url uri rel_url path_qs raw_path relative_uri url_root"
ADDRESS_CALLS = "get_full_path get_full_path_info build_absolute_uri"
UPLOADS = "files FILES"


def _gives_number(called: Called) -> bool:
    """`args.get("n", type=int)` converts, or gives the default."""
    converter = called.arg("type", 2)
    return converter is not None and converter.name in ("int", "float", "bool", "uuid.UUID")


def _on_all(words: str, source: Source) -> Table:
    return {f"{holder}.{word}": source for holder in HOLDERS for word in words.split()}


READS = merged(
    _on_all(MAPPINGS, Source("request parameter", type=FIELDS)),
    _on_all(CONTENTS, Source("content of the request")),
    _on_all(ADDRESSES, Source("address of the request", kinds=OWN_ADDRESS)),
    _on_all(ADDRESS_CALLS, Source("address of the request", kinds=OWN_ADDRESS)),
    _on_all(UPLOADS, Source("uploaded file", type=FIELDS)),
)

HANDLER_CALLS = "get_argument get_arguments get_query_argument get_query_arguments get_body_argument get_body_arguments get_cookie"

TABLE: Table = merged(
    READS,
    names(Clean(when=_gives_number), f"{FIELDS}. get getlist"),
    # Class-based views hold the request and what the route took from the path.
    {
        f"{VIEW}.request": Makes(REQUEST, args=()),
        f"{VIEW}.kwargs": Source("path parameter", type=FIELDS),
        f"{VIEW}.args": Source("path parameter"),
        f"{VIEW}.path_kwargs": Source("path parameter", type=FIELDS),
        f"{VIEW}.path_args": Source("path parameter"),
    },
    names(Source("request parameter"), f"{VIEW}. {HANDLER_CALLS}"),
    names(
        Source("request parameter"),
        "http.server.BaseHTTPRequestHandler. path headers rfile requestline",
        "socketserver.StreamRequestHandler.rfile",
        "socketserver.BaseRequestHandler.request",
        "cgi.FieldStorage cgi.parse cgi.parse_header",
    ),
    names(
        Source("message of a web socket"),
        "web.WebSocket. receive receive_text receive_json receive_bytes iter_text iter_json recv receive_str",
        "starlette.websockets.WebSocket. receive_text receive_json receive_bytes iter_text iter_json",
    ),
    names(
        Source("data of a validated form"),
        "web.Form. cleaned_data data validated_data initial_data",
    ),
    names(Makes(REQUEST, args=()), "django.http.HttpRequest", "pyramid.threadlocal.get_current_request"),
)
