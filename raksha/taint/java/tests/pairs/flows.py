"""Ways from `in` to `out`, each twice: with the data of the request in `out` at the end, and without.

`true` and `false` differ only in which branch, key, place, object or guard survives. members: methods and classes
beside the handler. files: other files. Lines of a flow may return from the handler, which is void or, with
`RETURN` in it, answers something.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Flow:
    name: str
    true: str
    false: str
    members: str = ""
    files: dict[str, str] = field(default_factory=dict)


BOX = {"Box.java": """package app;
public class Box {
  private String held; private final String label;
  public Box(String label) { this.label = label; }
  public void put(String held) { this.held = held; }
  public String take() { return held; }
  public String name() { return label; }
}"""}  # fmt: skip
STEPS = {
    "Step.java": "package app; public interface Step { String run(String v); }",
    "Pass.java": "package app; public class Pass implements Step { @Override public String run(String v)"
    " { String w = v; return w; } }",
    "Drop.java": "package app; public class Drop implements Step { @Override public String run(String v)"
    ' { return "fixed"; } }',
    "Steps.java": """package app;
public final class Steps {
  public static Step pass() { return new Pass(); }
  public static Step drop() { return new Drop(); }
  public static Step named(String n) { if ("pass".equals(n)) return new Pass(); return new Drop(); }
}""",
}
SHAPE = """
  static abstract class Shape { abstract String tell(String v); String twice(String v) { return tell(v) + tell(v); } }
  static class Open extends Shape { String tell(String v) { return v; } }
  static class Shut extends Shape { String tell(String v) { return "none"; } }"""

FLOWS = [
    Flow("plain", "String out = in;", 'String out = in; out = "safe";'),
    Flow("concat", 'String out = "a" + in + "b";', 'String out = "a" + in.length() + "b";'),
    Flow("ternary", 'int n = 106; String out = (7 * 18) + n > 200 ? in : "no";',
         'int n = 6; String out = (7 * 18) + n > 200 ? in : "no";'),
    Flow("if", 'String out; int n = 86; if ((7 * 42) - n > 200) out = in; else out = "no";',
         'String out; int n = 96; if ((7 * 42) - n > 200) out = in; else out = "no";'),
    Flow("switch-char", """String out; String g = "XYZ"; char t = g.charAt(2);
      switch (t) { case 'X': out = "x"; break; case 'Y': case 'Z': out = in; break; default: out = "d"; }""",
         """String out; String g = "XYZ"; char t = g.charAt(0);
      switch (t) { case 'X': out = "x"; break; case 'Y': case 'Z': out = in; break; default: out = "d"; }"""),
    Flow("switch-arrow", 'int k = 2; String out = switch (k) { case 1, 3 -> "a"; case 2 -> in; default -> "b"; };',
         'int k = 3; String out = switch (k) { case 1, 3 -> "a"; case 2 -> in; default -> "b"; };'),
    Flow("switch-text", 'String m = "on"; String out = "x"; switch (m.toUpperCase()) { case "ON": out = in; }',
         'String m = "off"; String out = "x"; switch (m.toUpperCase()) { case "ON": out = in; }'),
    Flow("list", 'List<String> l = new ArrayList<>(); l.add("a"); l.add(in); l.add("b"); l.remove(0);'
         " String out = l.get(0);",
         'List<String> l = new ArrayList<>(); l.add("a"); l.add(in); l.add("b"); l.remove(0);'
         " String out = l.get(1);"),
    Flow("linked", 'LinkedList<String> l = new LinkedList<>(); l.addFirst(in); l.addLast("z");'
         " String out = l.getFirst();",
         'LinkedList<String> l = new LinkedList<>(); l.addFirst(in); l.addLast("z");'
         " String out = l.getLast();"),
    Flow("map", 'Map<String, Object> m = new HashMap<>(); m.put("a", "1"); m.put("b", in); m.put("c", "3");'
         ' String out = (String) m.get("b");',
         'Map<String, Object> m = new HashMap<>(); m.put("a", "1"); m.put("b", in); m.put("c", "3");'
         ' String out = (String) m.get("b"); out = (String) m.get("a");'),
    Flow("array", 'String[] a = new String[3]; a[0] = "x"; a[1] = in; String out = a[1];',
         'String[] a = new String[3]; a[0] = "x"; a[1] = in; String out = a[0];'),
    Flow("array-literal", 'String[] a = {"x", in, "y"}; int i = a.length - 2; String out = a[i];',
         'String[] a = {"x", in, "y"}; int i = a.length - 1; String out = a[i];'),
    Flow("builder", 'StringBuilder sb = new StringBuilder("p"); sb.append(in).append("q"); String out = sb.toString();',
         'StringBuilder sb = new StringBuilder("p"); sb.append(in).append("q"); sb.setLength(0); sb.append("z");'
         " String out = sb.toString();"),
    Flow("substring", 'String all = "ab" + in; String out = all.substring(2);',
         'String all = "ab" + in; String out = all.substring(0, 2);'),
    Flow("base64", "String out = new String(Base64.getDecoder().decode(Base64.getEncoder().encode(in.getBytes())));",
         "String out = new String(Base64.getDecoder().decode(Base64.getEncoder().encode(in.getBytes())));"
         ' out = "x".concat("y");'),
    Flow("helper", "String out = first(in, \"k\");", "String out = first(\"k\", in);",
         "  private static String first(String a, String b) { String r = a.trim(); return r; }"),
    Flow("helper-branch", "String out = pick(in, 3);", "String out = pick(in, 2);",
         '  String pick(String v, int n) { if (n % 2 == 1) { return v; } return "even"; }'),
    Flow("recursion", "String out = again(in, 3);", 'String out = again("c", 3);',
         "  String again(String v, int n) { return n == 0 ? v : again(v, n - 1); }"),
    Flow("inner", "String out = new Inner().work(in);", "String out = new Inner().rest(in);",
         '  class Inner { String work(String v) { return v + "!"; } String rest(String v) { return "!"; } }'),
    Flow("field", 'Box b = new Box(in); b.put("x"); String out = b.name();',
         'Box b = new Box(in); b.put("x"); String out = b.take();', files=BOX),
    Flow("two-objects", 'Box b = new Box("l"); Box c = new Box("l"); b.put(in); c.put("y"); String out = b.take();',
         'Box b = new Box("l"); Box c = new Box("l"); b.put(in); c.put("y"); String out = c.take();', files=BOX),
    Flow("alias", 'Box b = new Box("l"); Box c = b; c.put(in); String out = b.take();',
         'Box b = new Box("l"); Box c = b; b.put(in); c.put("y"); String out = b.take();', files=BOX),
    Flow("factory", "Step s = Steps.pass(); String out = s.run(in);", "Step s = Steps.drop(); String out = s.run(in);",
         files=STEPS),
    Flow("factory-named", 'String out = Steps.named("pass").run(in);', 'String out = Steps.named("other").run(in);',
         files=STEPS),
    Flow("dispatch", "Shape s = new Open(); String out = s.twice(in);", "Shape s = new Shut(); String out = s.twice(in);",
         SHAPE),
    Flow("anonymous", "Step s = new Step() { public String run(String v) { return v; } }; String out = s.run(in);",
         'Step s = new Step() { public String run(String v) { return "c"; } }; String out = s.run(in);', files=STEPS),
    Flow("lambda", "java.util.function.Function<String, String> f = v -> v.strip(); String out = f.apply(in);",
         'java.util.function.Function<String, String> f = v -> "s"; String out = f.apply(in);'),
    Flow("supplier", "java.util.function.Supplier<String> f = () -> in; String out = f.get();",
         'java.util.function.Supplier<String> f = () -> "s"; String out = f.get();'),
    Flow("record", 'Pair p = new Pair("x", in); String out = p.b();', 'Pair p = new Pair("x", in); String out = p.a();',
         "  record Pair(String a, String b) { }"),
    Flow("enum", 'Mode m = Mode.LOUD; String out = switch (m) { case LOUD -> in; case QUIET -> "q"; };',
         'Mode m = Mode.QUIET; String out = switch (m) { case LOUD -> in; case QUIET -> "q"; };',
         "  enum Mode { LOUD, QUIET }"),
    Flow("loop", 'String out = ""; for (String p : in.split(",")) { out += p; }',
         'String out = ""; for (String p : in.split(",")) { out += p.length(); }'),
    Flow("loop-count", 'String out = "s"; for (int i = 0; i < 3; i++) { if (i == 2) out = in; }',
         'String out = "s"; for (int i = 0; i < 3; i++) { if (i == 3) out = in; }'),
    Flow("for-each-list", 'String out = ""; for (String p : List.of("a", in)) { out = p; }',
         'String out = ""; for (String p : List.of(in, "a")) { } for (String p : List.of("a", "b")) { out = p; }'),
    Flow("optional", 'String out = Optional.ofNullable(in).map(String::trim).orElse("d");',
         'String out = Optional.ofNullable(in).map(v -> "m").orElse("d");'),
    Flow("stream", 'String out = java.util.stream.Stream.of("a", in).map(String::toUpperCase)'
         '.collect(java.util.stream.Collectors.joining(","));',
         'String out = java.util.stream.Stream.of("a", in).map(v -> "" + v.length())'
         '.collect(java.util.stream.Collectors.joining(","));'),
    Flow("allowed-set", 'Set<String> ok = Set.of("a", "b"); if (ok.contains(in)) { log("known"); } String out = in;',
         'Set<String> ok = Set.of("a", "b"); if (!ok.contains(in)) { RETURN } String out = in;',
         "  void log(String s) { }"),
    Flow("equals", 'String out = "a"; if (!in.equals("fixed")) out = in;', 'String out = "a"; if (in.equals("fixed")) out = in;'),
    Flow("pattern-guard", 'if (in.matches("[a-z]+")) { log("ok"); } String out = in;',
         'if (!in.matches("[a-z]+")) { RETURN } String out = in;', "  void log(String s) { }"),
    Flow("number", "String out = in; int n = Integer.parseInt(\"1\");", "String out = \"\" + Integer.parseInt(in);"),
    Flow("validator", "if (!fine(in)) { log(in.length()); } String out = in;",
         "if (!fine(in)) { RETURN } String out = in;",
         '  static boolean fine(String v) { return v != null && v.matches("[A-Za-z0-9]{1,30}"); }\n  void log(int n) { }'),
    Flow("asserting", "check(in.length()); String out = in;", "check(in); String out = in;",
         '  void check(String v) { if (!v.matches("\\\\w+")) throw new IllegalArgumentException("bad"); }\n'
         '  void check(int n) { }'),
    Flow("static-field", 'KEPT = in; String out = KEPT;', 'KEPT = in; KEPT = "z"; String out = KEPT;', "  static String KEPT;"),
    Flow("try", 'String out; try { out = in; Integer.parseInt("x1"); } catch (NumberFormatException e) { log("x"); }',
         'String out = in; try { out = "t"; } finally { out = "f"; }', "  void log(String s) { }"),
    Flow("constant-field", 'String out = LIMIT > 10 ? in : "low";', 'String out = LIMIT < 10 ? in : "low";',
         "  private static final int LIMIT = 12;"),
    Flow("format", 'String out = String.format("%s-%d", in, 3);', 'String out = String.format("%d-%d", in.length(), 3);'),
    Flow("queue", 'Deque<String> q = new ArrayDeque<>(); q.push("a"); q.push(in); String out = q.pop();',
         'Deque<String> q = new ArrayDeque<>(); q.push(in); q.push("a"); String out = q.pop();'),
    Flow("iterator", 'List<String> l = Arrays.asList(in, "x"); Iterator<String> it = l.iterator(); String out = it.next();',
         'List<String> l = Arrays.asList("y", "x"); Iterator<String> it = l.iterator(); String out = it.next();'
         " if (in.isEmpty()) RETURN"),
    Flow("instanceof", 'Object o = in; String out = ""; if (o instanceof String s) { out = s; }',
         'Object o = in.length(); String out = ""; if (o instanceof String s) { out = s; }'),
    Flow("while-break", 'String out = "a"; int i = 0; while (true) { if (i++ > 2) { out = in; break; } }',
         'String out = "a"; int i = 0; while (true) { if (i++ > 2) { break; } if (i > 5) out = in; }'),
]  # fmt: skip
