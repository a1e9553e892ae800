"""Spring and JAX-RS: what their requests bring, and answers that are pages."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.java.models.build import STRING, Table, each, merged, methods, passes, sink, source
from raksha.taint.java.models.servlet import is_page
from raksha.taint.library import RECEIVER, Called, Check, Clean, Hook, Passes, Report
from raksha.taint.values import Value

WEB, FILE = "org.springframework.web.", "org.springframework.web.multipart.MultipartFile"
ENTITY, BODY = (
    "org.springframework.http.ResponseEntity",
    "org.springframework.http.ResponseEntity.BodyBuilder",
)
RS = "javax.ws.rs.core."


def page_body(called: Called) -> bool:
    """Whether the answer may be read as a page: no other content type was set on the builder."""
    type_ = called.world.known(called.receiver, "type") if called.receiver is not None else None
    if type_ is None or (not type_.consts and not type_.name):
        return True
    if type_.name:
        return is_page(type_.name.rpartition(".")[2])
    return any(is_page(str(value)) for value in type_.consts or ())


def builder(type_: str) -> Hook:
    return Hook(lambda called: called.world.new(type_))


def set_type(called: Called) -> Value | None:
    given = called.arg(0)
    if called.receiver is not None and given is not None:
        called.world.set(called.receiver, "type", given)
    return called.receiver


def every_origin(called: Called) -> Report | None:
    return Report(kinds.CORS) if called.is_only("*", 0) else None


SPRING = merged([
    methods(FILE, "getOriginalFilename", source("name of an uploaded file")),
    methods(FILE, "getBytes getInputStream", source("uploaded file", "java.io.InputStream")),
    methods(FILE, "getName getSize isEmpty", Clean()),
    methods(FILE, "transferTo", sink(kinds.PATH, "path of a file that is used")),
    each(f"{WEB}context.request.WebRequest {WEB}context.request.NativeWebRequest", "getParameter getHeader"
         " getParameterValues getHeaderValues getParameterMap", source("request parameter")),
    methods(f"{WEB}util.WebUtils", "getCookie", source("cookie of the request", "javax.servlet.http.Cookie")),
    methods(f"{WEB}bind.ServletRequestUtils", "getStringParameter getRequiredStringParameter",
            source("request parameter")),
    methods("org.springframework.http.HttpEntity", "getBody", passes()),
    methods(ENTITY, "ok status badRequest accepted created unprocessableEntity internalServerError", builder(BODY)),
    methods(BODY, "contentType", Hook(set_type)),
    methods(BODY, "header headers cacheControl eTag lastModified contentLength", Passes((), BODY, gives=RECEIVER)),
    methods(BODY, "body", sink(kinds.XSS, "written to the page", 0, when=page_body), passes(ENTITY, 0)),
    methods(ENTITY, "ok", sink(kinds.XSS, "written to the page")),
    methods(ENTITY, "<init>", sink(kinds.XSS, "written to the page"), passes(ENTITY, 0)),
    methods("org.springframework.ui.Model", "addAttribute addAllAttributes", Clean("org.springframework.ui.Model")),
    methods("org.springframework.web.util.UriComponentsBuilder", "fromUriString fromHttpUrl fromUri",
            passes("org.springframework.web.util.UriComponentsBuilder", 0)),
    methods("org.springframework.beans.BeanUtils", "copyProperties", sink(kinds.MASS, "copied to an object")),
    methods("org.apache.commons.beanutils.BeanUtils", "populate", sink(kinds.MASS, "set on an object", 1)),
])  # fmt: skip
SECURITY = merged([
    methods("org.springframework.security.config.annotation.web.configurers.CsrfConfigurer", "disable",
            Check(lambda called: Report(kinds.CSRF))),
    methods("org.springframework.security.config.annotation.web.builders.HttpSecurity", "csrf",
            Clean("org.springframework.security.config.annotation.web.configurers.CsrfConfigurer")),
    methods("org.springframework.web.cors.CorsConfiguration", "addAllowedOrigin", Check(every_origin)),
    methods("org.springframework.web.servlet.config.annotation.CorsRegistration", "allowedOrigins",
            Check(every_origin)),
])  # fmt: skip
JAX_RS = merged([
    methods(f"{RS}Response", "ok status", sink(kinds.XSS, "written to the page"),
            Passes((), f"{RS}Response.ResponseBuilder")),
    methods(f"{RS}Response.ResponseBuilder", "entity", sink(kinds.XSS, "written to the page"),
            Passes((), f"{RS}Response.ResponseBuilder")),
    methods(f"{RS}Response.ResponseBuilder", "header", sink(kinds.HEADER, "set as a header", 1),
            Passes((), f"{RS}Response.ResponseBuilder")),
    methods(f"{RS}Response.ResponseBuilder", "build type status cookie", Passes((), f"{RS}Response.ResponseBuilder")),
    methods(f"{RS}HttpHeaders", "getHeaderString", source("request header")),
    methods(f"{RS}HttpHeaders", "getRequestHeaders getCookies getRequestHeader", source("request headers", "java.util.Map")),
    methods(f"{RS}UriInfo", "getQueryParameters getPathParameters", source("request parameters", "java.util.Map")),
    methods(f"{RS}UriInfo", "getPath getRequestUri getAbsolutePath", source("request path")),
    methods(f"{RS}Cookie", "getValue getName", passes()),
    methods(f"{RS}MultivaluedMap", "getFirst get", passes(STRING)),
])  # fmt: skip
MODELS: Table = merged([SPRING, SECURITY, JAX_RS])
