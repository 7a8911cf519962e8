//! Where the mail server is and how to talk to it.

use std::{net::IpAddr, time::Duration};

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Tls, TlsParameters},
    extension::ClientId,
};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use crate::MailerError;

/// A mail server as its URL describes it.
#[derive(Debug)]
pub(crate) struct Server {
    host: String,
    port: u16,
    tls: Tls,
    login: Option<(String, SecretString)>,
}

impl Server {
    /// Reads `smtp://[user:password@]host[:port][?tls=required|none]` or `smtps://…`.
    ///
    /// Over `smtp://` encryption is required, but on loopback, where nobody listens in.
    pub(crate) fn read(url: &SecretString) -> Result<Self, MailerError> {
        let url = Url::parse(url.expose_secret()).map_err(|_| MailerError::Url)?;
        if !matches!(url.scheme(), "smtp" | "smtps") {
            return Err(MailerError::Scheme);
        }
        let host = match url.host().ok_or(MailerError::Url)? {
            Host::Domain(name) => decoded(name)?,
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(MailerError::Rest);
        }
        let loopback =
            host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        let checked = || TlsParameters::new(host.clone()).map_err(|_| MailerError::Certificate);
        let (tls, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Tls::Wrapper(checked()?), 465),
            ("smtp", Some("tls=none")) => (Tls::None, 25),
            ("smtp", None) if loopback => (Tls::None, 25),
            ("smtp", None | Some("tls=required")) => (Tls::Required(checked()?), 587),
            _ => return Err(MailerError::Rest),
        };
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return Err(MailerError::Credentials),
            (user, Some(password)) => Some((decoded(user)?, decoded(password)?.into())),
        };
        Ok(Self { host, port: url.port().unwrap_or(port), tls, login })
    }

    /// A greeted, encrypted, authenticated connection. Only the TCP connection is bounded in time.
    pub(crate) async fn connect(
        &self,
        hello: &ClientId,
        patience: Duration,
    ) -> Result<AsyncSmtpConnection, Error> {
        let from_the_start = match &self.tls {
            Tls::Wrapper(parameters) => Some(parameters.clone()),
            _ => None,
        };
        let address = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            address,
            Some(patience),
            hello,
            from_the_start,
            None,
        )
        .await?;
        if let Tls::Required(parameters) = &self.tls {
            connection.starttls(parameters.clone(), hello).await?;
        }
        if let Some((user, password)) = &self.login {
            let password = password.expose_secret().to_owned();
            let login = Credentials::new(user.clone(), password);
            connection.auth(DEFAULT_MECHANISMS, &login).await?;
        }
        Ok(connection)
    }
}

fn decoded(text: &str) -> Result<String, MailerError> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| MailerError::Url)?;
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Server, MailerError> {
        Server::read(&url.to_owned().into())
    }

    #[test]
    fn encrypts_unless_told_otherwise_or_on_loopback() {
        for (url, host, port, tls) in [
            ("smtp://mail.example.com", "mail.example.com", 587, "Required"),
            ("smtp://mail.example.com:25", "mail.example.com", 25, "Required"),
            ("smtp://10.0.0.7:2525", "10.0.0.7", 2525, "Required"),
            ("smtp://mail.example.com?tls=none", "mail.example.com", 25, "None"),
            ("smtps://mail.example.com/", "mail.example.com", 465, "Wrapper"),
            ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, "None"),
            ("smtp://localhost", "localhost", 25, "None"),
            ("smtp://[::1]:1025", "::1", 1025, "None"),
            ("smtp://localhost?tls=required", "localhost", 587, "Required"),
            ("smtp://localhost.example.com", "localhost.example.com", 587, "Required"),
        ] {
            let server = read(url).unwrap();
            assert_eq!((server.host.as_str(), server.port), (host, port), "{url}");
            let found = format!("{:?}", server.tls);
            assert!(found.starts_with(tls), "{url}: {found}");
        }
    }

    #[test]
    fn decodes_user_and_password() {
        let server = read("smtp://a%40b.example:p%3Ass%2F@mail.example.com").unwrap();
        let (user, password) = server.login.as_ref().unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("a@b.example", "p:ss/"));
        assert!(!format!("{server:?}").contains("ss/"));
    }

    #[test]
    fn refuses_each_wrong_url_with_its_reason() {
        for (url, error) in [
            ("", MailerError::Url),
            ("mail.example.com", MailerError::Url),
            ("smtp://", MailerError::Url),
            ("smtp://mail.example.com:99999", MailerError::Url),
            ("http://mail.example.com", MailerError::Scheme),
            ("smtp://mail.example.com/path", MailerError::Rest),
            ("smtp://mail.example.com?tls=maybe", MailerError::Rest),
            ("smtps://mail.example.com?tls=none", MailerError::Rest),
            ("smtp://user@mail.example.com", MailerError::Credentials),
            ("smtp://:secret@mail.example.com", MailerError::Credentials),
            ("smtp://%ff:secret@mail.example.com", MailerError::Url),
        ] {
            assert_eq!(read(url).unwrap_err(), error, "{url}");
        }
    }
}
