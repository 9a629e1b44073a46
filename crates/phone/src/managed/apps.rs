//! Apps: absent, the person's own, or managed.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::open_in::AppKind;
use super::plist::Dictionary;

/// Outlook for iOS.
pub const OUTLOOK: &str = "com.microsoft.Office.Outlook";

/// The bundle id behind an App Store number; `None` for apps of no interest here.
pub(super) fn in_app_store(number: i64) -> Option<&'static str> {
    (number == 951_937_596).then_some(OUTLOOK)
}

/// How an app stands towards management.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppState {
    /// The person installed it.
    UserInstalled,
    /// MDM installed it or took it over.
    Managed,
    /// Managed, and the person deleted it.
    ManagedButUninstalled,
}

/// An app on the device.
#[derive(Debug, Clone, PartialEq)]
pub struct App {
    /// How it stands towards management.
    pub state: AppState,
    /// The configuration management gave it; `None` if none.
    pub configuration: Option<Dictionary>,
    /// It goes when management goes (bit 0 of ManagementFlags).
    pub leaves_with_management: bool,
    /// The declaration that manages it; the commands then do not know it.
    pub declaration: Option<String>,
}

impl App {
    fn new(state: AppState) -> Self {
        Self { state, configuration: None, leaves_with_management: false, declaration: None }
    }
}

/// The apps, by bundle id. Apple's own are always there and not listed.
#[derive(Debug, Default)]
pub struct Apps {
    installed: BTreeMap<String, App>,
    /// Statuses that ManagedApplicationList reports once.
    once: BTreeMap<String, &'static str>,
}

/// How an installation is asked for.
#[derive(Debug, Clone)]
pub(super) struct Installation {
    pub(super) bundle: String,
    pub(super) takeover: bool,
    pub(super) leaves_with_management: bool,
    pub(super) configuration: Option<Dictionary>,
    pub(super) declaration: Option<String>,
}

/// Who is asked, and how they answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) supervised: bool,
    pub(super) user_enrolment: bool,
    pub(super) accepts: bool,
}

impl Apps {
    /// The app; `None` if it is not on the device.
    pub fn get(&self, bundle: &str) -> Option<&App> {
        self.installed.get(bundle)
    }

    /// All apps.
    pub fn all(&self) -> impl Iterator<Item = (&str, &App)> {
        self.installed.iter().map(|(bundle, app)| (bundle.as_str(), app))
    }

    /// What managed open-in makes of an app.
    pub fn kind(&self, bundle: &str) -> AppKind {
        if bundle.starts_with("com.apple.") {
            return AppKind::System;
        }
        match self.get(bundle).map(|app| app.state) {
            Some(AppState::Managed) => AppKind::Managed,
            _ => AppKind::Unmanaged,
        }
    }

    /// Whether it can be opened.
    pub fn is_installed(&self, bundle: &str) -> bool {
        self.get(bundle).is_some_and(|app| app.state != AppState::ManagedButUninstalled)
    }

    /// The person installs an app. One that is managed but was deleted comes back managed.
    pub(super) fn person_installs(&mut self, bundle: &str) {
        let app = self.installed.entry(bundle.to_owned()).or_insert_with(|| App::new(AppState::UserInstalled));
        if app.state == AppState::ManagedButUninstalled {
            app.state = AppState::Managed;
        }
    }

    /// The person deletes an app.
    pub(super) fn person_deletes(&mut self, bundle: &str) {
        match self.installed.get_mut(bundle) {
            Some(app) if app.state == AppState::Managed => app.state = AppState::ManagedButUninstalled,
            Some(app) if app.state == AppState::UserInstalled => {
                self.installed.remove(bundle);
            }
            _ => {}
        }
    }

