//! The side of a stand-in that the service sees: one thread that accepts, relays and counts, and fails on order; what answers stands behind it.

use super::{Counts, Fault};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::socket::{setsockopt, sockopt};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Connections at a time; more are turned away.
const LINKS: usize = 2048;
/// Bytes that wait in one direction of one connection.
const HELD: usize = 256 << 10;
/// Bytes read at once.
const PART: usize = 16 << 10;

/// Opens the listener again after a cut.
pub(super) type Listen = Box<dyn Fn() -> io::Result<TcpListener> + Send>;
/// Serves one connection to its end, in a thread of its own.
pub(super) type Back = Arc<dyn Fn(UnixStream) + Send + Sync>;

enum Order {
    Set(Fault, Sender<io::Result<()>>),
    End,
}

/// The handle of the thread; dropping it ends all connections.
pub(super) struct Front {
    orders: Mutex<Sender<Order>>,
    wake: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
}

impl Front {
    pub fn start(listen: Listen, back: Back, counts: Arc<Counts>) -> io::Result<Front> {
        let listener = open(&listen)?;
        let wake = Arc::new(EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?);
        let (orders, received) = channel();
        let desk = Desk {
            listen,
            back,
            counts,
            listener: Some(listener),
            links: Vec::new(),
            fault: Fault::Pass,
            cut: false,
            turn: Instant::now(),
        };
        let thread = {
            let wake = wake.clone();
            std::thread::spawn(move || desk.run(&wake, &received))
        };
        Ok(Front { orders: Mutex::new(orders), wake, thread: Some(thread) })
    }

    /// Returns when the fault is in force.
    pub fn set(&self, fault: Fault) -> io::Result<()> {
        let gone = || io::Error::new(io::ErrorKind::BrokenPipe, "the stand-in has ended");
        let (told, done) = channel();
        self.order(Order::Set(fault, told)).map_err(|()| gone())?;
        done.recv().map_err(|_| gone())?
    }

