//! The loop as a whole: what its turns are made of, and how a run ends.

use std::fs;
use std::io::{Read, Write};
use std::net;
use std::sync::mpsc;
use std::thread;

use anyhow::Result;

use super::*;

/// Runs `main`, with nothing to do before a wait.
pub(super) fn run<T: 'static>(main: impl Future<Output = T> + 'static) -> Result<T> {
    super::run(main, || {})
}

/// Polls a future once, with a waker that does nothing.
pub(super) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut std::task::Context::from_waker(Waker::noop()))
}

/// Sets its flag when it is dropped.
pub(super) struct OnDrop(pub(super) Rc<Cell<bool>>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

#[test]
fn a_run_gives_what_its_first_task_gave_and_drops_the_others() -> Result<()> {
    let dropped = Rc::new(Cell::new(false));
    let on_drop = OnDrop(dropped.clone());
    let given = run(async {
        spawn(async move {
            let _on_drop = on_drop;
            future::pending::<()>().await;
        });
        yield_now().await;
        7
    })?;
    assert_eq!((given, dropped.get()), (7, true));
    assert_eq!(run(async { 8 })?, 8, "a thread can run again");
    Ok(())
}

#[test]
fn a_run_fails_if_its_first_task_panics() {
    assert!(run(async { panic!("as the test wants it") }).is_err());
}

#[test]
fn a_panicking_task_ends_alone() -> Result<()> {
    run(async {
        spawn(async { panic!("as the test wants it") });
        yield_now().await;
        yield_now().await;
    })
}

#[test]
fn the_callback_is_called_once_in_each_turn() -> Result<()> {
    let calls = Rc::new(Cell::new(0));
    let seen = calls.clone();
    let main = async move {
        for turn in 0..5 {
            assert_eq!(seen.get(), turn);
            yield_now().await;
        }
    };
    super::run(main, move || calls.set(calls.get() + 1))
}

#[test]
fn the_time_stands_still_within_a_turn() -> Result<()> {
    run(async {
        let before = now();
        let real = Instant::now();
        while Instant::now() == real {}
        assert_eq!(now(), before);
        yield_now().await;
        assert!(now() > real);
    })
}

#[test]
fn a_task_that_never_waits_keeps_no_timer_and_no_socket_from_its_turn() -> Result<()> {
    let listener = net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let client = thread::spawn(move || -> Result<Vec<u8>> {
        let mut stream = net::TcpStream::connect(address)?;
        stream.write_all(b"ping")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    });
    run(async move {
        spawn(async {
            loop {
                yield_now().await;
            }
        });
        sleep(Duration::from_millis(1)).await;
        let (stream, _) = TcpListener::new(listener)?.accept().await?;
        let mut bytes = [0; 4];
        assert_eq!(future::poll_fn(|cx| stream.poll_read(cx, &mut bytes)).await?, 4);
        assert_eq!(future::poll_fn(|cx| stream.poll_write(cx, &bytes)).await?, 4);
        Ok::<(), anyhow::Error>(())
    })??;
    assert_eq!(client.join().expect("the client panicked")?, b"ping");
    Ok(())
}

#[test]
fn another_thread_wakes_a_task_while_the_loop_sleeps() -> Result<()> {
    let (sender, receiver) = mpsc::channel::<Waker>();
    let looping = fs::read_link("/proc/thread-self")?;
    let other = thread::spawn(move || -> Result<()> {
        for waker in receiver {
            // The state of the thread follows its name, which is in brackets (proc_pid_stat(5)).
            let stat = || fs::read_to_string(std::path::Path::new("/proc").join(&looping).join("stat"));
            while !stat()?.contains(") S ") {}
            waker.wake();
        }
        Ok(())
    });
    run(async move {
        for _ in 0..100 {
            let mut asked = false;
            future::poll_fn(|cx| {
                if asked {
                    return Poll::Ready(());
                }
                asked = true;
                let _ = sender.send(cx.waker().clone());
                Poll::Pending
            })
            .await;
        }
    })?;
    other.join().expect("the other thread panicked")
}