    /// MDM installs an app or takes it over.
    pub(super) fn manage(&mut self, asked: Asked, wanted: Installation) -> Result<(), Fault> {
        let Installation { bundle, takeover, leaves_with_management, configuration, declaration } = wanted;
        let known = self.installed.get(&bundle);
        if declaration.is_none() && known.is_some_and(|app| app.declaration.is_some()) {
            return Err(Fault::AppManagedByDeclaration(bundle));
        }
        match known.map(|app| app.state) {
            // There a person's own app stays their own: they would have to delete it first.
            Some(AppState::UserInstalled) if !takeover || asked.user_enrolment => {
                self.once.insert(bundle.clone(), "UserInstalledApp");
                return Err(Fault::AppInstalledAlready(bundle));
            }
            Some(AppState::UserInstalled) if !asked.supervised && !asked.accepts => {
                self.once.insert(bundle.clone(), "ManagementRejected");
                return Err(Fault::UserRejected(bundle));
            }
            None if !asked.supervised && !asked.accepts => {
                self.once.insert(bundle.clone(), "UserRejected");
                return Err(Fault::UserRejected(bundle));
            }
            _ => {}
        }
        self.once.remove(&bundle);
        let app = self.installed.entry(bundle).or_insert_with(|| App::new(AppState::Managed));
        app.state = AppState::Managed;
        app.leaves_with_management = leaves_with_management;
        app.declaration = declaration;
        if configuration.is_some() {
            app.configuration = configuration;
        }
        Ok(())
    }

    /// Sets or removes (`None`) the configuration of a managed app.
    pub(super) fn configure(&mut self, bundle: &str, configuration: Option<Dictionary>) -> Result<(), Fault> {
        let app = self.installed.get_mut(bundle).filter(|app| app.state != AppState::UserInstalled);
        let app = app.ok_or_else(|| Fault::AppNotManaged(bundle.to_owned()))?;
        if app.declaration.is_some() {
            return Err(Fault::AppManagedByDeclaration(bundle.to_owned()));
        }
        app.configuration = configuration;
        Ok(())
    }

    /// MDM removes a managed app; `false` if it is not one.
    pub(super) fn remove_managed(&mut self, bundle: &str) -> bool {
        let managed =
            self.get(bundle).is_some_and(|app| app.state != AppState::UserInstalled && app.declaration.is_none());
        managed && self.installed.remove(bundle).is_some()
    }

    /// The configuration a declaration brings, whatever the commands could do.
    pub(super) fn configure_by_declaration(&mut self, bundle: &str, configuration: Option<Dictionary>) {
        if let Some(app) = self.installed.get_mut(bundle) {
            app.configuration = configuration;
        }
    }

    /// A declaration no longer manages its app.
    pub(super) fn release_declaration(&mut self, declaration: &str) {
        for app in self.installed.values_mut().filter(|app| app.declaration.as_deref() == Some(declaration)) {
            app.declaration = None;
            app.configuration = None;
            app.state = AppState::UserInstalled;
        }
    }

    /// Management ends: flagged apps go, the others stay as the person's own, without configuration.
    pub(super) fn release_all(&mut self) {
        self.installed.retain(|_, app| match app.state {
            AppState::UserInstalled => true,
            AppState::Managed => !app.leaves_with_management,
            AppState::ManagedButUninstalled => false,
        });
        for app in self.installed.values_mut() {
            *app = App::new(AppState::UserInstalled);
        }
        self.once.clear();
    }

    /// Bundle id and Status for ManagedApplicationList; statuses of refusals are told once.
    pub(super) fn take_statuses(&mut self) -> Vec<(String, &'static str, bool)> {
        let mut statuses: Vec<(String, &'static str, bool)> = self
            .installed
            .iter()
            .filter(|(_, app)| app.declaration.is_none())
            .filter_map(|(bundle, app)| {
                let status = match app.state {
                    AppState::UserInstalled => return None,
                    AppState::Managed => "Managed",
                    AppState::ManagedButUninstalled => "ManagedButUninstalled",
                };
                Some((bundle.clone(), status, app.configuration.is_some()))
            })
            .collect();
        statuses.extend(std::mem::take(&mut self.once).into_iter().map(|(bundle, status)| (bundle, status, false)));
        statuses
    }
}
