//! What can be wrong before a server knows what a request is.

faults! {
    announces_twice:
        "It prints its announcement a second time." => announces_one_line_with_its_address;
    shouts:
        "It sends back the body in capital letters." => echoes_a_body;
    serves_one_client:
        "It ends after the first connection." => serves_one_client_after_another;
    dies_of_silence:
        "It ends when a client leaves without a word." => outlives_a_client_that_leaves_at_once;
    dies_of_a_reset:
        "It ends when a read fails." => outlives_a_client_that_resets;
    dies_of_half_a_request:
        "It ends when a client leaves in the middle of a request." => outlives_a_client_that_leaves_in_the_middle;
    dies_of_an_unread_answer:
        "It ends when a write fails." => outlives_a_client_that_does_not_read_its_answer;
    dies_of_bytes:
        "It ends when what comes is no text." => outlives_bytes_that_are_no_http;
    ignores_sigterm:
        "It goes on at SIGTERM." => ends_at_sigterm;
    ignores_sigint:
        "It goes on at SIGINT." => ends_at_sigint;
    keeps_its_signal_mask:
        "It leaves signals blocked that were so at its start."
            => ends_at_a_signal_that_was_blocked, reaps_though_sigchld_was_blocked;
    leaves_signals_to_their_default:
        "It has no handler for SIGTERM and SIGINT." => ends_as_process_1;
    takes_any_address_that_is_free:
        "Of a host's addresses it takes the first that is free." => names_a_port_in_use_on_any_of_its_addresses;
    does_not_reuse_its_address:
        "It binds without SO_REUSEADDR." => gets_its_port_again_at_once;
    exits_with_0:
        "Its exit code is 0 when it can't start." => names_a_port_in_use;
    prints_a_backtrace:
        "It prints more than a line when it can't start." => names_an_address_that_is_not_ours;
    does_not_repeat_the_address:
        "It says that it can't listen, but not where." => names_an_address_that_is_none;
    takes_a_flag_for_help:
        "It prints its usage at any flag." => names_an_unknown_flag;
    takes_any_knob:
        "It runs with the defaults when a knob can't be read."
            => names_a_knob_that_it_can_not_read, names_a_limit_that_it_can_not_read, names_a_grace_that_it_can_not_read;
    prints_its_usage_to_stderr:
        "Its usage comes on stderr." => tells_its_usage;
    ends_with_its_stdout:
        "It ends when nobody reads its stdout any more." => serves_on_when_stdout_is_closed;
    needs_stdin:
        "It serves nobody when it was started without stdin." => serves_without_stdin;
    logs_twice:
        "It writes two lines for each request." => logs_each_request;
    logs_no_status:
        "The line for a request has no status." => logs_each_request;
    logs_always:
        "It writes a line for each request with LOG=off too." => logs_nothing_when_told_so;
}
