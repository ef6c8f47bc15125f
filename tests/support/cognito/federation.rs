//! Federated users: a first sign-in at another identity provider (SAML) creates them. Only ministack plays that.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::pool::Pool;
use crate::support::keycloak::{Body, Method};

/// Where browsers are sent back to: nobody listens there, and nobody goes there.
const CALLBACK: &str = "http://127.0.0.1:9/callback";

impl Pool {
    /// Adds a customer who signs in at the provider `corp`, and returns their username.
    #[track_caller]
    pub fn add_federated(&self, name: &str, email: &str) -> String {
        let provider = json!({
            "ProviderName": "corp", "ProviderType": "SAML", "AttributeMapping": { "email": "email" },
            "ProviderDetails": { "IDPSSOEndpoint": "https://corp.example/sso" },
        });
        if let Err(refusal) = self.try_call("CreateIdentityProvider", provider) {
            assert_eq!(refusal.code, "DuplicateProviderException", "{refusal:?}");
        }
        let settings = json!({
            "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid"],
            "CallbackURLs": [CALLBACK], "SupportedIdentityProviders": ["corp"],
        });
        let app = self.app_client(false, &settings);
        let query = format!("identity_provider=corp&response_type=code&scope=openid&client_id={}", app.id);
        let sent =
            self.server().get(&format!("{}/oauth2/authorize?{query}&redirect_uri={CALLBACK}", self.server().url()));
        let at = sent.location.as_deref().unwrap_or_else(|| panic!("to the provider: {sent:?}"));
        let at = reqwest::Url::parse(at).unwrap();
        let state = at.query_pairs().find(|(name, _)| name == "RelayState").unwrap().1.into_owned();
        let assertion = format!(
            "<Response xmlns='urn:oasis:names:tc:SAML:2.0:protocol'><Assertion xmlns='urn:oasis:names:tc:SAML:2.0:assertion'>\
             <Subject><NameID>{name}</NameID></Subject><AttributeStatement><Attribute Name='email'>\
             <AttributeValue>{email}</AttributeValue></Attribute></AttributeStatement></Assertion></Response>"
        );
        let form = [("SAMLResponse", STANDARD.encode(assertion)), ("RelayState", state)];
        let form = form.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let url = format!("{}/saml2/idpresponse", self.server().url());
        let back = self.server().endpoint().client.send(Method::POST, &url, &[], Body::Form(form));
        assert!(back.location.as_deref().is_some_and(|at| at.starts_with(CALLBACK)), "{back:?}");
        format!("corp_{name}")
    }
}
