"""Addresses and requests to other hosts, XML parsers, and formats that make objects."""

from __future__ import annotations

import re

from raksha.taint import kinds
from raksha.taint.java.models.build import Table, each, merged, methods, passes, sink
from raksha.taint.library import RECEIVER, Called, Hook, Makes, Passes, Sets, Sink
from raksha.taint.values import UNKNOWN, Value, constant, without

FIXED_HOST = r"(?:https?|ftp|wss?)://[^/?#\\@]+[/?#]"  # also the head of what may only lead to one host
LOCAL = r"(?:https?://[^/?#\\@]+[/?#]|/(?![/\\])[^/\\]|\?|#|redirect:/(?![/\\])[^/\\]|[\w-]+[/?.])"
ASKED = "address that is asked"
FETCH = Sink(kinds.SSRF, (RECEIVER,), ASKED)
ASK = Sink(kinds.SSRF, (0,), ASKED, safe_head=FIXED_HOST)
GO = Sink(kinds.REDIRECT, (0,), "address to go to", safe_head=LOCAL)


def address(type_: str) -> Hook:
    """Make a URL or URI; one with a fixed host leads only there."""

    def make(called: Called) -> Value | None:
        flows = called.world.join(*(called.world.deep(value) for value in called.args), UNKNOWN).flows
        first = called.arg(0)
        made = Value(flows, type=type_)
        head = "" if first is None else first.head or (str(first.only) if first.is_known else "")
        if len(called.args) == 1 and re.match(FIXED_HOST, head):
            made = without(made, kinds.mask(kinds.SSRF, kinds.REDIRECT))
        if len(called.args) > 2 and called.args[1].is_known and not called.args[0].flows:
            made = without(made, kinds.mask(kinds.SSRF, kinds.REDIRECT))
        return made.but(head=head)

    return Hook(make)


def is_location(called: Called) -> bool:
    return str((called.constants(0) or ("",))[0]).lower() == "location"


def is_url(called: Called) -> bool:
    given = called.arg(0)
    return given is not None and given.type in ("java.net.URL", "java.net.URI")


def redirects(called: Called) -> bool:
    given = called.arg(0)
    head = "" if given is None else given.head or (str(given.only) if given.is_known else "")
    return head.startswith(("redirect:", "forward:"))


REST = "org.springframework.web.client."
HTTP = merged([
    methods("java.net.URL", "<init>", address("java.net.URL")),
    methods("java.net.URI", "<init> create", address("java.net.URI")),
    methods("java.net.URI", "toURL", passes("java.net.URL")),
    methods("java.net.URL", "toURI", passes("java.net.URI")),
    each("java.net.URL java.net.URI", "toString toExternalForm getHost getPath getQuery getFile", passes()),
    methods("java.net.URL", "openConnection openStream getContent", FETCH),
    methods("java.net.URL", "openConnection", Passes((), "javax.net.ssl.HttpsURLConnection")),
    methods("java.net.http.HttpRequest", "newBuilder", ASK, Passes((), "java.net.http.HttpRequest.Builder")),
    methods("java.net.http.HttpRequest.Builder", "uri", ASK),
    methods("java.net.http.HttpRequest.Builder", "uri GET POST header build timeout PUT DELETE",
            Passes((), "java.net.http.HttpRequest.Builder")),
    each(f"{REST}RestTemplate {REST}RestOperations {REST}AsyncRestTemplate",
         "getForObject getForEntity postForObject postForEntity postForLocation exchange execute put delete headForHeaders"
         " optionsForAllow patchForObject", ASK),
    methods("org.springframework.web.reactive.function.client.WebClient", "create", ASK),
    each("org.springframework.web.reactive.function.client.WebClient.RequestHeadersUriSpec"
         " org.springframework.web.reactive.function.client.WebClient.UriSpec", "uri", ASK),
    each("org.apache.http.client.methods org.apache.hc.client5.http.classic.methods", "HttpGet HttpPost HttpPut"
         " HttpDelete HttpHead HttpPatch HttpOptions", ASK),
    methods("okhttp3.Request.Builder", "url", ASK, Passes((), "okhttp3.Request.Builder", gives=RECEIVER)),
    methods("org.jsoup.Jsoup", "connect", ASK),
    methods("kong.unirest.Unirest", "get post put delete", ASK),
    methods("com.mashape.unirest.http.Unirest", "get post put delete", ASK),
    each("javax.ws.rs.client.Client", "target", ASK),
    methods("java.net.Socket", "<init>", sink(kinds.SSRF, "host that is asked")),
    methods("java.net.InetSocketAddress", "<init>", passes("java.net.InetSocketAddress", 0)),
    methods("java.net.Socket", "connect", sink(kinds.SSRF, "host that is asked")),
    methods("javax.imageio.ImageIO", "read", Sink(kinds.SSRF, (0,), ASKED, when=is_url)),
    methods("org.apache.commons.io.IOUtils", "toString toByteArray",
            Sink(kinds.SSRF, (0,), ASKED, when=is_url)),
])  # fmt: skip


