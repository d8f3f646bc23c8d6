//! Objects in a process of their own, and clients of all kinds.

use selvedge_pool::manager::{
    Address, AuthKey, Barrier, Client, Condition, Handle, List, Lock, Manager, ManagerError,
    Proxy as _, Queue, RLock, Releases as _, Semaphore,
};
use selvedge_pool::process::{Process, ProcessExecutor, Tasks};
use selvedge_pool::{Executor, task};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::thread;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};

/// Set for a program that is to start a manager and be killed.
pub(crate) const PARENT: &str = "SELVEDGE_POOL_TEST_MANAGER";

const SOON: Option<Duration> = Some(Duration::from_millis(5));
const NEVER: Option<Duration> = None;

task! {
    /// Takes part from another process.
    pub(crate) fn append(key: (Address, Vec<u8>), list: Handle<List<u64>>, n: u64) -> usize {
        let list = client(&key).open(list).unwrap();
        list.append(&n).unwrap();
        list.len().unwrap()
    }

    /// Holds whatever there is, says so, and waits for ever.
    pub(crate) fn hoard(
        key: (Address, Vec<u8>),
        lock: Handle<Lock>,
        rlock: Handle<RLock>,
        semaphore: Handle<Semaphore>,
    ) {
        let client = client(&key);
        let (lock, rlock) = (client.open(lock).unwrap(), client.open(rlock).unwrap());
        let semaphore = client.open(semaphore).unwrap();
        for _ in 0..2 {
            assert!(rlock.acquire(NEVER).unwrap() && semaphore.acquire(NEVER).unwrap());
        }
        assert!(lock.acquire(NEVER).unwrap());
        client.named("hoarded").event().unwrap().set().unwrap();
        client.make().event().unwrap().wait(NEVER).unwrap();
    }

    /// Waits in several threads at once, for what will not come.
    pub(crate) fn linger(
        key: (Address, Vec<u8>),
        queue: Handle<Queue<u64>>,
        condition: Handle<Condition>,
        barrier: Handle<Barrier>,
    ) {
        let client = client(&key);
        let (queue, barrier) = (client.open(queue).unwrap(), client.open(barrier).unwrap());
        let condition = client.open(condition).unwrap();
        let getter = thread::spawn(move || queue.get(NEVER));
        let waiter = thread::spawn(move || {
            assert!(condition.acquire(NEVER).unwrap());
            condition.wait(NEVER)
        });
        drop(barrier.wait(NEVER));
        drop((getter.join(), waiter.join()));
    }
}

pub(crate) fn tasks(tasks: Tasks) -> Tasks {
    tasks.with::<append>().with::<hoard>().with::<linger>()
}

fn client((address, key): &(Address, Vec<u8>)) -> Client {
    Client::connect(address, &AuthKey::from(&**key)).unwrap()
}

fn key_of(manager: &Manager) -> (Address, Vec<u8>) {
    (manager.address().clone(), manager.key().as_bytes().into())
}

fn another(manager: &Manager) -> Client {
    Client::connect(manager.address(), manager.key()).unwrap()
}

fn start() -> Manager {
    Manager::start().unwrap()
}

fn is_gone<T>(result: &Result<T, ManagerError>) -> bool {
    matches!(result, Err(ManagerError::Gone(_)))
}

