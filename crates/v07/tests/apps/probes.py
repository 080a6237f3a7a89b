"""An application for each rule of PEP 3333. The path names it: /read, /close and so on."""

import contextvars
import sys

TEXT = [("Content-Type", "text/plain; charset=utf-8")]


def app(environ, start_response):
    name = environ["PATH_INFO"].split("/")[1]
    return PROBES[name](environ, start_response)


def reply(start_response, text, status="200 OK"):
    start_response(status, TEXT)
    return [str(text).encode()]


def attempt(call, *arguments):
    """What the call raises, in words."""
    try:
        call(*arguments)
    except BaseException as exception:
        return f"{type(exception).__name__}: {exception}"
    return "nothing is raised"


def environ(environ, start_response):
    lines = (f"{name} = {value!r}" for name, value in sorted(environ.items()))
    return reply(start_response, "\n".join(lines))


def types(environ, start_response):
    wrong = [name for name, value in environ.items() if not name.startswith("wsgi.") and type(value) is not str]
    return reply(start_response, f"{type(environ).__name__} {wrong}")


def fresh(environ, start_response):
    """What an application puts into its environ is gone with the request."""
    seen = "mine" in environ
    environ["mine"] = True
    return reply(start_response, seen)


variable = contextvars.ContextVar("variable", default="unset")


def context(environ, start_response):
    before = variable.get()
    variable.set(environ["QUERY_STRING"])
    start_response("200 OK", TEXT)

    def blocks():
        yield f"{before}, ".encode()
        yield f"then {variable.get()}".encode()

    return blocks()


# wsgi.input

def read(environ, start_response):
    return reply(start_response, environ["wsgi.input"].read())


def pieces(environ, start_response):
    source, pieces = environ["wsgi.input"], []
    while piece := source.read(3):
        pieces.append(piece)
    return reply(start_response, pieces)


def lines(environ, start_response):
    source = environ["wsgi.input"]
    return reply(start_response, [source.readline(), source.readline(3), source.readlines(), source.read()])


def iterate(environ, start_response):
    return reply(start_response, list(environ["wsgi.input"]))


# start_response

def twice(environ, start_response):
    start_response("200 OK", TEXT)
    said = attempt(start_response, "200 OK", TEXT)
    return [said.encode()]


def replace(environ, start_response):
    start_response("200 OK", [("X-First", "yes")])
    try:
        1 / 0
    except ZeroDivisionError:
        start_response("503 Service Unavailable", TEXT, sys.exc_info())
    return [b"replaced"]


