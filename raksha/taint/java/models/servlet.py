"""Servlets: what comes in with a request, and what goes out with a response. `javax` stands for `jakarta` too."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.java.models.build import STRING, Table, each, merged, methods, passes, sink, source
from raksha.taint.library import EVERY, RECEIVER, Called, Check, Clean, Hook, Passes, Report, Sets
from raksha.taint.values import NULL, Value

REQUEST, RESPONSE = "javax.servlet.http.HttpServletRequest", "javax.servlet.http.HttpServletResponse"
WRITER, OUTPUT = "javax.servlet.ServletResponse.Writer", "javax.servlet.ServletOutputStream"
SESSION, COOKIE, PART = (
    "javax.servlet.http.HttpSession",
    "javax.servlet.http.Cookie",
    "javax.servlet.http.Part",
)
CONTEXT = "javax.servlet.ServletContext"
ITERATOR, TYPE = "java.util.Iterator", "content type"
MARKUP = ("html", "xml", "svg", "*/*")


def is_page(content_type: str) -> bool:
    """Return whether a browser may show content of this type as a page with scripts."""
    return any(word in content_type.lower() for word in MARKUP)


def shows_page(called: Called) -> bool:
    """Whether what is written may be read as a page: the response's type was not set to something else."""
    if called.receiver is None:
        return True
    response = called.world.known(called.receiver, "response")
    type_ = called.world.known(response, TYPE) if response is not None else None
    if type_ is None or not type_.consts:
        return True
    return any(is_page(str(value)) for value in type_.consts)


def writer(type_: str) -> Hook:
    """Return the response's writer or stream, which remembers its response."""

    def make(called: Called) -> Value | None:
        made = called.world.new(type_)
        if called.receiver is not None:
            called.world.set(made, "response", called.receiver)
        return made

    return Hook(make)


def set_header(called: Called) -> Value | None:
    """Remember the content type when it is set as a header."""
    name, value = called.constants(0), called.arg(1)
    if called.receiver is not None and value is not None and name and str(name[0]).lower() == "content-type":
        called.world.set(called.receiver, TYPE, value)
    return NULL


def shown(called: Called) -> Report | None:
    """Report a stack trace that is printed to the response."""
    given = called.arg(0)
    return Report(kinds.LEAK) if given is not None and given.type in (WRITER, OUTPUT) else None


def is_no_location(called: Called) -> bool:
    return str((called.constants(0) or ("",))[0]).lower() != "location"


XSS = sink(kinds.XSS, "written to the page", EVERY, when=shows_page)
REQUESTS = merged([
    methods(REQUEST, "getParameter", source("request parameter")),
    methods(REQUEST, "getHeader", source("request header")),
    methods(REQUEST, "getQueryString", source("query string")),
    methods(REQUEST, "getPathInfo getPathTranslated getRequestURI", source("request path")),
    methods(REQUEST, "getRequestURL", source("request path", "java.lang.StringBuffer")),
    methods(REQUEST, "getParameterValues", source("request parameter", "java.array")),
    methods(REQUEST, "getParameterMap", source("request parameters", "java.util.Map")),
    methods(REQUEST, "getParameterNames", source("names of request parameters", ITERATOR)),
    methods(REQUEST, "getHeaders", source("request headers", ITERATOR)),
    methods(REQUEST, "getHeaderNames", source("names of request headers", ITERATOR)),
    methods(REQUEST, "getCookies", source("cookies of the request", "java.array")),
    methods(REQUEST, "getInputStream", source("body of the request", "java.io.InputStream")),
    methods(REQUEST, "getReader", source("body of the request", "java.io.BufferedReader")),
    methods(REQUEST, "getPart", source("part of the request", PART)),
    methods(REQUEST, "getParts", source("parts of the request", "java.util.Collection")),
    methods(REQUEST, "getSession", Passes((), SESSION)),
    methods(REQUEST, "getServletContext", Passes((), CONTEXT)),
    methods(REQUEST, "getRequestDispatcher", Passes((), "javax.servlet.RequestDispatcher"),
            sink(kinds.PATH, "path of the page that answers")),
    methods(REQUEST, "getRemoteAddr getMethod getScheme getServerPort getContentLength getUserPrincipal getRemoteUser"
            " getContextPath getServletPath getServerName getLocale getAttribute getAuthType", Clean(STRING)),
    methods(PART, "getSubmittedFileName getName getContentType getHeader", passes()),
    methods(PART, "getInputStream", passes("java.io.InputStream")),
    methods(COOKIE, "getValue getName getPath getDomain getComment", passes()),
    methods(SESSION, "getAttribute getValue getId getAttributeNames", Clean()),
    methods(SESSION, "setAttribute putValue", sink(kinds.TRUST, "kept in the session", 0, 1)),
    methods(SESSION, "getServletContext", Passes((), CONTEXT)),
    methods(CONTEXT, "setAttribute", sink(kinds.TRUST, "kept in the application's context", 0, 1)),
    methods(CONTEXT, "getResourceAsStream getResource getRealPath", sink(kinds.PATH, "path of a resource"), passes()),
    methods(CONTEXT, "getInitParameter getAttribute", Clean(STRING)),
    methods(CONTEXT, "log", sink(kinds.LOG, "written to the log")),
    methods("org.apache.commons.fileupload.FileItem", "getName", source("name of an uploaded file")),
    methods("org.apache.commons.fileupload.FileItem", "getString get getInputStream", source("uploaded file")),
])  # fmt: skip
RESPONSES = merged([
    {"*.printStackTrace": Check(shown)},
    methods(RESPONSE, "getWriter", writer(WRITER)),
    methods(RESPONSE, "getOutputStream", writer(OUTPUT)),
    methods(RESPONSE, "setContentType", Sets(TYPE)),
    methods(RESPONSE, "setHeader addHeader", sink(kinds.HEADER, "set as a header", 0, 1, when=is_no_location),
            Hook(set_header)),
    methods(RESPONSE, "encodeRedirectURL encodeURL encodeRedirectUrl encodeUrl", passes(STRING, 0)),
    methods(RESPONSE, "sendError", sink(kinds.XSS, "shown on the error page", 1)),
    methods(WRITER, "print println write append format printf", XSS),
    methods(WRITER, "append format printf", Passes((), WRITER, gives=RECEIVER)),
    methods(OUTPUT, "print println write", XSS),
    each("javax.servlet.jsp.JspWriter", "print println write append", sink(kinds.XSS, "written to the page", EVERY)),
    methods("javax.servlet.RequestDispatcher", "forward include", Clean()),
    methods("javax.servlet.jsp.PageContext", "getOut", Passes((), "javax.servlet.jsp.JspWriter")),
])  # fmt: skip
MODELS: Table = merged([REQUESTS, RESPONSES])
