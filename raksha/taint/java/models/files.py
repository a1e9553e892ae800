"""Files and streams: a path is checked where it is used, and passed on where it is only made."""

from __future__ import annotations

from raksha.taint import kinds
from raksha.taint.java.models.build import STRING, Table, each, merged, methods, passes, sink, source
from raksha.taint.library import EVERY, RECEIVER, Called, Clean, Makes, Passes, Sanitizer

FILE, PATH = "java.io.File", "java.nio.file.Path"
CANONICAL, NORMAL = "java.canonical.String", "java.canonical.Path"  # text and path without ".." in them
OPENED = "path of a file that is used"
USES = sink(kinds.PATH, OPENED, RECEIVER)
FROM_PATH = sink(kinds.PATH, OPENED)
IN, READER = "java.io.InputStream", "java.io.BufferedReader"


def is_no_stream(called: Called) -> bool:
    """Whether the first argument is a path and not the contents, as in Files.copy(stream, path)."""
    given = called.arg(0)
    return given is None or not given.type.endswith("Stream")


FILES = merged([
    methods(FILE, "<init>", Makes(args=(EVERY,))),
    methods(FILE, "exists isFile isDirectory canRead canWrite canExecute length lastModified delete deleteOnExit mkdir"
            " mkdirs createNewFile list listFiles renameTo setReadable setWritable setExecutable setLastModified", USES),
    methods(FILE, "renameTo", FROM_PATH),
    methods(FILE, "createTempFile", sink(kinds.PATH, OPENED, 0, 1, 2)),
    methods(FILE, "exists isFile isDirectory length lastModified delete mkdirs mkdir canRead renameTo", Clean()),
    methods(FILE, "list", Clean("java.array")),
    methods(FILE, "listFiles", Clean("java.array")),
    methods(FILE, "getName", Sanitizer(kinds.PATH.bit, (RECEIVER,), STRING)),
    methods(FILE, "getPath getAbsolutePath toString getParent", passes()),
    methods(FILE, "getCanonicalPath", passes(CANONICAL)),
    methods(FILE, "getAbsoluteFile getParentFile", passes(FILE)),
    methods(FILE, "getCanonicalFile", passes(FILE)),
    methods(FILE, "toPath", passes(PATH)),
    methods(FILE, "toURI", passes("java.net.URI")),
    methods("java.net.URI", "<init> create", Makes("java.net.URI", (EVERY,))),
    each("java.io.FileInputStream java.io.FileOutputStream java.io.FileReader java.io.FileWriter java.io.RandomAccessFile"
         " java.util.zip.ZipFile java.util.jar.JarFile javax.imageio.stream.FileImageInputStream"
         " org.springframework.core.io.FileSystemResource org.springframework.core.io.PathResource"
         " org.springframework.core.io.ClassPathResource", "<init>", FROM_PATH, Makes(args=())),
    each("java.io.PrintWriter java.io.PrintStream java.util.Formatter", "<init>", FROM_PATH, Passes((0,))),
    each("java.io.PrintWriter java.io.PrintStream", "<init>", Passes((0,))),
])  # fmt: skip
PATHS = merged([
    methods("java.nio.file.Paths", "get", Passes((EVERY,), PATH)),
    methods(PATH, "of", Passes((EVERY,), PATH)),
    methods("java.nio.file.FileSystem", "getPath", Passes((EVERY,), PATH)),
    methods("java.nio.file.FileSystems", "getDefault", Passes((), "java.nio.file.FileSystem")),
    methods(PATH, "resolve resolveSibling relativize", Passes((RECEIVER, 0), PATH)),
    methods(PATH, "toAbsolutePath getParent subpath", passes(PATH)),
    methods(PATH, "normalize toRealPath", passes(NORMAL)),
    methods(PATH, "getFileName", Sanitizer(kinds.PATH.bit, (RECEIVER,), PATH)),
    methods(PATH, "toString", passes()),
    methods(PATH, "toFile", passes(FILE)),
    methods(PATH, "toUri", passes("java.net.URI")),
    methods("java.nio.file.Files", "readAllBytes readAllLines readString lines newBufferedReader newInputStream write"
            " writeString newBufferedWriter newOutputStream newByteChannel delete deleteIfExists createFile"
            " createDirectory createDirectories exists notExists isDirectory isRegularFile isReadable isWritable size"
            " list walk find newDirectoryStream setPosixFilePermissions getLastModifiedTime probeContentType",
            FROM_PATH),
    methods("java.nio.file.Files", "copy move createLink createSymbolicLink", sink(kinds.PATH, OPENED, 1),
            sink(kinds.PATH, OPENED, 0, when=is_no_stream)),
    methods("java.nio.file.Files", "exists notExists isDirectory size isRegularFile", Clean()),
    methods("java.nio.file.Files", "readAllLines lines list walk", Clean("java.util.List")),
    methods("java.nio.file.Files", "readString readAllBytes", Clean(STRING)),
    methods("java.nio.file.Files", "newInputStream", Clean(IN)),
    methods("java.nio.file.Files", "newBufferedReader", Clean(READER)),
    methods("java.nio.file.Files", "newOutputStream newBufferedWriter write writeString copy move delete", Clean()),
    methods("java.nio.channels.FileChannel", "open", FROM_PATH),
    each("org.apache.commons.io.FileUtils", "readFileToString readFileToByteArray openInputStream openOutputStream"
         " writeStringToFile deleteDirectory forceDelete copyFile write readLines deleteQuietly moveFile",
         sink(kinds.PATH, OPENED, 0)),
    methods("org.apache.commons.io.FileUtils", "copyFile copyInputStreamToFile moveFile", sink(kinds.PATH, OPENED, 1)),
    methods("org.apache.commons.io.FilenameUtils", "getName getBaseName getExtension",
            Sanitizer(kinds.PATH.bit, (0,), STRING)),
    methods("org.apache.commons.io.FilenameUtils", "normalize concat", passes(STRING, EVERY)),
    each("org.springframework.util.ResourceUtils", "getFile getURL", FROM_PATH),
    methods("org.springframework.core.io.ResourceLoader", "getResource", FROM_PATH),
    methods("java.lang.ClassLoader", "getResourceAsStream getResource", FROM_PATH),
    methods("java.lang.Class", "getResourceAsStream", FROM_PATH, Clean(IN)),
])  # fmt: skip
STREAMS = merged([
    each("java.io.InputStreamReader java.io.BufferedReader java.io.BufferedInputStream java.io.DataInputStream"
         " java.io.ByteArrayInputStream java.io.StringReader java.util.zip.GZIPInputStream java.util.Scanner"
         " java.io.StringBufferInputStream java.util.zip.ZipInputStream java.util.StringTokenizer"
         " java.io.LineNumberReader java.io.PushbackReader java.util.zip.InflaterInputStream", "<init>", Makes(args=(0,))),
    each(f"{READER} java.util.Scanner java.io.DataInputStream java.io.LineNumberReader",
         "readLine nextLine next readUTF", passes()),
    methods("java.util.Scanner", "useDelimiter", Passes((RECEIVER,), "java.util.Scanner")),
    methods("java.util.Scanner", "nextInt nextLong nextDouble nextBoolean hasNext hasNextLine hasNextInt", Clean()),
    methods(READER, "lines", passes("java.util.stream.Stream")),
    methods("java.util.StringTokenizer", "nextToken nextElement", passes()),
    methods("java.util.StringTokenizer", "hasMoreTokens hasMoreElements countTokens", Clean()),
    methods(IN, "readAllBytes readNBytes", passes("byte[]")),
    methods(IN, "read", Passes((RECEIVER,), "", into=(0,))),
    methods("org.apache.commons.io.IOUtils", "toString toByteArray readLines", passes(STRING, 0)),
    methods("org.springframework.util.StreamUtils", "copyToString copyToByteArray", passes(STRING, 0)),
    methods("org.springframework.util.FileCopyUtils", "copyToString copyToByteArray", passes(STRING, 0)),
    methods("java.util.zip.ZipEntry", "getName", source("name inside an archive", only=kinds.PATH.bit)),
    methods("java.util.jar.JarEntry", "getName", source("name inside an archive", only=kinds.PATH.bit)),
    methods("org.apache.commons.compress.archivers.ArchiveEntry", "getName",
            source("name inside an archive", only=kinds.PATH.bit)),
    methods("java.util.zip.ZipInputStream", "getNextEntry", Clean("java.util.zip.ZipEntry")),
    methods("java.util.zip.ZipFile", "getEntry", Clean("java.util.zip.ZipEntry")),
    methods("java.lang.System", "getenv getProperty lineSeparator", Clean(STRING)),
    methods("java.lang.System", "currentTimeMillis nanoTime", Clean()),
])  # fmt: skip
MODELS: Table = merged([FILES, PATHS, STREAMS])
