from __future__ import annotations

from dataclasses import fields, is_dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raksha.taint import ir
from raksha.taint.java.lowering import lower


def text(node):
    """Write a tree briefly: Name(id) becomes its word, the rest its class with what is not default."""
    if isinstance(node, tuple):
        return "[" + " ".join(text(part) for part in node) + "]"
    if isinstance(node, ir.Name):
        return node.id
    if isinstance(node, ir.Const):
        return repr(node.value)
    if not is_dataclass(node):
        return str(node)
    values = [(field, getattr(node, field.name)) for field in fields(node) if field.name != "span"]
    return (
        f"{type(node).__name__}({' '.join(text(value) for field, value in values if value != field.default)})"
    )


def method(body):
    module = lower(f"class A {{ void m() {{ {body} }} }}".encode(), "A.java")
    assert not module.errors
    (cls,) = module.body
    assert isinstance(cls, ir.Class)
    (made,) = cls.body
    assert isinstance(made, ir.Function)
    return text(made.body)


def members(source):
    module = lower(source.encode(), "A.java")
    assert not module.errors
    return text(module.body[0])


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("int x = 1, y[];", "[Assign([x] 1 int) Assign([y] None int[])]"),
        ("var x = a.b.c(1);", "[Assign([x] Call(Attr(Attr(a b) c) [Arg(1)]))]"),
        ("java.util.List<String>[] l = null;", "[Assign([l] None java.util.List[])]"),
        ("x += 1;", "[Do(AssignExpr(x + 1))]"),
        ("y = x++;", "[Assign([y] AssignExpr(x + 1 True))]"),
        ("y = --x;", "[Assign([y] AssignExpr(x - 1))]"),
        ("x = a && !b || c;", "[Assign([x] Logic(or Logic(and a Unary(not b)) c))]"),
        ("f(new int[2]);", "[Do(Call(f [Arg(Sequence(list [Arg(0) Arg(0)]))]))]"),
        ("f(new int[n]);", "[Do(Call(f [Arg(Call(int[] [Arg(n)] True))]))]"),
        ('f(new String[]{"a"});', "[Do(Call(f [Arg(Sequence(list [Arg('a')]))]))]"),
        ("f(A::b, this::c);", "[Do(Call(f [Arg(Attr(A b)) Arg(Attr(this c))]))]"),
        ("f(String.class, (A) x);", "[Do(Call(f [Arg(Attr(String class)) Arg(Cast(A x))]))]"),
        ("f(x -> x + 1);", "[Do(Call(f [Arg(Function( [Param(x)] [Return(Binary(+ x 1))] True))]))]"),
        ("f(x ? 1 : -2);", "[Do(Call(f [Arg(Choose(x 1 -2))]))]"),
        ("o.new B(1).c();", "[Do(Call(Attr(Call(B [Arg(1)] True) c)))]"),
        ("return ((a));", "[Return(a)]"),
        ("throw new X();", "[Raise(Call(X True))]"),
        ("assert a : b;", "[Assert(a)]"),
        ("synchronized (l) { f(); }", "[Do(l) Block([Do(Call(f))])]"),
        ("if (a) f(); else if (b) g(); else h();",
         "[If(a [Do(Call(f))] [If(b [Do(Call(g))] [Do(Call(h))])])]"),
        ("o: for (int i = 0; i < 3; i++) { continue o; }",
         "[Block([Assign([i] 0 int) While(Compare(< i 3) [Continue(o)] [Do(AssignExpr(i + 1 True))] o)])]"),
        ("for (;;) break;", "[While(True [Break()])]"),
        ("for (String s : xs) f(s);", "[For(s xs [Do(Call(f [Arg(s)]))] String)]"),
        ("do f(); while (x);", "[While(x [Do(Call(f))] True)]"),
        ("b: { break b; }", "[Block([Break(b)] b)]"),
        ("try { f(); } catch (A | B e) { g(); } finally { h(); }",
         "[Try([Do(Call(f))] [Handler([A B] e [Do(Call(g))])] [Do(Call(h))])]"),
        ("try (I in = x(); out) { f(); }",
         "[With([[Cast(I Call(x)) in] [out None]] [Do(Call(f))])]"),
        ("if (o instanceof B b) f(b);",
         "[If(Logic(and Compare(instanceof o B) Compare(instanceof AssignExpr(b  Cast(B o)) B)) [Do(Call(f [Arg(b)]))])]"),
        ("switch (x) { case 1: case 2: f(); break; default: g(); }",
         "[Switch(x [Case([1] []) Case([2] [Do(Call(f)) Break()]) Case([] [Do(Call(g))])] True)]"),
        ("y = switch (x) { case A, B -> 1; case null, default -> { yield 2; } };",
         "[Assign([y] SwitchExpr(Switch(x [Case([A B] [Return(1)]) Case([] [Block([Return(2)])])])))]"),
    ],
)  # fmt: skip
def test_statements_and_expressions_keep_what_they_say(source, tree):
    assert method(source) == tree


