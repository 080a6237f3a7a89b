// Node's http module with the contract's pages: node server.js HOST PORT

const http = require("node:http");

const pages = {
    "/": { methods: ["GET"], answer: (request, response) => send(response, 200, "Hello from Node\n") },
    "/echo": {
        methods: ["POST"],
        answer: (request, response) => {
            const parts = [];
            request.on("data", (part) => parts.push(part));
            request.on("end", () => send(response, 200, Buffer.concat(parts)));
        },
    },
    "/stream": {
        methods: ["GET"],
        answer: (request, response) => {
            response.writeHead(200, { "Content-Type": "text/plain" });
            response.write("block 0\n");
            setTimeout(() => response.write("block 1\n"), 100);
            setTimeout(() => response.end("block 2\n"), 200);
        },
    },
    "/panic": { methods: ["GET"], answer: () => { throw new Error("this page always fails"); } },
};

const numbered = {
    sleep: (ms, response) => setTimeout(() => send(response, 200, "slept\n"), ms),
    spin: (ms, response) => {
        for (const end = Date.now() + ms; Date.now() < end; );
        send(response, 200, "computed\n");
    },
};

function find(path) {
    const [, name, number, more] = path.split("/");
    if (number === undefined || more !== undefined || !(name in numbered)) {
        return Object.hasOwn(pages, path) ? pages[path] : undefined;
    }
    const answer = (request, response) =>
        /^\d{1,9}$/.test(number) ? numbered[name](Number(number), response) : send(response, 400, "not a number of milliseconds\n");
    return { methods: ["GET"], answer };
}

function send(response, status, body, fields = {}) {
    response.writeHead(status, { "Content-Type": "text/plain", "Content-Length": Buffer.byteLength(body), ...fields });
    response.end(body);
}

function serve(request, response) {
    const url = request.url.startsWith("/") ? "http://host" + request.url : request.url;
    const path = url === "*" ? "*" : decodeURIComponent(new URL(url).pathname);
    const page = find(path);
    if (request.method === "OPTIONS" && (page || path === "*")) {
        response.writeHead(204).end();
    } else if (!page) {
        send(response, 404, "Not Found\n");
    } else if (!page.methods.includes(request.method === "HEAD" ? "GET" : request.method)) {
        send(response, 405, "Method Not Allowed\n", { Allow: page.methods.join(", ") });
    } else {
        page.answer(request, response);
    }
}

const server = http.createServer((request, response) => {
    try {
        serve(request, response);
    } catch (error) {
        console.error(error);
        send(response, error instanceof URIError ? 400 : 500, "This request can't be served.\n");
    }
});
server.requestTimeout = 1000 * Number(process.env.REQUEST_SECONDS);
server.headersTimeout = server.requestTimeout;
server.connectionsCheckingInterval = 500;
server.keepAliveTimeout = 1000 * Number(process.env.IDLE_SECONDS);
for (const signal of ["SIGTERM", "SIGINT"]) {
    process.on(signal, () => server.close()); // It closes idle connections too.
}
server.listen(Number(process.argv[3]), process.argv[2]);
