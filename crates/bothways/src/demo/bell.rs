//! Where the Outlook side hears of changes: the endpoint of its subscription (Graph's change notifications).

use std::{collections::HashMap, net::Ipv4Addr};

use anyhow::{Context, ensure};
use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};

use super::PATIENCE;

/// Notifications that wait to be looked at; more are refused, and sent again later.
const WAITING_MAX: usize = 64;

/// What a notification says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    client_state: Option<String>,
    change_type: String,
    resource_data: ResourceData,
}

#[derive(Debug, Deserialize)]
struct ResourceData {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Notifications {
    value: Vec<Notification>,
}

/// An endpoint on this machine.
pub struct Bell {
    url: String,
    calls: mpsc::Receiver<Notification>,
    task: JoinHandle<()>,
}

impl Bell {
    /// Listens at a port that is free.
    pub async fn hang() -> anyhow::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port for notifications")?;
        let url = format!("http://{}/changed", socket.local_addr()?);
        let (ring, calls) = mpsc::channel(WAITING_MAX);
        let routes = Router::new().route("/changed", post(notified)).with_state(ring);
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(socket, routes).await {
                tracing::warn!(%error, "notifications are not heard any more");
            }
        });
        Ok(Self { url, calls, task })
    }

    /// The address to subscribe with.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until a contact is told as updated.
    pub async fn updated(&mut self, contact: &str, client_state: &str) -> anyhow::Result<()> {
        let heard = async {
            while let Some(notification) = self.calls.recv().await {
                ensure!(notification.client_state.as_deref() == Some(client_state), "a notification of a stranger");
                if notification.resource_data.id == contact && notification.change_type == "updated" {
                    return Ok(());
                }
            }
            anyhow::bail!("the endpoint was closed")
        };
        tokio::time::timeout(PATIENCE, heard).await.context("Outlook was not notified")?
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The handshake of a new subscription sends its token back; everything else is a notification.
async fn notified(
    State(ring): State<mpsc::Sender<Notification>>,
    Query(query): Query<HashMap<String, String>>,
    body: String,
) -> Response {
    if let Some(token) = query.get("validationToken") {
        return token.clone().into_response();
    }
    let Ok(Json(Notifications { value })) = Json::from_bytes(body.as_bytes()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match value.into_iter().try_for_each(|notification| ring.try_send(notification)) {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
