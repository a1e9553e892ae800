"""Pages: what a browser gets as HTML, and texts that are used as templates."""

from __future__ import annotations

import re

from raksha.taint import kinds
from raksha.taint.library import RECEIVER, Called, Clean, Hook, Makes, Passes, Sanitizer, Sink
from raksha.taint.python.models.tables import Table, merged, names
from raksha.taint.values import Value, without

XSS, TEMPLATE = kinds.XSS, kinds.TEMPLATE
RESPONSE = "web.Response"
# A response holds what it was made of, but it was told when it was made.
MADE = Makes(RESPONSE, args=())
UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+(?:false|off)|\{\{\{|mark_safe|n\}")
ESCAPES = kinds.mask(XSS, kinds.XML)
ENVIRONMENT, PLAIN, ESCAPING = "jinja2.Environment", "jinja2.PlainTemplate", "jinja2.EscapingTemplate"


def _is_html(called: Called) -> bool:
    """Most answers are HTML unless their content type says something else."""
    for place in ("content_type", "mimetype", "media_type"):
        for known in called.constants(place) or ():
            return isinstance(known, str) and ("html" in known or "xml" in known or "svg" in known)
    headers = called.arg("headers", 2, 1)
    if headers is not None and headers.refs:
        written = called.world.known(headers, "Content-Type") or called.world.known(headers, "content-type")
        if written is not None and written.is_known:
            return "html" in str(written.only)
    return True


def _says_html(called: Called) -> bool:
    """Answers that are plain text unless their content type says HTML."""
    return any(called.has(place) for place in ("content_type", "media_type", "headers")) and _is_html(called)


def _is_text(called: Called) -> bool:
    """A mapping becomes JSON."""
    value = called.arg(0, "chunk", "rv")
    return value is None or called.world.entries(value) is None


def _escaped(called: Called) -> Value | None:
    """A template made of a constant that escapes everything makes its values safe."""
    source = called.arg(0, "source", "template_string")
    if source is None or not source.is_known or UNESCAPED.search(str(source.only)):
        return None
    return without(_all(called), ESCAPES)


def _all(called: Called) -> Value:
    return called.world.join(
        *(called.world.deep(value) for value in (*called.args, *called.keywords.values()))
    )


def _environment_template(called: Called) -> Value:
    """Templates of an environment escape when it was made with autoescape."""
    escapes = called.receiver and called.world.known(called.receiver, "autoescape")
    is_plain = not escapes or (escapes.consts is not None and not any(escapes.consts))
    return called.world.new(PLAIN if is_plain else ESCAPING)


HTML = Sink(XSS, ((0, "content", "response", "body", "streaming_content"),), "is sent as HTML", when=_is_html)
TEXT = Sink(XSS, (0, "text", "body", "content"), "is sent as HTML", when=_says_html)
SAFE = Sink(XSS, ((0, "s", "base", "object"),), "is marked as safe HTML")
USED = Sink(TEMPLATE, ((0, "source", "template_string", "template_code", "text"),), "is used as a template")

TABLE: Table = merged(
    names((HTML, MADE), "flask. Response make_response", "flask.wrappers.Response flask.helpers.make_response",
          "quart. Response make_response", "werkzeug.wrappers.Response werkzeug.Response", "flask.current_app.make_response",
          "django.http. HttpResponse HttpResponseBadRequest HttpResponseNotFound HttpResponseForbidden HttpResponseServerError",
          "django.http. StreamingHttpResponse HttpResponseNotAllowed HttpResponseGone",
          "django.http.response. HttpResponse StreamingHttpResponse HttpResponseBadRequest HttpResponseNotFound",
          "fastapi.responses.HTMLResponse starlette.responses.HTMLResponse sanic.response.html sanic.html",
          "bottle.HTTPResponse pyramid.response.Response webob.Response"),
    names((TEXT, MADE), "fastapi.Response fastapi.responses.Response starlette.responses.Response",
          "aiohttp.web.Response sanic.response.HTTPResponse sanic.HTTPResponse",
          "sanic.response.raw starlette.responses.StreamingResponse fastapi.responses.StreamingResponse"),
    names(Clean(RESPONSE), "flask.jsonify quart.jsonify flask.json.jsonify django.http.JsonResponse",
          "fastapi.responses. JSONResponse PlainTextResponse ORJSONResponse UJSONResponse",
          "starlette.responses. JSONResponse PlainTextResponse", "aiohttp.web.json_response",
          "sanic.response. json text", "rest_framework.response.Response", "flask.abort django.http.Http404"),
    names(Sink(XSS, ((0, "chunk"),), "is sent as HTML", when=_is_text), "web.View. write finish", "web.Response. write writelines"),
    names(Sink(XSS, (0,), "is sent to the browser", on=r"wfile|response\b|resp\b"), "*. write"),
    names((SAFE, Sanitizer(XSS.bit)), "markupsafe.Markup flask.Markup jinja2.Markup jinja2.utils.Markup",
          "django.utils.safestring. mark_safe SafeString SafeText SafeData", "django.utils.html.mark_safe",
          "webhelpers.html.literal genshi.Markup wtforms.widgets.HTMLString django.utils.html.html_safe"),
    names((Sink(XSS, (0,), "is marked as safe HTML"), Sanitizer(ESCAPES)),
          "django.utils.html. format_html format_html_join"),
    names((USED, Hook(_escaped)), "flask.render_template_string quart.render_template_string",
          "flask.templating.render_template_string"),
    names((USED, Makes(PLAIN, args=())), "jinja2.Template jinja2.environment.Template mako.template.Template",
          "bottle.template bottle.SimpleTemplate chameleon.PageTemplate"),
    names((USED, Makes(ESCAPING, args=())), "django.template.Template django.template.base.Template",
          "tornado.template.Template", "django.template.engines.from_string django.template.engine.Engine.from_string"),
    names(Sanitizer(ESCAPES), "flask.render_template quart.render_template flask.stream_template",
          "flask.templating.render_template", "django.shortcuts.render django.template.loader.render_to_string",
          "django.shortcuts.render_to_response",
          "fastapi.templating.Jinja2Templates.TemplateResponse starlette.templating.Jinja2Templates.TemplateResponse",
          "aiohttp_jinja2.render_template *.TemplateResponse *.render_to_response"),
    names(Makes(ENVIRONMENT, args=(), fields={"autoescape": ("autoescape",)}), "jinja2.Environment",
          "jinja2.environment.Environment jinja2.sandbox.SandboxedEnvironment"),
    names((USED, Hook(_environment_template)), f"{ENVIRONMENT}.from_string"),
    names(Hook(_environment_template), f"{ENVIRONMENT}. get_template select_template"),
    names(Sink(TEMPLATE, (0,), "is used as a template", on="env|engine|jinja|template"), "*.from_string"),
    names(Passes(args=(RECEIVER, -2)), f"{PLAIN}. render render_async generate"),
    names(Sanitizer(ESCAPES), f"{ESCAPING}. render render_async generate"),
    names(Sanitizer(ESCAPES), "html.escape cgi.escape markupsafe.escape flask.escape jinja2.escape jinja2.utils.escape",
          "markupsafe.Markup.escape flask.Markup.escape markupsafe.escape_silent xml.sax.saxutils.escape",
          "xml.sax.saxutils.quoteattr",
          "django.utils.html. escape conditional_escape escapejs strip_tags urlize linebreaks json_script", "django.utils.text.Truncator bleach.clean bleach.linkify nh3.clean",
          "nh3.clean_text tornado.escape.xhtml_escape tornado.escape.url_escape werkzeug.utils.escape werkzeug.escape",
          "lxml.html.clean.clean_html lxml_html_clean.clean_html pyramid.encode.urlencode webob.html_escape",
          "bleach.sanitizer.Cleaner.clean *.sanitize_html *.escape_html *.html_escape *.xhtml_escape"),
)  # fmt: skip
