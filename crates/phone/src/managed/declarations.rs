//! Declarative management on the device: fetches what changed, activates, applies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::apps::{Installation, in_app_store};
use super::device::{ManagedError, ManagedPhone};
use super::exchange_account::{AccountId, ExchangeSettings, Origin};
use super::fault::{ErrorChain, Fault};
use super::os_version::Feature;
use super::plist::{self, Dictionary, Value};
use super::profile::Profile;
use super::profile_store::Source;
use super::status::Reported;
use super::violation::ManagedViolation;
use crate::limits::DECLARATION_NAME_BYTES;

/// The four kinds, in the order they are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An asset.
    Asset,
    /// A management declaration.
    Management,
    /// A configuration.
    Configuration,
    /// An activation.
    Activation,
}

impl Kind {
    /// All four.
    pub const ALL: [Kind; 4] = [Kind::Asset, Kind::Management, Kind::Configuration, Kind::Activation];

    /// In the endpoint: `declaration/asset/…`.
    pub(super) fn in_endpoint(self) -> &'static str {
        match self {
            Kind::Asset => "asset",
            Kind::Management => "management",
            Kind::Configuration => "configuration",
            Kind::Activation => "activation",
        }
    }

    /// In the manifest.
    fn in_items(self) -> &'static str {
        match self {
            Kind::Asset => "Assets",
            Kind::Management => "Management",
            Kind::Configuration => "Configurations",
            Kind::Activation => "Activations",
        }
    }

    /// In `management.declarations`.
    pub(super) fn in_status(self) -> &'static str {
        match self {
            Kind::Asset => "assets",
            Kind::Management => "management",
            Kind::Configuration => "configurations",
            Kind::Activation => "activations",
        }
    }
}

/// What the device thinks of a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Validity {
    /// Not looked at: no activation refers to it.
    Unknown,
    /// Applied, or there to be used.
    Valid,
    /// Not applied: code and the reasons.
    Invalid(ErrorChain),
}

/// A declaration on the device.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// Which kind.
    pub kind: Kind,
    /// Type.
    pub kind_name: String,
    /// ServerToken.
    pub token: String,
    /// Payload.
    pub payload: Dictionary,
    /// In force.
    pub active: bool,
    /// What the device thinks of it.
    pub validity: Validity,
}

/// All declarations, and what the server heard of them.
#[derive(Debug, Default)]
pub(super) struct Declarations {
    pub(super) enabled: bool,
    due: bool,
    /// The tokens that came with the command.
    told: Option<Vec<u8>>,
    token: Option<String>,
    pub(super) known: BTreeMap<String, Declaration>,
    pub(super) reported: Reported,
}

impl Declarations {
    /// The command switches declarative management on and asks for synchronisation.
    pub(super) fn enable(&mut self, tokens: Option<&[u8]>) {
        self.enabled = true;
        self.due = true;
        self.told = tokens.filter(|tokens| !tokens.is_empty()).map(<[u8]>::to_vec);
    }

    /// The status items that active subscriptions name.
    pub(super) fn subscriptions(&self) -> BTreeSet<String> {
        let subscriptions = self.known.values().filter(|declaration| {
            declaration.active && declaration.kind_name == "com.apple.configuration.management.status-subscriptions"
        });
        let items = subscriptions.flat_map(|declaration| declaration.payload.array("StatusItems").unwrap_or_default());
        items.filter_map(|item| Some(item.as_dictionary()?.text("Name")?.to_owned())).collect()
    }

    /// An asset's payload, if there is one of this type.
    fn asset(&self, identifier: Option<&str>, kind_name: &str) -> Result<&Dictionary, Fault> {
        let identifier = identifier.unwrap_or_default();
        let asset =
            self.known.get(identifier).filter(|asset| asset.kind == Kind::Asset && asset.kind_name == kind_name);
        asset
            .map(|asset| &asset.payload)
            .ok_or_else(|| Fault::Declaration(format!("no asset {identifier:?} of type {kind_name}")))
    }
}

/// One line of the manifest.
struct Listed {
    kind: Kind,
    identifier: String,
    token: String,
}

impl ManagedPhone {
    /// The declarations on the device by Identifier.
    pub fn declarations(&self) -> impl Iterator<Item = (&str, &Declaration)> {
        self.declarations.known.iter().map(|(identifier, declaration)| (identifier.as_str(), declaration))
    }

    fn refuse_declarations(&mut self, reason: String) -> ManagedError {
        self.hold_against(ManagedViolation::Declarations(reason.clone()));
        ManagedError::Protocol(reason)
    }

    async fn ask(&mut self, endpoint: &str) -> Result<Json, ManagedError> {
        let message = Dictionary::new().with("Endpoint", endpoint);
        let body = self.check_in("DeclarativeManagement", message).await?;
        serde_json::from_slice(&body)
            .map_err(|error| self.refuse_declarations(format!("{endpoint} is no JSON: {error}")))
    }

