"""How the outside calls a method: handlers of Spring and JAX-RS by their annotations, servlets by their types."""

from __future__ import annotations

from raksha.taint import ir, kinds
from raksha.taint.java.answering import answers
from raksha.taint.library import Context, Entry, Makes, Source

SPRING, JAX_RS = "org.springframework.web.bind.annotation.", "javax.ws.rs."
HANDLERS = frozenset(
    {f"{SPRING}{word}Mapping" for word in ("Request", "Get", "Post", "Put", "Delete", "Patch")}
    | {f"{JAX_RS}{word}" for word in ("GET", "POST", "PUT", "DELETE", "PATCH", "Path", "HEAD", "OPTIONS")}
    | {"org.springframework.messaging.handler.annotation.MessageMapping"}
    | {f"org.springframework.graphql.data.method.annotation.{word}Mapping" for word in ("Query", "Mutation")}
)
PARAMETERS = {
    f"{SPRING}RequestParam": "request parameter",
    f"{SPRING}PathVariable": "part of the request's path",
    f"{SPRING}RequestBody": "body of the request",
    f"{SPRING}RequestHeader": "request header",
    f"{SPRING}CookieValue": "cookie of the request",
    f"{SPRING}ModelAttribute": "form of the request",
    f"{SPRING}MatrixVariable": "part of the request's path",
    f"{SPRING}RequestPart": "part of the request",
    f"{JAX_RS}QueryParam": "request parameter",
    f"{JAX_RS}PathParam": "part of the request's path",
    f"{JAX_RS}FormParam": "form of the request",
    f"{JAX_RS}HeaderParam": "request header",
    f"{JAX_RS}CookieParam": "cookie of the request",
    f"{JAX_RS}MatrixParam": "part of the request's path",
    f"{JAX_RS}BeanParam": "parameters of the request",
    "org.springframework.messaging.handler.annotation.Payload": "message",
    "org.springframework.graphql.data.method.annotation.Argument": "argument of the query",
}
PLAIN_TYPES = (
    "int long short byte double float boolean Integer Long Short Byte Double Float Boolean UUID LocalDate LocalDateTime"
    " Instant BigDecimal BigInteger Date"
)
GIVEN_TYPES = (
    "HttpServletRequest HttpServletResponse ServletRequest ServletResponse HttpSession Model ModelMap Principal"
    " Authentication BindingResult RedirectAttributes Locale Pageable UriInfo HttpHeaders SecurityContext WebRequest"
    " NativeWebRequest OutputStream Writer Errors SessionStatus Map UriComponentsBuilder TimeZone"
)
SAFE, GIVEN = frozenset(PLAIN_TYPES.split()), frozenset(GIVEN_TYPES.split())


def entry(context: Context, function: ir.Function) -> Entry | None:
    """Return what comes in: annotated parameters from outside, and the servlet's response as an object.

    A method that neither takes part in a request nor is called by another one is looked at all the same.
    """
    is_handler = any(_qualify(context, mark) in HANDLERS for mark in function.decorators)
    made: dict[str, Source | Makes] = {}
    for param in function.params:
        found = _param(context, param, is_handler)
        if found is not None:
            made[param.name] = found
    return Entry(made, returns=answers(context, function)) if made or is_handler else None


def _param(context: Context, param: ir.Param, is_handler: bool) -> Source | Makes | None:
    simple = param.type.rpartition(".")[2]
    if simple in SAFE:
        return None
    type_ = type_name(context, param.type, param.span)
    for mark in param.decorators:
        says = PARAMETERS.get(_qualify(context, mark))
        if says is not None:
            return Source(says, kinds.ALL, type_)
    if is_handler and not param.decorators and simple not in GIVEN:
        return Source("part of the request", kinds.ALL, type_)
    return Makes(type_, args=()) if simple in OBJECTS else None


def type_name(context: Context, written: str, span: ir.Span) -> str:
    """Return the qualified name of a type as it stands in this file."""
    if written.endswith("[]"):
        return "java.array"
    head, *rest = written.split(".")
    node: ir.Expr = ir.Name(head, span=span)
    for word in rest:
        node = ir.Attr(node, word, span=span)
    return context.qualify(node)


def _qualify(context: Context, mark: ir.Expr) -> str:
    name = context.qualify(mark.callee if isinstance(mark, ir.Call) else mark)
    return f"javax.{name[8:]}" if name.startswith("jakarta.") else name


OBJECTS = frozenset({"HttpServletResponse", "ServletResponse"})
ANNOTATIONS = HANDLERS | frozenset(PARAMETERS)
