//! A connection whose client takes all at once.

use std::cell::Cell;
use std::io::{Read, copy, sink};
use std::net::{TcpListener, TcpStream as Client};
use std::rc::Rc;
use std::thread;

use super::*;

#[test]
fn a_client_that_takes_all_at_once_leaves_others_their_turns() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = Client::connect(listener.local_addr()?)?;
    let (stream, _) = listener.accept()?;
    let reader = thread::spawn(move || copy(&mut client.take(4 * PIECE as u64), &mut sink()));
    let turns = Rc::new(Cell::new(0));
    let counted = turns.clone();
    runtime::run(
        async move {
            runtime::spawn(async move {
                loop {
                    counted.update(|turns| turns + 1);
                    runtime::yield_now().await;
                }
            });
            let connection = Connection::new(TcpStream::new(stream)?, Duration::from_secs(60));
            connection.flush(&mut vec![b'x'; 4 * PIECE], Duration::from_secs(60)).await
        },
        || {},
    )??;
    assert!(turns.get() >= 4, "another task had {} turns while 4 pieces were sent", turns.get());
    assert_eq!(reader.join().expect("no panic")?, 4 * PIECE as u64);
    Ok(())
}
