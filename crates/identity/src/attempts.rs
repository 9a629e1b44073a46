//! Wrong passwords, counted so that guessing is slow and nobody can be locked out.
//!
//! Wrong passwords are counted in three ways: for a name from one network, for a network as a whole, and for a name from
//! everywhere. After a number of free ones each further one doubles a pause in which no password is looked at; a pause
//! ends by itself, and the right password after it is let in.
//!
//! That alone would let an attacker keep somebody out by guessing all the time. So a person's own places count by
//! themselves: from a network or a device that the person has signed in from before, only wrong passwords from this very
//! network or device matter. An attacker elsewhere, or one behind the same address with another device, pauses himself
//! and those who come from nowhere, never the person's own phone. And credentials that were checked lately are let in
//! without any of this (`authenticate`): there is nothing to guess about them.
//!
//! - The name from everywhere has a short pause: it is there against many networks guessing one password each, and it is
//!   the only one that a person in a new place shares with an attacker.
//! - A network is allowed more for each name that somebody signed in with from there, because a company stands behind
//!   one address. One's own account does not buy guesses for others beyond a few.
//! - An IPv6 network is a /64: whoever has one address has all of it. IPv4 counts each address.
//! - Names that nobody has are counted like others, and tell nothing.
//!
//! Counters live in this process. With several servers an attacker has as many times the guesses, which changes nothing
//! of the order of things; what is held against people is forgotten with a restart, and what speaks for them too.

use std::{net::IpAddr, time::Duration};

use crate::{
    limits::{
        ATTEMPTS_ENTRIES, ATTEMPTS_REMEMBERED, FAMILIAR, FREE_ATTEMPTS, FREE_ATTEMPTS_NAME, FREE_ATTEMPTS_NEIGHBOUR,
        FREE_ATTEMPTS_NETWORK, PAUSE, PAUSE_MAX, PAUSE_MAX_NAME,
    },
    recent::Recent,
};

/// A network that one party can be thought to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Network(u128);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.to_ipv6_mapped().to_bits()),
            IpAddr::V6(address) => Self(address.to_bits() >> 64 << 64),
        }
    }
}

/// Where a password is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// In lower case.
    pub(crate) login_name: &'a str,
    pub(crate) network: IpAddr,
    pub(crate) device: Option<&'a str>,
}

/// Something that wrong passwords, or a right one, came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Source {
    Network(Network),
    Device(String),
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    /// Microseconds since 1970; no password is looked at before.
    pause_until: i64,
}

/// What is held against a place.
enum Counted {
    /// The person's own.
    Familiar(Source),
    Stranger,
}

/// Wrong passwords of the last minutes, and places of right ones.
pub(crate) struct Attempts {
    sources: Recent<(String, Source), Failures>,
    networks: Recent<Network, Failures>,
    names: Recent<String, Failures>,
    familiar: Recent<(String, Source), ()>,
    neighbours: Recent<Network, u32>,
}

impl Attempts {
    pub(crate) fn new() -> Self {
        Self {
            sources: Recent::new(ATTEMPTS_REMEMBERED, ATTEMPTS_ENTRIES),
            networks: Recent::new(ATTEMPTS_REMEMBERED, ATTEMPTS_ENTRIES),
            names: Recent::new(ATTEMPTS_REMEMBERED, ATTEMPTS_ENTRIES),
            familiar: Recent::new(FAMILIAR, ATTEMPTS_ENTRIES),
            neighbours: Recent::new(FAMILIAR, ATTEMPTS_ENTRIES),
        }
    }

    fn counted(&self, place: &Place<'_>, now: i64) -> Counted {
        let name = place.login_name.to_owned();
        let device = place.device.map(|device| Source::Device(device.to_owned()));
        let sources = device.into_iter().chain([Source::Network(place.network.into())]);
        let mut own = sources.map(|source| (name.clone(), source)).filter(|key| self.familiar.get(key, now).is_some());
        own.next().map_or(Counted::Stranger, |(_, source)| Counted::Familiar(source))
    }

    /// How long no password from there is looked at; `None` when it is now.
    pub(crate) fn pause(&self, place: &Place<'_>, now: i64) -> Option<Duration> {
        let name = || place.login_name.to_owned();
        let network = Network::from(place.network);
        let failures = match self.counted(place, now) {
            Counted::Familiar(source) => [self.sources.get(&(name(), source), now), None, None],
            Counted::Stranger => [
                self.sources.get(&(name(), Source::Network(network)), now),
                self.networks.get(&network, now),
                self.names.get(&name(), now),
            ],
        };
        let until = failures.iter().flatten().map(|failures| failures.pause_until).max()?;
        let left = u64::try_from(until.saturating_sub(now)).ok().filter(|left| *left > 0)?;
        Some(Duration::from_secs(left.div_ceil(1_000_000)))
    }

    /// Counts a wrong password.
    pub(crate) fn failed(&self, place: &Place<'_>, now: i64) {
        let name = || place.login_name.to_owned();
        let network = Network::from(place.network);
        match self.counted(place, now) {
            Counted::Familiar(source) => count(&self.sources, (name(), source), (FREE_ATTEMPTS, PAUSE_MAX), now),
            Counted::Stranger => {
                let neighbours = self.neighbours.get(&network, now).unwrap_or_default();
                let free = FREE_ATTEMPTS_NETWORK.saturating_add(neighbours.saturating_mul(FREE_ATTEMPTS_NEIGHBOUR));
                count(&self.sources, (name(), Source::Network(network)), (FREE_ATTEMPTS, PAUSE_MAX), now);
                count(&self.networks, network, (free, PAUSE_MAX), now);
                count(&self.names, name(), (FREE_ATTEMPTS_NAME, PAUSE_MAX_NAME), now);
            }
        }
    }

