//! The commands, each as Apple's schema names it.

use super::apps::{AppState, Asked, Installation, in_app_store};
use super::device::ManagedPhone;
use super::enrolment::build_of;
use super::fault::{ErrorChain, Fault};
use super::os_version::{Feature, OsVersion};
use super::plist::{Dictionary, Value};
use super::profile::Profile;
use super::profile_store::{InstalledProfile, Source};

/// How a command is answered.
pub(super) enum Outcome {
    Done(Dictionary),
    Refused(ErrorChain, Dictionary),
    Malformed(ErrorChain),
    NotNow,
}

impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        Outcome::Refused(fault.into(), Dictionary::new())
    }
}

/// Commands that a locked device puts off.
const UNLOCKED_ONLY: [&str; 3] = ["InstallProfile", "SecurityInfo", "InstallProvisioningProfile"];

impl ManagedPhone {
    pub(super) async fn obey(&mut self, request_type: &str, command: &Dictionary) -> Outcome {
        if self.locked && UNLOCKED_ONLY.contains(&request_type) {
            return Outcome::NotNow;
        }
        if self.faults.fail.contains(request_type) {
            return Fault::Planned.into();
        }
        if !self.has_right(request_type) {
            return Fault::NotAuthorised(request_type.to_owned()).into();
        }
        match request_type {
            "InstallProfile" => self.install_profile_command(command).await,
            "RemoveProfile" => self.remove_profile_command(command),
            "ProfileList" => Outcome::Done(self.profile_list(command)),
            "DeviceInformation" => self.device_information(command),
            "SecurityInfo" => Outcome::Done(self.security_info()),
            "InstalledApplicationList" => Outcome::Done(self.installed_applications(command)),
            "ManagedApplicationList" => Outcome::Done(self.managed_applications(command)),
            "ManagedApplicationConfiguration" => self.managed_configurations(command),
            "Settings" => self.settings(command),
            "InstallApplication" => self.install_application(command),
            "RemoveApplication" => self.remove_application(command),
            "DeclarativeManagement" if self.spec.os.knows(Feature::Declarations) => {
                self.declarations.enable(command.data("Data"));
                Outcome::Done(Dictionary::new())
            }
            other => Fault::InvalidRequestType(other.to_owned()).into(),
        }
    }

    /// AccessRights; without meaning under user enrolment.
    fn has_right(&self, request_type: &str) -> bool {
        let right = match request_type {
            "ProfileList" => 1,
            "InstallProfile" | "RemoveProfile" => 2,
            "DeviceInformation" => 16,
            "InstalledApplicationList" => 256,
            "SecurityInfo" => 1024,
            "ManagedApplicationList"
            | "ManagedApplicationConfiguration"
            | "InstallApplication"
            | "RemoveApplication" => 4096,
            _ => 0,
        };
        self.is_user_enrolled() || self.mdm_settings().is_some_and(|settings| settings.access_rights & right == right)
    }

    async fn install_profile_command(&mut self, command: &Dictionary) -> Outcome {
        let Some(bytes) = command.data("Payload") else {
            return Outcome::Malformed(Fault::MalformedRequest("no Payload".to_owned()).into());
        };
        let profile = match Profile::open(bytes) {
            Ok(profile) => profile,
            Err(fault) => return fault.into(),
        };
        if let Err(fault) = self.check_renewal(&profile) {
            return fault.into();
        }
        match self.install(profile, Source::Mdm).await {
            Ok(()) => {
                self.take_renewed_identity();
                Outcome::Done(Dictionary::new())
            }
            Err(chain) => Outcome::Refused(chain, Dictionary::new()),
        }
    }

    fn remove_profile_command(&mut self, command: &Dictionary) -> Outcome {
        let Some(identifier) = command.text("Identifier") else {
            return Outcome::Malformed(Fault::MalformedRequest("no Identifier".to_owned()).into());
        };
        match self.profiles.get(identifier).map(|installed| installed.source == Source::Mdm) {
            Some(true) => {
                self.remove_profile(identifier);
                Outcome::Done(Dictionary::new())
            }
            _ => Fault::ProfileNotManaged(identifier.to_owned()).into(),
        }
    }

    fn profile_list(&self, command: &Dictionary) -> Dictionary {
        let managed_only = self.is_user_enrolled() || command.boolean("ManagedOnly") == Some(true);
        let listed = self.profiles.all().iter().filter(|installed| !managed_only || installed.source != Source::Person);
        let listed: Vec<Value> = listed.map(|installed| self.listed(installed).into()).collect();
        Dictionary::new().with("ProfileList", listed)
    }

