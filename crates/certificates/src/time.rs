//! Moments: microseconds since 1970 here, UTCTime and GeneralizedTime in certificates.

use std::time::Duration;

use x509_cert::{
    der::{
        DateTime,
        asn1::{GeneralizedTime, UtcTime},
    },
    time::Time,
};
use x509_ocsp::OcspGeneralizedTime;

use crate::error::Result;

/// To the second, rounded down.
fn date_time(microseconds: i64) -> Result<DateTime> {
    let seconds = u64::try_from(microseconds.div_euclid(1_000_000)).unwrap_or(0);
    Ok(DateTime::from_unix_duration(Duration::from_secs(seconds))?)
}

/// UTCTime until 2049, as RFC 5280 4.1.2.5 demands.
pub(crate) fn time(microseconds: i64) -> Result<Time> {
    let at = date_time(microseconds)?;
    Ok(match UtcTime::from_date_time(at) {
        Ok(short) => Time::UtcTime(short),
        Err(_) => Time::GeneralTime(GeneralizedTime::from_date_time(at)),
    })
}

pub(crate) fn ocsp_time(microseconds: i64) -> Result<OcspGeneralizedTime> {
    Ok(OcspGeneralizedTime::from(date_time(microseconds)?))
}

pub(crate) fn microseconds(time: Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_micros()).unwrap_or(i64::MAX)
}

/// A length of time in microseconds.
pub(crate) fn span(life: Duration) -> i64 {
    i64::try_from(life.as_micros()).unwrap_or(i64::MAX)
}
