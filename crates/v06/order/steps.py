PATHMOD='#[path = "../src/runtime/mod.rs"]\nmod runtime;\n'
EX=final('executor.rs'); TI=final('timers.rs'); RE=final('reactor.rs'); SO=final('sockets.rs'); CH=final('channel.rs'); PO=final('pool.rs'); MO=final('mod.rs'); SL=final('slab.rs')
DOC='\n'.join(l for l in MO.split('\n') if l.startswith('//!'))
def block(s,start,nxt=None):
    """From the line with `start` to before the first later line with `nxt`, or to the first line that is `}`."""
    lines=s.split('\n'); i=next(n for n,l in enumerate(lines) if start in l)
    while i and lines[i-1].startswith('///'): i-=1
    k=next(n for n,l in enumerate(lines) if n>=i and start in l)
    j=next(n for n,l in enumerate(lines) if n>k and (nxt in l if nxt else l=='}'))
    return '\n'.join(lines[i:j+(0 if nxt else 1)])+'\n'
YIELD=block(MO,'fn yield_now'); RACE=block(MO,'enum Either')+'\n'+block(MO,'async fn race')
RUN=block(MO,'fn run<T'); WAIT=block(MO,'fn wait(')
# ---- futures and tasks
TALK='''use std::future::Future;

pub(crate) async fn count(name: &str) {
    for number in 1..=3 {
        println!("{name} {number}");
        runtime::yield_now().await;
    }
}
'''
HAND=PATHMOD+'''
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

async fn count(name: &str) {
    for number in 1..=3 {
        println!("{name} {number}");
        runtime::yield_now().await;
    }
}

fn main() {
    let mut cx = Context::from_waker(Waker::noop());
    let (mut one, mut two) = (pin!(count("one")), pin!(count("two")));
    while one.as_mut().poll(&mut cx).is_pending() | two.as_mut().poll(&mut cx).is_pending() {}
}
'''
step('F1 futures by hand', {R+'mod.rs': '''use std::future::{self, Future};
use std::task::Poll;

'''+YIELD, 'examples/tasks.rs': HAND}, './tasks')

MOD2='''mod executor;
mod slab;

use std::future::{self, Future};
use std::task::Poll;

pub(crate) use executor::{run_ready, spawn};

'''+YIELD
EX2='''use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

use super::slab::Slab;

thread_local! {
    static TASKS: RefCell<Slab<Slot>> = const { RefCell::new(Slab::new()) };
}

struct Slot {
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    let slot = Slot { future: Some(Box::pin(future)) };
    TASKS.with_borrow_mut(|tasks| tasks.insert(slot));
}

/// Polls every task once. Returns whether there are any left.
pub(crate) fn run_ready() -> bool {
    for key in 0..TASKS.with_borrow(Slab::next_key) {
        run(key);
    }
    TASKS.with_borrow(|tasks| tasks.iter().next().is_some())
}

fn run(key: u32) {
    let future = TASKS.with_borrow_mut(|tasks| tasks.get_mut(key)?.future.take());
    let Some(mut future) = future else { return };
    let pending = future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending().then_some(future);
    TASKS.with_borrow_mut(|tasks| match tasks.get_mut(key) {
        Some(slot) if pending.is_some() => slot.future = pending,
        _ => drop(tasks.remove(key)),
    });
}
'''
# the bound of the loop: keys below the number of entries. With a free key, next_key is that one, so this form counts to 10.
EX2=EX2.replace('for key in 0..TASKS.with_borrow(Slab::next_key) {','for key in 0..10 {')
TASKS2=PATHMOD+'''
async fn count(name: &str) {
    for number in 1..=3 {
        println!("{name} {number}");
        runtime::yield_now().await;
    }
}

fn main() {
    runtime::spawn(count("one"));
    runtime::spawn(count("two"));
    let mut turns = 1;
    while runtime::run_ready() {
        turns += 1;
    }
    println!("{turns} turns");
}
'''
step('F2 tasks in a slab', {R+'mod.rs': MOD2, R+'slab.rs': SL, R+'executor.rs': EX2, 'examples/tasks.rs': TASKS2}, './tasks')

