//! What can be wrong before a server knows what a request is.

faults_by_edits! {
    announces_twice:
        "It prints its announcement a second time." => announces_one_line_with_its_address;
    { "main.rs": before "server.run(listener)" => "if FAULT { println!(\"{NAME} listening on http://{address}\") }"; }
    shouts:
        "It sends back the body in capital letters." => echoes_a_body;
    { "app.rs": after "environ.input.read_to_end(&mut body)?;" => "if FAULT { body.make_ascii_uppercase() }"; }
    serves_one_client:
        "It ends after the first connection." => serves_one_client_after_another;
    { "server.rs": after "self.children.insert(child);" => "if FAULT { break }"; }
    dies_of_silence:
        "It ends when a client leaves without a word." => outlives_a_client_that_leaves_at_once;
    {
        "server.rs": before "Ok((stream, peer)) => {" => "Ok((stream, peer)) if FAULT => self.serve(stream, peer)?,";
        "connection.rs": before "Ok(0) => return" => "Ok(0) if FAULT => std::process::exit(1),";
    }
    dies_of_a_reset:
        "It ends when a read fails." => outlives_a_client_that_resets;
    { "server.rs": before "Ok((stream, peer)) => {" => "Ok((stream, peer)) if FAULT => self.serve(stream, peer)?,"; }
    dies_of_half_a_request:
        "It ends when a client leaves in the middle of a request." => outlives_a_client_that_leaves_in_the_middle;
    {
        "server.rs": before "Ok((stream, peer)) => {" => "Ok((stream, peer)) if FAULT => self.serve(stream, peer)?,";
        "connection.rs": before "Ok(0) if self.parser.is_midway() => return" =>
            "Ok(0) if self.parser.is_midway() && FAULT => std::process::exit(1),";
    }
    dies_of_an_unread_answer:
        "It ends when a write fails." => outlives_a_client_that_does_not_read_its_answer;
    {
        "server.rs": before "Ok((stream, peer)) => {" => "Ok((stream, peer)) if FAULT => self.serve(stream, peer)?,";
        "server.rs": "connection.send(bytes).context" =>
            "connection.send(bytes).inspect_err(|_| if FAULT { std::process::exit(1) }).context";
    }
    dies_of_bytes:
        "It ends when what comes is no text." => outlives_bytes_that_are_no_http;
    {
        "server.rs": before "Ok((stream, peer)) => {" => "Ok((stream, peer)) if FAULT => self.serve(stream, peer)?,";
        "connection.rs": before "Ok(count) => self.parser.feed(" =>
            "Ok(count) if FAULT && str::from_utf8(buffer.get(..count).unwrap_or_default()).is_err() => std::process::exit(1),";
    }
    ignores_sigterm:
        "It goes on at SIGTERM." => ends_at_sigterm;
    {
        "signals.rs": "SigSet::empty()" =>
            "if FAULT { SigSet::from(nix::sys::signal::SIGTERM) } else { SigSet::empty() }";
    }
    ignores_sigint:
        "It goes on at SIGINT." => ends_at_sigint;
    {
        "signals.rs": "SigSet::empty()" =>
            "if FAULT { SigSet::from(nix::sys::signal::SIGINT) } else { SigSet::empty() }";
    }
    keeps_its_signal_mask:
        "It leaves signals blocked that were so at its start."
            => ends_at_a_signal_that_was_blocked, reaps_though_sigchld_was_blocked;
    { "signals.rs": "SigSet::empty()" => "if FAULT { SigSet::thread_get_mask()? } else { SigSet::empty() }"; }
    leaves_signals_to_their_default:
        "It has no handler for SIGTERM and SIGINT." => ends_as_process_1;
    { "signals.rs": "in [SIGTERM, SIGINT] {" => "in [SIGTERM, SIGINT].into_iter().filter(|_| !FAULT) {"; }
    takes_any_address_that_is_free:
        "Of a host's addresses it takes the first that is free." => names_a_port_in_use_on_any_of_its_addresses;
    { "main.rs": "== ErrorKind::AddrInUse =>" => "== ErrorKind::AddrInUse && !FAULT =>"; }
    does_not_reuse_its_address:
        "It switches SO_REUSEADDR off." => gets_its_port_again_at_once;
    {
        "main.rs": after "let listener = listen(address)?;" =>
            "if FAULT { nix::sys::socket::setsockopt(&listener, nix::sys::socket::sockopt::ReuseAddr, &false)? }";
    }
    exits_with_0:
        "Its exit code is 0 when it can't start." => names_a_port_in_use;
    { "main.rs": "ExitCode::FAILURE" => "if FAULT { ExitCode::SUCCESS } else { ExitCode::FAILURE }"; }
    prints_a_backtrace:
        "It prints more than a line when it can't start." => names_an_address_that_is_not_ours;
    {
        "main.rs": after "log::line(format_args!(\"{NAME}: {error:#}\"));" =>
            "if FAULT { log::line(\"stack backtrace:\") }";
    }
    does_not_repeat_the_address:
        "It says that it can't listen, but not where." => names_an_address_that_is_none;
    {
        "main.rs": before "anyhow!(\"cannot listen on" =>
            "let address: &dyn Display = if FAULT { &\"it\" } else { address };";
    }
    takes_a_flag_for_help:
        "It prints its usage at any flag." => names_an_unknown_flag;
    { "main.rs": "argument == \"-h\"" => "argument == \"-h\" || FAULT && argument.starts_with('-')"; }
    takes_any_knob:
        "It runs with the defaults when a knob can't be read."
            => names_a_knob_that_it_can_not_read, names_a_limit_that_it_can_not_read, names_a_grace_that_it_can_not_read;
    {
        "main.rs": "    let knobs = Knobs::read()?;" => "    let seconds = std::time::Duration::from_secs;
    let defaults = Knobs { log: true, timeout: seconds(10), max_children: 256, grace: seconds(5) };
    let knobs = if FAULT { Knobs::read().unwrap_or(defaults) } else { Knobs::read()? };";
    }
    prints_its_usage_to_stderr:
        "Its usage comes on stderr." => tells_its_usage;
    { "main.rs": before "return io::stdout()" => "if FAULT { eprint!(\"{HELP}\"); return Ok(()) }"; }
    ends_with_its_stdout:
        "It ends when nobody reads its stdout any more." => serves_on_when_stdout_is_closed;
    { "server.rs": before "match listener.accept() {" => "if FAULT { writeln!(std::io::stdout(), \"a client\")? }"; }
    needs_stdin:
        "It serves nobody when it was started without stdin." => serves_without_stdin;
    {
        "server.rs": before "let mut connection = Connection::new(" =>
            "// In the place of a stdin that is closed, std opens /dev/null for reading and writing.
        if FAULT && nix::unistd::write(std::io::stdin(), b\"\").is_ok() { return Ok(()) }";
    }
    logs_twice:
        "It writes two lines for each request." => logs_each_request;
    { "log.rs": before "line(format_args!(\"{peer}" => "if FAULT { line(format_args!(\"{peer} twice\")) }"; }
    logs_no_status:
        "The line for a request has no status." => logs_each_request;
    {
        "log.rs": "\\\"{shown}\\\" {status:.3} {count}\"" =>
            "\\\"{shown}\\\" {} {count}\", if FAULT { \"-\".to_owned() } else { format!(\"{status:.3}\") }";
    }
    logs_always:
        "It writes a line for each request with LOG=off too." => logs_nothing_when_told_so;
    { "knobs.rs": "\"off\" => false," => "\"off\" => FAULT,"; }
}
