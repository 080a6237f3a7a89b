//! The list.

use super::{Exercise, Task, v01, v02, v03, v04, v05, v06, v07};
use crate::bench::Bench;
use crate::case::{Case, Kind, Outcome};
use crate::stage::Stage;

/// A chapter with its three exercises, the first of which has this number.
struct Chapter {
    name: &'static str,
    version: Stage,
    ids: [&'static str; 3],
    predict: &'static str,
    write: Write,
    r#break: Break,
}

struct Write {
    title: &'static str,
    asks: &'static str,
    case: &'static str,
    says: &'static str,
    run: fn(&Bench) -> Outcome,
}

struct Break {
    title: &'static str,
    asks: &'static str,
    notices: &'static [&'static str],
}

pub(super) fn all() -> Vec<Exercise> {
    CHAPTERS.iter().flat_map(Chapter::exercises).collect()
}

impl Chapter {
    fn exercises(&self) -> [Exercise; 3] {
        let Chapter { name: chapter, version, write, .. } = self;
        let (chapter, version) = (*chapter, *version);
        let case = Case {
            name: write.case,
            kind: Kind::Behaviour,
            stage: version,
            until: None,
            says: write.says,
            run: write.run,
        };
        let broken = &self.r#break;
        let tasks = [
            (self.predict, Task::Predict),
            (write.title, Task::Write { asks: write.asks, case }),
            (broken.title, Task::Break { asks: broken.asks, notices: broken.notices }),
        ];
        let mut ids = self.ids.into_iter();
        tasks.map(|(title, task)| Exercise { id: ids.next().unwrap_or_default(), chapter, version, title, task })
    }
}

