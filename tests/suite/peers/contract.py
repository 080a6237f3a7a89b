"""The contract's applications for servers that run WSGI applications: `site` and `hello`."""

import subprocess
import time

KNOWN = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"}


def hello(environ, start_response):
    return answer(start_response, "200 OK", b"Hello, World!", environ["REQUEST_METHOD"])


def site(environ, start_response):
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    if method not in KNOWN:
        return answer(start_response, "501 Not Implemented", b"Not Implemented\n")
    if path == "*":
        return answer(start_response, "204 No Content", b"", method)
    name, _, rest = path[1:].partition("/")
    page, methods = PAGES.get(name, (None, ()))
    if page is None or ("/" in path[1:]) != (name in WITH_A_NUMBER):
        return answer(start_response, "404 Not Found", b"Not Found\n", method)
    if method == "OPTIONS":
        return answer(start_response, "204 No Content", b"", method)
    if method not in methods and not (method == "HEAD" and "GET" in methods):
        fields = [("Allow", ", ".join(methods))]
        return answer(start_response, "405 Method Not Allowed", b"Method Not Allowed\n", method, fields)
    return page(environ, start_response, rest)


def answer(start_response, status, body, method="GET", fields=()):
    if status[:3] == "204":
        start_response(status, list(fields))
        return []
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), *fields])
    return [] if method == "HEAD" else [body]


def first_page(environ, start_response, rest):
    return answer(start_response, "200 OK", b"Hello from WSGI\n", environ["REQUEST_METHOD"])


def echo(environ, start_response, rest):
    # A body in chunks has no CONTENT_LENGTH with some servers; they end wsgi.input with it.
    length = environ.get("CONTENT_LENGTH")
    chunked = "HTTP_TRANSFER_ENCODING" in environ or environ.get("wsgi.input_terminated")
    body = environ["wsgi.input"].read(int(length)) if length else environ["wsgi.input"].read() if chunked else b""
    return answer(start_response, "200 OK", body)


def environ_page(environ, start_response, rest):
    lines = [f"{name}: {value}\n" for name, value in sorted(environ.items())]
    body = "".join(lines).encode("latin-1", "replace")
    return answer(start_response, "200 OK", body, environ["REQUEST_METHOD"])


def stream(environ, start_response, rest):
    start_response("200 OK", [("Content-Type", "text/plain")])

    def blocks():
        for number in range(3):
            yield b"block %d\n" % number
            time.sleep(0.1)

    return [] if environ["REQUEST_METHOD"] == "HEAD" else blocks()


def milliseconds(text):
    return int(text) / 1000 if text.isascii() and text.isdigit() and len(text) < 10 else None


def sleep(environ, start_response, rest):
    seconds = milliseconds(rest)
    if seconds is None:
        return answer(start_response, "400 Bad Request", b"not a number of milliseconds\n")
    time.sleep(seconds)
    return answer(start_response, "200 OK", b"slept\n", environ["REQUEST_METHOD"])


def spin(environ, start_response, rest):
    end = time.monotonic() + (milliseconds(rest) or 0)
    while time.monotonic() < end:
        pass
    return answer(start_response, "200 OK", b"computed\n", environ["REQUEST_METHOD"])


def panic(environ, start_response, rest):
    raise RuntimeError("this page always fails")


def orphan(environ, start_response, rest):
    child = subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return answer(start_response, "200 OK", b"%d\n" % child.pid, environ["REQUEST_METHOD"])


WITH_A_NUMBER = {"sleep", "spin"}
PAGES = {
    "": (first_page, ["GET"]),
    "echo": (echo, ["POST"]),
    "environ": (environ_page, ["GET", "POST"]),
    "stream": (stream, ["GET"]),
    "sleep": (sleep, ["GET"]),
    "spin": (spin, ["GET"]),
    "panic": (panic, ["GET"]),
    "orphan": (orphan, ["GET"]),
}
