"""Where data comes from, where it goes, and the frames around: servlet, Spring, JAX-RS."""

from __future__ import annotations

from dataclasses import dataclass

IMPORTS = """package app;
import java.io.*; import java.nio.file.*; import java.sql.*; import java.util.*; import java.net.*;
import javax.servlet.*; import javax.servlet.http.*; import javax.servlet.annotation.WebServlet;
"""


@dataclass(frozen=True)
class Source:
    """code sets `String in`; frame: which kind of handler it stands in; params: of that handler."""

    name: str
    code: str
    frame: str = "servlet"
    params: str = ""


@dataclass(frozen=True)
class Sink:
    """code uses `out`. frames: which it fits; imports as text."""

    cwe: int
    name: str
    code: str
    imports: str = ""


SERVLET = """@WebServlet("/case")
public class Case extends HttpServlet {{
  @Override protected void doPost(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {{
    doGet(request, response);
  }}
  @Override protected void doGet(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {{
    try {{
      {body}
    }} catch (RuntimeException e) {{ throw e; }} catch (Exception e) {{ throw new ServletException(e); }}
  }}
{members}
}}
"""
SPRING = """
@org.springframework.web.bind.annotation.RestController
public class Case {{
  @org.springframework.web.bind.annotation.PostMapping("/case/{{id}}")
  public void handle({params}, HttpServletRequest request, HttpServletResponse response) throws Exception {{
      {body}
  }}
{members}
}}
"""
JAXRS = """import javax.ws.rs.*;
@javax.ws.rs.Path("/case")
public class Case {{
  @GET @Produces("text/plain")
  public void handle({params}, @javax.ws.rs.core.Context HttpServletRequest request, @javax.ws.rs.core.Context HttpServletResponse response) throws Exception {{
      {body}
  }}
{members}
}}
"""
FRAMES = {"servlet": SERVLET, "spring": SPRING, "jaxrs": JAXRS}
SOURCES = [
    Source("parameter", 'String in = request.getParameter("q"); if (in == null) in = "";'),
    Source("header", 'String in = request.getHeader("X-Thing");'),
    Source("query", 'String in = URLDecoder.decode(request.getQueryString().substring(2), "UTF-8");'),
    Source("values", 'String[] vs = request.getParameterValues("q"); String in = vs != null && vs.length > 0 ? vs[0] : "";'),
    Source("map", 'Map<String, String[]> ps = request.getParameterMap(); String in = ""; if (!ps.isEmpty()) {'
           ' String[] v = ps.get("q"); if (v != null) in = v[0]; }'),
    Source("cookies", 'String in = "none"; for (Cookie k : request.getCookies()) { if (k.getName().equals("q")) {'
           ' in = k.getValue(); break; } }'),
    Source("headers", 'String in = ""; Enumeration<String> hs = request.getHeaders("X-Thing");'
           " if (hs != null && hs.hasMoreElements()) { in = hs.nextElement(); }"),
    Source("names", 'String in = ""; Enumeration<String> ns = request.getParameterNames(); while (ns.hasMoreElements()) {'
           " String n = ns.nextElement(); if (n.length() > 3) in = n; }"),
    Source("reader", "String in = request.getReader().readLine();"),
    Source("path-info", "String in = request.getPathInfo();"),
    Source("request-param", "String in = q;", "spring",
           '@org.springframework.web.bind.annotation.RequestParam("q") String q'),
    Source("path-variable", "String in = id;", "spring", "@org.springframework.web.bind.annotation.PathVariable String id"),
    Source("request-body", 'String in = body.get("x");', "spring",
           "@org.springframework.web.bind.annotation.RequestBody Map<String, String> body"),
    Source("query-param", "String in = q;", "jaxrs", '@QueryParam("q") String q'),
]  # fmt: skip
SINKS = [
    Sink(89, "statement", 'Connection c = DriverManager.getConnection("jdbc:x"); Statement s = c.createStatement();'
         ' ResultSet r = s.executeQuery("SELECT * FROM t WHERE n = \'" + out + "\'");'),
    Sink(89, "prepare", 'Connection c = DriverManager.getConnection("jdbc:x");'
         ' PreparedStatement s = c.prepareStatement("SELECT * FROM t WHERE n = \'" + out + "\' AND k = ?");'
         " s.setInt(1, 3); s.execute();"),
    Sink(89, "template", "org.springframework.jdbc.core.JdbcTemplate t = new org.springframework.jdbc.core.JdbcTemplate();"
         ' t.queryForList("SELECT n FROM t WHERE n = \'" + out + "\'");'),
    Sink(78, "exec-array", 'String[] cmd = {"sh", "-c", "ls " + out}; Runtime.getRuntime().exec(cmd);'),
    Sink(78, "exec", 'Runtime rt = Runtime.getRuntime(); Process p = rt.exec("ls " + out);'),
    Sink(78, "builder", 'ProcessBuilder pb = new ProcessBuilder("bash", "-c", "echo " + out); pb.start();'),
    Sink(78, "builder-list", 'List<String> args = new ArrayList<>(); args.add("sh"); args.add("-c"); args.add("echo " + out);'
         " ProcessBuilder pb = new ProcessBuilder(); pb.command(args); pb.start();"),
    Sink(22, "stream", 'FileInputStream f = new FileInputStream(new File("/data/" + out)); f.read();'),
    Sink(22, "writer", 'String name = "/data/" + out; FileOutputStream f = new FileOutputStream(name, false);'),
    Sink(22, "paths", 'byte[] b = Files.readAllBytes(Paths.get("/data").resolve(out));'),
    Sink(79, "println", 'response.setContentType("text/html"); PrintWriter w = response.getWriter(); w.println("<p>" + out + "</p>");'),
    Sink(79, "format", 'response.getWriter().format("<p>%s %s</p>", "a", out);'),
    Sink(79, "write-chars", "response.getWriter().write(out.toCharArray());"),
    Sink(79, "array", 'Object[] obj = {"a", out}; response.getWriter().printf(Locale.US, "<b>%1$s %2$s</b>", obj);'),
    Sink(90, "search", "javax.naming.directory.DirContext d = new javax.naming.directory.InitialDirContext();"
         ' d.search("ou=people", "(&(uid=" + out + ")(a=b))", new javax.naming.directory.SearchControls());'),
    Sink(643, "evaluate", 'XPath xp = XPathFactory.newInstance().newXPath(); xp.evaluate("/u[@n=\'" + out + "\']", doc);',
         "import javax.xml.xpath.*;"),
    Sink(643, "compile", 'XPathExpression e = XPathFactory.newInstance().newXPath().compile("/u[@n=\'" + out + "\']"); e.evaluate(doc);',
         "import javax.xml.xpath.*;"),
    Sink(611, "document", "DocumentBuilder b = DocumentBuilderFactory.newInstance().newDocumentBuilder();"
         " b.parse(new org.xml.sax.InputSource(new StringReader(out)));", "import javax.xml.parsers.*;"),
    Sink(502, "object-stream", "ObjectInputStream o = new ObjectInputStream(new ByteArrayInputStream("
         "Base64.getDecoder().decode(out))); Object r = o.readObject();"),
    Sink(601, "redirect", "response.sendRedirect(out);"),
    Sink(918, "url", 'URL u = new URL(out); HttpURLConnection h = (HttpURLConnection) u.openConnection(); h.getInputStream();'),
    Sink(918, "rest", 'String r = new org.springframework.web.client.RestTemplate().getForObject(out, String.class);'),
    Sink(501, "session", 'request.getSession().setAttribute("k", out);'),
    Sink(501, "session-name", 'HttpSession hs = request.getSession(true); hs.putValue(out, "v");'),
    Sink(94, "script", 'new javax.script.ScriptEngineManager().getEngineByName("js").eval("f(" + out + ")");'),
    Sink(94, "spel", "new org.springframework.expression.spel.standard.SpelExpressionParser().parseExpression(out).getValue();"),
    Sink(113, "header", 'response.setHeader("X-Name", out);'),
    Sink(117, "log", 'org.slf4j.LoggerFactory.getLogger("a").info("user " + out);'),
    Sink(470, "class", "Class<?> k = Class.forName(out); k.newInstance();"),
    Sink(1333, "regex", 'boolean m = java.util.regex.Pattern.compile(out).matcher("x").find();'),
    Sink(1336, "template", 'org.apache.velocity.app.Velocity.evaluate(null, new StringWriter(), "t", out);'),
]  # fmt: skip
