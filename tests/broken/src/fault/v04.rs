//! What can be wrong when several clients are served at a time.

faults! {
    serves_one_after_another:
        "It waits for each child to end." => answers_a_ninth_client_while_eight_are_held, a_slow_application_holds_up_nobody;
    ends_all_with_a_dead_client:
        "A client that dies takes the others' children with it." => a_client_that_dies_ends_only_its_own;
    loses_one_of_two:
        "Of two clients that come together it serves one." => answers_sixty_four_clients_at_once;
    turns_away_the_thirty_third:
        "It answers 503 when 32 clients are in service." => answers_sixty_four_clients_at_once;
    keeps_its_copy:
        "The parent does not close its copy of a connection." => a_client_sees_the_end_while_others_are_held;
    ends_all_with_a_panic:
        "An application that fails takes the others' children with it." => a_panic_leaves_the_others_served;
    announces_in_each_child:
        "Each child announces the server again." => announces_once_however_many_requests;
    shreds_its_lines:
        "It writes a line in two pieces." => logs_whole_lines;
    hides_other_processes:
        "wsgi.multiprocess is false." => is_told_of_other_processes;
    keeps_the_listener:
        "A child outlives the server, and has a copy of its listener." => its_port_is_free_after_a_kill;
}
