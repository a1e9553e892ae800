"""Fixes of data flows: the tainted parts of an expression are made safe where they stand."""

from __future__ import annotations

from raksha.taint import ir
from raksha.taint.python.fixes.draft import Draft
from raksha.taint.python.fixes.pieces import pieces, values
from raksha.taint.python.walking import walk

DEEPEST = 4


def operands(draft: Draft, node: ir.Expr | None, before: ir.Node, depth: int = 0) -> list[ir.Expr]:
    """Return the parts of a text that come from outside, looking through variables that are set once."""
    if node is None or isinstance(node, ir.Const) or depth > DEEPEST:
        return []
    found = pieces(node)
    if found is not None:
        parts = values(found)
        tainted = [part for part in parts if draft.is_tainted(part)] or parts
        return [inner for part in tainted for inner in _inside(draft, part, before, depth)]
    stmt = draft.assigned(node, before)
    if stmt is not None and stmt.value is not None and pieces(stmt.value) is not None:
        return operands(draft, stmt.value, stmt, depth + 1)
    return [node]


def _inside(draft: Draft, part: ir.Expr, before: ir.Node, depth: int) -> list[ir.Expr]:
    return operands(draft, part, before, depth + 1) if pieces(part) is not None else [part]


def _sink_argument(draft: Draft, *names: str) -> tuple[ir.Call | None, ir.Expr | None]:
    call = draft.call()
    if call is None:
        return None, None
    tainted = [arg.value for arg in call.args if draft.is_tainted(arg.value)]
    named = next((arg.value for arg in call.args if arg.name in names), None)
    first = next((arg.value for arg in call.args if arg.name is None), named)
    return call, tainted[0] if tainted else first


def quote_command(draft: Draft) -> None:
    """Quote each part for the shell; a whole command from outside has no fix."""
    call, command = _sink_argument(draft, "args", "cmd", "command")
    if call is None or command is None:
        return
    texts = [item.value for item in command.items] if isinstance(command, ir.Sequence) else [command]
    for text in texts:
        if isinstance(text, ir.Const) or (len(texts) > 1 and not draft.is_tainted(text)):
            continue
        parts = operands(draft, text, call)
        if parts == [text]:
            return
        for part in parts:
            draft.wrap(part, f"{draft.need('shlex')}.quote(str", "))")


def evaluate_literal(draft: Draft) -> None:
    call = draft.call()
    if call is not None and draft.text(call.callee) == "eval" and call.args:
        draft.replace(call, f"{draft.need('ast')}.literal_eval({draft.text(call.args[0].value)})")


def base_name(draft: Draft) -> None:
    """Keep only the last part of the path that comes from outside."""
    call = draft.call()
    if call is None:
        return
    target = call.args[0].value if call.args else _receiver(call)
    tainted = [arg.value for arg in call.args if draft.is_tainted(arg.value)]
    parts = _path_parts(draft, tainted[0] if tainted else target, call)
    if not call.args and parts == [target]:
        return  # the path object itself cannot be cut
    for part in parts:
        draft.wrap(part, f"{draft.need('os')}.path.basename(str", "))")


def _receiver(call: ir.Call) -> ir.Expr | None:
    return call.callee.value if isinstance(call.callee, ir.Attr) else None


def _path_parts(draft: Draft, node: ir.Expr | None, before: ir.Node, depth: int = 0) -> list[ir.Expr]:
    if node is None or depth > DEEPEST:
        return []
    match node:
        case ir.Call(callee=callee, args=args) if _makes_path(draft.text(callee)):
            inner = [arg.value for arg in args]
            rest = inner[1:] if len(inner) > 1 else inner
            tainted = [part for part in rest if draft.is_tainted(part)] or rest
            return [found for part in tainted for found in _path_parts(draft, part, before, depth + 1)]
        case ir.Call(callee=ir.Attr(value=value, name="resolve" | "absolute" | "strip")):
            return _path_parts(draft, value, before, depth + 1)
        case ir.Binary(op="/", right=right):
            return [right]
    stmt = draft.assigned(node, before)
    if stmt is not None and stmt.value is not None and not _is_read(draft, stmt.value):
        return _path_parts(draft, stmt.value, stmt, depth + 1)
    return [part for part in operands(draft, node, before) if not isinstance(part, ir.Const)]


