"""Plain applications between the server and wsgiref's validator, which looks at both sides of PEP 3333."""

from wsgiref.validate import validator

TEXT = [("Content-Type", "text/plain")]


@validator
def app(environ, start_response):
    source = environ["wsgi.input"]
    body = {
        "/read": lambda: [source.read(int(environ["CONTENT_LENGTH"]))],
        "/readline": lambda: [source.readline(), source.readline()],
        "/readlines": lambda: source.readlines(),
        "/iterate": lambda: list(source),
        "/generator": lambda: (block for block in [b"one ", b"two"]),
    }.get(environ["PATH_INFO"], lambda: [b"plain"])()
    write = start_response("200 OK", TEXT)
    if environ["PATH_INFO"] == "/write":
        write(b"written ")
    return body
