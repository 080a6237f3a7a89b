"""Applications that are wrong, each in its own way."""


def divide(environ, start_response):
    return [1 / 0]


def text(environ, start_response):
    start_response("200 OK", [])
    return ["text"]


def split(environ, start_response):
    start_response("200 OK", [("X-Name", "a\r\nSet-Cookie: b")])
    return []


def twice(environ, start_response):
    start_response("200 OK", [])
    start_response("404 Not Found", [])
    return []