def _makes_path(name: str) -> bool:
    return name.endswith(
        ("path.join", "Path", "realpath", "abspath", "normpath", "joinpath", "open", ".resolve", ".absolute")
    )


def _is_read(draft: Draft, node: ir.Expr) -> bool:
    """Tell where data comes in from what is made of it."""
    return pieces(node) is None and not isinstance(node, ir.Binary) and not (
        isinstance(node, ir.Call) and _makes_path(draft.text(node.callee))
    )  # fmt: skip


def escape_html(draft: Draft) -> None:
    found = draft.node(ir.Call)
    marks = isinstance(found, ir.Call) and bool(found.args)
    target = (
        _sink_argument(draft, "content", "response", "text", "body")[1] if marks else draft.node(*EXPRESSIONS)
    )
    if isinstance(found, ir.Call) and marks and not _is_sink(draft, found):
        target = found
    for part in operands(draft, target, target or draft.module):  # type: ignore[arg-type]
        draft.wrap(part, f"{draft.need('html')}.escape(str", "))")


EXPRESSIONS = (ir.Binary, ir.Template, ir.Name, ir.Attr, ir.Index, ir.Sequence, ir.Choose, ir.Await)
RETURNED = frozenset({"is sent as HTML"})


def _is_sink(draft: Draft, call: ir.Call) -> bool:
    """A returned text may be a call itself, such as str.format; then the call is the text."""
    return draft.text(call.callee).rpartition(".")[2] not in (
        "format",
        "join",
        "get",
        "strip",
        "replace",
        "read",
    )


def escape_filter(draft: Draft) -> None:
    call = draft.call()
    if call is None:
        return
    modules = {name.partition(".")[0] for name in draft.known.values()}
    module = "ldap3.utils.conv" if "ldap3" in modules else "ldap.filter"
    for arg in call.args:
        if draft.is_tainted(arg.value):
            for part in operands(draft, arg.value, call):
                draft.wrap(part, f"{draft.need(module)}.escape_filter_chars(str", "))")


def bind_variables(draft: Draft) -> None:
    """Give XPath the values as variables, as lxml takes them."""
    call = draft.call()
    if call is None or len(call.args) != 1 or not draft.text(call.callee).endswith(".xpath"):
        return
    expression = call.args[0].value
    found = pieces(expression)
    holder = expression
    stmt = draft.assigned(expression, call) if found is None else None
    if stmt is not None and stmt.value is not None:
        holder, found = stmt.value, pieces(stmt.value)
    if found is None:
        return
    text = ""
    given: list[str] = []
    for at, piece in enumerate(found):
        if piece.value is None:
            text += piece.text
            continue
        after = found[at + 1].text if at + 1 < len(found) else ""
        quote = text[-1:] if text[-1:] in ("'", '"') and after[:1] == text[-1:] else ""
        if not quote:
            return
        text = f"{text[:-1]}$p{len(given)}"
        found[at + 1] = type(piece)(text=after[1:])
        given.append(f"p{len(given)}={draft.text(piece.value)}")
    draft.replace(holder, repr(text))
    draft.add_argument(call, ", ".join(given))


def one_line(draft: Draft) -> None:
    """Take line breaks out of what goes into logs and headers."""
    node = draft.node(ir.Call, ir.Index)
    if isinstance(node, ir.Index):
        stmt = next(
            (one for one in walk(draft.module.body) if isinstance(one, ir.Assign) and node in one.targets),
            None,
        )
        targets = [stmt.value] if stmt is not None and stmt.value is not None else []
    else:
        targets = (
            [arg.value for arg in node.args if draft.is_tainted(arg.value)]
            if isinstance(node, ir.Call)
            else []
        )
    for target in targets:
        for part in operands(draft, target, node or draft.module):
            draft.replace(part, f'str({draft.text(part)}).replace("\\r", "").replace("\\n", "")')