# F3: the queue and the wakers
EX3=EX
EX3=cut(EX3,'use std::panic::')
EX3=cut(EX3,'use nix::','use super::slab',)
EX3=sub(EX3,'''/// What''','''/// What''') if '/// What' in EX3 else EX3
EX3=cut(EX3,'    /// While the loop sleeps')
EX3=cut(EX3,'    eventfd: Option<')
EX3=sub(EX3,'''        let mut state = self.lock();
        state.ready.push_back(task);
        if let Some(eventfd) = state.eventfd.take() {
            let _ = eventfd.write(1); // Never read: each write is a new event for an edge-triggered epoll.
        }
''','''        self.lock().ready.push_back(task);
''')
EX3=sub(EX3,''' If that thread sleeps, waking writes to its eventfd(2).''','')
EX3=cut(EX3,'/// Makes every task','/// Runs each task')
i=EX3.index('/// Whether no task is ready'); EX3=EX3[:i].rstrip()+'\n'
EX3=sub(EX3,'pub(super) fn run_ready','pub(crate) fn run_ready')
CATCH=EX3[EX3.index('    // A panic ends this task alone.'):EX3.index('    TASKS.with_borrow_mut(|tasks| match')]
EX3=EX3.replace(CATCH,'''    let pending = future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending().then_some(future);
''')
TASKS3=TASKS2.replace('''    let mut turns = 1;
    while runtime::run_ready() {
        turns += 1;
    }
    println!("{turns} turns");
''','''    runtime::spawn(async {
        println!("three waits, and leaves its waker to no one");
        std::future::pending().await
    });
    for turn in 1..=5 {
        println!("turn {turn}");
        runtime::run_ready();
    }
''')
step('F3 the queue and wakers', {R+'executor.rs': EX3, 'examples/tasks.rs': TASKS3}, './tasks')

# F4: run, panics, race
EX4=EX3.replace('''    let pending = future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending().then_some(future);
''',CATCH)
EX4=sub(EX4,'use std::pin::Pin;','use std::panic::{self, AssertUnwindSafe};\nuse std::pin::Pin;')
EX4=sub(EX4,'pub(crate) fn run_ready','pub(super) fn run_ready')
WAKEALL=block(EX,'fn wake_all'); CLEAR=block(EX,'fn clear')
EX4=sub(EX4,'/// Runs each task',WAKEALL+'\n/// Runs each task')+'\n'+CLEAR
RUN4=sub(RUN,'''    let eventfd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
    let eventfd = Source::new(Arc::new(eventfd)).context("cannot set up the reactor")?;
''','')
RUN4=sub(RUN4,'''    let mut wakers = Vec::new();
''','')
RUN4=sub(RUN4,'''        if let Err(error) = wait(eventfd.get(), &mut wakers) {
            break Err(error).context("cannot wait for events");
        }
''','')
MOD4=DOC+'''

mod executor;
mod slab;

use std::cell::Cell;
use std::future::{self, Future};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use anyhow::{Context, Result};

pub(crate) use executor::{spawn, wake_all};

'''+RUN4+'\n'+YIELD+'\n'+RACE
TASKS4=PATHMOD+'''
use runtime::Either;

async fn count(name: &str, last: u32) -> u32 {
    for number in 1..=last {
        println!("{name} {number}");
        runtime::yield_now().await;
    }
    last
}

fn main() -> anyhow::Result<()> {
    let main = async {
        runtime::spawn(async { panic!("a bug") });
        match runtime::race(count("one", 3), count("two", 100)).await {
            Either::Left(last) => println!("one was first, with {last}"),
            Either::Right(last) => println!("two was first, with {last}"),
        }
    };
    runtime::run(main, || println!("-- a turn"))
}
'''
step('F4 run, race, panics', {R+'executor.rs': EX4, R+'mod.rs': MOD4, 'examples/tasks.rs': TASKS4}, './tasks')

