//! Whom a policy reaches: the people of an export, their groups, and stand-ins for those whom the export does not show.
//!
//! Everything that names people (users, members of groups, owners of devices and mailboxes) is brought together by ids and
//! addresses. What is then asked of policies is asked of each of these people, and of stand-ins:
//!
//! - a group whose members are not exported has one stand-in. The same group named twice always overlaps with itself; a
//!   known person, or the stand-in of another group, *may* be in it where it is included and is taken not to be in it
//!   where it is excluded (the exclusion of an emergency account must not hide that everybody else is locked out);
//! - where no users are exported, one stand-in is everybody else: policies over all users meet in it.
//!
//! So a break that the export proves is certain, one that hangs on what it leaves out is possible, and a policy whose
//! groups are known and apart from the rollout's touches nobody.

mod acquaintance;
mod joined;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Index,
};

pub(crate) use self::acquaintance::{Acquaintance, Among};
use self::joined::joined;
use crate::{
    export::{
        Tenant,
        assignment::{Assignment, Assignments, FilterMode, FilterUse, Target},
        conditional_access_policy::Users,
        directory_object::{Group, Identity, ManagedDevice, Member},
    },
    filter::{Property, Rule},
    limits::{GROUP_DEPTH_MAX, NAMED_IN_TEXT_MAX},
    reach::Reach,
};

/// Somebody, or a stand-in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Person {
    Known(Identity),
    /// The members of a group that the export does not show.
    MembersOf(String),
    EverybodyElse,
}

/// How an assignment filter that cannot be judged is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unjudged {
    /// It lets the device through: the profile is meant for somebody.
    LetsThrough,
    /// It may.
    May,
}

/// How far something reaches each of the people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience(Vec<Reach>);

impl Index<usize> for Audience {
    type Output = Reach;

    fn index(&self, person: usize) -> &Reach {
        self.0.get(person).unwrap_or(&Reach::No)
    }
}

impl Audience {
    /// The most certain of all.
    #[must_use]
    pub fn reach(&self) -> Reach {
        self.0.iter().copied().max().unwrap_or_default()
    }

    pub(crate) fn zip(&self, other: &Self, with: impl Fn(Reach, Reach) -> Reach) -> Self {
        Self(self.0.iter().enumerate().map(|(person, reach)| with(*reach, other[person])).collect())
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        self.zip(other, Reach::and)
    }

    pub(crate) fn or(&self, other: &Self) -> Self {
        self.zip(other, Reach::or)
    }

    /// Those of these who are not among the others; who may be among them may be left.
    pub(crate) fn without(&self, other: &Self) -> Self {
        self.zip(other, |this, other| this.and(!other))
    }

    pub(crate) fn limited(&self, by: Reach) -> Self {
        Self(self.0.iter().map(|reach| reach.and(by)).collect())
    }

    /// Those whom it reaches, or may reach, and how far.
    pub(crate) fn people(&self) -> impl Iterator<Item = (usize, Reach)> {
        self.0.iter().copied().enumerate().filter(|(_, reach)| reach.possible())
    }
}

/// The people of an export.
#[derive(Debug, Clone)]
pub struct People<'a> {
    tenant: &'a Tenant,
    persons: Vec<Person>,
    /// Ids and addresses; display names and aliases where only one has them.
    by_key: HashMap<String, usize>,
    by_name: HashMap<String, Option<usize>>,
    members: BTreeMap<String, Membership>,
    /// The keys of a group: its id and its name lead to its id.
    groups: HashMap<String, String>,
    devices: HashMap<usize, Vec<&'a ManagedDevice>>,
    /// Groups that get a managed account and whose members are not all known, by key.
    open_in_rollout: BTreeSet<String>,
    /// Those who get a managed account for certain.
    surely_in_rollout: BTreeSet<usize>,
}

#[derive(Debug, Clone, Default)]
struct Membership {
    persons: BTreeSet<usize>,
    /// Somebody may be in it whom the export does not show.
    open: bool,
}