def escape_pattern(draft: Draft) -> None:
    call, pattern = _sink_argument(draft, "pattern")
    for part in operands(draft, pattern, call or draft.module):
        draft.wrap(part, f"{draft.need('re')}.escape")


def as_text(draft: Draft) -> None:
    """A query's value that is text holds no operators."""
    call = draft.call()
    for node in walk(call.args if call is not None else ()):
        if isinstance(node, ir.Mapping):
            for _, value in node.entries:
                if not isinstance(value, ir.Const | ir.Mapping | ir.Sequence):
                    draft.wrap(value, "str")


def pass_variables(draft: Draft) -> None:
    """Keep the template's text fixed and hand the values to it."""
    call = draft.call()
    if call is None or len(call.args) != 1 or "render_template_string" not in draft.text(call.callee):
        return
    found = pieces(call.args[0].value)
    if found is None:
        return
    text = ""
    given: list[str] = []
    for piece in found:
        if piece.value is None:
            text += piece.text
        else:
            text += f"{{{{ p{len(given)} }}}}"
            given.append(f"p{len(given)}={draft.text(piece.value)}")
    draft.replace(call.args[0].value, repr(text))
    draft.add_argument(call, ", ".join(given))


def own_pages(draft: Draft) -> None:
    """Go to addresses of this site only."""
    call, target = _sink_argument(draft, "location", "to", "url")
    if call is None or target is None:
        return
    text = draft.text(target)
    first = text if isinstance(target, ir.Name) else f"(target := {text})"
    name = text if isinstance(target, ir.Name) else "target"
    test = f'{first}.startswith("/") and not {name}.startswith("//")'
    draft.replace(target, f'{name} if {test} else "/"')


def plain_data(draft: Draft) -> None:
    """Read a format of plain data instead."""
    call = draft.call()
    if call is None or not call.args:
        return
    named = draft.text(call.callee)
    function = named.rpartition(".")[2]
    if function in ("load", "unsafe_load", "full_load") and "yaml" in named:
        draft.replace(call, f"{named.rpartition('.')[0]}.safe_load({draft.text(call.args[0].value)})")
    elif named.startswith("torch"):
        draft.add_argument(call, "weights_only=True")
    elif function in ("load", "loads", "decode"):
        method = "load" if function == "load" else "loads"
        draft.replace(call, f"{draft.need('json')}.{method}({draft.text(call.args[0].value)})")


def defused(draft: Draft) -> None:
    """Parse by the library that refuses entities."""
    call = draft.call()
    if call is None:
        return
    name = draft.known.get(draft.text(call.callee).partition(".")[0], "")
    function = draft.text(call.callee).rpartition(".")[2]
    for module in ("etree.ElementTree", "dom.minidom", "dom.pulldom", "sax"):
        if f"xml.{module}" in name or f"xml.{module}" in draft.text(call.callee):
            library = f"defusedxml.{module.rpartition('.')[2]}"
            draft.replace(call.callee, f"{draft.need(library)}.{function}")


def closed_parser(draft: Draft) -> None:
    """Switch external entities off, in the parser that was made or in a new one."""
    call = draft.call()
    if call is None:
        return
    for node in walk(draft.around(call)):
        if not isinstance(node, ir.Call):
            continue
        for arg in node.args:
            if arg.name == "resolve_entities" and isinstance(arg.value, ir.Const) and arg.value.value:
                draft.replace(arg.value, "False")
        if draft.text(node.callee).endswith(".setFeature") and len(node.args) == 2:
            switch = node.args[1].value
            if isinstance(switch, ir.Const) and switch.value:
                draft.replace(switch, "False")
    if not draft.edits and len(call.args) == 1 and isinstance(call.callee, ir.Attr):
        owner = draft.text(call.callee.value)
        draft.add_argument(call, f"{owner}.XMLParser(resolve_entities=False)")
