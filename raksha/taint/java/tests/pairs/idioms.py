"""Idioms of Java by themselves: what is in `x` at the end comes from the request `q`, or it does not."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Idiom:
    """body: sets `x`. members: beside the handler. files: code of other classes, by name."""

    body: str
    members: str = ""
    files: dict[str, str] = field(default_factory=dict)


HEAD = """package app;
import java.io.*; import java.util.*; import java.net.*; import javax.servlet.http.*;
public class T extends HttpServlet {
  public void doGet(HttpServletRequest request, HttpServletResponse response) throws Exception {
    String q = request.getParameter("q");
    """
TAIL = """
    response.sendRedirect(x);
  }
"""
TAINTED = [
    Idiom('char[] cs = q.toCharArray(); String x = new String(cs);'),
    Idiom('String x = String.valueOf(q.toCharArray());'),
    Idiom('StringBuffer b = new StringBuffer(q); String x = b.replace(q.length()-1, q.length(), "Z").toString();'),
    Idiom('Scanner sc = new Scanner(q); String x = sc.nextLine();'),
    Idiom('StringTokenizer t = new StringTokenizer(q, ","); String x = ""; while (t.hasMoreTokens()) x += t.nextToken();'),
    Idiom('String x = q == null ? "" : q.split(":")[0];'),
    Idiom('Map<String,String> m = new HashMap<>(); m.put("a", q); String x = ""; for (Map.Entry<String,String> e : m.entrySet()) x = e.getValue();'),
    Idiom('List<String> l = new ArrayList<>(Arrays.asList("a", q)); Collections.reverse(l); String x = l.get(0);'),
    Idiom('List<String> l = new ArrayList<>(); Collections.addAll(l, "a", q); String x = l.get(1);'),
    Idiom('Object o = q; String x = o.toString();'),
    Idiom('String x = Objects.toString(q);'),
    Idiom('byte[] b = q.getBytes("UTF-8"); String x = new String(b, 0, b.length, "UTF-8");'),
    Idiom('ByteArrayOutputStream o = new ByteArrayOutputStream(); o.write(q.getBytes()); String x = o.toString();'),
    Idiom('StringWriter w = new StringWriter(); w.write(q); String x = w.toString();'),
    Idiom('String x = get(request);', 'String get(HttpServletRequest r) { return r.getParameter("z"); }'),
    Idiom('set(q); String x = this.v;', 'String v; void set(String s) { this.v = s; }'),
    Idiom('String x = H.go(q);', files={'H': 'package app; public class H { public static String go(String s) { return new H(s).get(); } private final String s; H(String s) { this.s = s; } String get() { return s; } }'}),
    Idiom('String x = W.of(q).with("z").build();', files={'W': 'package app; public class W { String s; static W of(String s) { W w = new W(); w.s = s; return w; } W with(String t) { s += t; return this; } String build() { return s; } }'}),
    Idiom('String x = new Sub(q).val();', 'static class Base { protected String v; Base(String v) { this.v = v; } String val() { return v; } } static class Sub extends Base { Sub(String v) { super(v); } }'),
    Idiom('String x = call(() -> q);', 'String call(java.util.concurrent.Callable<String> c) throws Exception { return c.call(); }'),
    Idiom('Thread t = new Thread(() -> { try { response.sendRedirect(q); } catch (IOException e) { } }); t.start(); String x = "";'),
    Idiom('String x = Optional.of(q).filter(s -> s.length() > 2).orElseGet(() -> "d");'),
    Idiom('String x = Arrays.stream(q.split(",")).map(String::trim).findFirst().get();'),
    Idiom('String[][] a = {{"x"}, {q}}; String x = a[1][0];'),
    Idiom('String x = java.text.MessageFormat.format("{0}", q);'),
    Idiom('String x = String.join("/", "a", q);'),
    Idiom('String x = String.join("/", List.of("a", q));'),
    Idiom('int i = 0; String x = ""; do { x = q; i++; } while (i < 2);'),
    Idiom('String x; switch (q.length()) { case 0: x = "a"; break; default: x = q; }'),
    Idiom('String x = ""; if (request.getMethod().equals("POST")) x = q;'),
    Idiom('String x = q; if (x.contains("a")) x = x.replace("a", "b");'),
    Idiom('java.util.function.BiFunction<String,String,String> f = (a, b) -> a + b; String x = f.apply("x", q);'),
    Idiom('java.util.function.Function<String,String> f = this::id; String x = f.apply(q);', 'String id(String s) { return s; }'),
    Idiom('java.util.function.Supplier<W> f = W::new; W w = f.get(); w.s = q; String x = w.s;', files={'W': 'package app; public class W { String s; }'}),
    Idiom('AbstractMap.SimpleEntry<String,String> e = new AbstractMap.SimpleEntry<>("k", q); String x = e.getValue();'),
    Idiom('Iterator<String> it = List.of(q).iterator(); String x = ""; while (it.hasNext()) { x = it.next(); }'),
    Idiom('String x = new StringBuilder().append("a").append(q).reverse().toString();'),
    Idiom('Holder h = new Holder(); h.in.v = q; String x = h.in.v;', 'static class In { String v; } static class Holder { In in = new In(); }'),
    Idiom('String x = INSTANCE.echo(q);', 'static final T INSTANCE = new T(); String echo(String s) { return s; }'),
    Idiom('String x = Single.get().echo(q);', files={'Single': 'package app; public class Single { private static Single i; public static Single get() { if (i == null) i = new Single(); return i; } public String echo(String s) { return s; } }'}),
    Idiom('I i = request.getParameter("k") == null ? new A() : new B(); String x = i.f(q);', 'interface I { String f(String s); } static class A implements I { public String f(String s) { return "a"; } } static class B implements I { public String f(String s) { return s; } }'),
    Idiom('var l = new ArrayList<String>(); l.add(q); l.forEach(s -> { try { response.sendRedirect(s); } catch (IOException e) {} }); String x = "";'),
    Idiom('String x = q.isBlank() ? "a" : q.strip().toLowerCase(Locale.ROOT).intern();'),
    Idiom('BufferedReader r = new BufferedReader(new InputStreamReader(request.getInputStream())); String x = r.lines().collect(java.util.stream.Collectors.joining());'),
    Idiom('HttpSession s = request.getSession(); String x = (String) request.getAttribute("z"); x = request.getHeader("Referer");'),
    Idiom('Cookie[] cs = request.getCookies(); String x = ""; if (cs != null) for (int i = 0; i < cs.length; i++) if ("a".equals(cs[i].getName())) x = cs[i].getValue();'),
    Idiom('String x = java.net.URLDecoder.decode(request.getHeader("a"), java.nio.charset.StandardCharsets.UTF_8);'),
    Idiom('String x = foo.bar(q);', 'Foo foo; interface Foo { String bar(String s); }'),
]  # fmt: skip
CLEAN = [
    Idiom('String x = q; x = "/a";'),
    Idiom('String x = String.valueOf(q.length());'),
    Idiom('String x = "/a" + (q.equals("b") ? 1 : 2);'),
    Idiom('String x = "/" + q.hashCode();'),
    Idiom('boolean b = q.contains("x"); String x = "" + b;'),
    Idiom('String x = new Date().toString();'),
    Idiom('Map<String,String> m = new HashMap<>(); m.put("a", q); m.put("a", "/z"); String x = m.get("a");'),
    Idiom('Map<String,String> m = new HashMap<>(); m.put("a", q); m.remove("a"); String x = m.getOrDefault("a", "/z");'),
    Idiom('Map<String,String> m = new LinkedHashMap<>(); m.put("a", q); m.put("b", "/z"); String x = ""; for (String k : m.keySet()) x = k;'),
    Idiom('List<String> l = new ArrayList<>(); l.add(q); l.clear(); l.add("/z"); String x = l.get(0);'),
    Idiom('List<String> l = new ArrayList<>(); l.add("/z"); l.add(q); String x = l.get(0);'),
    Idiom('List<String> l = new ArrayList<>(); l.add(q); l.set(0, "/z"); String x = l.get(0);'),
    Idiom('List<String> l = new ArrayList<>(); l.add(0, "/z"); l.add(0, q); l.remove(q); String x = l.get(0);'),
    Idiom('String[] a = q.split(","); String x = "/n" + a.length;'),
    Idiom('String x = H.go(q);', files={'H': 'package app; public class H { public static String go(String s) { return new H("/z").get(); } private final String s; H(String s) { this.s = s; } String get() { return s; } }'}),
    Idiom('A a = new A(); a.s = q; a.t = "/z"; String x = a.t;', 'static class A { String s; String t; }'),
    Idiom('String x = f.apply(q);', 'java.util.function.Function<String,String> f = s -> "/z";'),
    Idiom('String x = pick(q, false);', 'String pick(String s, boolean b) { return b ? s : "/z"; }'),
    Idiom('String x = pick(q, 3, 4);', 'String pick(String s, int a, int b) { if (a * b > 20) { return s; } else { return "/z"; } }'),
    Idiom('String x = pick(q);', 'static final boolean DEBUG = false; String pick(String s) { if (DEBUG) return s; return "/z"; }'),
    Idiom('final String mode = "prod"; String x = "/z"; if ("dev".equals(mode)) x = q;'),
    Idiom('final String mode = "prod"; String x = "/z"; if (mode == null) x = q;'),
    Idiom('int i = 5; i++; i += 2; String x = i == 8 ? "/z" : q;'),
    Idiom('char c = "abc".charAt(1); String x = c == \'b\' ? "/z" : q;'),
    Idiom('String x = "abc".substring(1).equals("bc") ? "/z" : q;'),
    Idiom('String x = "abc".indexOf("c") > 1 ? "/z" : q;'),
    Idiom('String x = "/z"; for (int i = 0; i < 3; i++) { if (i > 5) x = q; }'),
    Idiom('int s = 0; for (int v : new int[]{1,2,3}) s += v; String x = s == 6 ? "/z" : q;'),
    Idiom('String x; int k = 3; switch (k) { case 1: x = q; break; case 3: x = "/z"; break; default: x = q; }'),
    Idiom('String k = "b"; String x = switch (k) { case "a" -> q; case "b" -> "/z"; default -> q; };'),
    Idiom('Integer n = Integer.valueOf(q); String x = "/" + n;'),
    Idiom('long n = Long.parseLong(q); String x = "/" + n;'),
    Idiom('UUID u = UUID.fromString(q); String x = "/" + u;'),
    Idiom('int n; try { n = Integer.parseInt(q); } catch (NumberFormatException e) { return; } String x = "/" + q;'),
    Idiom('if (!q.matches("^[A-Za-z0-9_-]{1,20}$")) { response.sendError(400); return; } String x = q;'),
    Idiom('if (!VALID.matcher(q).matches()) throw new IllegalArgumentException(); String x = q;', 'private static final java.util.regex.Pattern VALID = java.util.regex.Pattern.compile("[a-z]{1,8}");'),
    Idiom('if (!ALLOWED.contains(q)) { return; } String x = q;', 'private static final Set<String> ALLOWED = Set.of("a", "b");'),
    Idiom('if (!ALLOWED.contains(q)) { return; } String x = q;', 'private static final List<String> ALLOWED = Arrays.asList("a", "b");'),
    Idiom('if (!Arrays.asList("a","b").contains(q)) { return; } String x = q;'),
    Idiom('String x = MAP.get(q);', 'private static final Map<String,String> MAP = Map.of("a", "/a");'),
    Idiom('String x = MAP.getOrDefault(q, "/a");', 'private static final Map<String,String> MAP = new HashMap<>(); static { MAP.put("a", "/a"); }'),
    Idiom('if (!"a".equals(q) && !"b".equals(q)) return; String x = q;'),
    Idiom('String x; switch (q) { case "a": x = "/a"; break; case "b": x = q; break; default: x = "/d"; }'),
    Idiom('String x = valid(q) ? q : "/z";', 'static boolean valid(String s) { return s != null && s.matches("[a-z]+"); }'),
    Idiom('String x = V.clean(q);', files={'V': 'package app; public final class V { static String clean(String s) { if (!s.matches("\\\\w+")) return "/z"; return s; } }'}),
    Idiom('String x = q.replaceAll("[^a-zA-Z0-9]", "");'),
    Idiom('Role r = Role.valueOf(q); String x = "/" + r;', 'enum Role { A, B }'),
    Idiom('I i = new A(); String x = i.f(q);', 'interface I { String f(String s); } static class A implements I { public String f(String s) { return "/a"; } } static class B implements I { public String f(String s) { return s; } }'),
    Idiom('I i = F.make("a"); String x = i.f(q);', files={'F': 'package app; class F { static I make(String k) { switch (k) { case "a": return new A(); default: return new B(); } } }', 'I': 'package app; interface I { String f(String s); }', 'A': 'package app; class A implements I { public String f(String s) { return "/a"; } }', 'B': 'package app; class B implements I { public String f(String s) { return s; } }'}),
    Idiom('Box<String> b = new Box<>(q); b = new Box<>("/z"); String x = b.get();', 'static class Box<V> { V v; Box(V v) { this.v = v; } V get() { return v; } }'),
    Idiom('StringBuilder b = new StringBuilder(q); b = new StringBuilder("/z"); String x = b.toString();'),
    Idiom('StringBuilder b = new StringBuilder("/z"); StringBuilder c = b; c.append("y"); new StringBuilder().append(q); String x = b.toString();'),
    Idiom('String x = Optional.of(q).map(String::length).map(n -> "/" + n).orElse("/");'),
    Idiom('Object o = q; String x = o instanceof Integer ? q : "/z";'),
    Idiom('String x = "/z"; if (q.length() > 3 && false) x = q;'),
    Idiom('String x = "/z"; try { Integer.parseInt("5"); } catch (NumberFormatException e) { x = "/y"; }'),
    Idiom('String x = (String) request.getSession().getAttribute("u");'),
    Idiom('String x = System.getenv("HOME");'),
    Idiom('ResourceBundle rb = ResourceBundle.getBundle("a"); String x = rb.getString("k");'),
    Idiom('String x = String.format("/%d", q.length());'),
    Idiom('String x = "/p?u=" + URLEncoder.encode(q, "UTF-8");'),
    Idiom('Iterator<String> it = List.of("/z", q).iterator(); String x = it.next();'),
    Idiom('String[] p = {"/z", q}; String x = p[0];'),
    Idiom('String x = ""; List<String> a = new ArrayList<>(); List<String> b = new ArrayList<>(); a.add(q); b.add("/z"); x = b.get(0);'),
    Idiom('int n = q.length(); String x = n > 3 ? "/a" : "/b";'),
    Idiom('Q r = new Q(q, "/z"); String x = r.b();', 'record Q(String a, String b) {}'),
    Idiom('String x = Optional.ofNullable((String) null).orElse("/z"); '),
]  # fmt: skip


def files_of(idiom: Idiom) -> dict[str, bytes]:
    main = f"{HEAD}{idiom.body}{TAIL}{idiom.members}\n}}\n"
    others = {f"app/{name}.java": code.encode() for name, code in idiom.files.items()}
    return {"app/T.java": main.encode(), **others}
