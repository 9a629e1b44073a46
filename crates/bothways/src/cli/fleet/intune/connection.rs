//! The way to a tenant: who we are there, where it is, and how patient we are.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use clap::Args;
use intune::{
    graph::{
        Boxed, ClientCredentials, Clock, Graph, GraphError, PUBLIC_CLOUD, StaticToken, SystemClock, Token, TokenError,
        TokenSource,
    },
    limits,
};
use jiff::Timestamp;

use crate::input;

const SECRET: &str = "BOTHWAYS_GRAPH_SECRET";
const LOGIN: &str = "https://login.microsoftonline.com";

/// How to reach the tenant.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tenant")]
pub struct Connection {
    /// The tenant's id, or a domain of it.
    #[arg(long, value_name = "ID", env = "BOTHWAYS_GRAPH_TENANT", value_parser = tenant)]
    tenant: Option<String>,
    /// The app registration that acts for Bothways. Its secret comes from --secret-file or BOTHWAYS_GRAPH_SECRET.
    #[arg(long, value_name = "ID", env = "BOTHWAYS_GRAPH_CLIENT_ID")]
    client_id: Option<String>,
    /// A file with its secret.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// A file with a token for Graph that somebody fetched, in place of the app registration.
    #[arg(long, value_name = "FILE", conflicts_with = "secret_file")]
    token_file: Option<PathBuf>,
    /// Graph of a national cloud.
    #[arg(long, value_name = "URL", default_value = PUBLIC_CLOUD)]
    graph: String,
    /// Where a national cloud gives tokens.
    #[arg(long, value_name = "URL", default_value = LOGIN)]
    login: String,
    /// How often a request that Graph puts off or does not answer is made again.
    #[arg(long, value_name = "TIMES", default_value_t = limits::RETRIES_MAX)]
    retries: u32,
}

fn tenant(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    let climbs = text.chars().all(|c| c == '.');
    if fits && !climbs { Ok(text.to_owned()) } else { Err("a tenant is named by its id or by a domain".to_owned()) }
}

impl Connection {
    /// Connects. Nothing is sent yet.
    pub(super) fn open(self) -> anyhow::Result<Graph> {
        let clock = Arc::new(Patience);
        let tokens: Arc<dyn TokenSource> = match &self.token_file {
            Some(file) => Arc::new(StaticToken(Token::new(secret_of(file)?))),
            None => Arc::new(self.app_registration(clock.clone())?),
        };
        Ok(Graph::new(&self.graph, tokens, clock).map_err(advised)?.with_retries(self.retries))
    }

    fn app_registration(&self, clock: Arc<Patience>) -> anyhow::Result<ClientCredentials> {
        let (Some(tenant), Some(client_id)) = (&self.tenant, &self.client_id) else {
            anyhow::bail!(
                "which tenant? Give --tenant and --client-id of an app registration, and its secret by --secret-file or \
                 {SECRET}; or a token by --token-file"
            );
        };
        let secret = match &self.secret_file {
            Some(file) => secret_of(file)?,
            None => std::env::var(SECRET).ok().filter(|secret| !secret.is_empty()).with_context(|| {
                format!("the app registration's secret is missing: give --secret-file or set {SECRET}")
            })?,
        };
        let endpoint = format!("{}/{tenant}/oauth2/v2.0/token", self.login.trim_end_matches('/'));
        let scope = format!("{}/.default", self.graph.trim_end_matches('/'));
        ClientCredentials::new(&endpoint, client_id.clone(), secret, scope, clock).map_err(advised)
    }
}

fn secret_of(file: &std::path::Path) -> anyhow::Result<String> {
    let shown = file.display();
    let bytes = input::read(file, limits::SECRET_BYTES_MAX).with_context(|| format!("{shown} cannot be read"))?;
    anyhow::ensure!(bytes.len() <= limits::SECRET_BYTES_MAX, "{shown} is too long to be a secret");
    let text = String::from_utf8(bytes).ok().with_context(|| format!("{shown} is no text"))?;
    let secret = text.trim();
    anyhow::ensure!(!secret.is_empty(), "{shown} is empty");
    anyhow::ensure!(secret.chars().all(|c| c.is_ascii_graphic()), "{shown} holds more than one secret");
    Ok(secret.to_owned())
}

/// The machine's clock, which says when it makes people wait.
struct Patience;

/// Waits that nobody needs to be told of; Conditional Access takes one request a second.
const NOT_WORTH_TELLING: Duration = Duration::from_secs(2);

impl Clock for Patience {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn sleep(&self, duration: Duration) -> Boxed<'_, ()> {
        if duration > NOT_WORTH_TELLING {
            eprintln!("waiting {} s, then asking Graph again", duration.as_secs());
        }
        SystemClock.sleep(duration)
    }
}

/// An error of Graph, with what to do about it.
pub(super) fn advised(error: GraphError) -> anyhow::Error {
    match advice(&error) {
        Some(advice) => anyhow::anyhow!("{error}\n{advice}"),
        None => error.into(),
    }
}

/// What an administrator can do about an error; `None` where it says so itself.
pub(super) fn advice(error: &GraphError) -> Option<&'static str> {
    Some(match error {
        GraphError::Token(TokenError::Refused { .. }) => {
            "Check --tenant, --client-id and the secret, also whether it has expired."
        }
        GraphError::Token(TokenError::Unreachable { .. }) => "Check --login and this machine's way out.",
        GraphError::Unreachable { .. } => "Check --graph and this machine's way out.",
        GraphError::Unauthorized { .. } => {
            "Tokens are good for about an hour and for one cloud: fetch a new one, or check --graph."
        }
        GraphError::Forbidden { .. } => {
            "In Entra: the app's API permissions, application permissions, then grant admin consent; it takes a few minutes."
        }
        GraphError::Unavailable { status: 429, .. } => "Microsoft throttles this tenant: try again in some minutes.",
        GraphError::Unavailable { .. } => "Try again in some minutes.",
        _ => return None,
    })
}