impl<'a> People<'a> {
    /// Brings together everybody whom an export names.
    #[must_use]
    pub fn of(tenant: &'a Tenant) -> Self {
        let mut people = Self {
            tenant,
            persons: Vec::new(),
            by_key: HashMap::new(),
            by_name: HashMap::new(),
            members: BTreeMap::new(),
            groups: group_keys(tenant),
            devices: HashMap::new(),
            open_in_rollout: BTreeSet::new(),
            surely_in_rollout: BTreeSet::new(),
        };
        people.gather();
        people.join_groups();
        if tenant.users.is_empty() {
            people.persons.push(Person::EverybodyElse);
        }
        for device in &tenant.devices {
            if let Some(owner) = people.find(&device.owner) {
                people.devices.entry(owner).or_default().push(device);
            }
        }
        people.mark_rollout();
        people
    }

    fn mark_rollout(&mut self) {
        let targets: Vec<&Target> = self
            .tenant
            .accounts
            .iter()
            .flat_map(|(account, _)| &account.assignments.list)
            .map(|assignment| &assignment.target)
            .collect();
        for target in targets {
            match target {
                Target::AllUsers | Target::AllDevices => self.surely_in_rollout.extend(0..self.persons.len()),
                Target::Group(group) => {
                    let Some(membership) = self.membership(group) else { continue };
                    let (members, open) = (membership.persons.clone(), membership.open);
                    self.surely_in_rollout.extend(members);
                    self.open_in_rollout.extend(open.then(|| self.group_key(group)));
                }
                Target::ExceptGroup(_) => {}
            }
        }
    }

    fn group_key(&self, key: &str) -> String {
        let key = key.to_lowercase();
        self.groups.get(&key).cloned().unwrap_or(key)
    }

    /// Nobody.
    #[must_use]
    pub fn nobody(&self) -> Audience {
        Audience(vec![Reach::No; self.persons.len()])
    }

    /// Asks of each person.
    pub(crate) fn each(&self, reach: impl Fn(usize) -> Reach) -> Audience {
        Audience((0..self.persons.len()).map(reach).collect())
    }

    /// Whom an Intune object reaches.
    pub(crate) fn assigned(&self, assignments: &Assignments, unjudged: Unjudged) -> Audience {
        self.each(|person| self.assigned_to(person, assignments, unjudged))
    }

    fn assigned_to(&self, person: usize, assignments: &Assignments, unjudged: Unjudged) -> Reach {
        let mut reach = Reach::No;
        for Assignment { target, filter } in &assignments.list {
            let named = match target {
                Target::AllUsers | Target::AllDevices => Reach::Does,
                Target::Group(group) => self.in_group(person, group),
                Target::ExceptGroup(group) if self.left_out_with(person, group) => return Reach::No,
                Target::ExceptGroup(_) => continue,
            };
            reach = reach.or(named.and(self.through_filter(person, filter.as_ref(), unjudged)));
        }
        reach
    }

    /// Whether an assignment reaches one device, its owner being somebody of these people or not.
    pub(crate) fn reaches_device(&self, assignments: &Assignments, device: &ManagedDevice) -> Reach {
        let owner = self.find(&device.owner);
        let mut reach = Reach::No;
        for Assignment { target, filter } in &assignments.list {
            let named = match (target, owner) {
                (Target::AllUsers | Target::AllDevices, _) => Reach::Does,
                (Target::Group(group), Some(person)) => self.in_group(person, group),
                (Target::Group(group), None) => self.device_in_group(device, group),
                (Target::ExceptGroup(group), Some(person)) if self.left_out_with(person, group) => return Reach::No,
                (Target::ExceptGroup(_), _) => continue,
            };
            let through = filter.as_ref().map_or(Reach::Does, |filter| self.device_through(device, filter));
            reach = reach.or(named.and(through));
        }
        reach
    }

    fn device_in_group(&self, device: &ManagedDevice, group: &str) -> Reach {
        let listed = self.group(group).and_then(|group| group.members.as_ref());
        let Some(members) = listed else { return Reach::May };
        members.iter().any(|member| names_device(member, device)).into()
    }

    fn through_filter(&self, person: usize, filter: Option<&FilterUse>, unjudged: Unjudged) -> Reach {
        let Some(filter) = filter else { return Reach::Does };
        let devices = self.devices.get(&person).map(Vec::as_slice).unwrap_or_default();
        let mut reaches = devices
            .iter()
            .filter(|device| device.is_ios())
            .map(|device| self.device_through(device, filter))
            .peekable();
        let reach = if reaches.peek().is_none() { Reach::May } else { reaches.max().unwrap_or_default() };
        if unjudged == Unjudged::LetsThrough { reach.assumed() } else { reach }
    }

