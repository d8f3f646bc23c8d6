//! Addresses, and the workers at the local one.

use selvedge_cluster::{Address, AddressError, Cluster, ConnectError};
use selvedge_pool::Executor;

#[test]
fn addresses_read_back_as_they_print() {
    for text in ["local:3", "ray://head:10001", "ray://10.0.0.1:6379"] {
        let address: Address = text.parse().unwrap();
        assert_eq!(address.to_string(), text);
    }
    assert_eq!(
        "ray://head".parse(),
        Ok(Address::Ray {
            host: "head".into(),
            port: 10001
        })
    );
    assert!(matches!(
        "local".parse(),
        Ok(Address::Local { workers: 1.. })
    ));
}

#[test]
fn what_is_no_address_is_refused_with_the_reason() {
    for (text, error) in [
        (
            "http://head",
            AddressError::UnknownForm("http://head".into()),
        ),
        ("local:none", AddressError::BadWorkers("none".into())),
        ("local:0", AddressError::BadWorkers("0".into())),
        ("ray://:1", AddressError::NoHost),
        ("ray://head:70000", AddressError::BadPort("70000".into())),
    ] {
        assert_eq!(text.parse::<Address>(), Err(error));
    }
}

#[test]
fn local_workers_run_tasks() {
    let cluster = Cluster::connect(&Address::Local { workers: 2 }).unwrap();
    let futures: Vec<_> = (0..20)
        .map(|n| cluster.executor().submit(move || n * n).unwrap())
        .collect();
    let squares: Vec<i32> = futures
        .into_iter()
        .map(|future| future.join().unwrap())
        .collect();
    assert_eq!(squares, (0..20).map(|n| n * n).collect::<Vec<_>>());
}

#[test]
fn a_remote_cluster_is_a_typed_error() {
    let address = Address::Ray {
        host: "head".into(),
        port: 1,
    };
    let error = Cluster::connect(&address).unwrap_err();
    assert_eq!(
        error,
        ConnectError::RemoteUnsupported {
            host: "head".into(),
            port: 1
        }
    );
}
