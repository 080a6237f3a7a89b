"""The pages of v07's own `site` and `hello`, as WSGI applications: those that the suite asks for."""

import os
import subprocess
import sys
import time

TEXT = [("Content-Type", "text/plain")]
KNOWN = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}


def hello(environ, start_response):
    start_response("200 OK", TEXT)
    return [b"Hello, World!"]


def site(environ, start_response):
    methods, page = find(environ["PATH_INFO"])
    method = environ["REQUEST_METHOD"]
    if method in KNOWN and not methods:
        status = "404 Not Found"
    elif method == "OPTIONS":
        status = "204 No Content"
    elif method in methods:
        return page(environ, start_response)
    elif method in KNOWN:
        status = "405 Method Not Allowed"
    else:
        status = "501 Not Implemented"
    start_response(status, TEXT + ([("Allow", ", ".join(methods))] if methods else []))
    return [status.encode()]


def find(path):
    first = "/" + path.split("/")[1] if path.startswith("/") else path
    methods, page = PAGES.get(first, ([], None))
    if first in ("/sleep", "/spin", "/pool"):
        return (methods, page) if path.count("/") > 1 else ([], None)
    return (methods, page) if path == first else ([], None)


def index(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [b"<!doctype html><title>site</title><p>/echo /environ /stream /sleep/MS /spin/MS /panic /orphan"]


def echo(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [environ["wsgi.input"].read()]


def show_environ(environ, start_response):
    """As v07 does: values as they came, and words for those that are no texts."""
    words = {"wsgi.input": "<body>", "wsgi.errors": "<stderr>", "wsgi.version": "1.0", True: "true", False: "false"}
    lines = []
    for name, value in environ.items():
        value = value if type(value) is str else words.get(name) or words[value]
        lines.append(f"{name}: {value}\n".encode("latin-1"))
    start_response("200 OK", TEXT)
    return [b"".join(sorted(lines))]


def sleep(environ, start_response):
    return pause(environ, start_response, "slept", time.sleep)


def spin(environ, start_response):
    return pause(environ, start_response, "computed", compute)


def compute(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def pause(environ, start_response, verb, call):
    try:
        milliseconds = int(environ["PATH_INFO"].split("/", 2)[2])
        if not 0 <= milliseconds <= 60_000:
            raise ValueError
    except ValueError:
        start_response("404 Not Found", TEXT)
        return [b"the last part of the path is not a number of milliseconds, up to a minute\n"]
    call(milliseconds / 1000)
    start_response("200 OK", TEXT)
    return [f"process {os.getpid()} {verb} for {milliseconds} ms\n".encode()]


def stream(environ, start_response):
    start_response("200 OK", TEXT)
    for number in range(1, 6):
        if number > 1:
            time.sleep(0.1)
        yield f"block {number} of 5\n".encode()


def panic(environ, start_response):
    raise RuntimeError("/panic was asked for")


def orphan(environ, start_response):
    quiet = subprocess.DEVNULL
    pid = subprocess.Popen(["sleep", "60"], stdin=quiet, stdout=quiet, stderr=quiet).pid
    print(f"/orphan started process {pid}", file=environ["wsgi.errors"])
    start_response("200 OK", TEXT)
    return [f"started process {pid}\n".encode()]


PAGES = {
    "/": (["GET", "HEAD"], index),
    "*": (["GET", "HEAD", "POST"], index),
    "/echo": (["POST"], echo),
    "/environ": (["GET", "HEAD", "POST"], show_environ),
    "/stream": (["GET", "HEAD"], stream),
    "/panic": (["GET", "HEAD"], panic),
    "/orphan": (["GET", "HEAD"], orphan),
    "/sleep": (["GET", "HEAD"], sleep),
    "/spin": (["GET", "HEAD"], spin),
    "/pool": (["GET", "HEAD"], spin),
}