    /// No values of payloads, ever.
    fn listed(&self, installed: &InstalledProfile) -> Dictionary {
        let InstalledProfile { profile, source } = installed;
        let os = self.spec.os;
        let payloads = profile.payloads.iter().map(|payload| {
            let mut inside = Dictionary::new()
                .with("PayloadType", payload.kind.as_str())
                .with("PayloadIdentifier", payload.identifier.as_str())
                .with("PayloadVersion", 1);
            if os.knows(Feature::Release17) {
                inside.set("PayloadUUID", payload.uuid.as_str());
            }
            inside.into()
        });
        let mut listed = Dictionary::new()
            .with("PayloadIdentifier", profile.identifier.as_str())
            .with("PayloadUUID", profile.uuid.as_str())
            .with("PayloadDisplayName", profile.name.as_str())
            .with("PayloadVersion", 1)
            .with("PayloadRemovalDisallowed", profile.removal_disallowed)
            .with("IsEncrypted", false)
            .with("HasRemovalPasscode", false)
            .with("PayloadContent", payloads.collect::<Vec<Value>>());
        if let super::profile::Signature::By(certificate) = &profile.signature {
            listed.set("SignerCertificates", vec![Value::Data(certificate.clone())]);
        }
        if !self.spec.supervised {
            listed.set("IsManaged", *source != Source::Person);
        }
        if os.knows(Feature::Release18) && matches!(source, Source::Declaration(_)) {
            listed.set("Source", "Declarative Device Management");
        }
        listed
    }

    fn device_information(&self, command: &Dictionary) -> Outcome {
        let Some(queries) = command.array("Queries") else {
            return Outcome::Malformed(Fault::MalformedRequest("no Queries".to_owned()).into());
        };
        let mut answers = Dictionary::new();
        for query in queries.iter().filter_map(Value::as_text) {
            if let Some(value) = self.device_fact(query) {
                answers.set(query, value);
            }
        }
        Outcome::Done(Dictionary::new().with("QueryResponses", answers))
    }

    /// `None` for what the device does not tell: an unknown query, or one that user enrolment filters.
    fn device_fact(&self, query: &str) -> Option<Value> {
        let (spec, os) = (&self.spec, self.claimed_os());
        let user = self.is_user_enrolled();
        Some(match query {
            "UDID" if !user => spec.udid.as_str().into(),
            "SerialNumber" if !user => spec.serial.as_str().into(),
            "OSVersion" => os.to_string().into(),
            "BuildVersion" => build_of(os).into(),
            "SupplementalBuildVersion" if os >= OsVersion::new(16, 1) => build_of(os).into(),
            "SupplementalOSVersionExtra" if os >= OsVersion::new(16, 1) => "".into(),
            "ProductName" => spec.product.as_str().into(),
            "DeviceName" | "Model" | "ModelName" => "iPhone".into(),
            "IsSupervised" => spec.supervised.into(),
            "EASDeviceIdentifier" => spec.eas_device_identifier.as_str().into(),
            _ => return None,
        })
    }

    fn security_info(&self) -> Dictionary {
        let management =
            Dictionary::new().with("EnrolledViaDEP", false).with("IsUserEnrollment", self.is_user_enrolled());
        let mut info = Dictionary::new()
            .with("HardwareEncryptionCaps", 3)
            .with("PasscodePresent", true)
            .with("PasscodeCompliant", true)
            .with("PasscodeCompliantWithProfiles", true);
        if self.spec.os.knows(Feature::ExchangeServices) {
            info.set("ManagementStatus", management);
        }
        Dictionary::new().with("SecurityInfo", info)
    }

