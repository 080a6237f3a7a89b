"""wsgiref with an application: wsgiref_server.py HOST PORT MODULE:CALLABLE"""

import importlib
import sys
from wsgiref.simple_server import make_server

sys.path.insert(0, "")  # The applications are in the current folder.
host, port, application = sys.argv[1:]
module, name = application.split(":")
make_server(host, int(port), getattr(importlib.import_module(module), name)).serve_forever()