    /// Fetches and applies what changed, if the server said that something did.
    pub(super) async fn synchronise_declarations(&mut self) -> Result<(), ManagedError> {
        if !self.declarations.due {
            return Ok(());
        }
        let tokens = match self.declarations.told.take() {
            Some(told) => serde_json::from_slice(&told)
                .map_err(|error| self.refuse_declarations(format!("the command's Data is no JSON: {error}")))?,
            None => self.ask("tokens").await?,
        };
        let token = tokens.pointer("/SyncTokens/DeclarationsToken").and_then(Json::as_str).map(str::to_owned);
        let token = token.ok_or_else(|| self.refuse_declarations("no SyncTokens/DeclarationsToken".to_owned()))?;
        if self.declarations.token.as_ref() != Some(&token) {
            let manifest = self.ask("declaration-items").await?;
            let listed = self.read_manifest(&manifest)?;
            let token = manifest.get("DeclarationsToken").and_then(Json::as_str).map(str::to_owned);
            let changed = self.fetch_changed(&listed).await?;
            self.take_up(&listed, &changed).await?;
            self.declarations.token = token;
        }
        self.declarations.due = false;
        Ok(())
    }

    fn read_manifest(&mut self, manifest: &Json) -> Result<Vec<Listed>, ManagedError> {
        if manifest.get("DeclarationsToken").and_then(Json::as_str).is_none() {
            return Err(self.refuse_declarations("declaration-items has no DeclarationsToken".to_owned()));
        }
        let mut listed: Vec<Listed> = Vec::new();
        for kind in Kind::ALL {
            let items = manifest.get("Declarations").and_then(|all| all.get(kind.in_items())).and_then(Json::as_array);
            let Some(items) = items else {
                return Err(self.refuse_declarations(format!("declaration-items has no {}", kind.in_items())));
            };
            for item in items {
                let text = |key: &str| item.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
                let (identifier, token) = (text("Identifier"), text("ServerToken"));
                for name in [&identifier, &token] {
                    if name.is_empty() || name.len() > DECLARATION_NAME_BYTES {
                        return Err(self.refuse_declarations(format!("{name:?} is not of 1 to 64 octets")));
                    }
                }
                if listed.iter().any(|other| other.identifier == identifier) {
                    return Err(self.refuse_declarations(format!("{identifier:?} is listed twice")));
                }
                listed.push(Listed { kind, identifier, token });
            }
        }
        Ok(listed)
    }

    async fn fetch_changed(&mut self, listed: &[Listed]) -> Result<BTreeMap<String, Declaration>, ManagedError> {
        let mut changed = BTreeMap::new();
        for item in listed {
            if self.declarations.known.get(&item.identifier).is_some_and(|known| known.token == item.token) {
                continue;
            }
            let endpoint = format!("declaration/{}/{}", item.kind.in_endpoint(), item.identifier);
            let json = self.ask(&endpoint).await?;
            self.counters.declarations_fetched += 1;
            let text = |key: &str| json.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
            if text("Identifier") != item.identifier || text("ServerToken") != item.token {
                return Err(self.refuse_declarations(format!("{endpoint} is not what the manifest lists")));
            }
            let Some(Value::Dictionary(payload)) = json.get("Payload").map(to_plist) else {
                return Err(self.refuse_declarations(format!("{endpoint} has no Payload")));
            };
            let declaration = Declaration {
                kind: item.kind,
                kind_name: text("Type"),
                token: item.token.clone(),
                payload,
                active: false,
                validity: Validity::Unknown,
            };
            changed.insert(item.identifier.clone(), declaration);
        }
        Ok(changed)
    }

    /// Takes up a whole manifest: what is gone is undone, what is activated is applied.
    async fn take_up(
        &mut self,
        listed: &[Listed],
        changed: &BTreeMap<String, Declaration>,
    ) -> Result<(), ManagedError> {
        let gone: Vec<String> = self
            .declarations
            .known
            .keys()
            .filter(|known| !listed.iter().any(|item| item.identifier == **known))
            .cloned()
            .collect();
        for identifier in gone {
            self.undo_declaration(&identifier);
            self.declarations.known.remove(&identifier);
        }
        for (identifier, declaration) in changed {
            let was_active = self.declarations.known.get(identifier).is_some_and(|known| known.active);
            let declaration = Declaration { active: was_active, ..declaration.clone() };
            self.declarations.known.insert(identifier.clone(), declaration);
        }
        let asset_changed = changed.values().any(|declaration| declaration.kind == Kind::Asset);
        let activated = self.activated();
        for item in listed {
            let wanted = item.kind != Kind::Configuration || activated.contains(&item.identifier);
            let was = self.declarations.known.get(&item.identifier).is_some_and(|known| known.active);
            if !wanted {
                if was {
                    self.undo_declaration(&item.identifier);
                }
                self.mark(&item.identifier, false, Validity::Unknown);
            } else if !was || asset_changed || changed.contains_key(&item.identifier) {
                let outcome = self.apply(&item.identifier).await;
                let validity = match outcome {
                    Ok(()) => Validity::Valid,
                    // Without a network or a server the whole run is repeated later.
                    Err(Applying::Failed(error)) => return Err(error),
                    Err(Applying::Refused(chain)) => Validity::Invalid(chain),
                };
                self.mark(&item.identifier, validity == Validity::Valid, validity);
            }
        }
        self.judge_activations();
        Ok(())
    }

