//! Everything has a limit.

use access::version::Version;

/// First number of the lowest iOS that gets the profile. Older ones do not know the switches of the data types, so that
/// the contacts-only profile would be a whole mail account there.
pub const OS_FLOOR_MAJOR: u32 = 13;
/// First number of the lowest iOS that reports its Exchange accounts (`account.list.exchange`).
pub const ACCOUNT_REPORT_MAJOR: u32 = 16;

/// Bytes of an inventory file.
pub const INVENTORY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Devices of one rollout.
pub const DEVICES_MAX: usize = 200_000;
/// Bytes of one field of an inventory.
pub const FIELD_BYTES_MAX: usize = 1_024;
/// Rows that are named in one refusal.
pub const ROW_ERRORS_SHOWN: usize = 20;
/// Waves of one rollout.
pub const WAVES_MAX: usize = 50;

/// Times a change is ordered: once, and one automatic retry.
pub const ATTEMPTS_MAX: u8 = 2;
/// Orders given in one step.
pub const ORDERS_PER_STEP_MAX: usize = 500;
/// Orders under way at the same time.
pub const ORDERS_UNDER_WAY_MAX: usize = 5_000;
/// People told in one step.
pub const TOLD_PER_STEP_MAX: usize = 500;
/// Questions to the hub in one step.
pub const SYNC_QUESTIONS_PER_STEP_MAX: usize = 5_000;
/// Pages of events read in one step.
pub const EVENT_PAGES_PER_STEP_MAX: usize = 200;
/// Orders in a row that the way to the devices puts off before the step ends.
pub const PUT_OFF_IN_A_ROW_MAX: usize = 10;
/// How often the time until the next question doubles when a device does not answer.
pub const PATIENCE_DOUBLINGS_MAX: u32 = 6;
/// Bytes of a state document.
pub const DOCUMENT_BYTES_MAX: usize = 512 * 1024 * 1024;
/// Characters of a value put into a message.
pub const MESSAGE_VALUE_CHARS_MAX: usize = 200;

/// The lowest iOS that gets the profile.
#[must_use]
pub fn os_floor() -> Version {
    Version::major(OS_FLOOR_MAJOR)
}
