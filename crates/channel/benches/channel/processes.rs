//! Between processes: our pipe and our queue beside `ipc-channel`. The other process is this
//! program again.

use std::hint::black_box;
use std::process::{Child, Command};
use std::time::Instant;

use ipc_channel::ipc::{self, IpcBytesReceiver, IpcBytesSender, IpcOneShotServer, IpcSender};
use selvedge_channel::process::queue::ByteQueue;
use selvedge_channel::process::{Connection, inherit, inherited, pipe};

use super::{Row, median};

/// Tells a child which kind of ends it has, and where.
const CHILD: &str = "SELVEDGE_BENCH_CHILD";

/// This process's ends of a connection to another process.
trait Ends {
    fn send(&mut self, message: &[u8]);
    fn recv(&mut self) -> Vec<u8>;
}

impl Ends for Connection {
    fn send(&mut self, message: &[u8]) {
        self.send_bytes(message, None).expect("the other lives");
    }

    fn recv(&mut self) -> Vec<u8> {
        self.recv_bytes(u64::MAX, None).expect("the other lives")
    }
}

/// A queue there and a queue back.
struct Queues(ByteQueue, ByteQueue);

impl Ends for Queues {
    fn send(&mut self, message: &[u8]) {
        self.0.send(message, None).expect("the queue is open");
    }

    fn recv(&mut self) -> Vec<u8> {
        self.1.recv(None).expect("the queue is open")
    }
}

impl Ends for (IpcBytesSender, IpcBytesReceiver) {
    fn send(&mut self, message: &[u8]) {
        self.0.send(message).expect("the other lives");
    }

    fn recv(&mut self) -> Vec<u8> {
        self.1.recv().expect("the other lives")
    }
}

/// The kinds, by what a child is told: the pipe, the queues, the peer's channel.
const KINDS: [&str; 3] = ["pipe", "queue", "ipc-channel"];

/// A child, and this process's ends.
struct Other(Child, Box<dyn Ends>);

impl Other {
    fn start(kind: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("there is a program"));
        let spawn = |mut command: Command, told: &str| {
            let child = command.env(CHILD, format!("{kind} {told}")).spawn();
            child.expect("this program can be started again")
        };
        match kind {
            "pipe" => {
                let (here, there) = pipe(true).expect("there are descriptors");
                let number = inherit(&mut command, &there).expect("there are descriptors");
                Self(spawn(command, &number.to_string()), Box::new(here))
            }
            "queue" => {
                let make = || ByteQueue::new(1024).expect("there is memory");
                let (to, from) = (make(), make());
                let numbers = [&to, &from]
                    .map(|queue| inherit(&mut command, queue).expect("there are descriptors"));
                let told = format!("{} {}", numbers[0], numbers[1]);
                Self(spawn(command, &told), Box::new(Queues(to, from)))
            }
            _ => {
                type Reply = (IpcBytesSender, IpcBytesReceiver);
                let (server, name) = IpcOneShotServer::<Reply>::new().expect("there are sockets");
                let child = spawn(command, &name);
                let (_, ends) = server.accept().expect("the child answers");
                Self(child, Box::new(ends))
            }
        }
    }
}

/// In a child: serves the parent until it is told to end. Elsewhere: returns.
pub(crate) fn serve_if_child() {
    let Ok(told) = std::env::var(CHILD) else {
        return;
    };
    let words: Vec<&str> = told.split(' ').collect();
    let take = |word: &str| {
        let number = word.parse().expect("the parent passes numbers");
        // SAFETY: the parent had this child inherit it, and each is taken once.
        unsafe { inherited(number).expect("the parent passes descriptors") }
    };
    let open = |word: &str| ByteQueue::from_fd(take(word)).expect("the parent passes queues");
    match words[0] {
        "pipe" => serve(&mut Connection::duplex(take(words[1]))),
        "queue" => serve(&mut Queues(open(words[2]), open(words[1]))),
        _ => {
            let server = IpcSender::connect(words[1].to_owned()).expect("the parent listens");
            let (to, there) = ipc::bytes_channel().expect("there are sockets");
            let (back, from) = ipc::bytes_channel().expect("there are sockets");
            server.send((back, there)).expect("the parent listens");
            serve(&mut (to, from));
        }
    }
    std::process::exit(0);
}

const FLOW: u8 = 0;
const ECHO: u8 = 1;
const END: u8 = 2;

fn serve(ends: &mut dyn Ends) {
    loop {
        let order = ends.recv();
        let count = u64::from_le_bytes(*order[1..].first_chunk().expect("an order has a count"));
        match order[0] {
            FLOW => {
                for _ in 0..count {
                    black_box(ends.recv());
                }
                ends.send(&[FLOW]);
            }
            ECHO => {
                for _ in 0..count {
                    let message = ends.recv();
                    ends.send(&message);
                }
            }
            _ => return,
        }
    }
}

fn order(ends: &mut dyn Ends, what: u8, count: u64) {
    ends.send(&[&[what][..], &count.to_le_bytes()].concat());
}

/// What is sent: how, how long, how often.
struct Scenario(&'static str, u8, usize, u64);

const SCENARIOS: [Scenario; 3] = [
    Scenario("small", FLOW, 8, 200_000),
    Scenario("roundtrip", ECHO, 8, 20_000),
    Scenario("1MiB", FLOW, 1 << 20, 400),
];

/// Nanoseconds a message.
fn measure(ends: &mut dyn Ends, scenario: &Scenario, count: u64) -> f64 {
    let message = vec![7; scenario.2];
    order(ends, scenario.1, count);
    let start = Instant::now();
    for _ in 0..count {
        ends.send(black_box(&message));
        if scenario.1 == ECHO {
            black_box(ends.recv());
        }
    }
    if scenario.1 == FLOW {
        ends.recv();
    }
    start.elapsed().as_nanos() as f64 / count as f64
}

/// The rows of each scenario, the pipe's and the queue's, round by round with the peer's.
pub(crate) fn compare(quick: bool, only: Option<&String>) -> Vec<Row> {
    let mut others = KINDS.map(Other::start);
    let mut rows = Vec::new();
    for scenario in &SCENARIOS {
        let name = |kind: &str| format!("process-{kind}/{}", scenario.0);
        let is_wanted = |kind| only.is_none_or(|only| name(kind).contains(only.as_str()));
        if !KINDS[..2].iter().any(|kind| is_wanted(kind)) {
            continue;
        }
        let count = scenario.3 / if quick { 4 } else { 1 };
        let mut times = [const { Vec::new() }; KINDS.len()];
        for _ in 0..if quick { 3 } else { 9 } {
            for (Other(_, ends), times) in others.iter_mut().zip(&mut times) {
                times.push(measure(&mut **ends, scenario, count));
            }
        }
        let [pipe, queue, peer] = times.map(|mut times| median(&mut times).expect("measured"));
        for (kind, ours) in KINDS.iter().zip([pipe, queue]) {
            rows.push(Row {
                krate: "channel",
                scenario: name(kind),
                ours,
                peer,
                peer_name: KINDS[2],
                unit: "ns",
                ratio: peer / ours,
            });
        }
    }
    for Other(mut child, mut ends) in others {
        order(&mut *ends, END, 0);
        let ended = child.wait().expect("the child is this process's own");
        assert!(ended.success());
    }
    rows
}
