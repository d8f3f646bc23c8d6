//! How client and server prove to each other that they know the same key.
//!
//! The server sends a challenge; the client answers with a challenge of its own and a code over
//! both, which the key goes into; the server answers with a code over both that only a server can
//! give. A code that was overheard is worth nothing, since challenges are not used twice, and one
//! side's code is none of the other's.

use core::fmt;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::io;

use rustix::rand::{GetRandomFlags, getrandom};

/// How many bytes a challenge has, and a key that is made at random.
const LENGTH: usize = 32;

/// What a server sends to one who connects.
pub(super) type Challenge = [u8; LENGTH];

type Code = [u8; 32];

/// What those who may use a manager know.
#[derive(Clone)]
pub struct AuthKey(Vec<u8>);

impl AuthKey {
    /// A key that nobody can guess.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn random() -> io::Result<Self> {
        Ok(Self(random_bytes::<LENGTH>()?.to_vec()))
    }

    /// The key itself, for who is to be told.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for AuthKey {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for AuthKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthKey").finish_non_exhaustive()
    }
}

/// Whose code it is.
#[derive(Clone, Copy)]
enum Side {
    Client,
    Server,
}

fn mac(key: &AuthKey, side: Side, theirs: &Challenge, ours: &Challenge) -> Hmac<Sha256> {
    let label: &[u8] = match side {
        Side::Client => b"client",
        Side::Server => b"server",
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("a key may have any length");
    mac.update(label);
    mac.update(theirs);
    mac.update(ours);
    mac
}

/// A number that nobody can guess.
pub(super) fn random_number() -> io::Result<u64> {
    random_bytes().map(u64::from_le_bytes)
}

fn random_bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let mut rest = &mut bytes[..];
    while !rest.is_empty() {
        let got = getrandom(&mut *rest, GetRandomFlags::empty())?;
        rest = &mut rest[got..];
    }
    Ok(bytes)
}

/// A challenge that was not used before.
pub(super) fn challenge() -> io::Result<Challenge> {
    random_bytes()
}

/// What the client says then.
#[derive(Serialize, Deserialize)]
pub(super) struct Response {
    challenge: Challenge,
    code: Code,
    /// The session to join; 0 for a new one.
    pub(super) session: u64,
}

/// What the server says at last.
#[derive(Serialize, Deserialize)]
pub(super) struct Welcome {
    code: Code,
    /// The session that the connection belongs to.
    pub(super) session: u64,
}

impl Response {
    /// By the client: proves that it knows the key.
    pub(super) fn new(key: &AuthKey, theirs: &Challenge, session: u64) -> io::Result<Self> {
        let challenge = random_bytes()?;
        let code = mac(key, Side::Client, theirs, &challenge).finalize();
        Ok(Self {
            challenge,
            code: code.into_bytes().into(),
            session,
        })
    }

    /// By the server: whether the client knows the key.
    pub(super) fn is_genuine(&self, key: &AuthKey, ours: &Challenge) -> bool {
        // In constant time.
        mac(key, Side::Client, ours, &self.challenge)
            .verify_slice(&self.code)
            .is_ok()
    }
}

impl Welcome {
    /// By the server: proves that it knows the key.
    pub(super) fn new(key: &AuthKey, response: &Response, ours: &Challenge, session: u64) -> Self {
        let code = mac(key, Side::Server, &response.challenge, ours).finalize();
        Self {
            code: code.into_bytes().into(),
            session,
        }
    }

    /// By the client: whether the server knows the key.
    pub(super) fn is_genuine(&self, key: &AuthKey, ours: &Response, theirs: &Challenge) -> bool {
        mac(key, Side::Server, &ours.challenge, theirs)
            .verify_slice(&self.code)
            .is_ok()
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn codes_prove_the_key_for_one_exchange_and_one_side() {
        let (key, other) = (AuthKey::from(&b"warp"[..]), AuthKey::from(&b"weft"[..]));
        let (first, second) = (challenge().unwrap(), challenge().unwrap());
        let response = Response::new(&key, &first, 0).unwrap();
        assert!(response.is_genuine(&key, &first));
        assert!(!response.is_genuine(&other, &first));
        assert!(!response.is_genuine(&key, &second));
        let welcome = Welcome::new(&key, &response, &first, 7);
        assert!(welcome.is_genuine(&key, &response, &first));
        assert!(!welcome.is_genuine(&other, &response, &first));
        assert!(!welcome.is_genuine(&key, &response, &second));
        // The client's own code sent back to it is no proof.
        let echo = Welcome {
            code: response.code,
            session: 7,
        };
        assert!(!echo.is_genuine(&key, &response, &first));
    }

    #[test]
    fn keys_and_challenges_differ_and_are_not_shown() {
        assert_ne!(challenge().unwrap(), challenge().unwrap());
        let key = AuthKey::random().unwrap();
        assert_ne!(key.as_bytes(), AuthKey::random().unwrap().as_bytes());
        assert_eq!(key.as_bytes().len(), LENGTH);
        assert_eq!(
            format!("{:?}", AuthKey::from(&b"warp"[..])),
            "AuthKey { .. }"
        );
    }
}
