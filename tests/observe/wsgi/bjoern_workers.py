"""bjoern in two processes that accept from the same socket: bjoern_workers.py HOST:PORT MODULE:CALLABLE

bjoern has no master of its own; its manual starts several processes in this way.
"""

import importlib
import os
import socket
import sys

import bjoern

address, application = sys.argv[1:]
host, port = address.rsplit(":", 1)
module, name = application.split(":")
listener = bjoern.listen(getattr(importlib.import_module(module), name), host, int(port))
# If an application sets no Content-Length, bjoern sends the last chunk in a piece of its own. Without this option, which
# connections inherit, that piece waits 40 ms for an acknowledgement, and the workers are idle nearly all the time.
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
os.fork()
bjoern.run()
