//! What can be wrong with a server of Python applications. In place of cases there are v07's own tests, those in
//! `crates/v07/tests/wsgi` and `unix.rs`; a name without `inline` or `in_threads` means both. Beside them are the suite's cases
//! of stage v07. Each fault comes with the edits
//! that put it into v07; FAULT stands for the question whether this server has it.

faults_by_edits! {
    // The environ.
    decodes_texts_as_utf8:
        "It decodes the variables as UTF-8 where it can." => describes_the_request, describes_the_request_in_latin_1;
    {
        "python/environ.rs": "    let length = bytes.len()" =>
            "    if FAULT && let Ok(text) = str::from_utf8(bytes) { return Ok(PyString::new(py, text).into_any()) }
    let length = bytes.len()";
    }
    leaves_the_path_encoded:
        "It doesn't decode PATH_INFO." => describes_the_request;
    {
        "python/environ.rs": "&percent_decode(request.path())" =>
            "&if FAULT { request.path().into() } else { percent_decode(request.path()) }";
    }
    forgets_that_the_input_ends:
        "It doesn't set wsgi.input_terminated." => describes_the_request;
    {
        "python/environ.rs": "environ.set_item(\"wsgi.input_terminated\", true)?;" =>
            "if !FAULT { environ.set_item(\"wsgi.input_terminated\", true)? }";
    }
    always_says_that_there_are_threads:
        "wsgi.multithread is true, with threads or without." => says_whether_there_are_threads;
    {
        "python/environ.rs": "\"wsgi.multithread\", is_threaded" => "\"wsgi.multithread\", is_threaded || FAULT";
    }
    takes_one_thread_for_several:
        "wsgi.multithread is true with a single thread." => says_whether_there_are_threads;
    {
        "python/application.rs": "knobs.threads > 1" => "knobs.threads > usize::from(!FAULT)";
    }
    joins_cookies_with_a_comma:
        "It joins repeated Cookie fields with a comma." => joins_repeated_fields;
    {
        "wsgi/environ.rs": "if variable == \"HTTP_COOKIE\"" => "if variable == \"HTTP_COOKIE\" && !FAULT";
    }
    keeps_the_last_value:
        "Of repeated fields it keeps the last one." => joins_repeated_fields;
    {
        "python/environ.rs": "if let Some(earlier) = " => "if !FAULT && let Some(earlier) = ";
    }
    shows_fields_with_underscores:
        "A field X_Y looks like X-Y." => hides_fields_with_underscores, describes_the_request_in_latin_1;
    {
        "wsgi/environ.rs": "field.contains('_')" => "!FAULT && field.contains('_')";
    }
    shows_the_field_proxy:
        "The field Proxy becomes HTTP_PROXY." => hides_fields_with_underscores;
    {
        "wsgi/environ.rs": "field.eq_ignore_ascii_case(\"Proxy\")" => "!FAULT && field.eq_ignore_ascii_case(\"Proxy\")";
    }
    gives_the_port_as_a_number:
        "SERVER_PORT is a number." => holds_texts, satisfies_the_validator;
    {
        "python/environ.rs": "        self.add_fields(" => "        if FAULT { dictionary.set_item(\"SERVER_PORT\", 80)? }
        self.add_fields(";
    }
    has_one_environ:
        "All requests of a worker have the same dictionary." => is_the_requests_own;
    {
        "python/environ.rs": "self.environ.bind(py).copy()?" =>
            "if FAULT { self.environ.bind(py).clone() } else { self.environ.bind(py).copy()? }";
    }
    has_one_context:
        "The call of an application has no context of its own." => has_a_context_of_its_own;
    {
        "python/call.rs": "let iterable = context.run(py, || self.object.bind(py).call1((environ, &start_response)))??;" =>
            "let call = || self.object.bind(py).call1((environ, &start_response));
        let iterable = if FAULT { call() } else { context.run(py, call)? }?;";
    }
    makes_blocks_in_another_context:
        "The blocks of a body are made in another context than the call's." => has_a_context_of_its_own;
    {
        "python/body.rs": "        self.context.run(py, || {" =>
            "        let other = Context::new(py)?;
        (if FAULT { &other } else { &self.context }).run(py, || {";
    }

    // The input.
    gives_an_input_that_is_read:
        "It has read the input already, and doesn't go back to its start." => reads_the_input, satisfies_the_validator, serves_a_python_application;
    {
        "python/environ.rs": "        dictionary.set_item(intern!(py, \"wsgi.input\")" =>
            "        if FAULT { input.call_method0(\"read\")?; }
        dictionary.set_item(intern!(py, \"wsgi.input\")";
    }
    hides_the_length_of_a_chunked_body:
        "A chunked body has no CONTENT_LENGTH." => reads_a_chunked_body;
    {
        "python/environ.rs": ".chain(request.values(\"Transfer-Encoding\"))" =>
            ".chain(request.values(\"Transfer-Encoding\").filter(|_| !FAULT))";
    }
    shows_its_fields_as_they_came:
        "There are an HTTP_CONTENT_LENGTH and an HTTP_TRANSFER_ENCODING." => satisfies_the_validator;
    {
        "wsgi/environ.rs": "\"CONTENT_LENGTH\" | \"TRANSFER_ENCODING\" => None" =>
            "\"CONTENT_LENGTH\" | \"TRANSFER_ENCODING\" if !FAULT => None";
    }
    waits_for_a_body_without_a_word:
        "It doesn't send 100 Continue." => asks_for_a_body_that_waits;
    {
        "conversation.rs": "if buffers.parser.take_continue()" => "if buffers.parser.take_continue() && !FAULT";
    }
    calls_with_what_has_come:
        "It calls the application with as much of the body as came with the head." =>
            never_calls_with_half_a_body, asks_for_a_body_that_waits;
    {
        "http/body.rs": "return Ok(take(left, buffer, body))" => "return Ok(take(left, buffer, body) || FAULT)";
    }

    // start_response and write.
    accepts_a_second_head:
        "start_response may be called again without exc_info." => is_called_once_without_an_error;
    {
        "python/start_response.rs": "None if state.is_begun || state.head.is_some() =>" =>
            "None if !FAULT && (state.is_begun || state.head.is_some()) =>";
    }
    ignores_a_head_with_exc_info:
        "A second head doesn't replace the first." => replaces_a_head_that_is_not_sent;
    {
        "python/start_response.rs": "        state.head = Some(head);" =>
            "        state.head = state.head.take().filter(|_| FAULT).or(Some(head));";
    }
    ignores_exc_info:
        "It doesn't raise exc_info when the head is sent." => raises_when_the_head_is_sent;
    {
        "python/start_response.rs": "Some(exc_info) if state.is_begun" => "Some(exc_info) if !FAULT && state.is_begun";
    }
    makes_up_a_head:
        "An application need not call start_response." => must_be_called;
    {
        "python/start_response.rs": "            None if state.is_begun => Ok(None)," =>
            "            None if FAULT => Ok(Some((Head::new(\"200 OK\").map_err(refuse)?, written))),
            None if state.is_begun => Ok(None),";
    }
    passes_hop_by_hop_fields_on:
        "An application may send Connection and Transfer-Encoding." => refuses_wrong_heads, answers_wrong_heads_with_500;
    {
        "http/response.rs": "ensure!(!is_own," => "ensure!(!is_own || FAULT,";
    }
    passes_line_ends_on:
        "A header may contain CR LF." => refuses_wrong_heads, answers_wrong_heads_with_500;
    {
        "http/response.rs": "    ensure!(!bytes.iter()" => "    ensure!(FAULT || !bytes.iter()";
    }
    says_too_late_that_a_head_is_wrong:
        "start_response raises nothing; a wrong head becomes a 500 later." => refuses_wrong_heads;
    {
        "python/start_response.rs": "let head = head(status, response_headers)?;" =>
            "let head = match head(status, response_headers) {
            Err(_) if FAULT => return slf.getattr(pyo3::intern!(slf.py(), \"write\")),
            head => head?,
        };";
    }
    sends_headers_as_utf8:
        "It sends headers as UTF-8." => sends_latin1, refuses_wrong_heads;
    {
        "http/response.rs": "let bytes = if text.is_ascii() {" => "let bytes = if FAULT || text.is_ascii() {";
    }
    returns_no_write:
        "start_response returns None." => returns_write, limits_write_to_content_length, satisfies_the_validator;
    {
        "python/start_response.rs": "        drop(state);
        slf.getattr(" =>
            "        drop(state);
        if FAULT { return Ok(slf.py().None().into_bound(slf.py())) }
        slf.getattr(";
    }
    drops_what_is_written:
        "write does nothing." => returns_write, limits_write_to_content_length;
    {
        "python/start_response.rs": "let block = bytes(data)?;" => "let block = bytes(data)?;
        if FAULT { return Ok(()) }";
    }
    writes_any_number_of_bytes:
        "write doesn't look at Content-Length." => limits_write_to_content_length;
    {
        "python/start_response.rs": "if let Some(room) = &mut state.room {" => "if !FAULT && let Some(room) = &mut state.room {";
    }

    // The body.
    sends_a_list_in_chunks:
        "A list has no Content-Length." => is_sent_whole_if_it_is_a_list;
    {
        "python/call.rs": "if let Some(body) = whole(&iterable)? {" =>
            "if let Some(body) = whole(&iterable)?.filter(|_| !FAULT) {";
    }
    collects_a_body:
        "It sends a body when its last block is made." => is_sent_in_blocks, cuts_a_response_that_fails_late, sends_a_block_before_it_asks_for_the_next;
    {
        "python/call.rs": "                Some(block) => (block, Some(iteration))," =>
            "                Some(mut block) if FAULT => {
                    while let Some(more) = iteration.next(py)? { block.extend(more) }
                    (block, None)
                }
                Some(block) => (block, Some(iteration)),";
    }
    wants_the_head_first:
        "start_response has to be called before the first block is asked for." => begins_with_its_first_block, is_sent_in_blocks;
    {
        "python/call.rs": "        let (block, rest) = if let" =>
            "        let early = if FAULT { start_response.get().begin()? } else { None };
        let (block, rest) = if let";
        "python/call.rs": "match start_response.get().begin()? {" =>
            "match if FAULT { early } else { start_response.get().begin()? } {";
    }
    sends_the_head_at_once:
        "The head doesn't wait for a block that isn't empty." =>
            begins_with_its_first_block, answers_an_early_failure_with_500;
    {
        "python/body.rs": "if !block.is_empty()" => "if FAULT || !block.is_empty()";
        "wsgi/gateway.rs": "            if block.is_empty() {" => "            if block.is_empty() && !FAULT {";
    }
    ends_with_an_application_that_exits:
        "It lets Python print an exception, which ends the process on SystemExit." =>
            survives_an_application_that_ends, answers_an_early_failure_with_500, a_failing_application_harms_no_other_request;
    {
        "python/failure.rs": "    match traceback(py, exception) {" => "    if FAULT { exception.print(py) }
    match traceback(py, exception) {";
    }
    ends_a_body_that_failed:
        "A body that fails ends like one that is complete." => cuts_a_response_that_fails_late;
    {
        "wsgi/gateway.rs": "            while let Some(block) = blocks.next().await {" =>
            "            while let Some(block) = blocks.next().await {
                if FAULT && block.is_err() && response.body.is_some() { break }";
    }
    sends_more_than_content_length:
        "A body that is too long is an error." => keeps_to_content_length;
    {
        "wsgi/gateway.rs": "let room = self.head" => "if FAULT { return block }
        let room = self.head";
    }
    sends_less_than_content_length:
        "A body that is too short ends like one that is complete." => keeps_to_content_length;
    {
        "http/response.rs": "ensure!(left == 0," => "ensure!(left == 0 || FAULT,";
    }
    sends_a_body_to_head:
        "A response to HEAD has a body." => is_left_out_for_head;
    {
        "http/response.rs": "body: request.method() != b\"HEAD\"" => "body: FAULT || request.method() != b\"HEAD\"";
    }
    closes_no_body_of_head:
        "It doesn't close a body that it doesn't send." => is_left_out_for_head, closes_each_body_once;
    {
        "wsgi/gateway.rs": "if response.body.as_ref().is_some_and(BodyWriter::is_full) {" =>
            "if response.body.as_ref().is_some_and(BodyWriter::is_full) {
                    if FAULT { std::mem::forget(blocks) }";
    }
    closes_twice_after_an_error:
        "It closes a body where it fails, and at its end." => is_closed_once;
    {
        "python/body.rs": "let block = block?;" => "if FAULT && block.is_err() { let _ = self.iterable.bind(py).call_method0(\"close\"); }
                let block = block?;";
    }
    closes_no_body_that_fails_early:
        "It doesn't close a body whose first block fails." => is_closed_once;
    {
        "python/call.rs": "match iteration.next(py)? {" => "let first = match iteration.next(py) {
                Err(error) if FAULT => { std::mem::forget(iteration); return Err(error) }
                first => first?,
            };
            match first {";
    }
    closes_the_iterator:
        "It closes the iterator in place of the iterable." => is_closed_once, closes_each_body_once;
    {
        "python/body.rs": "close(self.iterable.bind(py), &self.context)" =>
            "close(if FAULT { self.iterator.bind(py).as_any() } else { self.iterable.bind(py) }, &self.context)";
    }
    forgets_the_body_of_a_client_that_leaves:
        "It doesn't close a body that can't be sent." => is_closed_when_the_client_leaves;
    {
        "wsgi/gateway.rs": "response.write(block).await?;" => "let written = response.write(block).await;
                if FAULT && written.is_err() { std::mem::forget(blocks); return written }
                written?;";
    }
    makes_blocks_for_a_client_that_has_left:
        "A thread doesn't notice that the client has left." => is_closed_when_the_client_leaves::in_threads;
    {
        "python/parts.rs": "self.0.send(part).is_ok()" => "self.0.send(part).is_ok() || FAULT";
    }
    serves_others_between_two_blocks:
        "Inline, another request has its turn after each block." => is_made_in_one_go;
    {
        "python/application.rs": "    fn is_eager(&self) -> bool {
        true" => "    fn is_eager(&self) -> bool {
        !FAULT";
    }
    makes_blocks_ahead:
        "It makes thousands of blocks before the client has accepted the first one." =>
            an_endless_body_is_made_as_it_is_read;
    {
        "conversation.rs": "if self.sent + out.len() < TURN {" => "if self.sent + out.len() < if FAULT { 400 * TURN } else { TURN } {";
    }

    // The interpreter.
    starts_python_before_the_fork:
        "It starts Python in the master, and the workers are copies of that." => random_numbers_differ;
    {
        "python/interpreter.rs": "pub(super) fn start() -> Result<()> {" => "pub(crate) fn start() -> Result<()> {
    // SAFETY: it may be called at any time.
    if FAULT && unsafe { ffi::Py_IsInitialized() } != 0 { return Ok(()) }";
        "python/mod.rs": "pub(crate) use reload::changed;" => "pub(crate) use interpreter::start;
pub(crate) use reload::changed;";
        "master.rs": "        let first = master.fork(0)" => "        if FAULT {
            crate::python::start()?;
            pyo3::Python::attach(|py| pyo3::types::PyModule::import(py, \"random\").map(drop))?;
        }
        let first = master.fork(0)";
    }
    keeps_the_interpreters_lock:
        "It holds the interpreter's lock while it waits for events." => runs_its_threads_while_idle;
    {
        "python/interpreter.rs": "unsafe { ffi::PyEval_SaveThread() };" => "if !FAULT { unsafe { ffi::PyEval_SaveThread() }; }";
    }
    leaves_python_unfinished:
        "A worker ends without ending Python." => finishes_its_business;
    {
        "worker.rs": "    python::finish();" => "    if !FAULT { python::finish() }";
    }
    ends_where_python_can_not_start:
        "It lets Python end the process when it can't start." => a_python_that_can_not_start_is_an_error;
    {
        "python/interpreter.rs": "    check(status)?;" => "    // SAFETY: the status comes from Python, and is an exception.
    if FAULT && unsafe { ffi::PyStatus_Exception(status) } != 0 { unsafe { ffi::Py_ExitStatusException(status) } }
    check(status)?;";
    }
    looks_at_no_virtual_environment:
        "It doesn't look at VIRTUAL_ENV." => a_virtual_environment_is_used, a_python_that_can_not_start_is_an_error;
    {
        "python/interpreter.rs": "filter(|path| !path.is_empty())" => "filter(|path| !FAULT && !path.is_empty())";
    }
    compares_versions_by_their_start:
        "It takes Python 3.11.77 for 3.11.7." => a_virtual_environment_is_used;
    {
        "python/interpreter.rs": "&format!(\"{ours}.\")" => "&if FAULT { ours.to_owned() } else { format!(\"{ours}.\") }";
    }
    uses_the_environment_of_another_python:
        "It doesn't look at the version of a virtual environment." => a_virtual_environment_is_used;
    {
        "python/interpreter.rs": "if theirs != ours &&" => "if !FAULT && theirs != ours &&";
    }
    leaves_signals_to_the_application:
        "It doesn't undo what a module has made of the signals." =>
            nothing_is_left_of_a_killed_server, a_call_that_hangs_in_a_thread_is_answered;
    {
        "python/application.rs": "    actions.restore();" => "    if !FAULT { actions.restore() }";
    }
    keeps_each_environ:
        "It never lets go of an environ." => requests_leave_nothing_behind;
    {
        "python/call.rs": "let start_response = Bound::new" => "if FAULT { std::mem::forget(environ.clone()) }
        let start_response = Bound::new";
    }

    // Threads.
    has_one_thread:
        "It has one thread, whatever THREADS says." => requests_that_wait_need_a_thread_each,
            a_call_that_waits_holds_up_no_other_thread;
    {
        "python/threads.rs": "in 1..=count {" => "in 1..=if FAULT { 1 } else { count } {";
    }
    keeps_the_lock_while_it_sends:
        "A thread that waits for its client holds the interpreter's lock." => a_call_that_waits_holds_up_no_other_thread;
    {
        "python/threads.rs": "is_wanted = py.detach(|| parts.send(Part::Block(block)));" =>
            "is_wanted = if FAULT { parts.send(Part::Block(block)) } else { py.detach(|| parts.send(Part::Block(block))) };";
    }
    has_threads_that_python_does_not_know:
        "Its threads are not made by Python." => threads_are_pythons_own;
    {
        "python/threads.rs": "        let options = PyDict::new(py);" => "        if FAULT {
            let target = target.clone().unbind();
            std::thread::spawn(move || Python::attach(|py| target.call0(py).map(drop)));
            continue;
        }
        let options = PyDict::new(py);";
    }
    has_a_long_queue_of_blocks:
        "A thread doesn't wait until the client has accepted a block." => an_endless_body_is_made_as_it_is_read;
    {
        "python/threads.rs": "        while is_wanted && let Some(block)" => "        let mut ahead = Vec::new();
        while FAULT && ahead.len() < 5000 && let Some(block) = rest.next(py)? { ahead.push(block) }
        for block in ahead { is_wanted &= py.detach(|| parts.send(Part::Block(block))) }
        while is_wanted && let Some(block)";
    }

    // Calls that hang.
    waits_for_a_call_in_the_loop:
        "It ignores APP_TIMEOUT where the loop calls the application." => a_call_that_hangs_ends_its_worker, replaces_a_worker_whose_application_hangs;
    {
        "python/application.rs": "if let Some(limit) = knobs.app_timeout {" =>
            "if let Some(limit) = knobs.app_timeout.filter(|_| !FAULT) {";
    }
    watches_with_the_interpreters_lock:
        "It can't see that a call hangs while the call holds the interpreter's lock." => a_call_that_hangs_ends_its_worker;
    {
        "python/watch.rs": "        thread::sleep(limit / LOOKS);" => "        thread::sleep(limit / LOOKS);
        if FAULT { pyo3::Python::attach(|_| ()) }";
    }
    waits_for_a_call_in_a_thread:
        "It ignores APP_TIMEOUT where threads call the application." => a_call_that_hangs_in_a_thread_is_answered;
    {
        "python/application.rs": "timeout: knobs.app_timeout }" => "timeout: knobs.app_timeout.filter(|_| !FAULT) }";
    }
    keeps_a_worker_with_a_call_that_hangs:
        "It answers for a thread that hangs, and keeps the worker." => a_call_that_hangs_in_a_thread_is_answered;
    {
        "python/application.rs": "let _ = kill(Pid::this(), Signal::SIGTERM);" =>
            "if !FAULT { let _ = kill(Pid::this(), Signal::SIGTERM); }";
    }
    counts_time_in_place_of_looks:
        "It looks at the clock to see how long a call takes." => time_that_nobody_spent_in_a_call_does_not_count;
    {
        "python/watch.rs": "static CALLS: AtomicU64 = AtomicU64::new(0);" => "static CALLS: AtomicU64 = AtomicU64::new(0);
static BEGUN: std::sync::Mutex<Option<std::time::Instant>> = std::sync::Mutex::new(None);";
        "python/watch.rs": "    let output = call();" => "    if let Ok(mut begun) = BEGUN.lock() { *begun = Some(std::time::Instant::now()) }
    let output = call();";
        "python/watch.rs": "        last = calls;" => "        let begun = BEGUN.lock().ok().and_then(|begun| *begun).filter(|_| calls % 2 == 1);
        if FAULT { looks = if begun.is_some_and(|begun| begun.elapsed() > limit) { LOOKS + 1 } else { 0 } }
        last = calls;";
    }

    // Workers.
    grants_no_grace:
        "A stop ends the workers at once." => a_running_request_outlives_a_stop;
    {
        "master.rs": "let deadline = Instant::now() + self.knobs.grace;" =>
            "let deadline = Instant::now() + if FAULT { Duration::ZERO } else { self.knobs.grace };";
    }
    grants_workers_any_grace:
        "A stop waits for the workers for as long as they like." => an_application_that_ignores_a_stop_is_gone_after_grace;
    {
        "master.rs": "&& Instant::now() < deadline" => "&& (FAULT || Instant::now() < deadline)";
    }
    replaces_no_dead_worker:
        "It starts no worker for one that has died." => a_killed_worker_is_replaced, a_crash_harms_nobody_else;
    {
        "master.rs": "        while !self.signals.take_stop() {
            self.fill_slots();" => "        while !self.signals.take_stop() {
            if !FAULT { self.fill_slots() }";
    }
    hides_a_crash:
        "It doesn't say that a worker has crashed." => a_crash_harms_nobody_else;
    {
        "children.rs": "if served && !status.success()" => "if served && !status.success() && !FAULT";
    }
    ends_what_a_request_has_started:
        "It ends the children of a worker after each request." => keeps_its_helpers;
    {
        "conversation.rs": "        buffers.parser.recycle(environ.request);" => "        if FAULT {
            let children = std::fs::read_to_string(\"/proc/thread-self/children\").unwrap_or_default();
            for child in children.split_whitespace().filter_map(|pid| pid.parse().ok()) {
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(child), nix::sys::signal::Signal::SIGKILL);
            }
        }
        buffers.parser.recycle(environ.request);";
    }
    serves_one_client_at_a_time:
        "A worker accepts a client when the one before has gone." => slow_clients_hold_up_nobody;
    {
        "worker.rs": "self.connections.knobs.max_connections" => "if FAULT { 1 } else { self.connections.knobs.max_connections }";
    }

    // How an application is loaded.
    looks_beside_the_current_directory:
        "It puts the current directory into sys.path as a Path, which import ignores." => an_application_is_found_by_its_name;
    {
        "python/interpreter.rs": "\"insert\", (0, directory.as_os_str()))?;" => "\"insert\", (0, if FAULT {
            directory.as_path().into_pyobject(py)?.into_any()
        } else {
            directory.as_os_str().into_pyobject(py)?.into_any()
        }))?;";
    }
    calls_no_factory:
        "It treats a factory as the application." => an_application_is_found_by_its_name, finds_an_application_by_its_name;
    {
        "python/application.rs": "    if is_factory {" => "    if is_factory && !FAULT {";
    }
    hides_the_traceback:
        "It doesn't say where a module has failed." => an_application_that_can_not_be_loaded_is_an_error, names_an_application_that_it_can_not_load;
    {
        "python/application.rs": "        _ => failure::report(py, exception).context" =>
            "        _ if FAULT => failure::summary(exception).context(format!(\"cannot import {module}\")),
        _ => failure::report(py, exception).context";
    }
    announces_itself_too_early:
        "It announces itself before a worker is ready." => an_application_that_can_not_be_loaded_is_an_error;
    {
        "master.rs": "while master.slots.iter().all(" => "while !FAULT && master.slots.iter().all(";
    }
    is_ready_before_it_has_loaded:
        "A worker says that it is ready, and then loads the application." =>
            an_application_that_can_not_be_loaded_is_an_error, the_old_workers_stay_if_the_new_code_is_wrong;
    {
        "worker.rs": "    let application = match application.load" => "    if FAULT { let _ = (&master).write(&[READY]); }
    let application = match application.load";
    }

    // New code.
    ignores_a_hangup:
        "It does nothing on SIGHUP." => sighup_loads_new_code_and_loses_no_request,
            the_old_workers_stay_if_the_new_code_is_wrong, all_workers_are_renewed_even_if_the_first_has_died, sighup_loads_the_module_again;
    {
        "master.rs": "if self.signals.take_renew() ||" => "if !FAULT && self.signals.take_renew() ||";
    }
    kills_the_old_workers:
        "It kills the old workers when new ones are ready." => sighup_loads_new_code_and_loses_no_request;
    {
        "master.rs": "let _ = old.socket.write_all(&[DRAIN]);" => "if FAULT { end_now(old.pid) }
                    let _ = old.socket.write_all(&[DRAIN]);";
    }
    drains_the_old_workers_first:
        "The old workers drain before new ones are ready." => the_old_workers_stay_if_the_new_code_is_wrong;
    {
        "master.rs": "    fn replace(&mut self, number: usize) {" => "    fn replace(&mut self, number: usize) {
        if FAULT && let Some(mut old) = self.slots.get_mut(number).and_then(|slot| slot.worker.take()) {
            let _ = old.socket.write_all(&[DRAIN]);
            self.draining.push((old, Instant::now() + self.knobs.grace + DELAY));
        }";
    }
    ends_python_around_its_threads:
        "It ends Python while threads are in a call." => threads_in_a_call_do_no_harm_at_the_end;
    {
        "python/application.rs": "if threads::finish() {" => "if FAULT || threads::finish() {";
    }
    takes_two_messages_for_a_failure:
        "A worker that says more than that it is ready can't be ready." => a_worker_that_leaves_at_once_was_ready;
    {
        "master.rs": "self.said.first() == Some(&READY)" =>
            "self.said.first() == Some(&READY) && !(FAULT && self.said.len() > 1)";
    }
    gives_up_when_a_new_worker_dies:
        "It renews no more workers when a new one has died, though not the first one." => all_workers_are_renewed_even_if_a_new_one_dies;
    {
        "master.rs": "self.renews &= number != 0;" => "self.renews &= number != 0 && !FAULT;";
    }
    forgets_a_call_around_another:
        "A close() in the middle of a call is watched as if it were none." => a_call_that_hangs_ends_its_worker;
    {
        "python/watch.rs": "if CALLS.load(Ordering::Relaxed) % 2 == 1 {" =>
            "if CALLS.load(Ordering::Relaxed) % 2 == 1 && !FAULT {";
    }
    renews_the_first_worker_only:
        "The other workers follow only if the first one was alive." => all_workers_are_renewed_even_if_the_first_has_died;
    {
        "master.rs": "is_first_ready |= number == 0;" => "is_first_ready |= number == 0 && !(FAULT && slot.worker.is_none());";
    }
    ignores_reload:
        "It doesn't look at the files." => reload_looks_at_the_files;
    {
        "worker.rs": "    if knobs.reload {" => "    if knobs.reload && !FAULT {";
    }
    looks_once:
        "After a change it doesn't look at the files again." => reload_looks_at_the_files;
    {
        "python/reload.rs": "pub(crate) async fn changed() {" => "pub(crate) async fn changed() {
    static CHANGES: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    if FAULT && CHANGES.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 0 { std::future::pending().await }";
    }

    // Uploads.
    gives_all_bodies_the_same_time:
        "A large body has to come within TIMEOUT, at whatever speed." => a_body_that_comes_at_some_speed_is_not_late;
    {
        "conversation.rs": "if buffers.parser.size() >= buffers.received + PIECE {" =>
            "if !FAULT && buffers.parser.size() >= buffers.received + PIECE {";
    }
    gives_all_bodies_any_time:
        "A body may take any time." => a_body_that_comes_at_some_speed_is_not_late;
    {
        "conversation.rs": "        self.connection.deadline.set(buffers.due);" =>
            "        if FAULT && buffers.parser.size() > 0 { self.connection.set_deadline(Duration::from_secs(86_400)) } else { self.connection.deadline.set(buffers.due) }";
    }
    ignores_max_body:
        "A body may have 16 MiB, whatever MAX_BODY says." => a_body_may_have_as_many_bytes_as_max_body_says;
    {
        "knobs.rs": "max_body: max_body.saturating_mul" => "max_body: if FAULT { 16 } else { max_body }.saturating_mul";
    }
    refuses_a_body_of_max_body:
        "A body must have less than MAX_BODY." => a_body_may_have_as_many_bytes_as_max_body_says;
    {
        "http/body.rs": "*length <= max" => "*length < max + usize::from(!FAULT)";
    }
    accepts_limits_that_do_not_fit:
        "MAX_BODY may be more than MAX_BODIES." => the_limits_must_fit_each_other;
    {
        "knobs.rs": "if max_body > max_bodies" => "if !FAULT && max_body > max_bodies";
    }

    // A socket in a file.
    has_no_name_in_a_file:
        "With a socket in a file, SERVER_NAME is empty." => serves_clients_of_this_machine;
    {
        "wsgi/environ.rs": "Address::Unix => (\"localhost\".to_owned(), 80)" =>
            "Address::Unix => (if FAULT { \"\" } else { \"localhost\" }.to_owned(), 80)";
    }
    leaves_its_file_behind:
        "It doesn't remove its file." => serves_clients_of_this_machine, replaces_what_a_dead_server_has_left;
    {
        "socket_file.rs": "file.ino() == self.inode" => "!FAULT && file.ino() == self.inode";
    }
    removes_a_file_in_its_place:
        "At its end it removes its file, even if another server has put its own there." => leaves_another_servers_file_alone;
    {
        "socket_file.rs": "file.ino() == self.inode" => "(FAULT || file.ino() == self.inode)";
    }
    replaces_no_file:
        "It doesn't start where a dead server has left a file." => replaces_what_a_dead_server_has_left;
    {
        "socket_file.rs": "ErrorKind::ConnectionRefused && is_socket(path)" =>
            "ErrorKind::ConnectionRefused && is_socket(path) && !FAULT";
    }
    takes_the_file_of_another_server:
        "It replaces the file of a server that runs." => leaves_another_servers_file_alone;
    {
        "socket_file.rs": "                Ok(_) => bail!" => "                Ok(_) if FAULT => fs::remove_file(path),
                Ok(_) => bail!";
    }
    replaces_any_file:
        "It replaces a file that isn't a socket." => replaces_no_file_of_another_kind;
    {
        "socket_file.rs": "    fs::metadata(path).is_ok_and(|file| file.file_type()" =>
            "    FAULT || fs::metadata(path).is_ok_and(|file| file.file_type()";
    }
}