# ---- timers and reactor
TI1=TI[:TI.index('/// A limit for how long')].rstrip()+'\n'
TI1=TI1.replace('use std::pin::Pin;\n','').replace('use std::task::{Context, Poll, Waker};','use std::task::{Context, Poll, Waker};')
WAIT1='''/// The second half of a turn.
fn wait(wakers: &mut Vec<Waker>) {
    let timeout = if executor::is_idle() { timers::until_next(Instant::now()) } else { Some(Duration::ZERO) };
    thread::sleep(timeout.expect("a task waits for something that never comes"));
    timers::fire(Instant::now(), wakers);
    wakers.drain(..).for_each(Waker::wake); // Now that the parts above have finished: waking may call them.
}
'''
IDLE='''pub(super) fn is_idle() -> bool {
    QUEUE.with(|queue| queue.lock().ready.is_empty())
}
'''
EX5=sub(EX4,'/// Drops all tasks.',IDLE+'\n/// Drops all tasks.')
RUN5=sub(RUN4,'''    let result = loop {''','''    let mut wakers = Vec::new();
    let result = loop {''')
RUN5=sub(RUN5,'''        }
    };''','''        }
        wait(&mut wakers);
    };''')
MOD5=sub(MOD4,RUN4,RUN5+'\n'+WAIT1)
MOD5=sub(MOD5,'mod slab;\n','mod slab;\nmod timers;\n')
MOD5=sub(MOD5,'use std::task::Poll;\n','use std::task::{Poll, Waker};\nuse std::thread;\nuse std::time::{Duration, Instant};\n')
MOD5=sub(MOD5,'pub(crate) use executor::{spawn, wake_all};\n','pub(crate) use executor::{spawn, wake_all};\npub(crate) use timers::{now, sleep};\n')
SLEEP=PATHMOD+'''
use std::time::{Duration, Instant};

async fn tick(name: &str, milliseconds: u64) {
    let start = Instant::now();
    for _ in 0..3 {
        runtime::sleep(Duration::from_millis(milliseconds)).await;
        println!("{name} at {} ms", start.elapsed().as_millis());
    }
}

fn main() -> anyhow::Result<()> {
    runtime::spawn(tick("fast", 100));
    runtime::run(tick("slow", 250), || {})
}
'''
step('T1 timers', {R+'executor.rs': EX5, R+'mod.rs': MOD5, R+'timers.rs': TI1, 'examples/tasks.rs': None, 'examples/sleep.rs': SLEEP}, 'time ./sleep')

MOD6=sub(MOD5,'use timers::{now, sleep}','use timers::{Deadline, now, sleep}')
SLEEP2=PATHMOD+'''
use std::pin::pin;
use std::time::{Duration, Instant};

fn main() -> anyhow::Result<()> {
    let main = async {
        let start = Instant::now();
        let deadline = runtime::Deadline::new(start + Duration::from_millis(300));
        for milliseconds in [200, 200, 900] {
            let outcome = deadline.timeout(pin!(runtime::sleep(Duration::from_millis(milliseconds)))).await;
            println!("at {} ms: {outcome:?}", start.elapsed().as_millis());
            deadline.set(Instant::now() + Duration::from_millis(300));
        }
    };
    let mut turns = 0;
    runtime::run(main, move || {
        turns += 1;
        println!("-- turn {turns}");
    })
}
'''
step('T2 deadlines', {R+'timers.rs': TI, R+'mod.rs': MOD6, 'examples/sleep.rs': SLEEP2}, './sleep')

