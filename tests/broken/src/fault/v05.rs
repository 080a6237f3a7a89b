//! What can be wrong with the ends of processes, and when there are too many of them.

faults_by_edits! {
    reaps_nothing:
        "It does not wait for its children." => leaves_no_zombie_and_no_orphan;
    { "children.rs": "while let Some(pid)" => "while !FAULT && let Some(pid)"; }
    reaps_one_for_each_signal:
        "It waits for one child at each SIGCHLD." => reaps_sixteen_deaths_of_one_signal;
    {
        "children.rs": after "log::line(format_args!(\"process {pid} failed: {status}\"));
        }" => "if FAULT { return }";
    }
    lets_children_outlive_it:
        "Its children ask for no signal when it dies." => leaves_no_zombie_and_no_orphan, a_kill_ends_running_requests;
    { "groups.rs": before "prctl::set_pdeathsig(Signal::SIGQUIT)?;" => "if FAULT { return Ok(()) }"; }
    ends_with_a_killed_child:
        "It ends when a child was killed." => outlives_a_process_that_is_killed;
    {
        "children.rs": before "if served && !status.success()" =>
            "if FAULT && status.signal().is_some() { std::process::exit(1) }";
    }
    gives_up_at_a_nameless_signal:
        "It reaps no more once a child died of a real-time signal." => outlives_a_process_that_is_killed;
    {
        "children.rs": before "// SAFETY: `child` may" =>
            "let flags = nix::sys::wait::WaitPidFlag::from_bits_retain(options);
    if FAULT && nix::sys::wait::waitid(nix::sys::wait::Id::All, flags).is_err() { return None }";
    }
    passes_sigterm_on:
        "A SIGTERM to a child stops the server." => outlives_a_process_that_is_killed;
    {
        "groups.rs": "fn do_nothing(_: c_int) {}" => "fn do_nothing(number: c_int) {
    if FAULT && number == Signal::SIGTERM as c_int { let _ = kill(getppid(), Signal::SIGTERM); }
}";
    }
    keeps_silent_about_killed_children:
        "It writes no line when a child was killed." => tells_how_a_child_was_killed;
    { "children.rs": "if served && !status.success() {" => "if served && !status.success() && !FAULT {"; }
    ends_its_requests_at_sigterm:
        "A child that gets SIGTERM ends at once." => finishes_running_requests_when_all_get_sigterm;
    {
        "groups.rs": before "// SAFETY: all that" =>
            "let handler = if FAULT && number == Signal::SIGTERM { SigHandler::Handler(end_own) } else { handler };";
    }
    writes_from_the_background:
        "A terminal may stop its children." => serves_on_a_terminal_with_tostop;
    {
        "groups.rs": "SigSet::from(Signal::SIGTTOU).thread_set_mask()?;" =>
            "if FAULT { SigSet::empty() } else { SigSet::from(Signal::SIGTTOU) }.thread_set_mask()?;";
    }
    finishes_nothing:
        "It ends all requests when it is told to stop."
            => finishes_running_requests_at_sigterm, finishes_running_requests_at_sigint;
    { "server.rs": "+ self.knobs.grace;" => "+ if FAULT { Duration::ZERO } else { self.knobs.grace };"; }
    stops_with_1:
        "Its exit code is 1 after a graceful stop."
            => finishes_running_requests_at_sigterm, finishes_running_requests_at_sigint, ends_what_exceeds_its_grace;
    { "server.rs": after "groups::end_all();" => "anyhow::ensure!(!FAULT, \"it has stopped\");"; }
    listens_while_it_stops:
        "It closes its listener when the last request is over." => takes_no_new_clients_once_it_stops;
    { "server.rs": "drop(listener); // Clients" => "let _kept = FAULT.then_some(listener); // Clients"; }
    ignores_a_second_signal:
        "While it stops a second signal does nothing." => ends_at_a_second_signal;
    { "server.rs": "< deadline && !self.signals.take_stop()" => "< deadline && (!self.signals.take_stop() || FAULT)"; }
    is_deaf_while_it_writes:
        "It gets no signal while it writes to stderr." => ends_at_a_second_signal_while_it_can_not_write;
    {
        "signals.rs": "flag::register_conditional_shutdown(signal, 0, stop.clone())?;" =>
            "if !FAULT { flag::register_conditional_shutdown(signal, 0, stop.clone())?; }";
    }
    grants_any_grace:
        "It waits for running requests forever." => ends_what_exceeds_its_grace;
    { "server.rs": "self.knobs.grace" => "if FAULT { Duration::from_secs(86_400) } else { self.knobs.grace }"; }
    ends_the_child_alone:
        "When the server dies its children end, but not what they started." => a_kill_ends_what_a_request_started;
    {
        "groups.rs": before "// SAFETY: all that" =>
            "let handler = if FAULT && number == Signal::SIGQUIT { SigHandler::SigDfl } else { handler };";
    }
    keeps_what_a_request_started:
        "What a request started goes on after it."
            => ends_what_a_request_started_with_it, ends_what_a_request_started_though_the_server_hangs;
    {
        "groups.rs": before "let own = getpid();" => "if FAULT { return }";
        "children.rs": "if served {" => "if served && !FAULT {";
    }
    leaves_all_to_the_server:
        "What a request started ends when the server reaps its child." => ends_what_a_request_started_though_the_server_hangs;
    { "groups.rs": before "let own = getpid();" => "if FAULT { return }"; }
    ignores_its_limit:
        "It takes any number of children." => keeps_to_its_limit_of_children, a_client_above_the_limit_waits;
    { "server.rs": "let accepts = " => "let accepts = FAULT || "; }
    turns_away_above_its_limit:
        "It answers 503 to a client above the limit." => keeps_to_its_limit_of_children, a_client_above_the_limit_waits;
    {
        "server.rs": "let accepts = " => "let accepts = FAULT || ";
        "server.rs": before "Ok((stream, peer)) => {" =>
            "Ok((stream, _)) if FAULT && self.children.len() >= self.knobs.max_children => self.turn_away(stream)?,";
    }
    does_not_tell_its_knobs:
        "Its usage does not name GRACE." => tells_its_knobs;
    {
        "main.rs": before "return io::stdout()" =>
            "if FAULT { println!(\"{}\", HELP.replace(\"GRACE\", \"PATIENCE\")); return Ok(()) }";
    }
    ends_without_descriptors:
        "It ends when accept() fails." => outlives_a_shortage_of_descriptors, rests_when_it_can_not_accept;
    {
        "server.rs": before "log::line(format_args!(\"accept failed: {error}\"));" =>
            "if FAULT { return Err(error.into()) }";
    }
    does_not_rest:
        "It tries again at once when accept() fails." => outlives_a_shortage_of_descriptors, rests_when_it_can_not_accept;
    { "server.rs": after "log::line(format_args!(\"accept failed: {error}\"));" => "if FAULT { continue }"; }
    keeps_silent_in_a_shortage:
        "It writes no line when accept() fails." => says_what_has_run_out;
    {
        "server.rs": "log::line(format_args!(\"accept failed: {error}\"));" =>
            "if !FAULT { log::line(format_args!(\"accept failed: {error}\")) }";
    }
    ends_without_processes:
        "It ends when fork() fails." => outlives_a_shortage_of_processes;
    {
        "server.rs": before "log::line(format_args!(\"{peer} fork failed: {error}\"));" =>
            "if FAULT { return Err(error.into()) }";
    }
    waits_for_the_client_to_close:
        "A child ends when its client has closed." => lets_go_of_a_client_that_never_closes;
    {
        "connection.rs": "Instant::now() + LINGER;" =>
            "Instant::now() + if FAULT { Duration::from_secs(86_400) } else { LINGER };";
    }
    sends_for_ever:
        "There is no timeout for sending." => lets_go_of_a_client_that_never_reads;
    {
        "connection.rs": "let deadline = Instant::now() + self.timeout;" =>
            "let deadline = Instant::now() + if FAULT { Duration::from_secs(86_400) } else { self.timeout };";
    }
    takes_a_large_body_for_a_slow_one:
        "It answers 408 to a body of more than a mebibyte." => lets_go_of_a_client_that_never_reads;
    {
        "http/parser.rs": after "if !reader.read(&mut self.buffer, &mut self.request.body)? {" =>
            "let slow = Refusal { status: \"408 Request Timeout\", reason: \"the body is large\" };
                        if FAULT && self.request.body.len() > 1 << 20 { return Err(slow) }";
    }
}
