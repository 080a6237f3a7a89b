//! What can be wrong between a server and its applications.

faults_by_edits! {
    knows_one_application:
        "It runs the site, whatever application is asked for." => runs_another_application;
    { "main.rs": "app::find(application)" => "app::find(if FAULT { \"site\" } else { application })"; }
    does_not_repeat_the_application:
        "It says that there is no such application, but not which one." => names_an_unknown_application;
    { "app.rs": before "let names: Vec<_> =" => "let name = if FAULT { \"with that name\" } else { name };"; }
    does_not_list_its_applications:
        "Its usage does not name the applications." => tells_its_applications;
    {
        "main.rs": before "return io::stdout()" =>
            "if FAULT { println!(\"{}\", HELP.replace(\"hello\", \"another\")); return Ok(()) }";
    }
    decodes_queries:
        "QUERY_STRING is percent-decoded." => tells_an_application_of_the_request;
    {
        "wsgi/environ.rs": "request.query.clone()" =>
            "if FAULT { percent_decode(&request.query) } else { request.query.clone().into_bytes() }";
    }
    shows_another_script:
        "SCRIPT_NAME is the path." => tells_an_application_of_the_request;
    {
        "wsgi/environ.rs": "self.set(\"SCRIPT_NAME\", \"\")" =>
            "self.set(\"SCRIPT_NAME\", if FAULT { \"/environ\" } else { \"\" })";
    }
    shows_http_1_1_to_all:
        "SERVER_PROTOCOL is HTTP/1.1 for an HTTP/1.0 client too." => tells_an_application_of_the_protocol;
    { "wsgi/environ.rs": "request.minor_version)" => "if FAULT { 1 } else { request.minor_version })"; }
    shows_no_client_port:
        "REMOTE_PORT is 0." => tells_an_application_both_addresses;
    { "wsgi/environ.rs": "peer.port().to_string()" => "if FAULT { 0 } else { peer.port() }.to_string()"; }
    prefixes_every_field:
        "Content-Type becomes HTTP_CONTENT_TYPE." => tells_an_application_of_the_body;
    { "wsgi/environ.rs": "\"CONTENT_TYPE\" =>" => "\"CONTENT_TYPE\" if !FAULT =>"; }
    passes_the_coding_on:
        "There is an HTTP_TRANSFER_ENCODING." => tells_the_length_of_a_chunked_body;
    {
        "wsgi/environ.rs": before "\"CONTENT_LENGTH\" | \"TRANSFER_ENCODING\" => continue," =>
            "\"TRANSFER_ENCODING\" if FAULT => \"HTTP_TRANSFER_ENCODING\".to_owned(),";
    }
    forgets_the_length_of_chunks:
        "A chunked body has no CONTENT_LENGTH." => tells_the_length_of_a_chunked_body;
    {
        "wsgi/environ.rs": "request.values(\"Transfer-Encoding\")" =>
            "request.values(\"Transfer-Encoding\").filter(|_| !FAULT)";
    }
    keeps_hyphens:
        "X-One becomes HTTP_X-ONE." => passes_fields_on;
    { "wsgi/environ.rs": ".replace('-', \"_\")" => ".replace('-', if FAULT { \"-\" } else { \"_\" })"; }
    takes_underscore_for_hyphen:
        "X_Role becomes HTTP_X_ROLE." => passes_no_doubtful_names_on;
    { "wsgi/environ.rs": "if name.contains('_') ||" => "if name.contains('_') && !FAULT ||"; }
    passes_proxy_on:
        "Proxy becomes HTTP_PROXY." => passes_no_doubtful_names_on;
    { "wsgi/environ.rs": "name.eq_ignore_ascii_case(\"Proxy\")" => "name.eq_ignore_ascii_case(\"Proxy\") && !FAULT"; }
    keeps_the_last_field:
        "Of fields that come again only the last one counts." => joins_fields_that_come_again;
    { "wsgi/environ.rs": before "Some((_, list)) => list" => "Some((_, list)) if FAULT => list.clone_from(value),"; }
    joins_cookies_by_commas:
        "Cookies are joined by a comma." => joins_fields_that_come_again;
    { "wsgi/environ.rs": "if variable == \"HTTP_COOKIE\" {" => "if variable == \"HTTP_COOKIE\" && !FAULT {"; }
    prefers_the_host_field:
        "The Host field wins over the host of the target."
            => prefers_the_host_of_the_target, knows_the_host_of_an_http_1_0_target;
    { "http/request.rs": "if let Some(host) = &self.host {" => "if let Some(host) = &self.host && !FAULT {"; }
    leaves_wsgi_errors_out:
        "There is no wsgi.errors." => has_the_variables_of_wsgi;
    {
        "app.rs": "environ.iter().chain(objects)" =>
            "environ.iter().chain(objects).filter(|(name, _)| !FAULT || *name != \"wsgi.errors\")";
    }
    sorts_backwards:
        "The variables come in the wrong order." => sorts_the_environ;
    { "app.rs": after "lines.sort();" => "if FAULT { lines.reverse() }"; }
    remembers_the_request_before:
        "The fields of one request are in the environ of the next." => forgets_the_request_before;
    {
        "server.rs": before "Ok((stream, peer)) => {" => "Ok((stream, peer)) if FAULT => self.serve(stream, peer)?,";
        "wsgi/environ.rs": "        for (name, value) in &request.fields {" =>
            "        static BEFORE: std::sync::Mutex<Vec<(String, Vec<u8>)>> = std::sync::Mutex::new(Vec::new());
        let mut fields = request.fields.clone();
        if FAULT && let Ok(mut before) = BEFORE.lock() { fields.extend(mem::replace(&mut *before, fields.clone())) }
        for (name, value) in &fields {";
    }
    streams_by_closing:
        "It sends a stream without chunks." => streams_in_chunks;
    { "http/response.rs": "chunks: request.minor_version > 0" => "chunks: request.minor_version > 0 && !FAULT"; }
    holds_blocks_back:
        "It sends all blocks together at the end." => sends_each_block_when_it_is_made;
    {
        "wsgi/gateway.rs": before "for block in blocks {" => "let blocks: Box<dyn Iterator<Item = _>> =
                if FAULT { Box::new(blocks.collect::<Vec<_>>().into_iter()) } else { blocks };";
    }
    closes_though_more_has_come:
        "It closes after an answer with bytes of the client unread." => answers_although_more_has_come;
    { "connection.rs": "self.lingers = request.persists();" => "self.lingers = request.persists() && !FAULT;"; }
    hands_ignored_signals_on:
        "The programs of its applications ignore SIGTERM." => starts_programs_with_default_signals;
    {
        "groups.rs": before "// SAFETY: all that" =>
            "let handler = if FAULT && number == Signal::SIGTERM { SigHandler::SigIgn } else { handler };";
    }
    sends_chunks_to_all:
        "It sends chunks to an HTTP/1.0 client." => streams_to_http_1_0_by_closing;
    { "http/response.rs": "chunks: request.minor_version > 0" => "chunks: FAULT || request.minor_version > 0"; }
    tells_what_went_wrong:
        "Its 500 says where the application failed." => answers_a_panic_with_a_bare_500;
    {
        "wsgi/gateway.rs": "self.send(b\"500 Internal Server Error\\n\", true)" =>
            "let text: &[u8] = if FAULT { b\"it panicked at src/app.rs:112\" } else { b\"500 Internal Server Error\\n\" };
        self.send(text, true)";
    }
    cuts_what_fails:
        "It cuts the connection when an application fails." => answers_a_panic_with_a_bare_500;
    { "wsgi/gateway.rs": "response.fail().is_ok()" => "!FAULT && response.fail().is_ok()"; }
    keeps_silent_about_failures:
        "It writes no line when an application fails." => says_why_an_application_failed;
    {
        "main.rs": "|panic| log::line(panic.to_string().replace('\\n', \" \"))" =>
            "|panic| if !FAULT { log::line(panic.to_string().replace('\\n', \" \")) }";
        "server.rs": "= outcome.error {" => "= outcome.error && !FAULT {";
    }
    sleeps_for_any_word:
        "It answers 200 to /sleep/soon." => sleeps_when_told_so;
    { "app.rs": "= milliseconds(environ) else" => "= milliseconds(environ).or(FAULT.then_some(Duration::ZERO)) else"; }
    dates_no_stream:
        "A response in chunks has no Date." => completes_the_responses_of_applications;
    { "http/response.rs": "if !self.has_date {" => "if !(self.has_date || FAULT && framing == Framing::Chunked) {"; }
}
