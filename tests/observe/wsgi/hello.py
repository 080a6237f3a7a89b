"""The smallest WSGI applications: nearly all the time that they take is the server's."""


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello, World!"]


def sized(environ, start_response):
    """With the length of its body, as frameworks set it."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [b"Hello, World!"]
