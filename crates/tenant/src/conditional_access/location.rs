//! In which named locations an address or a country lies.

use std::{collections::BTreeSet, net::IpAddr};

use super::conditions::Location;
use crate::export::Tenant;

/// The named locations of a sign-in. Without an address and a country it may be anywhere.
pub(crate) fn located(tenant: &Tenant, address: Option<IpAddr>, country: Option<&str>) -> Location {
    if address.is_none() && country.is_none() {
        return Location::Unknown;
    }
    let mut places = BTreeSet::new();
    for location in &tenant.locations {
        let by_address = address.is_some_and(|address| location.ranges.iter().any(|range| lies_in(address, range)));
        let by_country = country.is_some_and(|country| location.countries.contains(country));
        if by_address || by_country {
            places.extend(location.head.id.as_ref().map(|id| id.to_lowercase()));
            places.insert(location.head.name.to_lowercase());
            if location.trusted {
                places.insert("alltrusted".to_owned());
            }
        }
    }
    Location::In(places)
}

fn lies_in(address: IpAddr, range: &str) -> bool {
    let (network, bits) = range.split_once('/').unwrap_or((range, ""));
    let Ok(network) = network.trim().parse::<IpAddr>() else { return false };
    let (address, network, width) = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => (address.to_bits().into(), network.to_bits().into(), 32),
        (IpAddr::V6(address), IpAddr::V6(network)) => (address.to_bits(), network.to_bits(), 128_u32),
        _ => return false,
    };
    let bits = bits.trim().parse::<u32>().unwrap_or(width).min(width);
    let differing: u128 = address ^ network;
    differing.checked_shr(width - bits).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lie_in_ranges_of_their_own_kind() {
        let lies = |address: &str, range: &str| lies_in(address.parse().unwrap(), range);
        assert!(lies("203.0.113.10", "203.0.113.0/24"));
        assert!(!lies("203.0.114.10", "203.0.113.0/24"));
        assert!(lies("203.0.113.10", "0.0.0.0/0"));
        assert!(lies("203.0.113.10", "203.0.113.10"));
        assert!(lies("2001:db8::1", "2001:db8::/32"));
        assert!(lies("2001:db8::1", "::/0"));
        assert!(!lies("2001:db8::1", "0.0.0.0/0"));
        assert!(!lies("203.0.113.10", "nonsense"));
    }
}
