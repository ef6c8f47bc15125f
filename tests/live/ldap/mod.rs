//! Active Directory and `OpenLDAP` from the outside: what is refused, and what a server or a network can do wrong.

mod active_directory;
mod both;
mod bulk;
mod certificates;
mod domain;
mod faults;
mod frames;
mod grace;
mod guards;
mod hardened;
mod identity;
mod ids;
mod limits;
mod lost;
mod many;
mod names;
mod openldap;
mod pages;
mod profiles;
mod proxy;
mod readability;
mod start_tls;
mod unattended;
mod validity;
mod withdrawals;