    fn device_through(&self, device: &ManagedDevice, filter: &FilterUse) -> Reach {
        let rule = self.filter_rule(&filter.id);
        let answers = rule.map_or(Reach::May, |rule| rule.answers(&|name| device_property(device, name)));
        if filter.mode == FilterMode::Include { answers } else { !answers }
    }

    /// The rule of a filter, if it is exported and understood.
    pub(crate) fn filter_rule(&self, id: &str) -> Option<Rule> {
        let named = |filter: &&crate::export::directory_object::AssignmentFilter| {
            filter.head.id.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(id))
                || filter.head.name.eq_ignore_ascii_case(id)
        };
        self.tenant.filters.iter().find(named).and_then(|filter| Rule::parse(&filter.rule))
    }

    /// Whom a Conditional Access policy means.
    pub(crate) fn meant(&self, users: &Users) -> Audience {
        self.each(|person| self.meant_one(person, users))
    }

    /// Whether a Conditional Access policy means one person.
    pub(crate) fn meant_one(&self, person: usize, users: &Users) -> Reach {
        if self.excluded(person, users) {
            return Reach::No;
        }
        let included = users.include.contains("all")
            || self.named(person, &users.include)
            || self.guest(person, &users.include, users.include_guests);
        let groups = users.include_groups.iter().chain(&users.include_roles);
        groups.fold(included.into(), |reach, group| reach.or(self.in_group(person, group)))
    }

    /// Whether a Conditional Access policy leaves somebody out.
    pub(crate) fn excluded(&self, person: usize, users: &Users) -> bool {
        let mut groups = users.exclude_groups.iter().chain(&users.exclude_roles);
        self.named(person, &users.exclude)
            || self.guest(person, &users.exclude, users.exclude_guests)
            || groups.any(|group| self.left_out_with(person, group))
    }

    fn named(&self, person: usize, list: &BTreeSet<String>) -> bool {
        list.iter().any(|key| self.by_key.get(key) == Some(&person))
    }

    fn guest(&self, person: usize, list: &BTreeSet<String>, described: bool) -> bool {
        let guest = matches!(self.persons.get(person), Some(Person::Known(identity)) if identity.guest);
        guest && (described || list.contains("guestsorexternalusers"))
    }

    /// The person of an identity, by id or address, else by a name that only one has.
    pub(crate) fn find(&self, identity: &Identity) -> Option<usize> {
        let mut keys = identity.ids.iter().chain(&identity.addresses);
        let by_key = keys.find_map(|key| self.by_key.get(key));
        by_key.copied().or_else(|| {
            if !identity.addresses.is_empty() {
                return None;
            }
            identity.names.iter().find_map(|name| self.by_name.get(name).copied().flatten())
        })
    }

    /// The managed iPhones and iPads of a person.
    pub(crate) fn ios_devices(&self, person: usize) -> impl Iterator<Item = &'a ManagedDevice> {
        self.devices.get(&person).into_iter().flatten().copied().filter(|device| device.is_ios())
    }

    fn identity(&self, person: usize) -> Option<&Identity> {
        match self.persons.get(person)? {
            Person::Known(identity) => Some(identity),
            Person::MembersOf(_) | Person::EverybodyElse => None,
        }
    }

    /// Whom an audience surely has, else whom it may have: `Anna Berg, Ben Cole and 3 more`.
    pub(crate) fn in_words(&self, audience: &Audience) -> String {
        let surest = audience.reach();
        let people = audience.people().filter(|(_, reach)| *reach == surest);
        let names: Vec<String> = people.map(|(person, _)| self.shown(person)).collect();
        let names = list_in_words(&names);
        if surest == Reach::May { format!("(perhaps) {names}") } else { names }
    }

    fn shown(&self, person: usize) -> String {
        match self.persons.get(person) {
            Some(Person::Known(identity)) => {
                let keys = || identity.addresses.iter().chain(&identity.ids).chain(&identity.names).next();
                identity.shown.clone().or_else(|| keys().cloned()).unwrap_or_default()
            }
            Some(Person::MembersOf(group)) => {
                let name = self.group(group).map_or(group.as_str(), |group| &group.head.name);
                format!("the members of the group \"{name}\", whom the export does not show")
            }
            Some(Person::EverybodyElse) | None => "everybody else in the company".to_owned(),
        }
    }

    /// A group by its id or name.
    pub(crate) fn group(&self, key: &str) -> Option<&'a Group> {
        let id = self.groups.get(&key.to_lowercase())?;
        let mut named = self.tenant.groups.iter().filter(|group| group_id(group) == *id);
        // It may stand in a list without its members and in a file of its own with them.
        let first = named.next()?;
        if first.members.is_some() { Some(first) } else { named.find(|group| group.members.is_some()).or(Some(first)) }
    }

    /// Whether all members of a group are known.
    pub(crate) fn group_is_known(&self, key: &str) -> bool {
        self.members.get(&self.group_key(key)).is_some_and(|membership| !membership.open)
    }

    fn membership(&self, key: &str) -> Option<&Membership> {
        self.members.get(&self.group_key(key))
    }

    /// Whether somebody is in a group; they may be where not all of its members are known.
    pub(crate) fn in_group(&self, person: usize, key: &str) -> Reach {
        match self.membership(key) {
            Some(membership) if membership.persons.contains(&person) => Reach::Does,
            Some(membership) if membership.open => Reach::May,
            Some(_) => Reach::No,
            None => Reach::May,
        }
    }

    /// Whether the exclusion of a group leaves somebody out. Of a group that is not exported, it does only for those who
    /// are in the rollout through the same group, or not at all.
    fn left_out_with(&self, person: usize, key: &str) -> bool {
        match self.in_group(person, key) {
            Reach::Does => true,
            Reach::May => {
                !self.surely_in_rollout.contains(&person) && self.open_in_rollout.contains(&self.group_key(key))
            }
            Reach::No => false,
        }
    }

    /// Everybody that any object names, joined where they share an id or an address.
    fn gather(&mut self) {
        let tenant = self.tenant;
        let device_keys: BTreeSet<&String> = tenant.devices.iter().flat_map(|device| &device.keys).collect();
        let mut all: Vec<Identity> = tenant.users.clone();
        for member in tenant.groups.iter().flat_map(|group| group.members.iter().flatten()) {
            if let Member::Person(identity) = member {
                let word = identity.ids.iter().next().filter(|_| identity.addresses.is_empty());
                let other = word.is_some_and(|word| self.groups.contains_key(word) || device_keys.contains(word));
                if !other {
                    all.push(identity.clone());
                }
            }
        }
        all.extend(tenant.devices.iter().map(|device| device.owner.clone()));
        all.extend(tenant.mailboxes.iter().map(|mailbox| mailbox.owner.clone()));
        all.extend(tenant.mobile_devices.iter().map(|device| device.owner.clone()));
        all.extend(tenant.grants.iter().filter_map(|grant| grant.principal.clone()));
        for policy in &tenant.conditional_access {
            let words = policy.users.include.iter().chain(&policy.users.exclude);
            let named = words.filter(|word| !matches!(word.as_str(), "all" | "none" | "guestsorexternalusers"));
            all.extend(named.map(|word| Identity::of_word(word)));
        }
        all.retain(|identity| !identity.ids.is_empty() || !identity.addresses.is_empty());
        self.persons = joined(all).into_iter().map(Person::Known).collect();
        for (person, identity) in self.persons.iter().enumerate() {
            let Person::Known(identity) = identity else { continue };
            for key in identity.ids.iter().chain(&identity.addresses) {
                self.by_key.insert(key.clone(), person);
            }
            let local_parts = identity.addresses.iter().filter_map(|address| address.split('@').next());
            let names: BTreeSet<String> =
                identity.names.iter().cloned().chain(local_parts.map(str::to_owned)).collect();
            for name in names {
                self.by_name.entry(name).and_modify(|unique| *unique = None).or_insert(Some(person));
            }
        }
    }

    /// Members of every group that anything names, groups within groups followed.
    fn join_groups(&mut self) {
        let mut keys: BTreeSet<String> = self.tenant.groups.iter().map(group_id).collect();
        keys.extend(self.named_groups().iter().map(|key| self.groups.get(key).cloned().unwrap_or_else(|| key.clone())));
        let mut stand_ins = BTreeMap::new();
        for key in &keys {
            if self.group(key).is_none_or(|group| !self.shows_everybody(group)) {
                stand_ins.insert(key.clone(), self.persons.len());
                self.persons.push(Person::MembersOf(key.clone()));
            }
        }
        for key in keys {
            let mut membership = Membership::default();
            self.collect(&key, &stand_ins, &mut BTreeSet::new(), &mut membership);
            self.members.insert(key, membership);
        }
    }

    /// Whether a group's members are exported, and the devices among them as well.
    fn shows_everybody(&self, group: &Group) -> bool {
        group.members.as_ref().is_some_and(|members| {
            members
                .iter()
                .filter(|member| matches!(member, Member::Device(_)))
                .all(|member| self.tenant.devices.iter().any(|device| names_device(member, device)))
        })
    }

    fn collect(
        &self,
        key: &str,
        stand_ins: &BTreeMap<String, usize>,
        seen: &mut BTreeSet<String>,
        into: &mut Membership,
    ) {
        if seen.len() > GROUP_DEPTH_MAX * GROUP_DEPTH_MAX || !seen.insert(key.to_owned()) {
            return;
        }
        if let Some(stand_in) = stand_ins.get(key) {
            into.persons.insert(*stand_in);
            into.open = true;
        }
        let members = self.group(key).and_then(|group| group.members.as_deref()).unwrap_or_default();
        for member in members {
            match member {
                Member::Group(group) => {
                    let key = group.to_lowercase();
                    let key = self.groups.get(&key).unwrap_or(&key).clone();
                    self.collect(&key, stand_ins, seen, into);
                }
                Member::Person(identity) => {
                    let nested = identity.ids.iter().find_map(|id| self.groups.get(id));
                    match (self.find(identity), nested) {
                        (Some(person), _) => drop(into.persons.insert(person)),
                        (None, Some(group)) => self.collect(&group.clone(), stand_ins, seen, into),
                        (None, None) => self.collect_device(member, into),
                    }
                }
                Member::Device(_) => self.collect_device(member, into),
            }
        }
    }

    /// A device in a group stands for its owner.
    fn collect_device(&self, member: &Member, into: &mut Membership) {
        let device = self.tenant.devices.iter().find(|device| names_device(member, device));
        into.persons.extend(device.and_then(|device| self.find(&device.owner)));
    }

    /// The groups that assignments, policies and groups name.
    fn named_groups(&self) -> BTreeSet<String> {
        let tenant = self.tenant;
        let mut keys = BTreeSet::new();
        for (_, assignments) in tenant.assignments() {
            for assignment in &assignments.list {
                if let Target::Group(group) | Target::ExceptGroup(group) = &assignment.target {
                    keys.insert(group.to_lowercase());
                }
            }
        }
        for policy in &tenant.conditional_access {
            let Users { include_groups, include_roles, exclude_groups, exclude_roles, .. } = &policy.users;
            for list in [include_groups, include_roles, exclude_groups, exclude_roles] {
                keys.extend(list.iter().cloned());
            }
        }
        for member in tenant.groups.iter().flat_map(|group| group.members.iter().flatten()) {
            if let Member::Group(group) = member {
                keys.insert(group.to_lowercase());
            }
        }
        keys
    }
}