REDIRECTS = merged([
    methods("javax.servlet.http.HttpServletResponse", "sendRedirect", GO),
    methods("javax.servlet.http.HttpServletResponse", "setHeader addHeader",
            Sink(kinds.REDIRECT, (1,), "address to go to", is_location, LOCAL)),
    methods("org.springframework.web.servlet.view.RedirectView", "<init> setUrl", GO),
    methods("org.springframework.web.servlet.ModelAndView", "<init> setViewName",
            Sink(kinds.REDIRECT, (0,), "address to go to", when=redirects, safe_head=LOCAL)),
    methods("javax.ws.rs.core.Response", "seeOther temporaryRedirect", GO),
    methods("org.springframework.http.HttpHeaders", "setLocation", GO),
    methods("org.springframework.http.HttpHeaders", "add set",
            Sink(kinds.REDIRECT, (1,), "address to go to", is_location, LOCAL),
            Sink(kinds.HEADER, (1,), "set as a header", lambda called: not is_location(called))),
    methods("org.springframework.http.ResponseEntity.BodyBuilder", "location", GO),
])  # fmt: skip


OBJECTS = "becomes objects"
FROM_STREAM = sink(kinds.DESERIALIZATION, OBJECTS, RECEIVER)
FROM_ARGUMENT = sink(kinds.DESERIALIZATION, OBJECTS)


def has_no_filter(called: Called) -> bool:
    """Whether nothing restricts the classes that the stream may make."""
    return called.receiver is None or called.world.known(called.receiver, "filter") is None


def is_open_yaml(called: Called) -> bool:
    return called.receiver is None or called.world.known(called.receiver, "safe") is None


def yaml(called: Called) -> Value | None:
    """Make a Yaml; with a SafeConstructor it only makes plain data."""
    made = called.world.new("org.yaml.snakeyaml.Yaml")
    given = called.arg(0)
    if given is not None and given.type.endswith(".SafeConstructor"):
        called.world.set(made, "safe", constant(True))
    return made


def has_typing(called: Called) -> bool:
    return called.receiver is not None and called.world.known(called.receiver, "typing") is not None


def stream(called: Called) -> Value | None:
    made = called.world.new(called.name)
    given = called.arg(0)
    return made if given is None else made.but(flows=called.world.deep(given).flows)


def mark(name: str) -> Hook:
    """Remember that the method was called."""

    def remember(called: Called) -> Value | None:
        if called.receiver is not None:
            called.world.set(called.receiver, name, constant(True))
        return called.receiver

    return Hook(remember)


OPEN_TYPES = Sink(kinds.DESERIALIZATION, (0,), OBJECTS, when=is_open_yaml)
FORMATS = merged([
    each("com.thoughtworks.xstream.XStream com.fasterxml.jackson.databind.ObjectMapper", "<init>", Makes(args=())),
    methods("java.io.ObjectInputStream", "<init>", Hook(stream)),
    methods("java.io.ObjectInputStream", "readObject readUnshared",
            Sink(kinds.DESERIALIZATION, (RECEIVER,), OBJECTS, when=has_no_filter), passes("")),
    methods("java.io.ObjectInputStream", "setObjectInputFilter", Sets("filter")),
    methods("java.beans.XMLDecoder", "<init>", Passes((0,), "java.beans.XMLDecoder")),
    methods("java.beans.XMLDecoder", "readObject", FROM_STREAM),
    methods("com.thoughtworks.xstream.XStream", "fromXML unmarshal", OPEN_TYPES),
    methods("com.thoughtworks.xstream.XStream",
            "allowTypes allowTypesByWildcard allowTypeHierarchy denyTypes setupDefaultSecurity addPermission",
            mark("safe")),
    methods("org.yaml.snakeyaml.Yaml", "<init>", Hook(yaml)),
    methods("org.yaml.snakeyaml.Yaml", "load loadAll loadAs", OPEN_TYPES),
    methods("org.yaml.snakeyaml.constructor.SafeConstructor", "<init>",
            Passes((), "org.yaml.snakeyaml.constructor.SafeConstructor")),
    methods("com.fasterxml.jackson.databind.ObjectMapper",
            "enableDefaultTyping activateDefaultTyping enableDefaultTypingAsProperty",
            mark("typing")),
    methods("com.fasterxml.jackson.databind.ObjectMapper", "readValue readTree convertValue",
            Sink(kinds.DESERIALIZATION, (0,), OBJECTS, when=has_typing)),
    methods("org.apache.commons.lang3.SerializationUtils", "deserialize", FROM_ARGUMENT),
    methods("org.apache.commons.lang.SerializationUtils", "deserialize", FROM_ARGUMENT),
    methods("org.springframework.util.SerializationUtils", "deserialize", FROM_ARGUMENT),
    methods("com.alibaba.fastjson.JSON", "parse", FROM_ARGUMENT),
    each("com.esotericsoftware.kryo.io.Input com.caucho.hessian.io.HessianInput com.caucho.hessian.io.Hessian2Input",
         "<init>", Passes((0,))),
    methods("com.esotericsoftware.kryo.Kryo", "readClassAndObject readObject", FROM_ARGUMENT),
    each("com.caucho.hessian.io.HessianInput com.caucho.hessian.io.Hessian2Input", "readObject", FROM_STREAM),
])  # fmt: skip


MODELS: Table = merged([HTTP, REDIRECTS, FORMATS])
