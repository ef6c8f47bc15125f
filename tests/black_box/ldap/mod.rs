//! Directories that hang, flood, lag behind or refuse, each played by a stand-in.

mod contacts;
mod hostile;
mod replicas;
mod retries;
mod start_tls;
