"""The application `hello` as Python has it, in Python's own server, for one request."""

from wsgiref.simple_server import make_server


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello, World!\n"]


with make_server("127.0.0.1", 8001, hello) as server:
    server.handle_request()