/// `Anna, Ben and 3 more`.
pub(crate) fn list_in_words(names: &[String]) -> String {
    match names {
        [] => "nobody".to_owned(),
        [one] => one.clone(),
        _ if names.len() <= NAMED_IN_TEXT_MAX => {
            let (last, first) =
                names.split_last().map_or((String::new(), names), |(last, first)| (last.clone(), first));
            format!("{} and {last}", first.join(", "))
        }
        _ => {
            let first: Vec<&str> = names.iter().take(NAMED_IN_TEXT_MAX).map(String::as_str).collect();
            format!("{} and {} more", first.join(", "), names.len() - NAMED_IN_TEXT_MAX)
        }
    }
}

fn group_id(group: &Group) -> String {
    let own = group.role_template.as_ref().or(group.head.id.as_ref()).unwrap_or(&group.head.name);
    own.to_lowercase()
}

fn group_keys(tenant: &Tenant) -> HashMap<String, String> {
    let mut keys = HashMap::new();
    for group in &tenant.groups {
        keys.entry(group.head.name.to_lowercase()).or_insert_with(|| group_id(group));
    }
    for group in &tenant.groups {
        let ids = [group.head.id.as_ref(), group.role_template.as_ref()];
        keys.extend(ids.into_iter().flatten().map(|id| (id.to_lowercase(), group_id(group))));
    }
    keys
}