pub(crate) fn values_in_a_manager_are_what_was_put_there() {
    let manager = start();
    let make = manager.client().make();
    let list = make.list([1_u64, 2]).unwrap();
    list.extend(&[3, 4]).unwrap();
    list.insert(0, &0).unwrap();
    assert_eq!(list.set(4, &9).unwrap(), 4);
    assert_eq!(list.to_vec().unwrap(), [0, 1, 2, 3, 9]);
    assert_eq!(list.remove(1).unwrap(), 1);
    assert_eq!((list.pop().unwrap(), list.get(1).unwrap()), (Some(9), 2));
    assert_eq!(list.index_of(&3).unwrap(), Some(2));
    assert_eq!(list.index_of(&9).unwrap(), None);
    assert!(matches!(list.get(3), Err(ManagerError::OutOfRange)));
    assert!(!list.is_empty().unwrap());
    list.clear().unwrap();
    assert_eq!((list.len().unwrap(), list.pop().unwrap()), (0, None));
    assert!(list.is_empty().unwrap());

    let array = make.array(["a".to_owned(), "b".to_owned()]).unwrap();
    assert_eq!(array.set(1, &"c".into()).unwrap(), "b");
    assert_eq!(array.get(1).unwrap(), "c");
    assert_eq!(
        (array.len().unwrap(), array.is_empty().unwrap()),
        (2, false)
    );
    assert_eq!(array.to_vec().unwrap(), ["a", "c"]);

    let value = make.value(&1.5).unwrap();
    assert_eq!((value.set(&2.5).unwrap(), value.get().unwrap()), (1.5, 2.5));
    assert!(!value.compare_exchange(&1.5, &0.0).unwrap());
    let doubled = (value.update(|old| old * 2.0).unwrap(), value.get().unwrap());
    assert_eq!(doubled, (2.5, 5.0));

    let dict = make.dict::<String, Vec<u8>>().unwrap();
    let (a, b) = ("a".to_owned(), "b".to_owned());
    assert_eq!(dict.insert(&b, &vec![2]).unwrap(), None);
    assert_eq!(dict.insert(&b, &vec![3]).unwrap(), Some(vec![2]));
    assert_eq!(dict.set_default(&a, &vec![1]).unwrap(), [1]);
    assert_eq!(dict.keys().unwrap(), ["a", "b"]);
    let items = [(a.clone(), vec![1]), (b.clone(), vec![3])];
    assert_eq!(dict.items().unwrap(), items);
    assert_eq!(dict.remove(&a).unwrap(), Some(vec![1]));
    assert_eq!((dict.get(&a).unwrap(), dict.len().unwrap()), (None, 1));
    assert!(!dict.is_empty().unwrap());
    dict.clear().unwrap();
    assert!(dict.is_empty().unwrap());

    let namespace = make.namespace().unwrap();
    namespace.set("count", &7).unwrap();
    namespace.set("name", &"warp").unwrap();
    assert_eq!(namespace.get::<i32>("count").unwrap(), Some(7));
    assert_eq!(namespace.get::<String>("name").unwrap().unwrap(), "warp");
    assert!(namespace.remove("name").unwrap() && !namespace.remove("name").unwrap());
    assert_eq!(namespace.names().unwrap(), ["count"]);
    // Larger than a socket holds, both ways.
    let large = make.value(&vec![7_u8; 3_000_000]).unwrap();
    assert_eq!(large.get().unwrap(), vec![7; 3_000_000]);
}

pub(crate) fn locks_in_a_manager_belong_to_threads_and_clients() {
    let manager = start();
    let other = another(&manager);
    let make = manager.client().make();
    let lock = make.lock().unwrap();
    let theirs = other.open(lock.handle()).unwrap();
    let held = lock.hold().unwrap();
    assert!(!theirs.acquire(SOON).unwrap());
    drop(held);
    assert!(theirs.acquire(NEVER).unwrap());
    lock.release().unwrap();
    assert!(matches!(lock.release(), Err(ManagerError::NotHeld)));

    let rlock = make.rlock().unwrap();
    assert!(rlock.acquire(NEVER).unwrap() && rlock.acquire(SOON).unwrap());
    let there = rlock.clone();
    let elsewhere = thread::spawn(move || (there.acquire(SOON), there.release()));
    let (acquired, released) = elsewhere.join().unwrap();
    assert!(!acquired.unwrap());
    assert!(matches!(released, Err(ManagerError::NotHeld)));
    rlock.release().unwrap();
    rlock.release().unwrap();

    let semaphore = make.semaphore(1).unwrap();
    semaphore.release().unwrap();
    assert!(semaphore.acquire(SOON).unwrap() && semaphore.acquire(SOON).unwrap());
    assert!(!semaphore.acquire(SOON).unwrap());
    let bounded = make.bounded_semaphore(1).unwrap();
    assert!(matches!(bounded.release(), Err(ManagerError::TooMany)));
    assert!(bounded.acquire(SOON).unwrap());
    bounded.release().unwrap();
}