# T3: sources, without a wait
RE1=RE[:RE.index('impl<T: AsFd> Drop')].rstrip()+'\n'
RE1=cut(RE1,'/// How many events one call takes','thread_local!')
RE1=cut(RE1,"    /// Where epoll_wait(2) puts")
RE1=cut(RE1,"    static EVENTS")
RE1=sub(RE1,'use std::time::Duration;\n','')
RE1=sub(RE1,'use nix::errno::Errno;\n','')
RE1=sub(RE1,'use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};','use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};')
RE1=cut(RE1,'    fn set_ready','}\n'.strip()) if False else sub(RE1,block(RE,'    fn set_ready','}')[:0],'',1) if False else RE1
SETREADY='''
    fn set_ready(&mut self, direction: Direction) -> Option<Waker> {
        self.ready[direction as usize] = true;
        self.wakers[direction as usize].take()
    }
'''
RE1=sub(RE1,SETREADY,'')
i=RE1.index('    /// For a read that got'); j=RE1.index('    /// Tries `attempt`'); RE1=RE1[:i]+RE1[j:]
MOD7=sub(MOD6,'mod slab;\n','mod reactor;\nmod slab;\n')
MOD7=sub(MOD7,'pub(crate) use timers','pub(crate) use reactor::{Direction, Source};\npub(crate) use timers')
BYTE=PATHMOD+'''
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use runtime::{Direction, Source};

fn main() -> anyhow::Result<()> {
    let (ours, mut peer) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let source = Source::new(ours)?;
    peer.write_all(b"a")?;
    runtime::spawn(async move {
        runtime::sleep(Duration::from_millis(500)).await;
        let _ = peer.write_all(b"b");
        runtime::sleep(Duration::from_millis(500)).await;
    });
    runtime::run(
        async move {
            for _ in 0..2 {
                let mut byte = [0];
                let read = source.try_until_done(Direction::Read, |mut stream| stream.read(&mut byte));
                match runtime::race(read, runtime::sleep(Duration::from_secs(1))).await {
                    runtime::Either::Left(count) => println!("read {count:?}"),
                    runtime::Either::Right(()) => println!("nothing came in a second"),
                }
            }
        },
        || {},
    )
}
'''
RE0=RE1[:RE1.index('    /// Tries `attempt`')].rstrip()+'\n}\n'
RE0=sub(RE0,'use std::future::{self, Future};\nuse std::io::{self, ErrorKind};','use std::io;')
RE0=sub(RE0,'use std::task::{Context, Poll, Waker, ready};','use std::task::{Context, Poll, Waker};')
FDINFO=PATHMOD+'''
use std::os::unix::net::UnixStream;
use std::{fs, io};

fn main() -> io::Result<()> {
    let (one, two) = UnixStream::pair()?;
    let _sources = (runtime::Source::new(one)?, runtime::Source::new(two)?);
    for entry in fs::read_dir("/proc/self/fdinfo")? {
        let text = fs::read_to_string(entry?.path()).unwrap_or_default();
        text.lines().filter(|line| line.starts_with("tfd:")).for_each(|line| println!("{line}"));
    }
    Ok(())
}
'''
MOD7a=MOD7.replace('pub(crate) use reactor::{Direction, Source};','pub(crate) use reactor::Source;')
step('T3 registrations', {R+'reactor.rs': RE0, R+'mod.rs': MOD7a, 'examples/sleep.rs': None, 'examples/sources.rs': FDINFO}, './sources')
step('T4 sources', {R+'reactor.rs': RE1, R+'mod.rs': MOD7, 'examples/sources.rs': None, 'examples/byte.rs': BYTE}, './byte')

# T4: the wait
RE2=RE
i=RE2.index('    /// For a read that got'); j=RE2.index('    /// Tries `attempt`'); RE2=RE2[:i]+RE2[j:]
WAIT2=sub(WAIT,'fn wait(eventfd: &Arc<EventFd>, wakers: &mut Vec<Waker>)','fn wait(wakers: &mut Vec<Waker>)')
WAIT2=sub(WAIT2,'''    let is_idle = executor::fall_asleep(eventfd);
    let timeout = if is_idle {''','''    let timeout = if executor::is_idle() {''')
WAIT2=sub(WAIT2,'''    let waited = reactor::wait(timeout, wakers);
    executor::wake_up();
    waited?;
''','''    reactor::wait(timeout, wakers)?;
''')
RUN8=sub(RUN5,'''        wait(&mut wakers);
''','''        if let Err(error) = wait(&mut wakers) {
            break Err(error).context("cannot wait for events");
        }
''')
MOD8=sub(sub(MOD7,WAIT1,WAIT2),RUN5,RUN8)
MOD8=sub(MOD8,'use std::thread;\n','')
MOD8=sub(MOD8,'use std::future::{self, Future};\n','use std::future::{self, Future};\nuse std::io;\n')
step('T5 epoll_wait', {R+'reactor.rs': RE2, R+'mod.rs': MOD8}, './byte')

