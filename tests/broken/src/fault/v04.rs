//! What can be wrong when several clients are served at a time.

faults_by_edits! {
    serves_one_after_another:
        "It waits for each child to end." => answers_a_ninth_client_while_eight_are_held, a_slow_application_holds_up_nobody;
    {
        "server.rs": "self.children.insert(child);" =>
            "if FAULT { nix::sys::wait::waitpid(child, None)?; } else { self.children.insert(child); }";
    }
    ends_all_with_a_dead_client:
        "A client that dies takes the others' children with it." => a_client_that_dies_ends_only_its_own;
    {
        "server.rs": after "log::line(format_args!(\"{peer} connection lost: {error:#}\"));" =>
            "if FAULT { panic!(\"{error:#}\") }";
        "children.rs": before "if served && !status.success()" => "if FAULT && !status.success() {
            groups::end_all();
            children.clear();
        }";
    }
    loses_one_of_two:
        "Of two clients that come together it serves one." => answers_sixty_four_clients_at_once;
    { "server.rs": after "drop(stream);" => "if FAULT { drop(listener.accept()) }"; }
    turns_away_the_thirty_third:
        "It answers 503 when 32 clients are in service." => answers_sixty_four_clients_at_once;
    {
        "server.rs": before "Ok((stream, peer)) => {" =>
            "Ok((stream, _)) if FAULT && self.children.len() >= 32 => self.turn_away(stream)?,";
    }
    keeps_its_copy:
        "The parent does not close its copy of a connection." => a_client_sees_the_end_while_others_are_held;
    { "server.rs": "drop(stream);" => "if FAULT { std::mem::forget(stream) } else { drop(stream) }"; }
    ends_all_with_a_panic:
        "An application that fails takes the others' children with it." => a_panic_leaves_the_others_served;
    {
        "server.rs": after "log::line(format_args!(\"{peer} {error:#}\"));" => "if FAULT { panic!(\"{error:#}\") }";
        "children.rs": before "if served && !status.success()" => "if FAULT && !status.success() {
            groups::end_all();
            children.clear();
        }";
    }
    announces_in_each_child:
        "Each child announces the server again." => announces_once_however_many_requests;
    {
        "server.rs": before "groups::end_started(server);" =>
            "if FAULT { println!(\"v05 listening on http://{}\", self.address) }";
    }
    shreds_its_lines:
        "It writes a line in two pieces." => logs_whole_lines;
    {
        "log.rs": before "let _ = io::stderr()" => "if FAULT {
        let rest = line.split_off(line.floor_char_boundary(20));
        let _ = io::stderr().write_all(line.as_bytes());
        std::thread::sleep(std::time::Duration::from_millis(20)); // Long enough for another process to write.
        line = rest;
    }";
    }
    hides_other_processes:
        "wsgi.multiprocess is false." => is_told_of_other_processes;
    { "server.rs": "true); // wsgi.multiprocess" => "!FAULT); // wsgi.multiprocess"; }
    keeps_the_listener:
        "A child outlives the server, and has a copy of its listener." => its_port_is_free_after_a_kill;
    {
        "server.rs": "drop(listener); // Closes" =>
            "if FAULT { std::mem::forget(listener) } else { drop(listener) } // Closes";
        "groups.rs": before "prctl::set_pdeathsig(Signal::SIGQUIT)?;" => "if FAULT { return Ok(()) }";
    }
}