def replace_late(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"first"
    try:
        1 / 0
    except ZeroDivisionError:
        print("raised:", attempt(start_response, "500 Oops", TEXT, sys.exc_info()), file=sys.stderr)
    yield b", second"


def never(environ, start_response):
    return [b"no start_response"]


WRONG = {
    "status": ("200", TEXT),
    "status-bytes": (b"200 OK", TEXT),
    "status-lines": ("200 OK\r\nX-Injected: yes", TEXT),
    "status-number": (200, TEXT),
    "headers-tuple": ("200 OK", tuple(TEXT)),
    "headers-none": ("200 OK", None),
    "header-list": ("200 OK", [["Content-Type", "text/plain"]]),
    "header-single": ("200 OK", [("Content-Type",)]),
    "name-bytes": ("200 OK", [(b"Content-Type", "text/plain")]),
    "name-space": ("200 OK", [("X Y", "z")]),
    "value-number": ("200 OK", [("X-Number", 1)]),
    "value-lines": ("200 OK", [("X-Lines", "a\r\nX-Injected: yes")]),
    "value-euro": ("200 OK", [("X-Price", "5 \u20ac")]),
    "value-surrogate": ("200 OK", [("X-Price", "\udc80")]),
    "connection": ("200 OK", [("Connection", "close")]),
    "coding": ("200 OK", [("transfer-encoding", "chunked")]),
    "length": ("200 OK", [("Content-Length", "-1")]),
    "lengths": ("200 OK", [("Content-Length", "1"), ("Content-Length", "1")]),
}


def wrong(environ, start_response):
    """What a wrong call raises where the application can see it."""
    call = WRONG[environ["QUERY_STRING"]]
    return reply(start_response, attempt(start_response, *call))


def wrong_unseen(environ, start_response):
    start_response(*WRONG[environ["QUERY_STRING"]])
    return [b""]


def latin1(environ, start_response):
    start_response("200 Tr\u00e8s bien", [("X-Name", "Andr\u00e9")])
    return [b""]


# write

def write(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"one ")
    write(b"")
    write(b"two ")
    return [b"three"]


def write_only(environ, start_response):
    start_response("200 OK", [("Content-Length", "4")])(b"done")
    return []


def write_too_much(environ, start_response):
    write = start_response("200 OK", [("Content-Length", "4")])
    write(b"1234")
    print("raised:", attempt(write, b"5"), file=sys.stderr)
    return []


def write_text(environ, start_response):
    write = start_response("200 OK", TEXT)
    said = attempt(write, "text")
    return [said.encode()]


# The body

def empty(environ, start_response):
    start_response("200 OK", TEXT)
    return []


def several(environ, start_response):
    start_response("200 OK", TEXT)
    return (b"a", b"", b"b")


def generator(environ, start_response):
    """Nothing of it runs before its first block is asked for."""
    start_response("200 OK", TEXT)
    yield b""
    yield b"one "
    yield b"two"


def lazy(environ, start_response):
    """A head that only its first block decides on."""
    yield b""
    start_response("201 Created", TEXT)
    yield b"made"


def fails_first(environ, start_response):
    start_response("200 OK", TEXT)
    yield b""
    raise ValueError("before the first block")


def fails_late(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"some of it"
    raise ValueError("after the first block")


def text(environ, start_response):
    start_response("200 OK", TEXT)
    return ["text"]


def number(environ, start_response):
    start_response("200 OK", TEXT)
    return 1


def too_long(environ, start_response):
    start_response("200 OK", [("Content-Length", "4")])
    return [b"12", b"34", b"56"]


def too_long_stream(environ, start_response):
    start_response("200 OK", [("Content-Length", "4")])
    yield b"123"
    yield b"456"


def too_short(environ, start_response):
    start_response("200 OK", [("Content-Length", "9")])
    return [b"1234"]


class Body:
    """A body that reports when it is closed."""

    def __init__(self, name, blocks):
        self.name = name
        self.blocks = iter(blocks)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.blocks)

    def close(self):
        print(f"closed {self.name}", file=sys.stderr)


def close(environ, start_response):
    start_response("200 OK", TEXT)
    return Body("whole", [b"one", b"two"])


def close_empty(environ, start_response):
    start_response("200 OK", TEXT)
    return Body("empty", [])


def close_failed(environ, start_response):
    start_response("200 OK", TEXT)

    def blocks():
        yield b"one"
        raise ValueError("in the middle")

    return Body("failed", blocks())


def close_failed_first(environ, start_response):
    start_response("200 OK", TEXT)

    def blocks():
        raise ValueError("at once")
        yield

    return Body("failed first", blocks())


def close_without_start(environ, start_response):
    return Body("without start", [b"one"])


def close_endless(environ, start_response):
    start_response("200 OK", TEXT)

    def blocks():
        while True:
            yield bytes(64 * 1024)

    return Body("endless", blocks())


class BadClose(Body):
    def close(self):
        super().close()
        raise ValueError("close failed")


def close_fails(environ, start_response):
    start_response("200 OK", TEXT)
    return BadClose("badly", [b"whole"])


class Iterable:
    """Its iterator is another object, which is not the one to be closed."""

    def __iter__(self):
        return iter([b"one", b"two"])

    def close(self):
        print("closed iterable", file=sys.stderr)


def close_iterable(environ, start_response):
    start_response("200 OK", TEXT)
    return Iterable()


owner = None


def alone(environ, start_response):
    """Notices when another request runs before its body is complete."""
    global owner
    start_response("200 OK", TEXT)

    def blocks():
        global owner
        owner = mine = object()
        for _ in range(9):
            yield bytes(100_000)
            if owner is not mine:
                yield b"another request was here"

    return blocks()


# Ends

def exits(environ, start_response):
    sys.exit("it wants to end")


def exits_late(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"some of it"
    sys.exit(1)


def interrupted(environ, start_response):
    raise KeyboardInterrupt


def recursion(environ, start_response):
    return recursion(environ, start_response)


PROBES = {name: value for name, value in globals().items() if callable(value)}