# T5: sockets
MOD9=sub(MOD8,'mod slab;\n','mod slab;\nmod sockets;\n')
MOD9=sub(MOD9,'pub(crate) use timers','pub(crate) use sockets::{TcpListener, TcpStream};\npub(crate) use timers')
ECHO=PATHMOD+'''
use std::future::poll_fn;
use std::{io, net};

async fn echo(stream: runtime::TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let count = poll_fn(|cx| stream.poll_read(cx, &mut buffer)).await?;
        if count == 0 {
            return Ok(());
        }
        let mut rest = &buffer[..count];
        while !rest.is_empty() {
            let count = poll_fn(|cx| stream.poll_write(cx, rest)).await?;
            rest = &rest[count..];
        }
    }
}

async fn serve() -> io::Result<()> {
    let listener = runtime::TcpListener::new(net::TcpListener::bind("127.0.0.1:8889")?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        runtime::spawn(async { drop(echo(stream).await) });
    }
}

fn main() -> anyhow::Result<()> {
    Ok(runtime::run(serve(), || {})??)
}
'''
CLIENT='''(timeout 4 ./echo & sleep .5; exec 3>&1; python3 -c "
import socket
silent=[socket.create_connection(('127.0.0.1',8889)) for _ in range(300)]
c=socket.create_connection(('127.0.0.1',8889)); c.sendall(b'hello'); print(c.recv(9), 'while 300 are silent')
import subprocess; print(subprocess.run('ls /proc/$(pgrep -n -x echo)/fd | wc -l; ls /proc/$(pgrep -n -x echo)/task | wc -l',shell=True,capture_output=True,text=True).stdout.split(), 'descriptors, threads')
"; wait)'''
step('T6 sockets', {R+'reactor.rs': RE, R+'sockets.rs': SO, R+'mod.rs': MOD9, 'examples/byte.rs': None, 'examples/echo.rs': ECHO}, CLIENT)

# ---- threads
MOD10=sub(MOD9,'mod executor;','mod channel;\nmod executor;')
MOD10=sub(MOD10,'pub(crate) use executor','pub(crate) use channel::channel;\npub(crate) use executor')
CH1=CH
THREAD=PATHMOD+'''
use std::thread;
use std::time::{Duration, Instant};

fn main() -> anyhow::Result<()> {
    let (sender, mut receiver) = runtime::channel();
    thread::spawn(move || {
        for number in 1..=3 {
            thread::sleep(Duration::from_millis(100));
            let _ = sender.send(number);
        }
    });
    runtime::spawn(runtime::sleep(Duration::from_secs(1)));
    let start = Instant::now();
    runtime::run(
        async move {
            while let Some(number) = receiver.next().await {
                println!("{number} at {} ms", start.elapsed().as_millis());
            }
        },
        || {},
    )
}
'''
step('C1 the channel', {R+'channel.rs': CH1, R+'mod.rs': MOD10, 'examples/echo.rs': None, 'examples/thread.rs': THREAD}, 'timeout 5 ./thread || echo stopped')

MODF=sub(MO,'pub(crate) use executor','pub(crate) use channel::channel;\npub(crate) use executor')
MODF=sub(sub(MODF,'mod pool;\n',''),'pub(crate) use pool::blocking;\n','')
step('C2 the eventfd', {R+'executor.rs': EX, R+'mod.rs': MODF}, './thread')

POOL=PATHMOD+'''
use std::time::{Duration, Instant};

fn compute(number: u32) -> u32 {
    let end = Instant::now() + Duration::from_millis(500);
    while Instant::now() < end {}
    number
}

fn main() -> anyhow::Result<()> {
    runtime::spawn(async {
        loop {
            runtime::sleep(Duration::from_millis(200)).await;
            println!("the loop turns");
        }
    });
    runtime::run(async { println!("{}", runtime::blocking(|| compute(7)).await) }, || {})
}
'''
step('C3 the pool', {R+'pool.rs': PO, R+'channel.rs': CH, R+'mod.rs': MO, 'examples/thread.rs': None, 'examples/pool.rs': POOL}, './pool')