    fn installed_applications(&self, command: &Dictionary) -> Dictionary {
        let managed_only = self.is_user_enrolled() || command.boolean("ManagedAppsOnly") == Some(true);
        let wanted = command.array("Identifiers").map(|_| command.texts("Identifiers"));
        let listed = self.apps.all().filter(|(bundle, app)| {
            app.state != AppState::ManagedButUninstalled
                && (!managed_only || app.state == AppState::Managed)
                && wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|one| one == bundle))
        });
        let listed = listed.map(|(bundle, _)| {
            let name = bundle.rsplit('.').next().unwrap_or(bundle);
            Dictionary::new()
                .with("Identifier", bundle)
                .with("Name", name)
                .with("ShortVersion", "4.2500.0")
                .with("Version", "1")
                .into()
        });
        Dictionary::new().with("InstalledApplicationList", listed.collect::<Vec<Value>>())
    }

    fn managed_applications(&mut self, command: &Dictionary) -> Dictionary {
        let wanted = command.array("Identifiers").map(|_| command.texts("Identifiers"));
        let mut list = Dictionary::new();
        for (bundle, status, configured) in self.apps.take_statuses() {
            if wanted.as_ref().is_none_or(|wanted| wanted.contains(&bundle)) {
                let entry = Dictionary::new()
                    .with("Status", status)
                    .with("HasConfiguration", configured)
                    .with("HasFeedback", false)
                    .with("IsValidated", true)
                    .with("ManagementFlags", 0);
                list.set(&bundle, entry);
            }
        }
        Dictionary::new().with("ManagedApplicationList", list)
    }

    fn managed_configurations(&self, command: &Dictionary) -> Outcome {
        if command.array("Identifiers").is_none() {
            return Outcome::Malformed(Fault::MalformedRequest("no Identifiers".to_owned()).into());
        }
        let mut found: Vec<Value> = Vec::new();
        for bundle in command.texts("Identifiers") {
            let app = self.apps.get(&bundle);
            let app = app.filter(|app| app.state != AppState::UserInstalled && app.declaration.is_none());
            if let Some(app) = app {
                let mut entry = Dictionary::new().with("Identifier", bundle);
                if let Some(configuration) = &app.configuration {
                    entry.set("Configuration", configuration.clone());
                }
                found.push(entry.into());
            }
        }
        Outcome::Done(Dictionary::new().with("ApplicationConfigurations", found))
    }

    /// Acknowledged as a whole, whatever became of the items.
    fn settings(&mut self, command: &Dictionary) -> Outcome {
        let Some(items) = command.array("Settings") else {
            return Outcome::Malformed(Fault::MalformedRequest("no Settings".to_owned()).into());
        };
        let answers = items.iter().map(|item| {
            let empty = Dictionary::new();
            let item = item.as_dictionary().unwrap_or(&empty);
            let mut answer = Dictionary::new().with("Item", item.text("Item").unwrap_or_default());
            if let Some(bundle) = item.text("Identifier") {
                answer.set("Identifier", bundle);
            }
            match self.setting(item) {
                Ok(()) => answer.with("Status", "Acknowledged").into(),
                Err(fault) => {
                    answer.with("Status", "Error").with("ErrorChain", ErrorChain::from(fault).to_plist()).into()
                }
            }
        });
        let answers: Vec<Value> = answers.collect();
        Outcome::Done(Dictionary::new().with("Settings", answers))
    }

    fn setting(&mut self, item: &Dictionary) -> Result<(), Fault> {
        match item.text("Item") {
            Some("ApplicationConfiguration") => {
                let rights = self.mdm_settings().map_or(0, |settings| settings.access_rights);
                if !self.is_user_enrolled() && rights & 4096 == 0 {
                    return Err(Fault::NotAuthorised("ApplicationConfiguration".to_owned()));
                }
                let bundle = item.text("Identifier").ok_or(Fault::FieldMissing("Identifier"))?;
                self.apps.configure(bundle, item.dictionary("Configuration").cloned())
            }
            other => Err(Fault::UnknownSetting(other.unwrap_or_default().to_owned())),
        }
    }

    fn install_application(&mut self, command: &Dictionary) -> Outcome {
        let stored = command.integer("iTunesStoreID").and_then(in_app_store);
        let Some(bundle) = command.text("Identifier").or(stored) else {
            return Outcome::Malformed(
                Fault::MalformedRequest("neither Identifier nor iTunesStoreID".to_owned()).into(),
            );
        };
        let asked = self.asked();
        let wanted = Installation {
            bundle: bundle.to_owned(),
            takeover: command.text("ChangeManagementState") == Some("Managed"),
            leaves_with_management: command.integer("ManagementFlags").unwrap_or_default() & 1 == 1,
            configuration: command.dictionary("Configuration").cloned(),
            declaration: None,
        };
        let named = Dictionary::new().with("Identifier", bundle);
        match self.apps.manage(asked, wanted) {
            Ok(()) => Outcome::Done(named.with("State", "Managed")),
            Err(fault) => {
                let reason = match fault {
                    Fault::AppInstalledAlready(_) => "AppAlreadyInstalled",
                    _ => "ManagementChangeNotSupported",
                };
                Outcome::Refused(fault.into(), named.with("RejectionReason", reason))
            }
        }
    }

    fn remove_application(&mut self, command: &Dictionary) -> Outcome {
        let bundle = command.text("Identifier").unwrap_or_default();
        if self.apps.remove_managed(bundle) {
            Outcome::Done(Dictionary::new())
        } else {
            Fault::AppNotManaged(bundle.to_owned()).into()
        }
    }

    pub(super) fn asked(&self) -> Asked {
        Asked {
            supervised: self.spec.supervised,
            user_enrolment: self.is_user_enrolled(),
            accepts: self.habits.accepts_apps,
        }
    }
}