fn names_device(member: &Member, device: &ManagedDevice) -> bool {
    match member {
        Member::Device(keys) => keys.iter().any(|key| device.keys.contains(key)),
        Member::Person(identity) => identity.ids.iter().any(|id| device.keys.contains(id)),
        Member::Group(_) => false,
    }
}

/// A property of a device in the words of assignment filters.
fn device_property(device: &ManagedDevice, name: &str) -> Property {
    let known = |value: Option<&String>| value.map_or(Property::Unknown, |value| Property::Is(value.clone()));
    match name {
        "osversion" | "operatingsystemversion" => known(
            device
                .os_version
                .as_deref()
                .and_then(crate::export::exchange::version)
                .map(|version| version.to_string())
                .as_ref(),
        ),
        "model" => known(device.model.as_ref()),
        "manufacturer" => known(device.manufacturer.as_ref()),
        "devicename" => Property::Is(device.head.name.clone()),
        "deviceownership" => match device.ownership.as_deref().map(str::to_lowercase).as_deref() {
            Some("company" | "corporate") => Property::Is("Corporate".into()),
            Some("personal") => Property::Is("Personal".into()),
            _ => Property::Unknown,
        },
        "enrollmentprofilename" => known(device.enrolment_profile.as_ref()),
        "operatingsystem" => Property::Is(device.operating_system.clone()),
        _ => Property::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tenant(objects: &serde_json::Value) -> Tenant {
        Tenant::read([("objects.json".to_owned(), objects.to_string().into_bytes())])
    }

    fn reach(tenant: &Tenant, who: &str, include: &[&str], exclude: &[&str]) -> Reach {
        let people = People::of(tenant);
        let target = |group: &&str| Target::Group((*group).to_owned());
        let except = |group: &&str| Target::ExceptGroup((*group).to_owned());
        let targets = include.iter().map(target).chain(exclude.iter().map(except));
        let list = targets.map(|target| Assignment { target, filter: None }).collect();
        let assignments = Assignments { list, exported: true };
        people.assigned(&assignments, Unjudged::May)[people.find(&Identity::of_word(who)).unwrap()]
    }

    #[test]
    fn members_come_as_ids_addresses_or_objects_and_groups_hold_groups() {
        let tenant = tenant(&json!([
            { "@odata.type": "#microsoft.graph.group", "id": "g-1", "displayName": "Pilot", "members": ["u-1", "g-2"] },
            { "@odata.type": "#microsoft.graph.group", "id": "g-2", "displayName": "Ring 2",
              "members": [{ "userPrincipalName": "Ben@contoso.com" }, { "@odata.type": "#microsoft.graph.group", "id": "g-1" }] },
            { "@odata.type": "#microsoft.graph.user", "id": "u-1", "userPrincipalName": "anna@contoso.com" },
            { "@odata.type": "#microsoft.graph.user", "id": "u-2", "userPrincipalName": "ben@contoso.com" },
            { "@odata.type": "#microsoft.graph.user", "id": "u-3", "userPrincipalName": "cleo@contoso.com" },
        ]));
        assert_eq!(reach(&tenant, "anna@contoso.com", &["G-1"], &[]), Reach::Does);
        assert_eq!(reach(&tenant, "u-2", &["g-1"], &[]), Reach::Does, "through the group within the group");
        assert_eq!(reach(&tenant, "u-2", &["g-1"], &["ring 2"]), Reach::No, "groups by name");
        assert_eq!(reach(&tenant, "u-3", &["g-1"], &[]), Reach::No);
    }

    #[test]
    fn a_group_that_is_not_exported_may_have_anybody_when_included_and_nobody_when_excluded() {
        let tenant = tenant(&json!([
            { "@odata.type": "#microsoft.graph.group", "id": "g-1", "displayName": "Pilot", "members": ["u-1"] },
            { "@odata.type": "#microsoft.graph.iosCompliancePolicy", "displayName": "C", "assignments": [
                { "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "g-x" } }] },
        ]));
        assert_eq!(reach(&tenant, "u-1", &["g-x"], &[]), Reach::May);
        assert_eq!(reach(&tenant, "u-1", &["g-1"], &["g-x"]), Reach::Does);
    }
}
