//! Active Directory and `OpenLDAP` from the outside: what is refused, and what a server or a network can do wrong.

mod active_directory;
mod bulk;
mod certificates;
mod domain;
mod faults;
mod frame_proxy;
mod grace;
mod guards;
mod hardened;
mod identity;
mod ids;
mod limits;
mod lost_writes;
mod names;
mod openldap;
mod pages;
mod paging_limits;
mod profiles;
mod proof;
mod proxy;
mod readability;
mod shared_behaviour;
mod start_tls;
mod unattended;
mod validity;
mod withdrawals;
