//! What can be wrong with the ends of processes, and when there are too many of them.

faults! {
    reaps_nothing:
        "It does not wait for its children." => leaves_no_zombie_and_no_orphan;
    reaps_one_for_each_signal:
        "It waits for one child at each SIGCHLD." => reaps_sixteen_deaths_of_one_signal;
    lets_children_outlive_it:
        "Its children ask for no signal when it dies." => leaves_no_zombie_and_no_orphan, a_kill_ends_running_requests;
    ends_with_a_killed_child:
        "It ends when a child was killed." => outlives_a_process_that_is_killed;
    gives_up_at_a_nameless_signal:
        "It reaps no more once a child died of a real-time signal." => outlives_a_process_that_is_killed;
    passes_sigterm_on:
        "A SIGTERM to a child stops the server." => outlives_a_process_that_is_killed;
    keeps_silent_about_killed_children:
        "It writes no line when a child was killed." => tells_how_a_child_was_killed;
    ends_its_requests_at_sigterm:
        "A child that gets SIGTERM ends at once." => finishes_running_requests_when_all_get_sigterm;
    writes_from_the_background:
        "A terminal may stop its children." => serves_on_a_terminal_with_tostop;
    finishes_nothing:
        "It ends all requests when it is told to stop."
            => finishes_running_requests_at_sigterm, finishes_running_requests_at_sigint;
    stops_with_1:
        "Its exit code is 1 after a graceful stop."
            => finishes_running_requests_at_sigterm, finishes_running_requests_at_sigint, ends_what_exceeds_its_grace;
    listens_while_it_stops:
        "It closes its listener when the last request is over." => takes_no_new_clients_once_it_stops;
    ignores_a_second_signal:
        "While it stops a second signal does nothing." => ends_at_a_second_signal;
    is_deaf_while_it_writes:
        "It gets no signal while it writes to stderr." => ends_at_a_second_signal_while_it_can_not_write;
    grants_any_grace:
        "It waits for running requests forever." => ends_what_exceeds_its_grace;
    ends_the_child_alone:
        "When the server dies its children end, but not what they started." => a_kill_ends_what_a_request_started;
    keeps_what_a_request_started:
        "What a request started goes on after it."
            => ends_what_a_request_started_with_it, ends_what_a_request_started_though_the_server_hangs;
    leaves_all_to_the_server:
        "What a request started ends when the server reaps its child." => ends_what_a_request_started_though_the_server_hangs;
    ignores_its_limit:
        "It takes any number of children." => keeps_to_its_limit_of_children, a_client_above_the_limit_waits;
    turns_away_above_its_limit:
        "It answers 503 to a client above the limit." => keeps_to_its_limit_of_children, a_client_above_the_limit_waits;
    does_not_tell_its_knobs:
        "Its usage does not name GRACE." => tells_its_knobs;
    ends_without_descriptors:
        "It ends when accept() fails." => outlives_a_shortage_of_descriptors, rests_when_it_can_not_accept;
    does_not_rest:
        "It tries again at once when accept() fails." => outlives_a_shortage_of_descriptors, rests_when_it_can_not_accept;
    ends_without_processes:
        "It ends when fork() fails." => outlives_a_shortage_of_processes;
    waits_for_the_client_to_close:
        "A child ends when its client has closed." => lets_go_of_a_client_that_never_closes;
    sends_for_ever:
        "There is no timeout for sending." => lets_go_of_a_client_that_never_reads;
    takes_a_large_body_for_a_slow_one:
        "It answers 408 to a body of more than a mebibyte." => lets_go_of_a_client_that_never_reads;
}
