//! `--stay`: the hub goes on, for a phone of the person's own.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use anyhow::Context;
use identity::Binding;

use super::{Stop, house::House};
use crate::output;

/// Opens the hub to the network, says how to connect a phone, and waits to be stopped.
pub async fn stay(mut house: House, listen: SocketAddr, email: &str, stop: &mut Stop) -> anyhow::Result<()> {
    let host = reachable(listen);
    house.open_to_the_world(listen, format!("https://{host}")).await?;
    let installation = house.administer().await?;
    let password = installation.identity.add_app_password(email, "Your own phone", None, Binding::AnyDevice).await?;
    drop(installation);
    output::line(&format!(
        "
  The hub goes on at https://{host}. A phone in the same network can have Anna's contacts:

    iPhone    Settings > Apps > Contacts > Contacts Accounts > Add Account > Microsoft Exchange
              Choose to configure it manually; leave everything but Contacts off.
    E-mail    {email}
    Server    {host}
    User      {email}          Domain: leave empty
    Password  {password}

  The certificate is self-made, so the phone will not know it: accept it when asked, or first send
    {certificate}
  to the phone, install it and trust it. An installation of your own takes a certificate of a known authority.
  The contacts are samples and the password opens nothing else.

  Ctrl-C stops the hub.",
        password = password.reveal(),
        certificate = house.folder().certificate().display(),
    ))?;
    stop.asked().await;
    house.stop().await
}

/// Host and port by which others reach an address of this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = if listen.ip().is_unspecified() { own_address().unwrap_or(listen.ip()) } else { listen.ip() };
    SocketAddr::new(ip, listen.port())
}

/// The address this machine would send from. Connecting a datagram socket sends nothing; the far end is one that is
/// reserved for documentation (RFC 5737).
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().context("a socket without address").ok()?.ip())
}
