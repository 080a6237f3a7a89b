//! What can be wrong with a server of a few processes whose connections stay open. Each fault comes with the edits that
//! put it into v06; FAULT stands for the question whether this server has it.

faults_by_edits! {
    takes_two_clients_a_worker:
        "A worker has two connections at the most." => answers_a_client_while_three_hundred_are_silent;
    {
        "worker.rs": "self.connections.knobs.max_connections" => "if FAULT { 2 } else { self.connections.knobs.max_connections }";
    }
    has_few_descriptors:
        "It lowers its limit of descriptors." => holds_five_thousand_idle_connections;
    {
        "main.rs": "setrlimit(Resource::RLIMIT_NOFILE, most, most)" =>
            "setrlimit(Resource::RLIMIT_NOFILE, if FAULT { 1024 } else { most }, most)";
    }
    ignores_its_limit_of_connections:
        "A worker takes any number of connections." => a_client_above_the_limit_of_connections_waits;
    {
        "worker.rs": "self.connections.knobs.max_connections" => "if FAULT { usize::MAX } else { self.connections.knobs.max_connections }";
    }
    ends_a_worker_without_descriptors:
        "A worker ends when accept() fails." => serves_whom_it_has_in_a_shortage_of_descriptors;
    {
        "worker.rs": "runtime::sleep(REST).await;" =>
            "if FAULT { std::process::exit(1) }
                        runtime::sleep(REST).await;";
    }
    rests_with_all_its_clients:
        "A worker does nothing at all while it rests from accepting." => serves_whom_it_has_in_a_shortage_of_descriptors;
    {
        "worker.rs": "runtime::sleep(REST).await;" =>
            "if FAULT { std::thread::sleep(REST * 1000) }
                        runtime::sleep(REST).await;";
    }
    starts_two_workers_always:
        "It has two workers, whatever WORKERS says." => starts_as_many_workers_as_told;
    {
        "main.rs": "listeners::share(listener, knobs.workers)" =>
            "listeners::share(listener, if FAULT { 2 } else { knobs.workers })";
    }
    shares_its_port_before_it_listens:
        "It looks whether its port is free, and binds to it later, sharing it." => of_two_started_at_once_one_gets_the_port;
    {
        "listeners.rs": "    setsockopt(&first, sockopt::ReusePort, &true)?;" =>
            "    let first = if FAULT {
        drop(first);
        std::thread::sleep(std::time::Duration::from_secs(1));
        another_at(address)?
    } else {
        first
    };
    setsockopt(&first, sockopt::ReusePort, &true)?;";
    }
    closes_after_each_answer:
        "It closes after each response." => keeps_a_connection_for_more_requests;
    {
        "http/request.rs": "        !has(b\"close\")" => "        !FAULT && !has(b\"close\")";
    }
    says_that_it_closes_and_does_not:
        "It says `Connection: close` on each response, and goes on."
            => keeps_a_connection_for_more_requests, says_whether_a_connection_goes_on;
    {
        "wsgi/gateway.rs": "head.finish(self.allowed, length, persists, &mut self.out)" =>
            "head.finish(self.allowed, length, persists && !FAULT, &mut self.out)";
    }
    forgets_http_1_0:
        "It closes after an answer to HTTP/1.0 in any case." => keeps_an_http_1_0_connection_when_asked;
    {
        "http/request.rs": "|| has(b\"keep-alive\")" => "|| !FAULT && has(b\"keep-alive\")";
    }
    knows_words_in_lower_case:
        "It takes `Close` for an unknown word." => closes_when_the_client_says_so;
    {
        "http/request.rs": "any(|other| other.eq_ignore_ascii_case(option))" =>
            "any(|other| if FAULT { other == option } else { other.eq_ignore_ascii_case(option) })";
    }
    reads_one_field:
        "It looks at the first Connection field only." => closes_when_the_client_says_so;
    {
        "http/request.rs": "self.list(\"Connection\")" => "self.list(\"Connection\").take(if FAULT { 1 } else { usize::MAX })";
    }
    finds_close_in_other_words:
        "It takes `not-close` for `close`." => reads_connection_as_a_list_of_words;
    {
        "http/request.rs": "        let has = |option: &[u8]|" =>
            "        if FAULT && self.list(\"Connection\").any(|option| option.ends_with(b\"close\")) { return false }
        let has = |option: &[u8]|";
    }
    goes_on_after_a_stream:
        "It leaves a connection open whose end is to tell that of a stream." => ends_a_stream_to_http_1_0_with_the_connection;
    {
        "wsgi/gateway.rs": "|| body.framing == Framing::Close" => "|| !FAULT && body.framing == Framing::Close";
    }
    loses_lines:
        "Of the lines that wait it writes the first." => logs_each_request_of_a_connection;
    {
        "log.rs": "write(waiting);" =>
            "write(if FAULT { waiting.split_inclusive(|&byte| byte == b'\\n').next().unwrap_or_default() } else { waiting });";
    }
    answers_the_last_first:
        "Of several requests it answers the last one first." => answers_in_order, answers_a_thousand_requests_at_once;
    {
        "conversation.rs": "buffers.out.get_mut().extend_from_slice(&outcome.rest);" => "if FAULT {
            buffers.out.get_mut().splice(..0, outcome.rest);
        } else {
            buffers.out.get_mut().extend_from_slice(&outcome.rest);
        }";
    }
    drops_what_follows:
        "It drops what came with a request and is not part of it."
            => answers_a_pipeline_cut_anywhere, answers_a_thousand_requests_at_once;
    {
        "conversation.rs": "count += 1;" => "count += 1;
            if FAULT { buffers.parser = Default::default(); }";
    }
    answers_one_batch:
        "It answers 64 requests, and forgets to look for more." => answers_a_thousand_requests_at_once;
    {
        "conversation.rs": "count += 1;" => "count += 1;
            if FAULT && count == BATCH { break; }";
    }
    stays_after_a_refusal:
        "It does not close after a refusal." => stops_at_a_refusal_in_a_pipeline;
    {
        "conversation.rs": "        self.flush(buffers.out.get_mut()).await?;
        Ok(Next::Linger)" =>
            "        self.flush(buffers.out.get_mut()).await?;
        if FAULT { buffers.parser = Default::default(); return Ok(Next::Idle) }
        Ok(Next::Linger)";
    }
    takes_a_body_for_a_request:
        "It does not skip a body that nobody asked for." => finds_the_next_request_after_any_answer;
    {
        "conversation.rs": "if let Some(error) = outcome.error {" => "if FAULT && outcome.status == 405 {
            buffers.parser = Default::default();
            buffers.parser.feed(environ.input.get_ref());
        }
        if let Some(error) = outcome.error {";
    }
    closes_after_an_error:
        "It closes after a 404 or a 500, though it says that it does not." => finds_the_next_request_after_any_answer;
    {
        "conversation.rs": "true if !outcome.closes" => "true if !(outcome.closes || FAULT && outcome.status >= 400)";
    }
    forgets_the_100:
        "It sends no 100." => asks_for_a_body_on_a_used_connection;
    {
        "conversation.rs": "if buffers.parser.take_continue()" => "if buffers.parser.take_continue() && !FAULT";
    }
    leaves_when_the_client_has_finished:
        "It takes the end of what a client sends for the client's end." => answers_a_client_that_has_finished_sending;
    {
        "conversation.rs": "buffers.parser.recycle(environ.request);" => "let has_left = FAULT && {
            let (fd, flags) = (std::os::fd::AsRawFd::as_raw_fd(self.connection.stream.get()), nix::sys::socket::MsgFlags::MSG_PEEK);
            nix::sys::socket::recv(fd, &mut [0], flags | nix::sys::socket::MsgFlags::MSG_DONTWAIT) == Ok(0)
        };
        if has_left { return Ok(Next::Cut) }
        buffers.parser.recycle(environ.request);";
    }
    drops_what_came_meanwhile:
        "It drops what came while the application was at work." => keeps_what_comes_while_an_application_works;
    {
        "conversation.rs": "buffers.parser.recycle(environ.request);" => "if FAULT {
            let (fd, flags) = (std::os::fd::AsRawFd::as_raw_fd(self.connection.stream.get()), nix::sys::socket::MsgFlags::MSG_DONTWAIT);
            let _ = nix::sys::socket::recv(fd, &mut [0; 4096], flags);
        }
        buffers.parser.recycle(environ.request);";
    }
    closes_idle_connections_soon:
        "It closes an idle connection after TIMEOUT." => is_not_impatient_with_an_idle_connection;
    {
        "conversation.rs": "self.shared.knobs.keep_alive" =>
            "if FAULT { self.shared.knobs.timeout } else { self.shared.knobs.keep_alive }";
    }
    keeps_idle_connections:
        "It ignores KEEP_ALIVE." => closes_an_idle_connection;
    {
        "conversation.rs": "self.shared.knobs.keep_alive" =>
            "if FAULT { std::time::Duration::from_secs(86_400) } else { self.shared.knobs.keep_alive }";
    }
    tells_idle_clients_that_they_are_slow:
        "It answers 408 to a client that has asked for nothing." => closes_an_idle_connection;
    {
        "conversation.rs": "None if is_first" => "None if is_first || FAULT";
    }
    times_the_first_request:
        "TIMEOUT is for the first request of a connection only." => limits_the_time_for_each_request;
    {
        "conversation.rs": "self.work(Instant::now() + self.shared.knobs.timeout)" =>
            "self.work(Instant::now() + if FAULT { std::time::Duration::from_secs(86_400) } else { self.shared.knobs.timeout })";
    }
    looks_at_the_clock_too_early:
        "What it did since it last waited for events counts as its clients' time." => a_computation_takes_no_time_from_others;
    {
        "connection.rs": "self.deadline.set(Instant::now() + timeout);" =>
            "self.deadline.set(if FAULT { runtime::now() } else { Instant::now() } + timeout);";
    }
    takes_few_events:
        "It takes the first events, and lets deadlines pass of those whose event it has not taken." =>
            a_computation_takes_no_time_from_others;
    {
        "runtime/reactor.rs": "if count < BATCH {" => "if count < BATCH || FAULT {";
    }
    tires_of_its_clients:
        "It closes each connection once it has answered a thousand requests." => a_flood_of_requests_starves_nobody;
    {
        "conversation.rs": "count += 1;" => "count += 1;
            static ALL: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
            if FAULT && ALL.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 1000 { return Ok(Next::Close) }";
    }
    reads_one_to_its_end:
        "It reads from a connection as long as there is something, and soon is slower than its client." =>
            a_flood_of_bodies_starves_nobody;
    {
        "conversation.rs": "                runtime::yield_now().await;
            }
            let is_late" =>
            "static ALL: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
                if !FAULT {
                    runtime::yield_now().await;
                } else if ALL.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 500 {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
            }
            let is_late";
    }
    serves_one_to_its_end:
        "It serves a connection as long as there is something to read." => a_long_pipeline_waits_for_others;
    {
        "conversation.rs": "if count == Some(BUFFER) {" => "if count == Some(BUFFER) && !FAULT {";
        "conversation.rs": "self.flush(buffers.out.get_mut()).await?;
                runtime::yield_now().await;" =>
            "self.flush(buffers.out.get_mut()).await?;
                if !FAULT { runtime::yield_now().await }";
        "connection.rs": "if piece.len() == PIECE {" => "if piece.len() == PIECE && !FAULT {";
    }
    sleeps_in_the_loop:
        "An application that sleeps does not give way." => a_sleeping_application_leaves_its_worker_free;
    {
        "app.rs": "runtime::sleep(duration).await;" =>
            "if FAULT { std::thread::sleep(duration) } else { runtime::sleep(duration).await }";
    }
    has_no_pool:
        "/pool computes in the loop." => a_computing_application_in_the_pool_holds_nobody;
    {
        "app.rs": "    runtime::blocking(move || compute(duration)).await;" =>
            "    if FAULT { compute(duration) } else { runtime::blocking(move || compute(duration)).await }";
    }
    has_a_thread_for_each_job:
        "Its pool has no bound." => a_full_pool_holds_only_its_clients;
    {
        "runtime/pool.rs": "state.threads < THREADS" => "(FAULT || state.threads < THREADS)";
    }
    waits_for_its_pool:
        "Its loop waits when the pool is full." => a_full_pool_holds_only_its_clients;
    {
        "runtime/pool.rs": "    fn submit(&'static self, job: Job) {" => "    fn submit(&'static self, job: Job) {
        let is_full = || { let state = lock(&self.state); state.threads == THREADS && state.idle == 0 };
        while FAULT && is_full() { thread::sleep(std::time::Duration::from_millis(1)) }";
    }
    reads_on:
        "It reads on while its answers can't be sent." => stops_reading_while_nobody_takes_its_answers;
    {
        "connection.rs": "        let mut bytes = mem::take(out);" => "        if FAULT {
            let (fd, flags) = (std::os::fd::AsRawFd::as_raw_fd(self.stream.get()), nix::sys::socket::MsgFlags::MSG_DONTWAIT);
            if let Ok(count) = nix::sys::socket::send(fd, out, flags) { out.drain(..count); }
            return Ok(());
        }
        let mut bytes = mem::take(out);";
    }
    waits_for_readers:
        "It ignores SEND_TIMEOUT." => lets_go_of_a_client_that_stops_reading;
    {
        "conversation.rs": "self.connection.flush(out, self.shared.knobs.send_timeout)" =>
            "let timeout = if FAULT { std::time::Duration::from_secs(86_400) } else { self.shared.knobs.send_timeout };
        self.connection.flush(out, timeout)";
    }
    waits_for_a_third_of_the_buffer:
        "It finds that a client has taken something when the kernel's buffer has room for much." =>
            keeps_a_client_that_reads_just_fast_enough;
    {
        "connection.rs": ".filter(|count| *count == rest.len())" => ".filter(|count| *count == rest.len() && !FAULT)";
    }
    copies_for_each_field:
        "It keeps a copy of a field's value for each time that the field comes again." => a_field_sent_often_costs_what_it_is_long;
    {
        "wsgi/environ.rs": "list.extend([separator, value].concat())" => "{
                    if FAULT { std::mem::forget(list.clone()) }
                    list.extend([separator, value].concat())
                }";
    }
    starts_no_other_worker:
        "It starts no worker for one that has died."
            => a_killed_worker_takes_only_its_own_clients, starts_a_worker_though_sigchld_was_blocked;
    {
        "master.rs": "        self.fill_slots();
        Ok(())" => "        if !FAULT { self.fill_slots(); }
        Ok(())";
    }
    has_workers_that_outlive_it:
        "Its workers do not notice that it was killed." => a_kill_of_the_master_ends_the_workers;
    {
        "groups.rs": "prctl::set_pdeathsig(Signal::SIGQUIT)?;" => "if FAULT { return Ok(()) }
    prctl::set_pdeathsig(Signal::SIGQUIT)?;";
    }
    ignores_sighup:
        "It does nothing at SIGHUP." => sighup_replaces_the_workers, sighup_fails_no_request;
    {
        "master.rs": "if self.signals.take_renew()" => "if self.signals.take_renew() && !FAULT";
    }
    kills_at_sighup:
        "It kills the old workers at SIGHUP." => sighup_replaces_the_workers, sighup_fails_no_request;
    {
        "master.rs": "let _ = old.socket.write_all(&[DRAIN]);" =>
            "if FAULT { let _ = nix::sys::signal::kill(old.pid, nix::sys::signal::Signal::SIGKILL); }
                    let _ = old.socket.write_all(&[DRAIN]);";
    }
    hands_on_what_stops_the_others:
        "Its new workers hold open what tells the old ones to stop." => a_stop_reaches_the_workers_that_were_replaced;
    {
        "master.rs": "            self.draining.clear();
            worker::run" => "            if !FAULT { self.draining.clear() }
            worker::run";
    }
    waits_for_idle_clients:
        "While it stops it keeps idle connections." => a_stop_closes_idle_connections;
    {
        "conversation.rs": "if self.shared.phase.get() == Phase::Stopping" =>
            "if self.shared.phase.get() == Phase::Stopping && !FAULT";
    }
    says_keep_alive_to_all:
        "It says `Connection: keep-alive` when it closes, too." => a_stop_tells_running_requests_to_close;
    {
        "http/response.rs": "let persists = persists && framing" => "let persists = FAULT || persists && framing";
    }
    takes_no_worker_for_a_number:
        "It takes WORKERS=0." => names_a_knob_of_workers_that_it_can_not_read;
    {
        "knobs.rs": "Ok(number) if number > 0" => "Ok(number) if number > 0 || FAULT";
    }
    keeps_its_knobs_to_itself:
        "Its usage names no knob." => tells_the_knobs_of_workers;
    {
        "main.rs": "write_all(HELP.as_bytes())" => "write_all(if FAULT { \"usage\" } else { HELP }.as_bytes())";
    }
    waits_for_timers_alone:
        "Once a timer is due it does not look for what has arrived." => serves_an_idle_connection_after_a_stop;
    {
        "runtime/mod.rs": "if timers::until_next(now) == Some(Duration::ZERO) {" =>
            "if timers::until_next(now) == Some(Duration::ZERO) && !FAULT {";
    }
    reads_once_when_it_is_late:
        "Once the deadline has passed it reads 64 KiB more, and no further." => reads_what_came_while_it_was_stopped;
    {
        "conversation.rs": "late_reads > LATE_READS" => "late_reads > if FAULT { 0 } else { LATE_READS }";
    }
    writes_many_lines_at_once:
        "It writes all lines that wait by one write." => keeps_lines_whole_that_wait_for_a_reader;
    {
        "log.rs": "rest.get(..MAX_LINE)" => "rest.get(..if FAULT { 1 << 20 } else { MAX_LINE })";
    }
    loses_lines_without_a_word:
        "It does not tell how many lines had no room." => counts_the_lines_that_a_full_stderr_loses;
    {
        "log.rs": "        report_lost();" => "        if !FAULT { report_lost(); }";
    }
    keeps_the_body_of_a_failure:
        "When an application fails it keeps the body of the request." => keeps_no_body_of_a_request_that_failed;
    {
        "conversation.rs": "buffers.parser.recycle(environ.request);" =>
            "if FAULT { std::mem::forget(environ.input) }
        buffers.parser.recycle(environ.request);";
    }
    ignores_its_limit_of_bodies:
        "It takes any number of bodies at once." => bounds_the_bodies_of_a_worker;
    {
        "bodies.rs": "self.all.get() <= self.max" => "FAULT || self.all.get() <= self.max";
    }
    refuses_small_requests_too:
        "Once large bodies fill its memory it refuses every request." => bounds_the_bodies_of_a_worker;
    {
        "bodies.rs": "|| self.own <= self.small" => "|| self.own <= self.small && !FAULT";
    }
    takes_empty_lines_for_a_request:
        "Empty lines keep an idle connection open." => empty_lines_keep_no_connection_open;
    {
        "conversation.rs": "self.connection.deadline.set(until)," =>
            "if FAULT { self.connection.set_deadline(self.shared.knobs.keep_alive) } else { self.connection.deadline.set(until) },";
    }
    drops_a_pipeline_with_its_client:
        "When it drops a request it drops what was answered before it, too." => sends_what_was_answered_before_a_client_left;
    {
        "conversation.rs": "self.flush(&mut earlier.take()).await?;" =>
            "if !FAULT { self.flush(&mut earlier.take()).await? }";
        "conversation.rs": "            return Ok(Next::Linger);
        };" => "            return Ok(if FAULT { Next::Cut } else { Next::Linger });
        };";
    }
    counts_bodies_that_were_answered:
        "A body that was answered takes room for ever." => bounds_the_bodies_of_a_worker;
    {
        "bodies.rs": "all - self.own + count" => "all - if FAULT { 0 } else { self.own } + count";
    }
    keeps_what_a_worker_started:
        "What an application started goes on after its worker." => ends_what_a_worker_started_with_it;
    {
        "children.rs": "if served {" => "if served && !FAULT {";
        "master.rs": "groups::end_started(parent);" => "if !FAULT { groups::end_started(parent); }";
    }
    grants_replaced_workers_any_grace:
        "A worker that was replaced may take any time." => ends_the_replaced_workers_after_grace;
    {
        "worker.rs": "runtime::sleep(self.connections.knobs.grace)" => "runtime::sleep(self.connections.knobs.grace * if FAULT { 1000 } else { 1 })";
        "master.rs": "*until <= Instant::now()" => "*until <= Instant::now() && !FAULT";
    }
    waits_for_a_computing_worker:
        "It waits for a replaced worker that does not hear it." => ends_the_replaced_workers_after_grace;
    {
        "master.rs": "*until <= Instant::now()" => "*until <= Instant::now() && !FAULT";
    }
    works_for_clients_that_left:
        "It does not notice that a client has left." => drops_a_request_whose_client_has_left;
    {
        "conversation.rs": "runtime::sleep(LEAVING).await;" => "runtime::sleep(LEAVING * if FAULT { 1000 } else { 1 }).await;";
    }
    ends_a_worker_at_sigterm:
        "A worker that gets SIGTERM ends at once." =>
            a_worker_finishes_at_a_sigterm_of_its_own, finishes_running_requests_when_all_get_sigterm;
    {
        "signals.rs": "low_level::pipe::register(SIGTERM, writer)?;" => "low_level::pipe::register(SIGTERM, writer)?;
        if FAULT {
            // SAFETY: the default action runs no code of this program.
            unsafe { signal(Signal::SIGTERM, SigHandler::SigDfl) }?;
        }";
    }
    waits_for_the_worker_that_leaves:
        "It starts no worker for one that finishes at a SIGTERM of its own." => a_worker_finishes_at_a_sigterm_of_its_own;
    {
        "worker.rs": "let _ = self.master.get().write(&[LEAVING]);" => "let _ = FAULT || self.master.get().write(&[LEAVING]).is_ok();";
    }
    announces_itself_without_a_worker:
        "It announces itself before it has a worker." => ends_when_it_can_start_no_worker;
    {
        "master.rs": "while !master.slots.iter().any(is_ready)" => "while !FAULT && !master.slots.iter().any(is_ready)";
    }
    takes_a_closed_terminal_for_a_reload:
        "It replaces its workers when its terminal is closed." => stops_when_its_terminal_is_closed;
    {
        "signals.rs": "if renews && self.stops_with_terminal" => "if renews && !FAULT && self.stops_with_terminal";
    }
    lets_its_terminal_stop_a_worker:
        "A terminal may stop its workers." => serves_on_a_terminal_with_tostop;
    {
        "groups.rs": "SigSet::from(Signal::SIGTTOU).thread_set_mask()?;" =>
            "if FAULT { SigSet::empty() } else { SigSet::from(Signal::SIGTTOU) }.thread_set_mask()?;";
    }
}