    /// Forgets what was held against this place, and remembers it as one of the person's. Whether it is a new one.
    pub(crate) fn succeeded(&self, place: &Place<'_>, now: i64) -> bool {
        let network = Network::from(place.network);
        let device = place.device.map(|device| Source::Device(device.to_owned()));
        let mut is_new = false;
        for source in device.into_iter().chain([Source::Network(network)]) {
            let key = (place.login_name.to_owned(), source);
            self.sources.forget(&key, now);
            if self.familiar.get(&key, now).is_none() {
                is_new = true;
                if key.1 == Source::Network(network) {
                    let neighbours = self.neighbours.get(&network, now).unwrap_or_default();
                    self.neighbours.put(network, neighbours.saturating_add(1), now);
                }
            }
            self.familiar.put(key, (), now);
        }
        is_new
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.sources.clear();
        self.networks.clear();
        self.names.clear();
        self.familiar.clear();
        self.neighbours.clear();
    }
}

fn count<K: Eq + std::hash::Hash>(failures: &Recent<K, Failures>, key: K, (free, pause_max): (u32, i64), now: i64) {
    let count = failures.get(&key, now).map_or(1, |failures| failures.count.saturating_add(1));
    let pause = match count.checked_sub(free) {
        None | Some(0) => 0,
        Some(over) => PAUSE.saturating_mul(1 << (over - 1).min(20)).min(pause_max),
    };
    failures.put(key, Failures { count, pause_until: now.saturating_add(pause) }, now);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;

    fn at<'a>(login_name: &'a str, network: &str) -> Place<'a> {
        Place { login_name, network: network.parse().unwrap(), device: None }
    }

    fn seconds(attempts: &Attempts, place: &Place<'_>, now: i64) -> u64 {
        attempts.pause(place, now).map_or(0, |pause| pause.as_secs())
    }

    #[test]
    fn the_pause_doubles_up_to_a_minute_and_ends_with_the_right_password() {
        let attempts = Attempts::new();
        let anna = at("anna", "192.0.2.1");
        let mut pauses = Vec::new();
        for _ in 0..FREE_ATTEMPTS + 9 {
            attempts.failed(&anna, 0);
            pauses.push(seconds(&attempts, &anna, 0));
        }
        assert_eq!(pauses.split_off(9), [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert!(pauses.iter().all(|pause| *pause == 0));
        assert_eq!(seconds(&attempts, &anna, MINUTE), 0);
        assert_eq!(seconds(&attempts, &at("berta", "192.0.2.1"), 0), 0);
        attempts.succeeded(&anna, 0);
        assert_eq!(seconds(&attempts, &anna, 0), 0);
    }

    #[test]
    fn an_attacker_elsewhere_does_not_slow_down_a_persons_own_network_or_device() {
        let attempts = Attempts::new();
        let home = at("anna", "192.0.2.1");
        let phone = Place { device: Some("PHONE"), ..at("anna", "198.51.100.7") };
        attempts.succeeded(&home, 0);
        attempts.succeeded(&phone, 0);
        for network in 0..200 {
            attempts.failed(&at("anna", &format!("203.0.113.{network}")), 0);
        }
        assert!(seconds(&attempts, &at("anna", "203.0.113.250"), 0) > 0, "whoever comes from nowhere waits");
        assert!(seconds(&attempts, &at("anna", "203.0.113.250"), 0) <= 8, "but not for long");
        assert_eq!(seconds(&attempts, &home, 0), 0);
        let travelling = Place { device: Some("PHONE"), ..at("anna", "203.0.113.1") };
        assert_eq!(seconds(&attempts, &travelling, 0), 0, "even on the attacker's network");
    }

    #[test]
    fn an_attacker_in_the_persons_own_network_does_not_slow_down_their_phone() {
        let attempts = Attempts::new();
        let phone = Place { device: Some("PHONE"), ..at("anna", "192.0.2.1") };
        attempts.succeeded(&phone, 0);
        for _ in 0..50 {
            attempts.failed(&Place { device: Some("OTHER"), ..phone }, 0);
        }
        assert!(seconds(&attempts, &at("anna", "192.0.2.1"), 0) > 0);
        assert_eq!(seconds(&attempts, &phone, 0), 0);
    }

    #[test]
    fn one_network_that_tries_many_names_is_slowed_down_whatever_address_it_takes() {
        let attempts = Attempts::new();
        for name in 0..FREE_ATTEMPTS_NETWORK + 2 {
            attempts.failed(&at(&name.to_string(), &format!("2001:db8:1:2::{name:x}")), 0);
        }
        assert!(seconds(&attempts, &at("fresh", "2001:db8:1:2:ffff::1"), 0) > 0);
        assert_eq!(seconds(&attempts, &at("fresh", "2001:db8:1:3::1"), 0), 0, "the neighbour's network");
    }

    #[test]
    fn a_network_of_many_people_may_mistype_more_often() {
        let attempts = Attempts::new();
        for name in 0..100 {
            attempts.succeeded(&at(&format!("colleague {name}"), "192.0.2.1"), 0);
        }
        for name in 0..FREE_ATTEMPTS_NETWORK * 2 {
            attempts.failed(&at(&name.to_string(), "192.0.2.1"), 0);
        }
        assert_eq!(seconds(&attempts, &at("new here", "192.0.2.1"), 0), 0);
    }

    #[test]
    fn an_ipv4_address_written_as_ipv6_is_the_same() {
        assert_eq!(
            Network::from("::ffff:192.0.2.1".parse::<IpAddr>().unwrap()),
            Network::from("192.0.2.1".parse::<IpAddr>().unwrap())
        );
    }
}