pub(crate) fn threads_wait_for_each_other_in_a_manager() {
    let manager = start();
    let make = manager.client().make();
    let condition = make.condition().unwrap();
    let state = make.value(&0).unwrap();
    assert!(matches!(condition.notify(1), Err(ManagerError::NotHeld)));
    let _held = condition.hold().unwrap();
    assert!(!condition.wait(SOON).unwrap());
    assert!(!condition.wait_for(|| Ok(false), SOON).unwrap());
    let waker = {
        let (condition, state) = (condition.clone(), state.clone());
        thread::spawn(move || {
            let _held = condition.hold().unwrap();
            state.set(&1).unwrap();
            condition.notify_all().unwrap();
        })
    };
    assert!(condition.wait_for(|| Ok(state.get()? == 1), NEVER).unwrap());
    waker.join().unwrap();

    let event = make.event().unwrap();
    assert!(!event.wait(SOON).unwrap() && !event.is_set().unwrap());
    let setter = event.clone();
    let setter = thread::spawn(move || setter.set().unwrap());
    assert!(event.wait(NEVER).unwrap() && event.is_set().unwrap());
    setter.join().unwrap();
    event.clear().unwrap();
    assert!(!event.is_set().unwrap());

    let barrier = make.barrier(2).unwrap();
    let there = barrier.clone();
    let there = thread::spawn(move || there.wait(NEVER).unwrap());
    let mut places = [barrier.wait(NEVER).unwrap(), there.join().unwrap()];
    places.sort_unstable();
    assert_eq!((places, barrier.parties().unwrap()), ([0, 1], 2));
    assert!(matches!(
        barrier.wait(SOON),
        Err(ManagerError::BrokenBarrier)
    ));
    assert!(barrier.is_broken().unwrap());
    barrier.reset().unwrap();
    assert_eq!(
        (barrier.is_broken().unwrap(), barrier.waiting().unwrap()),
        (false, 0)
    );
    barrier.abort().unwrap();
    assert!(barrier.is_broken().unwrap());

    let queue = make.bounded_queue(1).unwrap();
    assert!(queue.is_empty().unwrap() && queue.put(&1, NEVER).unwrap());
    assert!(!queue.put(&2, SOON).unwrap());
    let putter = queue.clone();
    let putter = thread::spawn(move || putter.put(&3, NEVER).unwrap());
    assert_eq!(queue.get(NEVER).unwrap(), Some(1));
    assert_eq!(queue.get(NEVER).unwrap(), Some(3));
    assert!(putter.join().unwrap());
    assert_eq!((queue.get(SOON).unwrap(), queue.len().unwrap()), (None, 0));

    let jobs = make.joinable_queue(0).unwrap();
    jobs.put(&'a', NEVER).unwrap();
    assert_eq!(
        (jobs.get(NEVER).unwrap(), jobs.is_empty().unwrap()),
        (Some('a'), true)
    );
    assert!(!jobs.join(SOON).unwrap());
    jobs.task_done().unwrap();
    assert!(jobs.join(NEVER).unwrap());
    assert!(matches!(jobs.task_done(), Err(ManagerError::TooMany)));
}

pub(crate) fn worker_processes_use_the_objects_of_a_manager() {
    let manager = start();
    let list = manager.client().make().list::<u64>([]).unwrap();
    let pool = ProcessExecutor::new(2);
    let key = key_of(&manager);
    let futures = (0..20).map(|n| pool.submit(append(key.clone(), list.handle(), n)).unwrap());
    let futures: Vec<_> = futures.collect();
    let mut lengths: Vec<_> = futures.into_iter().map(|it| it.join().unwrap()).collect();
    lengths.sort_unstable();
    assert_eq!(*lengths.last().unwrap(), 20);
    let mut values = list.to_vec().unwrap();
    values.sort_unstable();
    assert!(values.into_iter().eq(0..20));
}

