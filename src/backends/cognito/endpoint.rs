//! The addresses of AWS's services, or of what stands in for them.

use reqwest::Url;

use crate::net::https::is_loopback;

/// Whether an address is one of AWS's own, such as a VPC endpoint.
pub(super) fn is_of_aws(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"].iter().any(|domain| host.ends_with(domain))
}

/// Parses the address of a service: https, or http on this machine.
pub(super) fn parse_endpoint(text: &str) -> Result<Url, String> {
    if text.trim().is_empty() {
        return Err("endpoint: it is empty; leave the key out for AWS's own address".to_owned());
    }
    let url = Url::parse(text).map_err(|error| format!("endpoint: \"{text}\" is no address ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!("endpoint: \"{text}\" is not an http or https address"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("endpoint: it holds more than a server's address".to_owned());
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(format!("endpoint: {url} is not encrypted, and the server is not on this machine; use https"));
    }
    Ok(url)
}
