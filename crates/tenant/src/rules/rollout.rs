//! Who is in the rollout: the people that a managed Exchange ActiveSync account is assigned to. And whose server it is:
//! Exchange's own locks are no concern of an account at the hub.

use crate::{
    Options,
    export::{
        AccountSource, Assigned, Tenant,
        email_profile::{EasAccount, Service},
    },
    finding::Severity,
    people::{Audience, People, Unjudged},
    reach::Reach,
};

/// Hosts of Exchange Online; each also stands for what is below it.
const EXCHANGE_HOSTS: [&str; 9] = [
    "office365.com",
    "office.com",
    "office365.us",
    "outlook.com",
    "outlook.cn",
    "outlook.de",
    "office.de",
    "apps.mil",
    "office365.cn",
];

/// Whose server an account is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    Exchange,
    Hub,
}

impl Server {
    /// By its host. Without one the phone asks autodiscovery, which leads to Exchange.
    pub(crate) fn of(account: &EasAccount, options: &Options) -> Self {
        let Some(host) = &account.host else { return Self::Exchange };
        let host = host.trim().to_ascii_lowercase();
        let host = host.split_once("://").map_or(host.as_str(), |(_, rest)| rest);
        let host = host.split(['/', ':']).next().unwrap_or_default().trim_end_matches('.');
        let own = options.exchange_hosts.iter().map(String::as_str);
        let exchange = EXCHANGE_HOSTS.into_iter().chain(own).any(|known| {
            let known = known.to_ascii_lowercase();
            host == known || host.strip_suffix(known.as_str()).is_some_and(|rest| rest.ends_with('.'))
        });
        if exchange { Self::Exchange } else { Self::Hub }
    }
}

/// An account with those that get it.
pub(crate) struct Profile<'a> {
    pub(crate) assigned: &'a Assigned<EasAccount>,
    pub(crate) source: AccountSource,
    pub(crate) server: Server,
    pub(crate) audience: Audience,
}

/// Everybody that gets an account.
pub(crate) struct Rollout<'a> {
    pub(crate) profiles: Vec<Profile<'a>>,
    /// All of them.
    pub(crate) everyone: Audience,
    /// Those with an account at Exchange.
    pub(crate) exchange: Audience,
    /// Those whose account at Exchange signs in with OAuth.
    pub(crate) exchange_oauth: Audience,
    /// Those with an account at the hub.
    pub(crate) hub: Audience,
    /// Those whose account has contacts.
    pub(crate) with_contacts: Audience,
}

impl Rollout<'_> {
    /// How bad what happens to Outlook's export is: people outside of the rollout are none of its errors, unless the export
    /// is all there is.
    pub(crate) fn severity_of_export(&self, affected: &Audience) -> Severity {
        let inside = affected.and(&self.everyone).reach();
        match self.everyone.reach() {
            Reach::No => Severity::Error.when(affected.reach()),
            _ if inside == Reach::No => Severity::Warning.when(affected.reach()),
            _ => Severity::Error.when(inside),
        }
    }
}

impl<'a> Rollout<'a> {
    pub(crate) fn of(tenant: &'a Tenant, people: &People<'_>, options: &Options) -> Self {
        let profiles: Vec<Profile<'a>> = tenant
            .accounts
            .iter()
            .map(|(assigned, source)| Profile {
                assigned,
                source: *source,
                server: Server::of(&assigned.content, options),
                audience: people.assigned(&assigned.assignments, Unjudged::LetsThrough),
            })
            .collect();
        let of = |wanted: fn(&Profile<'_>) -> bool| {
            let chosen = profiles.iter().filter(|profile| wanted(profile));
            chosen.fold(people.nobody(), |audience, profile| audience.or(&profile.audience))
        };
        Self {
            everyone: of(|_| true),
            exchange: of(|profile| profile.server == Server::Exchange),
            exchange_oauth: of(|profile| profile.server == Server::Exchange && profile.assigned.content.oauth),
            hub: of(|profile| profile.server == Server::Hub),
            with_contacts: of(|profile| profile.assigned.content.services.contains(&Service::Contacts)),
            profiles,
        }
    }
}