    fn mark(&mut self, identifier: &str, active: bool, validity: Validity) {
        if let Some(known) = self.declarations.known.get_mut(identifier) {
            known.active = active;
            known.validity = validity;
        }
    }

    /// An activation is active while its predicate holds; one that names what is not there is invalid.
    fn judge_activations(&mut self) {
        let known = &self.declarations.known;
        let activations = known.iter().filter(|(_, declaration)| declaration.kind == Kind::Activation);
        let judged: Vec<(String, bool, Validity)> = activations
            .map(|(identifier, activation)| {
                let named = activation.payload.texts("StandardConfigurations");
                let missing = named.into_iter().find(|name| !known.contains_key(name));
                match missing {
                    Some(name) => {
                        let fault = Fault::Declaration(format!("the configuration {name:?} is missing"));
                        (identifier.clone(), false, Validity::Invalid(fault.into()))
                    }
                    None => (identifier.clone(), self.is_active(activation), Validity::Valid),
                }
            })
            .collect();
        for (identifier, active, validity) in judged {
            self.mark(&identifier, active, validity);
        }
    }

    fn is_active(&self, activation: &Declaration) -> bool {
        activation.kind_name == "com.apple.activation.simple"
            && activation.payload.text("Predicate").is_none_or(|predicate| self.holds(predicate))
    }

    /// The configurations that activations name whose predicates hold.
    fn activated(&self) -> BTreeSet<String> {
        let activations = self.declarations.known.values().filter(|declaration| self.is_active(declaration));
        activations.flat_map(|activation| activation.payload.texts("StandardConfigurations")).collect()
    }

    /// `@status(item) == 'text'` and `!=`; anything else does not hold.
    fn holds(&self, predicate: &str) -> bool {
        let predicate = predicate.trim();
        if predicate.eq_ignore_ascii_case("TRUEPREDICATE") {
            return true;
        }
        let read = || {
            let (item, rest) = predicate.strip_prefix("@status(")?.split_once(')')?;
            let rest = rest.trim();
            let (equal, text) = match rest.strip_prefix("==") {
                Some(text) => (true, text),
                None => (false, rest.strip_prefix("!=")?),
            };
            let is = self.plain_status(item)?.as_str()? == text.trim().trim_matches(['\'', '"']);
            Some(is == equal)
        };
        read().unwrap_or(false)
    }

    async fn apply(&mut self, identifier: &str) -> Result<(), Applying> {
        let Some(declaration) = self.declarations.known.get(identifier).cloned() else { return Ok(()) };
        let payload = &declaration.payload;
        match declaration.kind_name.as_str() {
            "com.apple.configuration.account.exchange" => self.apply_exchange(identifier, payload)?,
            "com.apple.configuration.legacy" => self.apply_legacy(identifier, payload).await?,
            "com.apple.configuration.app.managed" if self.spec.os.knows(Feature::AppDeclaration) => {
                self.apply_app(identifier, payload).await?;
            }
            "com.apple.configuration.management.status-subscriptions"
            | "com.apple.configuration.account.carddav"
            | "com.apple.configuration.account.ldap"
            | "com.apple.activation.simple" => {}
            _ if declaration.kind == Kind::Asset || declaration.kind == Kind::Management => {}
            other => return Err(Fault::Declaration(format!("the type {other:?} is not supported")).into()),
        }
        Ok(())
    }

    fn apply_exchange(&mut self, identifier: &str, payload: &Dictionary) -> Result<(), Fault> {
        let reference = payload.text("UserIdentityAssetReference");
        let identity = match reference {
            Some(reference) => Some(self.declarations.asset(Some(reference), "com.apple.asset.useridentity")?),
            None => None,
        };
        let settings = ExchangeSettings::from_declaration(payload, identity)?;
        let own = self.account_of_declaration(identifier);
        self.is_unique(&settings, own.as_slice())?;
        match own {
            Some(id) if self.account(id).is_some_and(|account| account.settings == settings) => {}
            Some(id) => self.update_account(id, settings),
            None => {
                self.create_account(Origin::Declaration(identifier.to_owned()), settings);
            }
        }
        Ok(())
    }

