//! Administering app passwords: one for each program or device, so that one can be taken away alone.

use ledger::{
    LedgerError,
    tables::people::{self, AppPassword},
};

use crate::{
    audit::AuditEvent,
    authenticate::Identity,
    credentials::Secret,
    error::{IdentityError, Result},
    hashing, limits,
    people::existing,
};

/// Which devices an app password is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Binding {
    /// Any.
    #[default]
    AnyDevice,
    /// The first that uses it. Requests without a DeviceId (discovery, other paths) neither bind it nor are refused.
    FirstDevice,
}

/// An app password, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPasswordEntry {
    /// What the person calls it.
    pub label: String,
    /// Which devices it is good for.
    pub binding: Binding,
    /// The device it belongs to; `None` when it is not bound, or not yet.
    pub device: Option<String>,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970, exact to half an hour; `None` when it was never used.
    pub last_used_at: Option<i64>,
}

impl Identity {
    /// Gives a person an app password and returns it; it cannot be read again. `secret` is for those who already
    /// have one; otherwise it is made: four groups of five letters.
    pub async fn add_app_password(
        &self,
        email: &str,
        label: &str,
        secret: Option<Secret>,
        binding: Binding,
    ) -> Result<Secret> {
        let label = label.trim().to_owned();
        if label.is_empty() || label.len() > limits::LABEL_BYTES || label.contains(char::is_control) {
            return Err(IdentityError::UnfitLabel(label));
        }
        let (secret, hash) = if let Some(secret) = secret {
            (secret.clone(), self.hash_chosen(secret, self.password_of(email).await?).await?)
        } else {
            let made = hashing::make_app_password(&mut |buffer| self.inner.entropy.fill(buffer));
            let hash = hashing::hash_made(&made)?;
            (Secret::new(made), hash)
        };
        let app_password = AppPassword {
            label,
            secret: hash,
            bound: binding == Binding::FirstDevice,
            device: None,
            created_at: self.inner.clock.now(),
            last_used_at: None,
        };
        let event = AuditEvent::new("app-password-added").with("label", app_password.label.clone());
        self.change(email, self.audited(event), move |tx, person| {
            if people::app_passwords(tx, &person.account)?.len() >= limits::APP_PASSWORDS {
                return Err(IdentityError::TooManyAppPasswords);
            }
            people::insert_app_password(tx, &person.account, &app_password).map_err(|error| match error {
                LedgerError::Duplicate => IdentityError::LabelTaken(app_password.label.clone()),
                error => error.into(),
            })
        })
        .await?;
        Ok(secret)
    }

    /// A person's app passwords, in the order they were made.
    pub async fn app_passwords(&self, email: &str) -> Result<Vec<AppPasswordEntry>> {
        let email = email.to_owned();
        let list = self
            .inner
            .database
            .read(move |tx| {
                let person = existing(tx, &email)?;
                Ok::<_, IdentityError>(people::app_passwords(tx, &person.account)?)
            })
            .await?;
        let entry = |app_password: AppPassword| AppPasswordEntry {
            label: app_password.label,
            binding: if app_password.bound { Binding::FirstDevice } else { Binding::AnyDevice },
            device: app_password.device,
            created_at: app_password.created_at,
            last_used_at: app_password.last_used_at,
        };
        Ok(list.into_iter().map(entry).collect())
    }

    /// Takes an app password away; the next request with it is refused.
    pub async fn revoke_app_password(&self, email: &str, label: &str) -> Result<()> {
        let label = label.trim().to_owned();
        let event = self.audited(AuditEvent::new("app-password-revoked").with("label", label.clone()));
        self.change(email, event, move |tx, person| match people::delete_app_password(tx, &person.account, &label)? {
            0 => Err(IdentityError::NoSuchAppPassword(label.clone())),
            _ => Ok(()),
        })
        .await
    }

    async fn password_of(&self, email: &str) -> Result<Option<String>> {
        let email = email.to_owned();
        self.inner.database.read(move |tx| Ok(existing(tx, &email)?.password)).await
    }
}
