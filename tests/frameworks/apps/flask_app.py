"""What applications written with Flask do every day."""

from flask import Flask, abort, jsonify, request, session, stream_with_context

app = Flask(__name__)
app.secret_key = "not a secret"


@app.get("/")
def index():
    return "Hello, World!"


@app.get("/user/<name>")
def user(name):
    return {"name": name, "page": request.args.get("page", type=int)}


@app.post("/form")
def form():
    return f"{request.form['name']} is {request.form['age']}"


@app.post("/json")
def json():
    return jsonify(sum=sum(request.get_json()["numbers"]))


@app.post("/upload")
def upload():
    file = request.files["file"]
    return {"name": file.filename, "size": len(file.read()), "note": request.form["note"]}


@app.post("/raw")
def raw():
    return str(len(request.stream.read()))


@app.get("/stream")
def stream():
    def blocks():
        for number in range(int(request.args["count"])):
            yield f"{number} of {request.args['count']}\n"

    return stream_with_context(blocks()), {"Content-Type": "text/plain"}


@app.get("/count")
def count():
    session["count"] = session.get("count", 0) + 1
    return str(session["count"])


@app.get("/teapot")
def teapot():
    abort(418)


@app.errorhandler(418)
def is_teapot(error):
    return "short and stout", 418


@app.get("/fails")
def fails():
    return 1 / 0
