"""Pairs that do not go through flows: escapes and guards of one kind of sink, and settings.

Each is (cwe, name, true body, false body); bodies stand in a servlet's doGet, `q` is a request parameter.
"""

# ruff: noqa: S608 - lines of Java, whose SQL is text here
from __future__ import annotations

FILE = 'File f = new File("/data/" + q);'
OPEN = "FileInputStream s = new FileInputStream(f);"
PARSE = "b.parse(request.getInputStream());"
DOM = "javax.xml.parsers.DocumentBuilderFactory d = javax.xml.parsers.DocumentBuilderFactory.newInstance();"
BUILD = "javax.xml.parsers.DocumentBuilder b = d.newDocumentBuilder(); "
COOKIE = 'Cookie c = new Cookie("k", "v"); '
SQL = 'Connection c = DriverManager.getConnection("jdbc:x"); '
XP = "javax.xml.xpath.XPath xp = javax.xml.xpath.XPathFactory.newInstance().newXPath(); "
LD = "javax.naming.directory.DirContext ld = new javax.naming.directory.InitialDirContext(); "
KEYGEN = 'javax.crypto.KeyGenerator g = javax.crypto.KeyGenerator.getInstance("AES"); '

PAIRS = [
    (89, "bound", SQL + 'PreparedStatement p = c.prepareStatement("SELECT * FROM t WHERE n = \'" + q + "\'"); p.executeQuery();',
     SQL + 'PreparedStatement p = c.prepareStatement("SELECT * FROM t WHERE n = ?"); p.setString(1, q); p.executeQuery();'),
    (89, "order-by", SQL + 'c.createStatement().executeQuery("SELECT * FROM t ORDER BY " + q);',
     SQL + 'String col = switch (q) { case "name" -> "name"; default -> "id"; };'
     ' c.createStatement().executeQuery("SELECT * FROM t ORDER BY " + col);'),
    (89, "number", SQL + 'c.createStatement().executeQuery("SELECT * FROM t WHERE id = " + q);',
     SQL + 'c.createStatement().executeQuery("SELECT * FROM t WHERE id = " + Integer.parseInt(q));'),
    (89, "allow-map", SQL + 'Map<String, String> m = Map.of("a", "col_a"); c.createStatement().executeQuery('
     '"SELECT " + m.getOrDefault("a", "x") + " FROM t WHERE n = \'" + q + "\'");',
     SQL + 'Map<String, String> m = Map.of("a", "col_a", "b", "col_b"); c.createStatement().executeQuery('
     '"SELECT " + m.getOrDefault(q, "col_a") + " FROM t");'),
    (89, "jpa", 'javax.persistence.EntityManager em = null; helper(); javax.persistence.Query x ='
     ' entities().createQuery("from T where n = \'" + q + "\'"); x.getResultList();',
     'javax.persistence.Query x = entities().createQuery("from T where n = :n"); x.setParameter("n", q); x.getResultList();'),
    (78, "no-shell", 'new ProcessBuilder("sh", "-c", "convert " + q).start();', 'new ProcessBuilder("convert", q).start();'),
    (78, "choice", 'Runtime.getRuntime().exec("svc " + q);',
     'if (q.equals("start") || q.equals("stop")) { Runtime.getRuntime().exec("svc " + q); }'),
    (78, "windows-or-not", 'String a; String b; if (System.getProperty("os.name").contains("Win")) { a = "cmd.exe"; b = "/c"; }'
     ' else { a = "sh"; b = "-c"; } String[] all = {a, b, "echo " + q}; Runtime.getRuntime().exec(all);',
     'String a; String b; if (System.getProperty("os.name").contains("Win")) { a = "cmd.exe"; b = "/c"; }'
     ' else { a = "sh"; b = "-c"; } String[] all = {a, b, "echo " + q.length()}; Runtime.getRuntime().exec(all);'),
    (78, "environment", 'String[] env = {"A=" + q}; Runtime.getRuntime().exec("ls", env);',
     'String[] env = {"A=b"}; Runtime.getRuntime().exec("ls", env);'),
    (22, "canonical", FILE + 'String p = f.getCanonicalPath(); if (p.startsWith("/data/")) { log(p); } ' + OPEN,
     FILE + 'String p = f.getCanonicalPath(); if (!p.startsWith("/data/")) { throw new SecurityException(); } ' + OPEN),
    (22, "normalized", 'Path p = Paths.get("/data").resolve(q); Files.readString(p);',
     'Path p = Paths.get("/data").resolve(q).normalize(); if (!p.startsWith("/data")) { return; } Files.readString(p);'),
    (22, "base-name", FILE + " f.delete();", 'File f = new File("/data/", new File(q).getName()); f.delete();'),
    (22, "filename-utils", FILE + " if (f.exists()) { f.delete(); }",
     'File f = new File("/data/" + org.apache.commons.io.FilenameUtils.getName(q)); if (f.exists()) { f.delete(); }'),
    (22, "dots", 'if (q.contains("x")) { return; } new FileReader("/data/" + q);',
     'if (q.contains("..")) { return; } new FileReader("/data/" + q);'),
    (22, "pattern", 'new FileReader("/data/" + q);',
     'if (!java.util.regex.Pattern.compile("^[a-z0-9]{1,20}$").matcher(q).matches()) { return; } new FileReader("/data/" + q);'),
    (79, "encode", 'response.getWriter().print("<b>" + q + "</b>");',
     'response.getWriter().print("<b>" + org.owasp.encoder.Encode.forHtml(q) + "</b>");'),
    (79, "esapi", 'response.getWriter().write("<i>" + q);',
     'response.getWriter().write("<i>" + org.owasp.esapi.ESAPI.encoder().encodeForHTML(q));'),
    (79, "spring-escape", 'PrintWriter w = response.getWriter(); w.append("x").append(q);',
     'PrintWriter w = response.getWriter(); w.append("x").append(org.springframework.web.util.HtmlUtils.htmlEscape(q));'),
    (79, "plain-text", 'response.setContentType("text/html;charset=UTF-8"); response.getWriter().println(q);',
     'response.setContentType("text/plain"); response.getWriter().println(q);'),
    (79, "json", 'response.getWriter().println("{\\"q\\": \\"" + q + "\\"}");',
     'response.setContentType("application/json"); response.getWriter().println("{\\"q\\": \\"" + q + "\\"}");'),
    (79, "wrong-escape", "response.getWriter().println(q.trim().toLowerCase());",
     "response.getWriter().println(org.apache.commons.text.StringEscapeUtils.escapeHtml4(q.trim()));"),
    (79, "manual-escape", 'response.getWriter().println(q.replace("x", "&lt;"));',
     'response.getWriter().println(q.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"));'),
    (79, "stream", "response.getOutputStream().write(q.getBytes());",
     'response.getOutputStream().write(("n" + q.length()).getBytes());'),
    (90, "ldap-encode", LD + 'ld.search("ou=p", "(uid=" + q + ")", null);',
     LD + 'ld.search("ou=p", "(uid=" + org.springframework.ldap.support.LdapEncoder.filterEncode(q) + ")", null);'),
    (90, "ldap-arguments", LD + 'ld.search("ou=" + q, "(uid=a)", null);',
     LD + 'ld.search("ou=p", "(uid={0})", new Object[] {q}, null);'),
    (643, "xpath-check", XP + 'xp.evaluate("/u[@n=\'" + q + "\']", doc());',
     XP + 'if (!q.matches("[A-Za-z0-9]+")) { return; } xp.evaluate("/u[@n=\'" + q + "\']", doc());'),
    (643, "xpath-esapi", XP + 'xp.compile("/u[@n=\'" + q + "\']");',
     XP + 'xp.compile("/u[@n=\'" + org.owasp.esapi.ESAPI.encoder().encodeForXPath(q) + "\']");'),
    (611, "doctype", DOM + BUILD + PARSE,
     DOM + ' d.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true); ' + BUILD + PARSE),
    (611, "secure-processing", DOM + " d.setNamespaceAware(true); " + BUILD + PARSE,
     DOM + " d.setFeature(javax.xml.XMLConstants.FEATURE_SECURE_PROCESSING, true); " + BUILD + PARSE),
    (611, "wrong-value", DOM + ' d.setFeature("http://apache.org/xml/features/disallow-doctype-decl", false); ' + BUILD + PARSE,
     DOM + ' d.setFeature("http://xml.org/sax/features/external-general-entities", false);'
     ' d.setFeature("http://xml.org/sax/features/external-parameter-entities", false); ' + BUILD + PARSE),
    (611, "stream-reader", "javax.xml.stream.XMLInputFactory x = javax.xml.stream.XMLInputFactory.newInstance();"
     " x.createXMLStreamReader(request.getReader());",
     "javax.xml.stream.XMLInputFactory x = javax.xml.stream.XMLInputFactory.newInstance();"
     " x.setProperty(javax.xml.stream.XMLInputFactory.SUPPORT_DTD, false); x.createXMLStreamReader(request.getReader());"),
    (611, "sax", "javax.xml.parsers.SAXParser p = javax.xml.parsers.SAXParserFactory.newInstance().newSAXParser();"
     " p.parse(request.getInputStream(), new org.xml.sax.helpers.DefaultHandler());",
     "javax.xml.parsers.SAXParserFactory s = javax.xml.parsers.SAXParserFactory.newInstance();"
     ' s.setFeature("http://apache.org/xml/features/disallow-doctype-decl", Boolean.TRUE);'
     " s.newSAXParser().parse(request.getInputStream(), new org.xml.sax.helpers.DefaultHandler());"),
    (502, "filter", "ObjectInputStream o = new ObjectInputStream(request.getInputStream()); o.readObject();",
     "ObjectInputStream o = new ObjectInputStream(request.getInputStream());"
     ' o.setObjectInputFilter(ObjectInputFilter.Config.createFilter("app.*;!*")); o.readObject();'),
    (502, "yaml", "new org.yaml.snakeyaml.Yaml().load(q);",
     "new org.yaml.snakeyaml.Yaml(new org.yaml.snakeyaml.constructor.SafeConstructor()).load(q);"),
    (601, "fixed-host", "response.sendRedirect(q);", 'response.sendRedirect("/home?next=" + q);'),
    (601, "allowed", 'response.sendRedirect("https://" + q);',
     'List<String> ok = List.of("/a", "/b"); if (ok.contains(q)) { response.sendRedirect(q); }'),
    (918, "fixed-host", "new URL(q).openStream();", 'new URL("https://api.example.org/v1/" + q).openStream();'),
    (918, "allowed-host", 'new URL("http://" + q + "/x").openStream();',
     'Set<String> hosts = Set.of("a.example.org"); if (!hosts.contains(q)) { return; } new URL("http://" + q + "/x").openStream();'),
    (501, "validated", 'request.getSession().setAttribute("n", q);',
     'if (q.matches("\\\\d{1,9}")) { request.getSession().setAttribute("n", q); }'),
    (94, "script", 'new javax.script.ScriptEngineManager().getEngineByName("js").eval(q);',
     'javax.script.ScriptEngine e = new javax.script.ScriptEngineManager().getEngineByName("js"); e.put("q", q); e.eval("f(q)");'),
    (113, "line-breaks", 'response.addHeader("X-N", q);', 'response.addHeader("X-N", q.replaceAll("[\\\\r\\\\n]", ""));'),
    (117, "line-breaks", 'java.util.logging.Logger.getLogger("a").info("in " + q);',
     'java.util.logging.Logger.getLogger("a").info("in " + q.replace("\\n", "_").replace("\\r", "_"));'),
    (470, "class", "Class.forName(q).newInstance();",
     'if (Set.of("app.A", "app.B").contains(q)) { Class.forName(q).newInstance(); }'),
    (1333, "quote", 'java.util.regex.Pattern.compile("a" + q + "b");',
     'java.util.regex.Pattern.compile("a" + java.util.regex.Pattern.quote(q) + "b");'),
    (328, "digest", 'java.security.MessageDigest.getInstance("MD5");', 'java.security.MessageDigest.getInstance("SHA-256");'),
    (328, "digest-provider", 'java.security.MessageDigest.getInstance("SHA1", "SUN");',
     'java.security.MessageDigest.getInstance("SHA-512", "SUN");'),
    (328, "default", 'Properties p = new Properties(); p.load(stream()); java.security.MessageDigest.getInstance('
     'p.getProperty("alg", "MD5"));',
     'Properties p = new Properties(); p.load(stream()); java.security.MessageDigest.getInstance('
     'p.getProperty("alg", "SHA-384"));'),
    (328, "chosen", 'String a = q.isEmpty() ? "SHA-256" : "sha-1"; java.security.MessageDigest.getInstance(a);',
     'String a = q.isEmpty() ? "SHA-256" : "SHA3-256"; java.security.MessageDigest.getInstance(a);'),
    (328, "field", "java.security.MessageDigest.getInstance(WEAK);", "java.security.MessageDigest.getInstance(STRONG);"),
    (327, "cipher", 'javax.crypto.Cipher.getInstance("DES/CBC/PKCS5Padding");',
     'javax.crypto.Cipher.getInstance("AES/GCM/NoPadding");'),
    (327, "mode", 'javax.crypto.Cipher.getInstance("AES/ECB/PKCS5Padding");',
     'javax.crypto.Cipher.getInstance("AES/CBC/PKCS5Padding");'),
    (327, "key", 'javax.crypto.KeyGenerator.getInstance("DESede");', 'javax.crypto.KeyGenerator.getInstance("AES");'),
    (327, "joined", 'String a = "RC"; javax.crypto.Cipher.getInstance(a + 4);',
     'String a = "AES"; javax.crypto.Cipher.getInstance(a + "/GCM/" + "NoPadding");'),
    (330, "random", 'int n = new java.util.Random().nextInt(10);', 'int n = new java.security.SecureRandom().nextInt(10);'),
    (330, "math", "String t = String.valueOf(Math.random());",
     'String t = String.valueOf(java.security.SecureRandom.getInstance("SHA1PRNG").nextDouble());'),
    (330, "declared", "Random r = new Random(); r.nextBytes(new byte[8]);",
     'Random r = java.security.SecureRandom.getInstance("SHA1PRNG"); r.nextBytes(new byte[8]);'),
    (614, "absent", COOKIE + "response.addCookie(c);", COOKIE + "c.setSecure(true); response.addCookie(c);"),
    (614, "false", COOKIE + "c.setSecure(false); c.setPath(request.getRequestURI()); response.addCookie(c);",
     COOKIE + "c.setPath(request.getRequestURI()); c.setSecure(!false); response.addCookie(c);"),
    (614, "helper", "response.addCookie(baked(false));", "response.addCookie(baked(true));"),
    (326, "short-key", KEYGEN + "java.security.KeyPairGenerator k = java.security.KeyPairGenerator.getInstance(\"RSA\"); k.initialize(1024);",
     "java.security.KeyPairGenerator k = java.security.KeyPairGenerator.getInstance(\"RSA\"); k.initialize(2048);"),
    (329, "vector", 'byte[] iv = "0123456789abcdef".getBytes(); new javax.crypto.spec.IvParameterSpec(iv);',
     "byte[] iv = new byte[16]; new java.security.SecureRandom().nextBytes(iv); new javax.crypto.spec.IvParameterSpec(iv);"),
    (798, "key", 'new javax.crypto.spec.SecretKeySpec("sesame-open-1234".getBytes(), "AES");',
     'new javax.crypto.spec.SecretKeySpec(System.getenv("KEY").getBytes(), "AES");'),
    (295, "host-names", "javax.net.ssl.HttpsURLConnection.setDefaultHostnameVerifier((h, s) -> true);",
     'javax.net.ssl.HttpsURLConnection.setDefaultHostnameVerifier((h, s) -> h.equals("a.example.org"));'),
]  # fmt: skip
MEMBERS = """
  static final String WEAK = "MD" + 5; static final String STRONG = "SHA-" + 256;
  void log(String s) { }  void helper() { }
  Cookie baked(boolean on) { Cookie c = new Cookie("k", "v"); c.setSecure(on); return c; }
  native javax.persistence.EntityManager entities();  native Object doc();  native InputStream stream();
"""