    fn account_of_declaration(&self, identifier: &str) -> Option<AccountId> {
        let mut made = self
            .accounts
            .iter()
            .filter(|account| matches!(&account.origin, Origin::Declaration(by) if by == identifier));
        made.next().map(|account| account.id)
    }

    /// An ordinary profile that lies on the management server.
    async fn apply_legacy(&mut self, identifier: &str, payload: &Dictionary) -> Result<(), Applying> {
        let address = payload.text("ProfileURL").ok_or(Fault::FieldMissing("ProfileURL"))?.to_owned();
        let origin = |address: &str| address.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        let server = self.mdm_settings().map(|settings| origin(&settings.server_url)).unwrap_or_default();
        if origin(&address) != server {
            self.hold_against(ManagedViolation::ProfileElsewhere(address.clone()));
            return Err(Fault::Declaration(format!("{address:?} is not on the management server")).into());
        }
        let bytes = self.fetch(&address).await.map_err(Applying::Failed)?;
        let profile = Profile::open(&bytes)?;
        let source = Source::Declaration(identifier.to_owned());
        if self.profiles.get(&profile.identifier).is_some_and(|there| there.source != source) {
            return Err(Fault::Declaration(format!("{} is installed another way", profile.identifier)).into());
        }
        let gone = self.profile_of_declaration(identifier).filter(|there| *there != profile.identifier);
        self.install(profile, source).await?;
        if let Some(gone) = gone {
            self.remove_profile(&gone);
        }
        Ok(())
    }

    fn profile_of_declaration(&self, identifier: &str) -> Option<String> {
        let source = Source::Declaration(identifier.to_owned());
        let there = self.profiles.all().iter().find(|installed| installed.source == source);
        there.map(|installed| installed.profile.identifier.clone())
    }

    async fn apply_app(&mut self, identifier: &str, payload: &Dictionary) -> Result<(), Applying> {
        let stored = payload.text("AppStoreID").and_then(|id| id.parse().ok()).and_then(in_app_store);
        let bundle = payload.text("BundleID").or(stored).ok_or(Fault::FieldMissing("BundleID"))?.to_owned();
        let mut configuration = None;
        let reference = payload.text("LegacyAppConfigAssetReference").map(str::to_owned);
        if let Some(reference) = reference.filter(|_| self.spec.os.knows(Feature::LegacyAppConfig)) {
            let asset = self.declarations.asset(Some(&reference), "com.apple.asset.data")?;
            let address = asset.dictionary("Reference").and_then(|reference| reference.text("DataURL"));
            let address = address.ok_or(Fault::FieldMissing("DataURL"))?.to_owned();
            let bytes = self.fetch(&address).await.map_err(Applying::Failed)?;
            let read = plist::read(&bytes).map_err(|error| Fault::Declaration(error.to_string()))?;
            configuration = read.as_dictionary().cloned();
        }
        let wanted = Installation {
            bundle: bundle.clone(),
            takeover: true,
            leaves_with_management: true,
            configuration: None,
            declaration: Some(identifier.to_owned()),
        };
        self.apps.manage(self.asked(), wanted)?;
        self.apps.configure_by_declaration(&bundle, configuration);
        Ok(())
    }

    fn undo_declaration(&mut self, identifier: &str) {
        if let Some(id) = self.account_of_declaration(identifier) {
            self.accounts.retain(|account| account.id != id);
        }
        if let Some(profile) = self.profile_of_declaration(identifier) {
            self.remove_profile(&profile);
        }
        self.apps.release_declaration(identifier);
    }
}

/// Why a declaration is not in force.
enum Applying {
    /// It cannot be: the server is told.
    Refused(ErrorChain),
    /// Something on the way; it is tried again.
    Failed(ManagedError),
}

impl From<Fault> for Applying {
    fn from(fault: Fault) -> Self {
        Applying::Refused(fault.into())
    }
}

impl From<ErrorChain> for Applying {
    fn from(chain: ErrorChain) -> Self {
        Applying::Refused(chain)
    }
}

/// JSON as the property list it stands for. A null is an empty text; Apple's documents have none.
fn to_plist(json: &Json) -> Value {
    match json {
        Json::Null => Value::String(String::new()),
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Real(number.as_f64().unwrap_or_default()), Value::Integer)
        }
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::Array(items.iter().map(to_plist).collect()),
        Json::Object(entries) => {
            let mut inside = Dictionary::new();
            for (key, value) in entries {
                inside.set(key, to_plist(value));
            }
            Value::Dictionary(inside)
        }
    }
}
