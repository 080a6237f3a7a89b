def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    try:
        for number in 3, 2, 1:
            yield b"%d\n" % number
    finally:
        print("closed")
