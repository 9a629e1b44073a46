//! Everything has a limit.

use std::time::Duration;

/// Bytes of a request's body. Photos are the largest (Graph takes 4 MB), a batch of them is larger.
pub const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How long a client may take to send a body.
pub const BODY_WAIT: Duration = Duration::from_mins(2);
/// Bytes of a query string.
pub const QUERY_BYTES_MAX: usize = 16 * 1024;
/// Segments of a path.
pub const PATH_SEGMENTS_MAX: usize = 12;

/// Contacts in a page when the client does not say.
pub const PAGE_DEFAULT: usize = 10;
/// Contacts in a page, whatever the client says.
pub const PAGE_MAX: usize = 1000;
/// Changes in a delta page when the client does not say.
pub const DELTA_PAGE_DEFAULT: usize = 200;
/// People in a page of the directory when the client does not say.
pub const USERS_PAGE_DEFAULT: usize = 100;
/// People in a page of the directory, whatever the client says.
pub const USERS_PAGE_MAX: usize = 999;
/// Directory entries looked through for a `$filter` that names nothing the directory's index knows.
pub const USERS_SCANNED_MAX: usize = 20_000;

/// Nesting of a `$filter`.
pub const FILTER_DEPTH_MAX: usize = 16;
/// Comparisons in a `$filter`.
pub const FILTER_TERMS_MAX: usize = 64;
/// Extended properties in one `$expand`.
pub const EXPANDED_PROPERTIES_MAX: usize = 50;

/// Requests in a batch, as Graph has it.
pub const BATCH_REQUESTS_MAX: usize = 20;

/// How long a client whose request could not be served now shall wait.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Living subscriptions of one account (Exchange: 1000 per mailbox).
pub const SUBSCRIPTIONS_MAX: usize = 1000;
/// The longest a subscription can be asked for: Graph's 10,080 minutes for Outlook resources.
pub const SUBSCRIPTION_LIFETIME_MAX: Duration = Duration::from_hours(168);
/// A shorter lifetime than this is raised to it.
pub const SUBSCRIPTION_LIFETIME_MIN: Duration = Duration::from_mins(45);
/// Characters of a `clientState`.
pub const CLIENT_STATE_CHARS_MAX: usize = 128;
/// Characters of a notification address.
pub const NOTIFICATION_URL_CHARS_MAX: usize = 2048;
/// How long an endpoint may take to answer a validation request.
pub const VALIDATION_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an endpoint may take to accept a notification.
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(3);
/// The first pause after a delivery that failed; it doubles from there.
pub const DELIVERY_PAUSE_MIN: Duration = Duration::from_secs(10);
/// The longest pause between attempts.
pub const DELIVERY_PAUSE_MAX: Duration = Duration::from_mins(15);
/// After this long without an accepted delivery what is outstanding is dropped and told as `missed`.
pub const DELIVERY_GIVEN_UP_AFTER: Duration = Duration::from_hours(4);
/// Changes in one delivery.
pub const DELIVERY_CHANGES_MAX: usize = 100;
/// How long before its end a subscription is told to be renewed.
pub const RENEWAL_NOTICE: Duration = Duration::from_mins(15);