    fn order(&self, order: Order) -> Result<(), ()> {
        let sent = self.orders.lock().unwrap_or_else(PoisonError::into_inner).send(order);
        let _ = self.wake.write(1);
        sent.map_err(drop)
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.order(Order::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn open(listen: &Listen) -> io::Result<TcpListener> {
    let listener = listen()?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// What the thread works on.
struct Desk {
    listen: Listen,
    back: Back,
    counts: Arc<Counts>,
    listener: Option<TcpListener>,
    links: Vec<Link>,
    fault: Fault,
    /// Whether connections are refused at this moment.
    cut: bool,
    /// When flapping turns next.
    turn: Instant,
}

impl Desk {
    fn run(mut self, wake: &EventFd, orders: &Receiver<Order>) {
        loop {
            let ready = self.wait(wake);
            let _ = wake.read();
            while let Ok(order) = orders.try_recv() {
                match order {
                    Order::Set(fault, told) => {
                        let _ = told.send(self.set(fault));
                    }
                    Order::End => return,
                }
            }
            self.flap();
            self.accept();
            self.pump(&ready);
        }
    }

    /// Waits until something can be done; the sources that can be read, by the place of their link and side.
    fn wait(&self, wake: &EventFd) -> Vec<(usize, Side)> {
        let now = Instant::now();
        let mut until = matches!(self.fault, Fault::Flap(_)).then_some(self.turn);
        let mut waited = vec![PollFd::new(wake.as_fd(), PollFlags::POLLIN)];
        let mut meant: Vec<Option<(usize, Side)>> = vec![None];
        if let Some(listener) = &self.listener {
            waited.push(PollFd::new(listener.as_fd(), PollFlags::POLLIN));
            meant.push(None);
        }
        if self.fault != Fault::BlackHole {
            for (place, link) in self.links.iter().enumerate() {
                for side in [Side::Client, Side::Back] {
                    let flags = link.wishes(side, now);
                    // A socket without a wish is left out: its hang-up would be told again and again.
                    if !flags.is_empty() {
                        waited.push(PollFd::new(link.fd(side), flags));
                        meant.push(Some((place, side)));
                    }
                }
                until = [until, link.next_release(now)].into_iter().flatten().min();
            }
        }
        let timeout = match until {
            Some(until) => {
                let left = until.saturating_duration_since(now) + Duration::from_millis(1);
                PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
            }
            None => PollTimeout::NONE,
        };
        if poll(&mut waited, timeout).is_err() {
            return Vec::new();
        }
        let readable = PollFlags::POLLIN | PollFlags::POLLHUP | PollFlags::POLLERR;
        let seen = waited.iter().map(|w| w.revents().is_some_and(|r| r.intersects(readable)));
        meant.into_iter().zip(seen).filter_map(|(meant, seen)| meant.filter(|_| seen)).collect()
    }

    fn set(&mut self, fault: Fault) -> io::Result<()> {
        self.fault = fault;
        let now = Instant::now();
        match fault {
            Fault::Cut => self.cut(),
            Fault::Flap(each) => {
                self.turn = now + each;
                self.cut();
            }
            Fault::Pass | Fault::BlackHole | Fault::Slow(_) => {
                self.links.iter_mut().for_each(|l| l.down.release(now));
                self.mend()?;
            }
        }
        Ok(())
    }

    /// New connections are refused, open ones reset.
    fn cut(&mut self) {
        self.cut = true;
        self.listener = None;
        let cut = self.links.len() as u64;
        self.links.drain(..).for_each(Link::reset);
        self.counts.turned_away.fetch_add(cut, Ordering::Relaxed);
        self.counts.open.store(0, Ordering::Relaxed);
    }

    fn mend(&mut self) -> io::Result<()> {
        if self.listener.is_none() {
            self.listener = Some(open(&self.listen)?);
        }
        self.cut = false;
        Ok(())
    }

    fn flap(&mut self) {
        let Fault::Flap(each) = self.fault else { return };
        let now = Instant::now();
        if now < self.turn {
            return;
        }
        self.turn = now + each;
        match self.cut {
            // Where the address cannot be taken yet, the next turn tries again.
            true => drop(self.mend()),
            false => self.cut(),
        }
    }

    fn accept(&mut self) {
        while let Some(listener) = &self.listener {
            let Ok((client, _)) = listener.accept() else { return };
            self.counts.connections.fetch_add(1, Ordering::Relaxed);
            let pair = UnixStream::pair().and_then(|(ours, theirs)| {
                ours.set_nonblocking(true)?;
                client.set_nonblocking(true)?;
                client.set_nodelay(true)?;
                Ok((ours, theirs))
            });
            match pair {
                Ok((back, served)) if self.links.len() < LINKS => {
                    let serve = self.back.clone();
                    std::thread::spawn(move || serve(served));
                    self.links.push(Link { client, back, up: Pipe::default(), down: Pipe::default() });
                    self.counts.open.fetch_add(1, Ordering::Relaxed);
                }
                Ok(_) | Err(_) => {
                    self.counts.turned_away.fetch_add(1, Ordering::Relaxed);
                    reset(&client);
                }
            }
        }
    }

    fn pump(&mut self, ready: &[(usize, Side)]) {
        if self.fault == Fault::BlackHole {
            return;
        }
        let delay = match self.fault {
            Fault::Slow(delay) => delay,
            Fault::Pass | Fault::Cut | Fault::BlackHole | Fault::Flap(_) => Duration::ZERO,
        };
        let now = Instant::now();
        for (place, side) in ready {
            // After a cut the places mean nothing any more.
            let Some(link) = self.links.get_mut(*place) else { break };
            link.read(*side, now, delay, &self.counts);
        }
        let counts = self.counts.clone();
        self.links.retain_mut(|link| {
            let keep = link.write(now, &counts);
            if !keep {
                counts.open.fetch_sub(1, Ordering::Relaxed);
            }
            keep
        });
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Client,
    Back,
}

/// One connection of the service and what answers it.
struct Link {
    client: TcpStream,
    back: UnixStream,
    /// From the service.
    up: Pipe,
    /// To the service.
    down: Pipe,
}

impl Link {
    fn fd(&self, side: Side) -> BorrowedFd<'_> {
        match side {
            Side::Client => self.client.as_fd(),
            Side::Back => self.back.as_fd(),
        }
    }

    fn wishes(&self, side: Side, now: Instant) -> PollFlags {
        let (from, to) = match side {
            Side::Client => (&self.up, &self.down),
            Side::Back => (&self.down, &self.up),
        };
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::POLLIN, !from.ended && from.held < HELD);
        flags.set(PollFlags::POLLOUT, to.queue.front().is_some_and(|(at, _)| *at <= now));
        flags
    }

    fn next_release(&self, now: Instant) -> Option<Instant> {
        self.down.queue.front().map(|(at, _)| *at).filter(|at| *at > now)
    }

    fn read(&mut self, side: Side, now: Instant, delay: Duration, counts: &Counts) {
        match side {
            Side::Client => {
                let got = self.up.read(&mut self.client, now);
                counts.received.fetch_add(got, Ordering::Relaxed);
            }
            Side::Back => drop(self.down.read(&mut self.back, now + delay)),
        }
    }

    /// Writes what is due; whether the connection lives on.
    fn write(&mut self, now: Instant, counts: &Counts) -> bool {
        let sent = self.down.write(&mut self.client, now);
        counts.sent.fetch_add(sent, Ordering::Relaxed);
        self.up.write(&mut self.back, now);
        if self.up.finish() {
            let _ = self.back.shutdown(Shutdown::Write);
        }
        if self.down.finish() {
            let _ = self.client.shutdown(Shutdown::Write);
        }
        // A server that closed its side has nothing more to hear; a client may still wait for an answer.
        !(self.down.closed || (self.up.broken || self.down.broken))
    }

    fn reset(self) {
        reset(&self.client);
    }
}

/// With no time to linger, closing sends RST (socket(7), SO_LINGER).
fn reset(client: &TcpStream) {
    let _ = setsockopt(client, sockopt::Linger, &libc::linger { l_onoff: 1, l_linger: 0 });
}

/// One direction: what was read and when it may go on.
#[derive(Default)]
struct Pipe {
    queue: VecDeque<(Instant, Vec<u8>)>,
    held: usize,
    /// The source has ended.
    ended: bool,
    /// The end was passed on.
    closed: bool,
    broken: bool,
}

impl Pipe {
    fn read(&mut self, source: &mut impl Read, due: Instant) -> u64 {
        let mut part = [0; PART];
        match source.read(&mut part) {
            Ok(0) => self.ended = true,
            Ok(got) => {
                self.queue.push_back((due, part[..got].to_vec()));
                self.held += got;
                return got as u64;
            }
            Err(error) if later(&error) => {}
            Err(_) => self.broken = true,
        }
        0
    }

    fn write(&mut self, sink: &mut impl Write, now: Instant) -> u64 {
        let mut total = 0;
        while let Some((due, bytes)) = self.queue.front_mut() {
            if *due > now {
                break;
            }
            match sink.write(bytes) {
                Ok(0) => break,
                Ok(sent) => {
                    total += sent as u64;
                    self.held -= sent;
                    bytes.drain(..sent);
                    if bytes.is_empty() {
                        self.queue.pop_front();
                    }
                }
                Err(error) if later(&error) => break,
                Err(_) => {
                    self.broken = true;
                    break;
                }
            }
        }
        total
    }

    /// Whether the end of the source is to be passed on now.
    fn finish(&mut self) -> bool {
        let now = self.ended && self.queue.is_empty() && !self.closed;
        self.closed |= now;
        now
    }

    /// What waits may go at once.
    fn release(&mut self, now: Instant) {
        self.queue.iter_mut().for_each(|(due, _)| *due = now.min(*due));
    }
}

fn later(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