pub(crate) fn killed_client_releases_what_it_held() {
    let manager = start();
    let make = manager.client().make();
    let (lock, rlock) = (make.lock().unwrap(), make.rlock().unwrap());
    let semaphore = make.semaphore(2).unwrap();
    let call = hoard(
        key_of(&manager),
        lock.handle(),
        rlock.handle(),
        semaphore.handle(),
    );
    let mut hoarder = Process::new(call).daemon();
    hoarder.start().unwrap();
    let hoarded = manager.client().named("hoarded").event().unwrap();
    assert!(hoarded.wait(NEVER).unwrap());
    assert!(!lock.acquire(SOON).unwrap() && !rlock.acquire(SOON).unwrap());
    assert!(!semaphore.acquire(SOON).unwrap());
    hoarder.kill().unwrap();
    assert!(lock.acquire(NEVER).unwrap() && rlock.acquire(NEVER).unwrap());
    assert!(semaphore.acquire(NEVER).unwrap() && semaphore.acquire(NEVER).unwrap());
    assert!(!semaphore.acquire(SOON).unwrap());
}

pub(crate) fn killed_client_waits_for_nothing_any_more() {
    let manager = start();
    let make = manager.client().make();
    let queue = make.queue::<u64>().unwrap();
    let (condition, barrier) = (make.condition().unwrap(), make.barrier(3).unwrap());
    let call = linger(
        key_of(&manager),
        queue.handle(),
        condition.handle(),
        barrier.handle(),
    );
    let mut waiter = Process::new(call).daemon();
    waiter.start().unwrap();
    while barrier.waiting().unwrap() == 0 {
        thread::yield_now();
    }
    let ours = barrier.clone();
    let ours = thread::spawn(move || ours.wait(NEVER));
    while barrier.waiting().unwrap() == 1 {
        thread::yield_now();
    }
    waiter.kill().unwrap();
    assert!(matches!(
        ours.join().unwrap(),
        Err(ManagerError::BrokenBarrier)
    ));
    assert!(waiter.join(NEVER).unwrap());
    // Nobody else takes this.
    queue.put(&7, NEVER).unwrap();
    assert_eq!(queue.get(NEVER).unwrap(), Some(7));
    assert!(condition.acquire(NEVER).unwrap());
}

pub(crate) fn objects_are_found_by_name_and_by_handle_while_somebody_uses_them() {
    let manager = start();
    let other = another(&manager);
    let queue = manager.client().named("jobs").queue::<u8>().unwrap();
    queue.put(&1, NEVER).unwrap();
    drop(queue);
    let found = other.named("jobs").queue::<u8>().unwrap();
    assert_eq!(found.get(SOON).unwrap(), Some(1));
    let wrong = other.named("jobs").lock().unwrap_err();
    assert!(matches!(
        wrong,
        ManagerError::WrongKind(selvedge_pool::manager::Kind::Queue)
    ));

    let lock = manager.client().make().lock().unwrap();
    let handle = lock.handle();
    let theirs = other.open(handle).unwrap();
    drop(lock);
    assert!(theirs.acquire(SOON).unwrap());
    drop(theirs);
    assert!(matches!(other.open(handle), Err(ManagerError::NoObject)));
    let garbled = manager.client().make().list([300_u64]).unwrap();
    // The same bytes, read as something else.
    let bytes = postcard::to_stdvec(&garbled.handle()).unwrap();
    let as_text: Handle<List<String>> = postcard::from_bytes(&bytes).unwrap();
    let as_text = other.open(as_text).unwrap();
    assert!(matches!(as_text.to_vec(), Err(ManagerError::Garbled)));
}

pub(crate) fn server_ends_with_its_manager() {
    let manager = start();
    let (pid, address) = (manager.pid(), manager.address().clone());
    let Address::Unix(path) = &address else {
        panic!("of this machine")
    };
    assert!(path.exists() && super::is_alive(pid));
    let client = another(&manager);
    let event = client.make().event().unwrap();
    let waiting = event.clone();
    let waiting = thread::spawn(move || waiting.wait(NEVER));
    let key = manager.key().clone();
    drop(manager);
    assert!(is_gone(&waiting.join().unwrap()));
    assert!(is_gone(&event.is_set()));
    assert!(is_gone(&Client::connect(&address, &key)));
    assert!(!path.exists() && !super::is_alive(pid));
    // It has been waited for.
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
}