const CHAPTERS: &[Chapter] = &[
    Chapter {
        name: "v01",
        version: Stage::V01,
        ids: ["v01.1", "v01.2", "v01.3"],
        predict: "two requests in one packet",
        write: Write {
            title: "an echo without HTTP",
            asks: "With RAW=on in the environment the server sends back every byte as it comes, and nothing else, until the client \
                   has sent its last; then it closes (RFC 862). Without RAW it stays as it was.",
            case: "echoes_bytes_as_they_come",
            says: "Write back what a read gave, then read again; a read of 0 bytes is the end.",
            run: v01::echoes_bytes_as_they_come,
        },
        r#break: Break {
            title: "a request is text",
            asks: "In server.rs, `echo` takes what it has read for text.",
            notices: &["outlives_bytes_that_are_no_http"],
        },
    },
    Chapter {
        name: "v02-read",
        version: Stage::V02,
        ids: ["v02.1", "v02.2", "v02.3"],
        predict: "a request in three pieces",
        write: Write {
            title: "how many pieces",
            asks: "A page /pieces answers with the number of reads that its request took, and nothing else: `1` for a small one that comes \
                   at once.",
            case: "counts_the_pieces_of_a_request",
            says: "Each read that returns bytes is a piece. Count them where the parser is fed.",
            run: v02::counts_the_pieces_of_a_request,
        },
        r#break: Break {
            title: "searched before",
            asks: "In http/buffer.rs, `take` leaves `searched` as it is.",
            notices: &["joins_a_request_in_two_pieces"],
        },
    },
    Chapter {
        name: "v02-refuse",
        version: Stage::V02,
        ids: ["v02.4", "v02.5", "v02.6"],
        predict: "a request without Host",
        write: Write {
            title: "whose site is it?",
            asks: "With HOSTS=shop,127.0.0.1 in the environment, a request for any other host gets a 421 (RFC 9110 15.5.20), and so does one \
                   without a host. The port doesn't count, nor do capital letters. Without HOSTS, every host is served.",
            case: "serves_its_own_hosts_only",
            says: "The Host field has the host that counts: `read_fields` has put that of the target there. Cut the port off, but not at a \
                   colon of an IPv6 address in brackets.",
            run: v02::serves_its_own_hosts_only,
        },
        r#break: Break {
            title: "a limit for each chunk",
            asks: "In http/body.rs, `read` compares the size of each chunk with the limit, whatever came before it.",
            notices: &["limits_a_chunked_body"],
        },
    },
    Chapter {
        name: "v02-answer",
        version: Stage::V02,
        ids: ["v02.7", "v02.8", "v02.9"],
        predict: "methods and paths",
        write: Write {
            title: "a part of a page",
            asks: "A GET with `Range: bytes=0-4` gets a 206 with these bytes only, and Content-Range; one from after the end of the \
                   page gets a 416 (RFC 9110 14). So `curl -C -` continues where it was interrupted.",
            case: "sends_the_part_that_was_asked_for",
            says: "Read `bytes=FIRST-LAST` and `bytes=FIRST-`, and ignore all else; a LAST after the end means the end. Range is for GET \
                   alone (RFC 9110 14.2).",
            run: v02::sends_the_part_that_was_asked_for,
        },
        r#break: Break {
            title: "closed at once",
            asks: "In connection.rs, `close` closes at once, whatever was sent.",
            notices: &["gets_a_refusal_to_a_client_that_goes_on_sending"],
        },
    },
    Chapter {
        name: "v03",
        version: Stage::V03,
        ids: ["v03.1", "v03.2", "v03.3"],
        predict: "two names that look the same",
        write: Write {
            title: "a door before the site",
            asks: "A third application, `private`: a middleware that calls `site` for clients that send the name zepper and the password \
                   secret (`curl -u zepper:secret`), and answers the others with a 401 (RFC 7617). To each response of the site it \
                   adds the field `Cache-Control: private`.",
            case: "asks_for_a_password_before_the_site",
            says: "A type that contains an application and implements `Application` itself. It looks at HTTP_AUTHORIZATION, and calls the \
                   application inside with a start_response of its own, whose `begin` adds a field and calls the server's.",
            run: v03::asks_for_a_password_before_the_site,
        },
        r#break: Break {
            title: "names that look alike",
            asks: "In environ.rs, `add_fields` turns all fields into variables, whatever their names are.",
            notices: &["passes_no_doubtful_names_on"],
        },
    },
    Chapter {
        name: "v04",
        version: Stage::V04,
        ids: ["v04.1", "v04.2", "v04.3"],
        predict: "a variable that counts",
        write: Write {
            title: "a child that lives too long",
            asks: "With LIFETIME=N in the environment a child has N seconds to live, whatever keeps it: then the kernel ends it, and \
                   with it its connection. 0, and no LIFETIME, mean no limit; anything but a whole number is a startup error.",
            case: "ends_a_child_that_lives_too_long",
            says: "alarm(2) sends SIGALRM, which ends a process that has no handler. Set it in the child: fork(2) clears the parent's.",
            run: v04::ends_a_child_that_lives_too_long,
        },
        r#break: Break {
            title: "a listener in every child",
            asks: "In server.rs, `child` does not close its copy of the listener.",
            notices: &["its_port_is_free_after_a_kill"],
        },
    },
    Chapter {
        name: "v05-zombies",
        version: Stage::V05,
        ids: ["v05.1", "v05.2", "v05.3"],
        predict: "sixteen deaths, one signal",
        write: Write {
            title: "what a zombie still knows",
            asks: "For each child that it reaps the server writes a line on stderr, unless LOG=off: `child PID used N ms of the processor and \
                   M KiB of memory`, M at the most it ever had.",
            case: "tells_what_a_child_has_used",
            says: "wait4(2) waits as waitpid(2) does and fills in an rusage (getrusage(2)): ru_utime, ru_stime, ru_maxrss.",
            run: v05::tells_what_a_child_has_used,
        },
        r#break: Break {
            title: "one signal, one child",
            asks: "In children.rs, `reap` waits for one child only.",
            notices: &["reaps_sixteen_deaths_of_one_signal"],
        },
    },
    Chapter {
        name: "v05-orphans",
        version: Stage::V05,
        ids: ["v05.4", "v05.5", "v05.6"],
        predict: "two ways to stop",
        write: Write {
            title: "who is at work?",
            asks: "On SIGUSR1 the server writes a line with its children on stderr, such as `2 children: 4711 4712`, and goes on. To a child \
                   the signal means what it means to any process: its end.",
            case: "lists_its_children_at_sigusr1",
            says: "A flag and the self-pipe, as for SIGTERM; the line is written in the loop, not in the handler. What \
                   `become_child` does about the other signals, SIGUSR1 needs too.",
            run: v05::lists_its_children_at_sigusr1,
        },
        r#break: Break {
            title: "the surest signal",
            asks: "In groups.rs, `become_child` asks for SIGKILL when its parent dies.",
            notices: &["a_kill_ends_what_a_request_started"],
        },
    },
    Chapter {
        name: "v06-readiness",
        version: Stage::V06,
        ids: ["v06.1", "v06.2", "v06.3"],
        predict: "how often it asks",
        write: Write {
            title: "a program that takes its time",
            asks: "A page /run/MS starts the program `sh -c 'sleep SECONDS; echo slept'` and answers with what it writes. While the program \
                   runs, its worker serves the others.",
            case: "waits_for_a_program_and_for_clients",
            says: "A pipe can be waited for like a connection. Give the program one end of a UnixStream::pair() as its stdout, make the other \
                   non-blocking and a `Source`, and read that to its end.",
            run: v06::waits_for_a_program_and_for_clients,
        },
        r#break: Break {
            title: "one event, one read",
            asks: "In runtime/sockets.rs, `poll_read` takes every read for one that got all there was.",
            notices: &["echoes_a_body_of_one_mebibyte", "limits_a_chunked_body"],
        },
    },
    Chapter {
        name: "v06-futures",
        version: Stage::V06,
        ids: ["v06.4", "v06.5", "v06.6"],
        predict: "an await that is not there",
        write: Write {
            title: "two clients meet",
            asks: "A page /meet: who asks for it waits until another client of the same worker asks for it too. Then both are answered, each \
                   with the address of the other one, such as `127.0.0.1:40404`.",
            case: "lets_two_clients_meet",
            says: "The first one leaves its address and its waker where the second one finds them, and gives way; the second one leaves its own \
                   address, and wakes the first.",
            run: v06::lets_two_clients_meet,
        },
        r#break: Break {
            title: "pending, and no waker",
            asks: "In connections.rs, `until_below` leaves no waker.",
            notices: &["a_client_above_the_limit_of_connections_waits"],
        },
    },
    Chapter {
        name: "v06-reactor",
        version: Stage::V06,
        ids: ["v06.7", "v06.8", "v06.9"],
        predict: "a deadline that moves back",
        write: Write {
            title: "an application that takes too long",
            asks: "A third application, `brisk`: a middleware that calls `site` and gives it a second to answer. Who takes longer is dropped, \
                   and the client gets a 503.",
            case: "drops_an_application_that_takes_too_long",
            says: "`runtime::race` runs the application beside `runtime::sleep`, and drops the one that is late. It may have called start_response: \
                   call it again with an error (PEP 3333's exc_info).",
            run: v06::drops_an_application_that_takes_too_long,
        },
        r#break: Break {
            title: "an interrupted wait",
            asks: "In runtime/reactor.rs, `wait` takes EINTR for an error like any other.",
            notices: &["a_long_pipeline_waits_for_others"],
        },
    },
    Chapter {
        name: "v06-worker",
        version: Stage::V06,
        ids: ["v06.10", "v06.11", "v06.12"],
        predict: "a timer that has to wait",
        write: Write {
            title: "the last request of a connection",
            asks: "A knob MAX_REQUESTS: so many requests are answered on a connection. The response to the last one says `Connection: close`, \
                   and then the server closes.",
            case: "closes_after_its_last_request",
            says: "Count them in the conversation, and let `Sending` say that the connection ends. The client may have sent more already: \
                   linger, or a reset overtakes the responses.",
            run: v06::closes_after_its_last_request,
        },
        r#break: Break {
            title: "a client that has finished sending",
            asks: "In conversation.rs, `client_leaves` doesn't wait after the end of what the client sends.",
            notices: &["answers_a_client_that_has_finished_sending"],
        },
    },
    Chapter {
        name: "v06-workers",
        version: Stage::V06,
        ids: ["v06.13", "v06.14", "v06.15"],
        predict: "which worker answers",
        write: Write {
            title: "one worker more",
            asks: "At SIGTTIN the master starts one more worker, with a listener of its own, and keeps it at work like the others.",
            case: "starts_one_more_worker_at_sigttin",
            says: "A flag and the self-pipe, as for SIGHUP, and a new `Slot` with a listener like those that `listeners::share` makes; the loop \
                   fills it. `block` and `become_worker` have to treat SIGTTIN like SIGHUP.",
            run: v06::starts_one_more_worker_at_sigttin,
        },
        r#break: Break {
            title: "the end says enough",
            asks: "In master.rs, `renew` says nothing to the old worker, and drops it.",
            notices: &["sighup_replaces_the_workers"],
        },
    },
    Chapter {
        name: "v07-call",
        version: Stage::V07,
        ids: ["v07.1", "v07.2", "v07.3"],
        predict: "a number in each worker",
        write: Write {
            title: "files in blocks",
            asks: "`wsgi.file_wrapper` in the environ: a class that takes a file and the size of a block, and is an iterable of the file's blocks. \
                   Its close() closes the file (PEP 3333, \"Optional Platform-Specific File Handling\").",
            case: "wraps_files",
            says: "A #[pyclass] with #[new], __iter__, __next__ and close; the template of the environ has it. What has no close() need not be closed.",
            run: v07::wraps_files,
        },
        r#break: Break {
            title: "the wrong close",
            asks: "In python/body.rs, `drop` closes the iterator of a body, and not the iterable.",
            notices: &["closes_each_body_once"],
        },
    },
    Chapter {
        name: "v07-threads",
        version: Stage::V07,
        ids: ["v07.4", "v07.5", "v07.6"],
        predict: "readers that stop",
        write: Write {
            title: "a queue with an end",
            asks: "With QUEUE=N in the environment, N requests of a worker may wait for a thread. One more gets a 503 at once. Without QUEUE, any \
                   number may wait.",
            case: "refuses_what_would_wait_too_long",
            says: "Count the jobs that no thread is done with. There may be THREADS + QUEUE of them. A job that carries a copy of an Arc \
                   counts itself, however it ends.",
            run: v07::refuses_what_would_wait_too_long,
        },
        r#break: Break {
            title: "attached while it waits",
            asks: "In python/threads.rs, `answer` stays attached while it sends a block.",
            notices: &["a_call_that_waits_holds_up_no_other_thread"],
        },
    },
    Chapter {
        name: "v07-care",
        version: Stage::V07,
        ids: ["v07.7", "v07.8", "v07.9"],
        predict: "a second SIGHUP",
        write: Write {
            title: "a worker that retires",
            asks: "With RETIRE=N in the environment, a worker is replaced after it has answered N requests, and a client that connects for \
                   each request notices nothing. Without RETIRE, or with 0, a worker serves any number.",
            case: "replaces_a_worker_after_its_last_request",
            says: "Count where a response is ready, in what all connections of a worker share. A SIGTERM that the worker sends to itself, before the \
                   response goes out, makes it leave: the next client finds the next worker.",
            run: v07::replaces_a_worker_after_its_last_request,
        },
        r#break: Break {
            title: "a polite watch",
            asks: "In python/watch.rs, `run` sends SIGTERM.",
            notices: &["replaces_a_worker_whose_application_hangs"],
        },
    },
];
