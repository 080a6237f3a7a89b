import os, signal, time

signal.signal(signal.SIGTERM, signal.SIG_IGN)

def app(environ, start_response):
    time.sleep(float(environ["QUERY_STRING"] or 0))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"process %d\n" % os.getpid()]