def test_patterns_of_a_switch_bind_their_names():
    made = method("switch (o) { case String s when s.isEmpty() -> f(s); case P(int a, var b) -> g(b); }")

    assert "Case([] [Do(AssignExpr(s  Cast(String o))) Do(Call(f [Arg(s)]))] Logic(and " in made
    assert "Do(AssignExpr(b  Unknown(component [o]))) Do(Call(g [Arg(b)]))] record_pattern)" in made.replace(
        "] pattern)", "] record_pattern)"
    )


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("class A<T> extends B<T> implements C { }", "Class(A [B C] [])"),
        ("class A { static int x = 1; { f(); } static { g(); } }",
         "Class(A [] [Assign([x] 1 int True) Block([Do(Call(f))]) Block([Do(Call(g))] static)])"),
        ("class A { A(int a) { super(a); } }",
         "Class(A [] [Function(<init> [Param(a int)] [Do(Call(super [Arg(a)]))])])"),
        ("class A { @Autowired B b; }", "Class(A [] [Assign([b] None B [Autowired])])"),
        ('@W("/x") class A { }', "Class(A [] [] [Call(W [Arg('/x')])])"),
        ("interface A { int m(); default void n() { } }",
         "Class(A [] [Function(m [] [] int True) Function(n [] [] void)] interface)"),
        ("class A { static void m(@P(name = \"q\") final String q, int... n) { } }",
         "Class(A [] [Function(m [Param(q String [Call(P [Arg('q' name)])]) Param(n * int[])] [] void True)])"),
        ("record A(int a) { A { f(); } }",
         "Class(A [] [Assign([a] None int) Function(<init> [Param(a int)] [Do(Call(f)) Assign([Attr(this a)] a)])"
         " Function(a [] [Return(Attr(this a))] int)] record)"),
        ("class A { Object o = new Runnable() { public void run() { } }; }",
         "Class(A [] [Assign([o] Call(Runnable True Class( [Runnable] [Function(run [] [] void)])) Object)])"),
    ],
)  # fmt: skip
def test_declarations_keep_what_they_say(source, tree):
    assert members(source) == tree


def test_an_enum_has_its_constants_and_the_methods_of_every_enum():
    made = members("enum A implements I { X(1) { void m() { } }, Y; A(int n) { } }")

    assert made.startswith(
        "Class(A [I] [Assign([X] Call(A [Arg(1)] True Class( [A] [Function(m [] [] void)])) A True)"
        " Assign([Y] Call(A True) A True) Function(<init> [Param(n int)] [])"
    )
    assert "Function(values [] [Return(Sequence(list [Arg(X) Arg(Y)]))]" in made
    assert "Case(['X'] [Return(X)])" in made


def test_package_and_imports_say_where_names_come_from():
    module = lower(
        b"package a.b; import c.D; import e.*; import static f.G.h; import static f.G.*;", "A.java"
    )

    assert module.package == "a.b"
    assert (
        text(module.body) == "[Import(c.D [[D ]]) Import(e [[* ]]) Import(f.G [[h ]] 1) Import(f.G [[* ]] 1)]"
    )


def test_columns_count_characters():
    module = lower('class A { String s = "äö" + x; }'.encode(), "A.java")

    (cls,) = module.body
    assert isinstance(cls, ir.Class)
    (field,) = cls.body
    assert isinstance(field, ir.Assign)
    value = field.value
    assert isinstance(value, ir.Binary)
    assert value.right.span == ir.Span(1, 29, 1, 30)


def test_a_broken_file_says_where_and_keeps_the_rest():
    module = lower(b"class A { void m( { } String ok() { return x; } }\n class { } }", "A.java")

    assert module.errors
    assert "Function(ok" in text(module.body)


@pytest.mark.parametrize(
    "source",
    ["x = " + "(" * 3000 + "1" + ")" * 3000 + ";", "{" * 3000 + "}" * 3000, "x = " + "!" * 3000 + "a;",
     "x = " + "f(" * 3000 + ")" * 3000 + ";"],
    ids=["parentheses", "blocks", "operators", "calls"],
)  # fmt: skip
def test_deep_nesting_is_cut_and_said(source):
    module = lower(f"class A {{ void m() {{ {source} }} }}".encode(), "A.java")

    assert module.errors or "(" * 3000 in source


@pytest.mark.parametrize(
    "source",
    ['x = "a"' + ' + "b"' * 5000 + ";", "x = a" + ".b()" * 5000 + ";",
     "if (a) b();" + " else if (a) b();" * 5000],
    ids=["concatenation", "chain", "else-ifs"],
)  # fmt: skip
def test_long_chains_are_read_whole(source):
    module = lower(f"class A {{ void m() {{ {source} }} }}".encode(), "A.java")

    assert not module.errors


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(
    ["class A", "{", "}", "(", ")", ";", "int x", "=", "switch", "case", "->", "new", '"a"', "'", "@B", "enum", "record R",
     "for", "try", "catch", "instanceof", "this", "::", ".", "x", "[", "]", "import", "package", "yield", "?", ":", "++"]
)))  # fmt: skip
def test_no_text_is_too_broken_to_read(words):
    assert lower(" ".join(words).encode(), "A.java").language == "java"


@given(st.binary())
def test_no_bytes_are_too_broken_to_read(source):
    assert lower(source, "A.java").path == "A.java"