pub(crate) fn server_ends_with_a_killed_creator() {
    let mut creator = std::process::Command::new("/proc/self/exe")
        .env(PARENT, "1")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut output = creator.stdout.take().unwrap();
    while !said.ends_with('\n') {
        let mut byte = [0];
        output.read_exact(&mut byte).unwrap();
        said.push(byte[0].into());
    }
    let (pid, path) = said.trim().split_once(' ').unwrap();
    assert!(std::fs::exists(path).unwrap());
    creator.kill().unwrap();
    creator.wait().unwrap();
    let pid = pid.parse().unwrap();
    while super::is_alive(pid) || std::fs::exists(path).unwrap() {
        thread::yield_now();
    }
}

pub(crate) fn be_a_creator() -> ! {
    let manager = start();
    println!("{} {}", manager.pid(), manager.address());
    loop {
        thread::sleep(Duration::from_mins(1));
    }
}

pub(crate) fn manager_on_the_network_has_a_port_and_one_address_has_one_manager() {
    let anywhere = Address::Tcp("127.0.0.1:0".parse().unwrap());
    let key = || AuthKey::from(&b"a key that was agreed upon"[..]);
    let manager = Manager::start_at(&anywhere, key()).unwrap();
    let address = manager.address().clone();
    assert_ne!(address, anywhere);
    let client = Client::connect(&address, &key()).unwrap();
    let value = client.make().value(&vec![1_u8; 1_000_000]).unwrap();
    assert_eq!(value.get().unwrap().len(), 1_000_000);
    let taken = Manager::start_at(&address, key()).unwrap_err();
    assert!(matches!(taken, ManagerError::NotStarted(_)), "{taken}");
}

pub(crate) fn stranger_is_told_nothing_and_harms_nobody() {
    let manager = start();
    let Address::Unix(path) = manager.address() else {
        panic!("of this machine")
    };
    let wrong = Client::connect(manager.address(), &AuthKey::from(&b"no"[..])).unwrap_err();
    assert!(matches!(wrong, ManagerError::WrongKey), "{wrong}");
    for nonsense in [&[0xff; 64][..], &[1, 0, 0, 0, 7], &[0, 1, 0, 0], b""] {
        let mut stranger = UnixStream::connect(path).unwrap();
        stranger.write_all(nonsense).unwrap();
        stranger.shutdown(std::net::Shutdown::Write).unwrap();
        let mut told = Vec::new();
        // A challenge, and then the end.
        let _ = stranger.read_to_end(&mut told);
        assert_eq!(told.len(), 4 + 32);
    }
    let lock = manager.client().make().lock().unwrap();
    assert!(lock.acquire(NEVER).unwrap());
}

pub(crate) fn server_that_does_not_know_the_key_is_found_out() {
    let path = std::env::temp_dir().join(format!("selvedge-impostor-{}", std::process::id()));
    let listener = UnixListener::bind(&path).unwrap();
    let impostor = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut frame = vec![32, 0, 0, 0];
        frame.extend([9; 32]);
        stream.write_all(&frame).unwrap();
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut response = vec![0; u32::from_le_bytes(length) as usize];
        stream.read_exact(&mut response).unwrap();
        // The client's own code, and a session.
        let mut frame = vec![33, 0, 0, 0];
        frame.extend(&response[32..64]);
        frame.push(1);
        stream.write_all(&frame).unwrap();
    });
    let address = Address::from(path.clone());
    let deceived = Client::connect(&address, &AuthKey::from(&b"key"[..])).unwrap_err();
    assert!(matches!(deceived, ManagerError::WrongKey), "{deceived}");
    impostor.join().unwrap();
    std::fs::remove_file(path).unwrap();
}
