//! `bothways scep`: challenge passwords.

use std::{path::Path, time::Duration};

use clap::Subcommand;

use super::{Done, Missing, duration, open};
use crate::output;

const EXAMPLES: &str = "\
Examples:
  CHALLENGE=$(bothways scep challenge anna@example.com --label iPhone --ttl 1h)
  scepclient -server-url https://contacts.example.com/scep -challenge \"$CHALLENGE\" -private-key anna.key

In a profile for iOS the payload com.apple.security.scep takes URL https://contacts.example.com/scep, the challenge,
Key Type RSA, Keysize 2048 and Key Usage 5. The certificate's names come from the person, whatever the request says.";

/// Challenge passwords.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Scep {
    /// Make a challenge password and print it, once: it cannot be read again. It is good for one certificate.
    Challenge {
        /// For whom the certificate will be.
        email: String,
        /// What lists will call the certificate.
        #[arg(long, value_name = "TEXT")]
        label: String,
        /// How long the challenge is good: 15m, 1h, 7d, up to 30 days.
        #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1h")]
        ttl: Duration,
    },
}

impl Scep {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let installation = open(data, Missing::Refuse).await?;
        match self {
            Self::Challenge { email, label, ttl } => {
                let challenge = installation.certificates.challenge(&email, &label, ttl).await?;
                output::line(challenge.reveal())?;
            }
        }
        Ok(Done::Whole)
    }
}
